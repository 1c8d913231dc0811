import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import {
  complete,
  failed,
  running,
  submitted,
} from "../../tests/helpers/entries.ts";
import { FakeClock } from "../../tests/helpers/fake_clock.ts";
import { readLedgerLines } from "../../tests/helpers/ledger_lines.ts";
import { needing } from "../../tests/helpers/machine.ts";
import {
  type CompleteJob,
  type FailedJob,
  foldRecords,
  type Job,
} from "../job/job.ts";
import { FileLedger } from "../ledger/file/file_ledger.ts";
import type { Notice } from "./engine.ts";
import { Journal, ledgerRequired } from "./journal.ts";

const SUBMITTED = foldRecords([submitted()]);
const RUNNING = foldRecords([submitted(), running()]);

function completed(vmId: string): CompleteJob {
  const job = foldRecords([complete({ handle: { vm_ids: [vmId] } })]);
  if (job.status !== "complete") throw new Error("It is not complete");
  return job;
}

function failure(error: string): FailedJob {
  const job = foldRecords([failed({ error })]);
  if (job.status !== "failed") throw new Error("It has not failed");
  return job;
}

/** A ledger in a folder of its own, and what its journals say. */
class Desk implements Disposable {
  readonly root = Deno.makeTempDirSync();
  readonly clock = new FakeClock({ autoAdvance: false });
  readonly ledger = new FileLedger({
    dir: `${this.root}/jobs`,
    clock: this.clock,
  });
  readonly notices: Notice[] = [];

  /** Returns the journal of another process. */
  journal(): Journal {
    this.clock.advance(1_000);
    return new Journal({
      ledger: this.ledger,
      notify: (notice) => this.notices.push(notice),
      patienceMs: () => 10_000,
    });
  }

  /** The statuses of all entries. */
  statuses(): string[] {
    return readLedgerLines(`${this.root}/jobs/jobs.jsonl`)
      .map(({ check, entry }) => check === "good" ? entry.status : check);
  }

  read(): Promise<Job | undefined> {
    return this.ledger.findById(SUBMITTED.id);
  }

  /** Sees to it that nothing more can be written. */
  block(): void {
    const path = `${this.root}/jobs/jobs.lock`;
    Deno.mkdirSync(`${this.root}/jobs`, { recursive: true });
    Deno.removeSync(path, { recursive: true });
    Deno.symlinkSync(`${this.root}/missing/lock`, path);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.root, { recursive: true });
  }
}

Deno.test("Journal.settle() records the outcome of a job", async () => {
  using desk = new Desk();
  const journal = desk.journal();
  strictEqual(await journal.append(SUBMITTED), true);
  strictEqual(await journal.append(RUNNING), true);
  const outcome = completed("vm-a");
  deepStrictEqual(await journal.settle(outcome), outcome);
  deepStrictEqual(desk.statuses(), ["submitted", "running", "complete"]);
  deepStrictEqual(desk.notices, []);
});

for (
  const { name, first, second } of [
    {
      name: "a result over a later failure",
      first: completed("vm-a"),
      second: failure("dead"),
    },
    {
      name: "a failure over a later result",
      first: failure("dead"),
      second: completed("vm-a"),
    },
    {
      name: "a result over another",
      first: completed("vm-a"),
      second: completed("vm-b"),
    },
    {
      name: "a failure over another",
      first: failure("dead"),
      second: failure("gone"),
    },
  ]
) {
  Deno.test(`Journal.settle() holds the first outcome: ${name}`, async () => {
    using desk = new Desk();
    await desk.journal().append(SUBMITTED);
    await desk.journal().settle(first);
    const known = await desk.read();
    const settled = await desk.journal().settle(second);
    deepStrictEqual(settled, known);
    strictEqual(settled.status, first.status);
    deepStrictEqual(desk.statuses(), ["submitted", first.status]);
  });
}

Deno.test("Journal.settle() gives all who settle at once the same outcome", async () => {
  using desk = new Desk();
  await desk.journal().append(SUBMITTED);
  const settled = await Promise.all([
    desk.journal().settle(completed("vm-a")),
    desk.journal().settle(failure("dead")),
    desk.journal().settle(completed("vm-b")),
  ]);
  strictEqual(desk.statuses().length, 2);
  const [, outcome] = desk.statuses();
  deepStrictEqual(
    new Set(settled.map(({ status }) => status)),
    new Set([outcome]),
  );
  const errors = settled.map((job) => job.status === "failed" && job.error);
  strictEqual(new Set(errors).size, 1);
});

