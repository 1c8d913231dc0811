import {
  deepStrictEqual,
  match,
  rejects,
  strictEqual,
} from "node:assert/strict";
import fc from "fast-check";
import {
  complete,
  running,
  submitted,
} from "../../../tests/helpers/entries.ts";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import { withChecksum } from "../../../tests/helpers/ledger_lines.ts";
import { timeAt } from "../../../tests/helpers/ledger_parts.ts";
import { SmallDisk, testNeeding } from "../../../tests/helpers/machine.ts";
import type { JobRecord } from "../../job/record.ts";
import { foldRecords } from "../../job/job.ts";
import { isListedInFlight, type ListedJob } from "../../job/listed_job.ts";
import { formatLine } from "./entry_line.ts";
import { FileLedger } from "./file_ledger.ts";
import { LedgerError } from "../ledger_error.ts";
import { Maintenance } from "./maintenance.ts";

/** A ledger with some lines in it. */
interface Fixture {
  readonly dir: string;
  readonly path: string;
  readonly ledger: FileLedger;
  readonly maintenance: Maintenance;
  readonly read: () => string;
  readonly write: (text: string) => void;
}

async function withLedger(
  action: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/jobs.jsonl`;
  const clock = new FakeClock();
  const ledger = new FileLedger({ dir, clock });
  try {
    await action({
      dir,
      path,
      ledger,
      maintenance: new Maintenance(ledger, clock),
      read: () => Deno.readTextFileSync(path),
      write: (text) => Deno.writeTextFileSync(path, text, { mode: 0o600 }),
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const line = (entry: JobRecord) => new TextDecoder().decode(formatLine(entry));
const A = { id: "job_aaaaaaaaaa", token: "a" };
const B = { id: "job_bbbbbbbbbb", token: "b" };
const isOver = (job: ListedJob) => !isListedInFlight(job);

Deno.test("prune() takes a job with all of its lines and leaves the others as they are", () =>
  withLedger(async ({ maintenance, read, write }) => {
    const kept = [line(submitted(B)), "\n", line(running(B))];
    write(
      line(submitted(A)) + kept[0] + line(running(A)) + kept[1] +
        line(complete(A)) + kept[2],
    );
    const sizeBefore = read().length;
    const report = await maintenance.prune({ mayGo: isOver });
    strictEqual(read(), kept.join(""));
    deepStrictEqual(report, {
      prunedEntries: 3,
      keptEntries: 2,
      prunedJobs: 1,
      prunedIds: [A.id],
      keptJobs: 1,
      unreadable: 0,
      sizeBefore,
      sizeAfter: kept.join("").length,
    });
  }));

Deno.test("prune() in a dry run says the same and changes nothing", () =>
  withLedger(async ({ dir, maintenance, read, write }) => {
    const text = line(submitted(A)) + line(complete(A)) + line(running(B));
    write(text);
    const dry = await maintenance.prune({ mayGo: isOver, isDryRun: true });
    strictEqual(read(), text);
    deepStrictEqual([...Deno.readDirSync(dir)].map(({ name }) => name), [
      "jobs.jsonl",
    ]);
    deepStrictEqual(await maintenance.prune({ mayGo: isOver }), dry);
  }));

Deno.test("prune() of everything leaves an empty file", () =>
  withLedger(async ({ maintenance, read, write }) => {
    write(line(submitted(A)));
    await maintenance.prune({ mayGo: () => true });
    strictEqual(read(), "");
  }));

Deno.test("prune() without a ledger makes none", () =>
  withLedger(async ({ maintenance, path }) => {
    strictEqual((await maintenance.prune({ mayGo: () => true })).prunedJobs, 0);
    await rejects(Deno.stat(path), Deno.errors.NotFound);
  }));

for (
  const [what, kept] of Object.entries({
    "a line of a newer program": withChecksum({ id: "job_9", v: 3 }) + "\n",
    "a corrupt line": `{"id":"job_9"}\n`,
    "a line that is too long": "x".repeat(1024 * 1024 + 1) + "\n",
    "an unfinished last line": `{"id":"job_9","ki`,
  })
) {
  Deno.test(`prune() keeps ${what}`, () =>
    withLedger(async ({ maintenance, read, write }) => {
      write(line(submitted(A)) + kept);
      const { prunedJobs } = await maintenance.prune({ mayGo: () => true });
      strictEqual(prunedJobs, 1);
      strictEqual(read(), kept);
    }));
}

