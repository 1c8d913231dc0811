import { strictEqual } from "node:assert/strict";
import { complete, submitted } from "../../../tests/helpers/entries.ts";
import { LedgerFixture } from "../../../tests/helpers/ledger_fixture.ts";
import { isListedInFlight, type ListedJob } from "../../job/listed_job.ts";
import type { JobRecord } from "../../job/record.ts";
import { formatLine } from "./entry_line.ts";
import { Maintenance } from "./maintenance.ts";

const HOUR_MS = 3_600_000;

/** A job that is over, an hour after the one of the number before. */
function jobOf(number: number, make: typeof complete | typeof submitted) {
  const at = new Date(Date.UTC(2026, 0, 5) + number * HOUR_MS).toISOString();
  return make({ id: `job_${number}`, token: `${number}`, at });
}

/** Returns how many jobs of a ledger go that keeps what is so old. */
async function compacted(
  records: readonly JobRecord[],
  hours: number,
  mayGo: (job: ListedJob) => boolean = () => true,
): Promise<number | undefined> {
  using fixture = new LedgerFixture();
  Deno.mkdirSync(fixture.dir);
  Deno.writeFileSync(
    fixture.path,
    new Uint8Array(records.flatMap((record) => [...formatLine(record)])),
  );
  const now = Date.UTC(2026, 0, 5) + records.length * HOUR_MS;
  fixture.clock.advance(now - fixture.clock.now().getTime());
  const olderThanMs = hours * HOUR_MS;
  const maintenance = new Maintenance(fixture.ledger, fixture.clock);
  const report = await maintenance.compact({ mayGo, olderThanMs });
  strictEqual(
    fixture.lines().length,
    records.length - (report?.prunedJobs ?? 0),
  );
  return report?.prunedJobs;
}

const HUNDRED = Array.from({ length: 100 }, (_, at) => jobOf(at, complete));
const isOver = (job: ListedJob) => !isListedInFlight(job);

Deno.test("compact() waits until a quarter of the ledger is old", async () => {
  strictEqual(await compacted(HUNDRED, 99), undefined);
  strictEqual(await compacted(HUNDRED, 80), undefined);
  strictEqual(await compacted(HUNDRED, 70), 100);
});

Deno.test("compact() leaves a ledger whose first lines are young, wherever old ones stand", async () => {
  const turned = [...HUNDRED.slice(50), ...HUNDRED.slice(0, 50)];
  strictEqual(await compacted(turned, 70), undefined);
});

Deno.test("compact() keeps what may not go", async () => {
  const open = HUNDRED.map((_, at) =>
    jobOf(at, at % 2 === 0 ? complete : submitted)
  );
  strictEqual(await compacted(open, 10, isOver), 50);
});

Deno.test("compact() leaves it to another process that prunes", async () => {
  using fixture = new LedgerFixture();
  await fixture.write(submitted());
  fixture.clock.advance(HOUR_MS);
  const options = { mayGo: () => true, olderThanMs: 1 };
  const maintenance = new Maintenance(fixture.ledger, fixture.clock);
  {
    const name = "locks/prune.lock";
    using _held = await fixture.open().lockNamed(name, { waitMs: 0 });
    strictEqual(await maintenance.compact(options), undefined);
  }
  strictEqual((await maintenance.compact(options))?.prunedJobs, 1);
});

Deno.test("compact() of a ledger that is not there does nothing", async () => {
  strictEqual(await compacted([], 0), undefined);
});