Deno.test("Journal.settle() records an outcome where nothing was recorded before", async () => {
  using desk = new Desk();
  const outcome = completed("vm-a");
  deepStrictEqual(await desk.journal().settle(outcome), outcome);
  deepStrictEqual(desk.statuses(), ["complete"]);
});

Deno.test("Journal.settle() keeps another job of the same id out of it", async () => {
  using desk = new Desk();
  await desk.journal().settle({ ...failure("dead"), token: "other" });
  const outcome = completed("vm-a");
  deepStrictEqual(await desk.journal().settle(outcome), outcome);
  deepStrictEqual(desk.statuses(), ["failed", "complete"]);
});

Deno.test("Journal.markDelivered() notes the first delivery alone", async () => {
  using desk = new Desk();
  const job = completed("vm-a");
  await desk.journal().settle(job);
  await desk.journal().markDelivered(job, new Date(1_000));
  await desk.journal().markDelivered(job, new Date(2_000));
  deepStrictEqual(desk.statuses(), ["complete", "complete"]);
  const read = await desk.read();
  strictEqual(
    read?.status === "complete" && read.delivered_at,
    "1970-01-01T00:00:01.000Z",
  );
});

Deno.test("Journal.markDelivered() says all that is known, where the outcome was lost", async () => {
  using desk = new Desk();
  await desk.journal().append(SUBMITTED);
  await desk.journal().markDelivered(completed("vm-a"), new Date(1_000));
  const read = await desk.read();
  strictEqual(read?.status, "complete");
  deepStrictEqual(read.handle, { vm_ids: ["vm-a"] });
  strictEqual(read.delivered_at, "1970-01-01T00:00:01.000Z");
});

Deno.test("Journal.markDelivered() does not make a failed job a complete one", async () => {
  using desk = new Desk();
  await desk.journal().settle(failure("dead"));
  await desk.journal().markDelivered(completed("vm-a"), new Date(1_000));
  deepStrictEqual(desk.statuses(), ["failed"]);
});

Deno.test("Journal.markDeleted() keeps the outcome, and that it was delivered", async () => {
  using desk = new Desk();
  const job = completed("vm-a");
  await desk.journal().settle(job);
  await desk.journal().markDelivered(job, new Date(1_000));
  await desk.journal().markDeleted(job, new Date(2_000));
  const read = await desk.read();
  strictEqual(read?.status, "complete");
  strictEqual(read.delivered_at, "1970-01-01T00:00:01.000Z");
  strictEqual(read.gone_at, "1970-01-01T00:00:02.000Z");
  deepStrictEqual(read.result, job.result);
});

Deno.test({
  // A link that leads nowhere, which only an administrator makes there.
  ...needing(
    ["posix"],
    "Journal goes on when it cannot write, and says so once",
  ),
  async fn() {
    using desk = new Desk();
    const journal = desk.journal();
    await journal.append(SUBMITTED);
    desk.block();
    strictEqual(await journal.append(RUNNING), false);
    const outcome = completed("vm-a");
    strictEqual(await journal.settle(outcome), outcome);
    await journal.markDelivered(outcome, new Date(1_000));
    journal.lose("another reason");
    const update = journal.update(SUBMITTED, () => ({ result: "decided" }));
    strictEqual(await update, undefined);
    deepStrictEqual(desk.statuses(), ["submitted"]);
    deepStrictEqual(desk.notices.map(({ type }) => type), ["noLedger"]);
    const [notice] = desk.notices;
    strictEqual(
      notice?.type === "noLedger" &&
        notice.why.startsWith("Cannot lock the ledger: "),
      true,
    );
  },
});

Deno.test("Journal without a ledger says so once", async () => {
  const notices: Notice[] = [];
  const journal = new Journal({
    ledger: new FileLedger({ dir: undefined, clock: new FakeClock() }),
    notify: (notice) => notices.push(notice),
    patienceMs: () => 0,
  });
  strictEqual(await journal.append(SUBMITTED), false);
  strictEqual(await journal.append(RUNNING), false);
  strictEqual(notices.length, 1);
});

Deno.test("Journal.update() does not hide a mistake in the decision", async () => {
  using desk = new Desk();
  const mistake = new TypeError("no");
  await rejects(
    desk.journal().update(SUBMITTED, () => {
      throw mistake;
    }),
    mistake,
  );
  deepStrictEqual(desk.notices, []);
});

Deno.test("ledgerRequired() says why the job cannot be kept", () => {
  const { code, message, advice } = ledgerRequired("the disk is full");
  strictEqual(code, "ledger_required");
  strictEqual(message, "Cannot keep this job in the ledger: the disk is full");
  strictEqual(advice?.type, "ledger_required");
});