Deno.test("prune() keeps all lines of a job of which a newer program wrote one", () =>
  withLedger(async ({ maintenance, read, write }) => {
    const text = line(complete(A)) + withChecksum({ ...A, v: 3 }) + "\n";
    write(text);
    const { prunedJobs } = await maintenance.prune({ mayGo: () => true });
    strictEqual(prunedJobs, 0);
    strictEqual(read(), text);
  }));

Deno.test("prune() keeps all lines of a job of which one is corrupt, for they say how it ended", () =>
  withLedger(async ({ maintenance, read, write }) => {
    const corrupt = line(submitted(A)).replace("my-vm", "my-VM");
    // Its beginning may be lost, with the id.
    for (const bad of [corrupt, corrupt.slice(100)]) {
      const text = bad + line(complete(A));
      write(text);
      const { prunedJobs } = await maintenance.prune({ mayGo: () => true });
      strictEqual(prunedJobs, 0);
      strictEqual(read(), text);
    }
  }));

Deno.test("prune() of a ledger too large for one pass does the same as in one", () =>
  withLedger(async ({ maintenance, read, write }) => {
    const ids = Array.from({ length: 40 }, (_, at) => `job_${at * 7_919}`);
    const lines = ids.map((id, at) => {
      const job = { id, token: `t${at}` };
      return [
        line(submitted({ ...job, started_at: timeAt(at) })),
        at % 3 === 0
          ? line(running(job))
          : line(complete({ ...job, started_at: timeAt(at) })),
        at % 10 === 1 ? line(complete(job)).replace("my-vm", "my-VM") : "\n",
      ];
    });
    // The last lines of all jobs stand behind the first ones of all.
    const text = [0, 1, 2].map((step) => lines.map((its) => its[step]).join(""))
      .join("");
    write(text);
    const report = await maintenance.prune({ mayGo: isOver });
    const left = read();
    for (const bytesAPass of [1_000, text.length / 2]) {
      write(text);
      const inPasses = await maintenance.prune({ mayGo: isOver, bytesAPass });
      deepStrictEqual(inPasses, report);
      strictEqual(read(), left);
    }
    strictEqual(report.prunedJobs, 23);
    strictEqual(report.unreadable, 4);
  }));

Deno.test("prune() keeps what is appended while it is choosing", () =>
  withLedger(async ({ maintenance, ledger, path, read, write }) => {
    write(line(complete(A)));
    const late = line(submitted(B));
    await maintenance.prune({
      mayGo() {
        // As the Go CLI does it: without a lock.
        Deno.writeTextFileSync(path, late, { append: true });
        return true;
      },
    });
    strictEqual(read(), late);
    await ledger.append(foldRecords([complete(B)]));
    strictEqual((await ledger.findById(B.id))?.status, "complete");
  }));

Deno.test("prune() chooses anew when something is appended to a job that goes", () =>
  withLedger(async ({ maintenance, path, read, write }) => {
    write(line(complete(A)));
    let choices = 0;
    const delivered = complete({
      ...A,
      delivered_at: "2026-01-05T09:00:31.000Z",
    });
    await maintenance.prune({
      mayGo() {
        if (choices === 1) {
          Deno.writeTextFileSync(path, line(delivered), { append: true });
        }
        return true;
      },
      onChoosing: () => choices++,
    });
    strictEqual(choices, 2);
    strictEqual(read(), "");
  }));

