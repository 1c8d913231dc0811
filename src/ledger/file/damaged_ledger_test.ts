import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type Damage, HARMLESS } from "../../../tests/helpers/damages.ts";
import {
  ACCOUNT,
  complete,
  KEY,
  running,
  submitted,
} from "../../../tests/helpers/entries.ts";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import {
  goLine,
  HOUR_MS,
  OTHER_KEY,
  timeAt,
} from "../../../tests/helpers/ledger_parts.ts";
import { completed } from "../../job/job.ts";
import type { JobRecord } from "../../job/record.ts";
import { formatLine } from "./entry_line.ts";
import type { FoundJob } from "../../job/decide.ts";
import type { KeySearch } from "../ledger.ts";
import { FileLedger } from "./file_ledger.ts";
import { Maintenance } from "./maintenance.ts";

/** Returns the VM that a job of the ledgers below made. */
function vmOf(id: string): string {
  return `${id.slice("job_".length)}-9d3f-4f0a-8a55-0c1d2e3f4a5b`;
}

/** A job of a key and its lines so far, each a second after the one before. */
function linesOf(
  job: { id: string; key: string; fromMs: number },
  steps: readonly JobRecord["status"][],
): JobRecord[] {
  const { id, key, fromMs } = job;
  const base = { id, key, token: `token-${id}`, started_at: timeAt(fromMs) };
  return steps.map((status, step) => {
    const at = timeAt(fromMs + step * 1_000);
    const vm = vmOf(id);
    const handle = { handle: { vm_ids: [vm] }, result_id: vm };
    switch (status) {
      case "submitted":
        return submitted({ ...base, at });
      case "running":
        return running({ ...base, ...handle, at });
      case "complete":
      case "failed": {
        const isAgain = steps.indexOf("complete") < step;
        const mark = isAgain ? { delivered_at: at } : {};
        return complete({ ...base, ...handle, at, ...mark });
      }
    }
  });
}

const NAMES = ["job_4444444444", "job_8888888888", "job_cccccccccc"];

/**
 * Ledgers of a job that was delivered, one of the same key that goes on, and
 * one of another key: with ids in whatever order.
 */
const LEDGERS = permutations(NAMES).map((
  [over = "", open = "", other = ""],
) => ({
  over,
  open,
  other,
  entries: [
    ...linesOf({ id: over, key: KEY, fromMs: 0 }, [
      "submitted",
      "running",
      "complete",
      "complete",
    ]),
    ...linesOf({ id: other, key: OTHER_KEY, fromMs: 10_000 }, ["submitted"]),
    ...linesOf({ id: open, key: KEY, fromMs: 20_000 }, [
      "submitted",
      "running",
    ]),
    ...linesOf({ id: other, key: OTHER_KEY, fromMs: 30_000 }, [
      "submitted",
      "running",
    ]).slice(1),
  ],
}));

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) =>
    permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest])
  );
}

/** Everything that can be asked of a ledger, without where its lines stand. */
async function answersOf(content: Uint8Array) {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${dir}/jobs.jsonl`, content);
    const clock = new FakeClock();
    clock.advance(HOUR_MS / 2);
    const ledger = new FileLedger({ dir, clock });
    const maintenance = new Maintenance(ledger, clock);
    const search = (key: string) =>
      ledger.findByKey(key, {
        account: ACCOUNT,
        windowMs: 24 * HOUR_MS,
        now: clock.now(),
      });
    const found = await search(KEY);
    const pruned = await maintenance.prune({
      mayGo: () => true,
      isDryRun: true,
    });
    const inspected = maintenance.inspect();
    const answers = {
      byKey: [found, await search(OTHER_KEY)].map(withoutPlaces),
      byId: await Promise.all(NAMES.map((id) => ledger.findById(id))),
      owners: await ledger.ownersOf(NAMES.map(vmOf)),
      openIntents: await ledger.openIntents(),
      jobs: maintenance.jobs(),
      pruned: pruned.prunedIds.toSorted(),
      unreadable: pruned.unreadable,
      bad: inspected?.bad,
      settled: found.own?.isSettledSinceStart,
    };
    // The next line is written behind all that, and read back.
    const job = found.own?.job;
    ok(job?.status === "running");
    const result = { vm_id: vmOf(job.id) };
    await ledger.append(completed(job, result, clock.now()));
    const after = await search(KEY);
    return {
      ...answers,
      after: withoutPlaces(after),
      settledAfter: after.own?.isSettledSinceStart,
    };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function withoutPlaces({ own, foreign, unreadable, badLines }: KeySearch) {
  const jobOf = (found: FoundJob | undefined) => found?.job;
  return { own: jobOf(own), foreign: jobOf(foreign), unreadable, badLines };
}

function contentOf(entries: readonly JobRecord[]): Uint8Array {
  const lines = entries.map((entry) =>
    new TextDecoder().decode(formatLine(entry))
  );
  lines.splice(3, 0, goLine(timeAt(500)));
  return new TextEncoder().encode(lines.join(""));
}

const ALL: Damage = (content) =>
  Object.values(HARMLESS).reduce((bytes, damage) => damage(bytes), content);

for (
  const [name, damage] of Object.entries({ ...HARMLESS, "all of that": ALL })
) {
  Deno.test(`every reader finds the same in a ledger after ${name}`, async () => {
    for (const { entries, open } of LEDGERS) {
      const content = contentOf(entries);
      const whole = await answersOf(content);
      strictEqual(whole.byKey[0]?.own?.id, open);
      deepStrictEqual(await answersOf(damage(content)), whole);
    }
  });
}
