import {
  deepStrictEqual,
  match,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import {
  complete,
  failed,
  KEY,
  running,
  submitted,
  VM_ID,
} from "../../../tests/helpers/entries.ts";
import {
  LedgerFixture,
  searchFor,
} from "../../../tests/helpers/ledger_fixture.ts";
import { FileLockError } from "../../file_lock.ts";
import type { JobRecord } from "../../job/record.ts";
import { foldRecords, type Job } from "../../job/job.ts";
import { MAX_LINE_LENGTH } from "./lines.ts";
import { LedgerError } from "../ledger_error.ts";

const MINUTE_MS = 60_000;
const START_MS = Date.parse("2026-01-05T09:00:00.000Z");
const GO = new URL("../../../tests/testdata/ledgers/go.jsonl", import.meta.url);

function jobOf(...entries: readonly JobRecord[]): Job {
  return foldRecords(entries);
}

Deno.test("Ledger gives back the job that was written to it", async () => {
  using fixture = new LedgerFixture();
  const { ledger } = fixture;
  strictEqual((await searchFor(ledger)).own, undefined);
  strictEqual(await ledger.findById("job_8f2a3b4c5d"), undefined);
  await fixture.write(submitted(), running());
  const { own } = await searchFor(ledger);
  strictEqual(own?.job.status, "running");
  deepStrictEqual(await ledger.findById("job_8f2a3b4c5d"), own.job);
  deepStrictEqual(fixture.lines().map(({ check }) => check), ["good", "good"]);
});

for (
  const { name, stepMs, atMs } of [
    { name: "goes on", stepMs: 5_000, atMs: 5_000 },
    { name: "stands still", stepMs: 0, atMs: 0 },
    { name: "steps back by half an hour", stepMs: -30 * MINUTE_MS, atMs: 0 },
    { name: "steps back by an hour", stepMs: -60 * MINUTE_MS, atMs: 0 },
    {
      name: "steps back by more than an hour",
      stepMs: -60 * MINUTE_MS - 1,
      atMs: -60 * MINUTE_MS - 1,
    },
    {
      name: "steps back by two hours",
      stepMs: -120 * MINUTE_MS,
      atMs: -120 * MINUTE_MS,
    },
    {
      name: "leaps ahead by a year",
      stepMs: 365 * 1_440 * MINUTE_MS,
      atMs: 365 * 1_440 * MINUTE_MS,
    },
  ]
) {
  Deno.test(`Ledger.append() dates an entry rightly when the clock ${name}`, async () => {
    using fixture = new LedgerFixture();
    const { ledger, clock } = fixture;
    await ledger.append(jobOf(submitted()));
    clock.stepWall(stepMs);
    // What others wrote in between has no say in it.
    await Deno.writeTextFile(fixture.path, "no line\n{}\n", { append: true });
    await Deno.writeTextFile(fixture.path, await Deno.readTextFile(GO), {
      append: true,
    });
    await ledger.append(jobOf(running()));
    const times = fixture.lines().filter(({ check }) => check === "good")
      .map(({ entry }) => Date.parse(entry.at) - START_MS);
    deepStrictEqual(times, [0, atMs]);
  });
}

Deno.test("Ledger.append() closes a line that was cut off, and keeps what is there", async () => {
  using fixture = new LedgerFixture();
  await fixture.write(submitted(), running());
  const whole = await Deno.readFile(fixture.path);
  // Every offset is in ledger_file_test.ts; here are some, with the lock.
  for (let cut = 0; cut <= whole.length; cut += 61) {
    await Deno.writeFile(fixture.path, whole.subarray(0, cut));
    const known = fixture.lines().filter(({ check }) =>
      check === "good"
    ).length;
    await fixture.ledger.append(jobOf(complete()));
    const lines = fixture.lines();
    strictEqual(lines.filter(({ check }) => check === "torn").length, 0);
    strictEqual(
      lines.filter(({ check }) => check === "good").length,
      known + 1,
    );
    const { own } = await searchFor(fixture.ledger);
    strictEqual(own?.job.status, "complete");
  }
});

Deno.test("Ledger.append() refuses an entry that could never be read again", async () => {
  using fixture = new LedgerFixture();
  await fixture.write(submitted());
  const args = ["x".repeat(MAX_LINE_LENGTH)];
  await rejects(
    fixture.ledger.append(jobOf(running({ args }))),
    (error) => error instanceof LedgerError && /too long/.test(error.why),
  );
  strictEqual(fixture.lines().length, 1);
});

Deno.test("Ledger.ownersOf() names the job that has a VM, whoever wrote of it", async () => {
  using fixture = new LedgerFixture();
  const { ledger } = fixture;
  await Deno.mkdir(fixture.dir);
  await Deno.copyFile(GO, fixture.path);
  const many = { vm_ids: ["vm-a", "vm-b"] };
  const other = { id: "job_0000000001", token: "other" };
  await fixture.write(
    submitted({ ...other, args: ["vm-arg"], inputs: { from: "vm-input" } }),
    running({ ...other, handle: many }),
    submitted(),
    running(),
    failed({ id: "job_0000000002", handle: { vm_ids: ["vm-failed"] } }),
  );
  for (
    const [vmId, owner] of [
      [VM_ID, "job_8f2a3b4c5d"],
      ["vm-a", "job_0000000001"],
      ["vm-b", "job_0000000001"],
      ["vm-a,vm-b", undefined],
      ["vm-failed", "job_0000000002"],
      ["vm-arg", undefined],
      ["vm-input", undefined],
      ["vm", undefined],
      ["7d1f7c2e-6a55-4b0c-9a3e-1f2a3b4c5d6e", "job_1a2b3c4d5e"],
      ["0a1b2c3d-0000-4000-8000-00000000000a", "job_2b3c4d5e6f"],
      ["0a1b2c3d-0000-4000-8000-00000000000b", "job_2b3c4d5e6f"],
      ["0a1b2c3d-0000-4000-8000-00000000000c", undefined],
    ] as const
  ) {
    strictEqual((await ledger.ownersOf([vmId])).get(vmId), owner, vmId);
  }
  const others = await ledger.ownersOf(["vm-a", VM_ID], jobOf(running()));
  deepStrictEqual([...others], [["vm-a", "job_0000000001"]]);
});

Deno.test("Ledger.update() decides on what is there, and one at a time", async () => {
  using fixture = new LedgerFixture();
  const job = jobOf(submitted());
  const done = jobOf(submitted(), complete());
  const deciders = Array.from(
    { length: 12 },
    () =>
      fixture.ledger.update(job, ({ job: known }) => {
        return known === undefined
          ? { append: done, result: "wrote" }
          : { result: known.status };
      }),
  );
  const results = await Promise.all(deciders);
  deepStrictEqual(results.toSorted(), [
    ...Array<string>(11).fill("complete"),
    "wrote",
  ]);
  strictEqual(fixture.lines().length, 1);
});

Deno.test("Ledger.update() does not show a job that is not in it, and makes no file", async () => {
  using fixture = new LedgerFixture();
  const job = jobOf(submitted());
  const read = await fixture.ledger.update(job, (known) => ({
    result: known.job,
  }));
  strictEqual(read, undefined);
  throws(() => Deno.lstatSync(fixture.path), Deno.errors.NotFound);
});

Deno.test("Ledger.update() tells apart two jobs of one id by their token", async () => {
  using fixture = new LedgerFixture();
  await fixture.write(complete({ token: "other" }));
  const read = (job: Job) =>
    fixture.ledger.update(job, (known) => ({ result: known.job?.status }));
  strictEqual(await read(jobOf(submitted())), undefined);
  strictEqual(await read(jobOf(submitted({ token: "other" }))), "complete");
});

Deno.test("Ledger.update() writes nothing and lets go when the decision throws", async () => {
  using fixture = new LedgerFixture();
  await fixture.write(submitted());
  const error = new RangeError("no");
  await rejects(
    fixture.ledger.update(jobOf(submitted()), () => {
      throw error;
    }),
    error,
  );
  await fixture.write(running());
  strictEqual(fixture.lines().length, 2);
});

Deno.test("Ledger.lockJob() locks a small file of the key, and says who holds it", async () => {
  using fixture = new LedgerFixture();
  const { ledger, dir } = fixture;
  {
    using _key = await ledger.lockJob(KEY, { waitMs: 0 });
    using _id = await ledger.lockJob("job_8f2a3b4c5d", { waitMs: 0 });
    const files = [...Deno.readDirSync(`${dir}/locks`)].map(({ name }) => name);
    deepStrictEqual(files.toSorted(), ["01234.lock", "8f2.lock"]);
    match(
      Deno.readTextFileSync(`${dir}/locks/01234.lock`),
      new RegExp(`^{"pid":${Deno.pid},"since":"2026-01-05T09:00:00.000Z"}\n$`),
    );
  }
  // It was let go of, and its file stays.
  using _again = await ledger.lockJob(KEY, { waitMs: 0 });
  strictEqual(Deno.statSync(`${dir}/locks/01234.lock`).isFile, true);
});

Deno.test("Ledger.lockJob() leaves few files behind, however many jobs have no key", async () => {
  using fixture = new LedgerFixture();
  for (let job = 0; job < 300; job++) {
    const id = `job_0a0${job.toString(16).padEnd(7, "f")}`;
    using _lock = await fixture.ledger.lockJob(id, { waitMs: 0 });
  }
  const names = [...Deno.readDirSync(`${fixture.dir}/locks`)]
    .map(({ name }) => name);
  deepStrictEqual(names, ["0a0.lock"]);
});

Deno.test("Ledger.lockJob() says that another holds it", async () => {
  using fixture = new LedgerFixture();
  {
    using _lock = await fixture.ledger.lockJob(KEY, { waitMs: 0 });
    await rejects(
      fixture.ledger.lockJob(KEY, { waitMs: 0 }),
      (error) =>
        error instanceof FileLockError && error.reason === "held" &&
        error.holder?.pid === Deno.pid,
    );
  }
  // Until it lets go.
  using _lock = await fixture.ledger.lockJob(KEY, { waitMs: 60_000 });
});