Deno.test("prune() gives up, and changes nothing, when others never stop", () =>
  withLedger(async ({ dir, maintenance, path, read, write }) => {
    write(line(complete(A)));
    let added = "";
    const pruning = maintenance.prune({
      mayGo() {
        added += line(complete(A));
        Deno.writeTextFileSync(path, line(complete(A)), { append: true });
        return true;
      },
    });
    await rejects(pruning, (error) => {
      match(String(error), /another program goes on changing it$/);
      return error instanceof LedgerError;
    });
    strictEqual(read(), line(complete(A)) + added);
    const names = [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
    deepStrictEqual(names, ["jobs.jsonl", "jobs.lock", "locks"]);
  }));

Deno.test("prune() takes away what a prune left that was killed", () =>
  withLedger(async ({ dir, path, maintenance, write }) => {
    write(line(complete(A)));
    Deno.writeTextFileSync(`${path}.${crypto.randomUUID()}.tmp`, "half of it");
    Deno.writeTextFileSync(`${path}.mine.tmp`, "the user's own");
    await maintenance.prune({ mayGo: isOver });
    const names = [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
    deepStrictEqual(names, [
      "jobs.jsonl",
      "jobs.jsonl.mine.tmp",
      "jobs.lock",
      "locks",
    ]);
  }));

testNeeding(
  ["modes"],
  "prune() keeps the ledger's mode",
  () =>
    withLedger(async ({ path, maintenance, write }) => {
      for (const mode of [0o600, 0o644, 0o640]) {
        write(line(complete(A)));
        Deno.chmodSync(path, mode);
        await maintenance.prune({ mayGo: isOver });
        strictEqual((Deno.statSync(path).mode ?? 0) & 0o7777, mode);
      }
    }),
);

testNeeding(
  ["linux", "root"],
  "prune() keeps the ledger's group",
  () =>
    withLedger(async ({ path, maintenance, write }) => {
      write(line(complete(A)));
      Deno.chownSync(path, 0, 12_345);
      await maintenance.prune({ mayGo: isOver });
      const { uid, gid } = Deno.statSync(path);
      deepStrictEqual([uid, gid], [0, 12_345]);
    }),
);

testNeeding(
  ["mount"],
  "prune() on a full disk leaves the ledger as it is, and nothing beside it",
  () =>
    withLedger(async ({ dir }) => {
      const folder = `${dir}/small`;
      Deno.mkdirSync(folder);
      using disk = new SmallDisk(folder, 256 * 1024);
      const clock = new FakeClock();
      const ledger = new FileLedger({ dir: disk.path, clock });
      const maintenance = new Maintenance(ledger, clock);
      const path = `${disk.path}/jobs.jsonl`;
      const text = line(complete(A)) +
        line(running({ ...B, args: ["x".repeat(100_000)] }));
      Deno.writeTextFileSync(path, text);
      // Its locks are there: what is missing is room for the copy.
      await ledger.append(foldRecords([complete(A)]));
      await maintenance.checkLocking();
      disk.fill();
      const before = Deno.readTextFileSync(path);
      await rejects(maintenance.prune({ mayGo: isOver }), LedgerError);
      strictEqual(Deno.readTextFileSync(path), before);
      disk.free();
      const names = [...Deno.readDirSync(disk.path)].map(({ name }) => name);
      deepStrictEqual(names.sort(), ["jobs.jsonl", "jobs.lock", "locks"]);
      strictEqual((await maintenance.prune({ mayGo: isOver })).prunedJobs, 1);
    }),
);

Deno.test("prune() leaves what any ledger has in flight, in the same bytes and order", () =>
  withLedger(async ({ maintenance, read, write }) => {
    const anyLine = fc.constantFrom("a", "b", "c").chain((token) => {
      const id = `job_${token}`;
      const of = { id, token };
      return fc.constantFrom(submitted(of), running(of), complete(of))
        .map((entry) => ({ id, text: line(entry) }));
    });
    const anyNoise = fc.constantFrom("", "{}", `{"v":2}`, "half").map((
      text,
    ) => ({ id: "", text: `${text}\n` }));
    const anyLines = fc.array(fc.oneof(anyLine, anyNoise), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(anyLines, async (lines) => {
        write(lines.map(({ text }) => text).join(""));
        await maintenance.prune({ mayGo: isOver });
        const over = new Set(
          lines.filter(({ text }) => text.includes(`"status":"complete"`))
            .map(({ id }) => id),
        );
        const kept = lines.filter(({ id }) => !over.has(id));
        strictEqual(read(), kept.map(({ text }) => text).join(""));
      }),
      { numRuns: 60 },
    );
  }));
