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
import { LedgerDesk, searchFor } from "../../../tests/helpers/ledger_desk.ts";
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
  using desk = new LedgerDesk();
  const { ledger } = desk;
  strictEqual((await searchFor(ledger)).own, undefined);
  strictEqual(await ledger.findById("job_8f2a3b4c5d"), undefined);
  await desk.write(submitted(), running());
  const { own } = await searchFor(ledger);
  strictEqual(own?.job.status, "running");
  deepStrictEqual(await ledger.findById("job_8f2a3b4c5d"), own.job);
  deepStrictEqual(desk.lines().map(({ check }) => check), ["good", "good"]);
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
    using desk = new LedgerDesk();
    const { ledger, clock } = desk;
    await ledger.append(jobOf(submitted()));
    clock.stepWall(stepMs);
    // What others wrote in between has no say in it.
    await Deno.writeTextFile(desk.path, "no line\n{}\n", { append: true });
    await Deno.writeTextFile(desk.path, await Deno.readTextFile(GO), {
      append: true,
    });
    await ledger.append(jobOf(running()));
    const times = desk.lines().filter(({ check }) => check === "good")
      .map(({ entry }) => Date.parse(entry.at) - START_MS);
    deepStrictEqual(times, [0, atMs]);
  });
}

Deno.test("Ledger.append() closes a line that was cut off, and keeps what is there", async () => {
  using desk = new LedgerDesk();
  await desk.write(submitted(), running());
  const whole = await Deno.readFile(desk.path);
  // Every offset is in ledger_file_test.ts; here are some, with the lock.
  for (let cut = 0; cut <= whole.length; cut += 61) {
    await Deno.writeFile(desk.path, whole.subarray(0, cut));
    const known = desk.lines().filter(({ check }) => check === "good").length;
    await desk.ledger.append(jobOf(complete()));
    const lines = desk.lines();
    strictEqual(lines.filter(({ check }) => check === "torn").length, 0);
    strictEqual(
      lines.filter(({ check }) => check === "good").length,
      known + 1,
    );
    const { own } = await searchFor(desk.ledger);
    strictEqual(own?.job.status, "complete");
  }
});

Deno.test("Ledger.append() refuses an entry that could never be read again", async () => {
  using desk = new LedgerDesk();
  await desk.write(submitted());
  const args = ["x".repeat(MAX_LINE_LENGTH)];
  await rejects(
    desk.ledger.append(jobOf(running({ args }))),
    (error) => error instanceof LedgerError && /too long/.test(error.why),
  );
  strictEqual(desk.lines().length, 1);
});

Deno.test("Ledger.ownersOf() names the job that has a VM, whoever wrote of it", async () => {
  using desk = new LedgerDesk();
  const { ledger } = desk;
  await Deno.mkdir(desk.dir);
  await Deno.copyFile(GO, desk.path);
  const many = { vm_ids: ["vm-a", "vm-b"] };
  const other = { id: "job_0000000001", token: "other" };
  await desk.write(
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
  using desk = new LedgerDesk();
  const job = jobOf(submitted());
  const done = jobOf(submitted(), complete());
  const deciders = Array.from(
    { length: 12 },
    () =>
      desk.ledger.update(job, ({ job: known }) => {
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
  strictEqual(desk.lines().length, 1);
});

Deno.test("Ledger.update() does not show a job that is not in it, and makes no file", async () => {
  using desk = new LedgerDesk();
  const job = jobOf(submitted());
  const read = await desk.ledger.update(job, (known) => ({
    result: known.job,
  }));
  strictEqual(read, undefined);
  throws(() => Deno.lstatSync(desk.path), Deno.errors.NotFound);
});

Deno.test("Ledger.update() tells apart two jobs of one id by their token", async () => {
  using desk = new LedgerDesk();
  await desk.write(complete({ token: "other" }));
  const read = (job: Job) =>
    desk.ledger.update(job, (known) => ({ result: known.job?.status }));
  strictEqual(await read(jobOf(submitted())), undefined);
  strictEqual(await read(jobOf(submitted({ token: "other" }))), "complete");
});

Deno.test("Ledger.update() writes nothing and lets go when the decision throws", async () => {
  using desk = new LedgerDesk();
  await desk.write(submitted());
  const error = new RangeError("no");
  await rejects(
    desk.ledger.update(jobOf(submitted()), () => {
      throw error;
    }),
    error,
  );
  await desk.write(running());
  strictEqual(desk.lines().length, 2);
});

Deno.test("Ledger.lockJob() locks a small file of the key, and says who holds it", async () => {
  using desk = new LedgerDesk();
  const { ledger, dir } = desk;
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
  using desk = new LedgerDesk();
  for (let job = 0; job < 300; job++) {
    const id = `job_0a0${job.toString(16).padEnd(7, "f")}`;
    using _lock = await desk.ledger.lockJob(id, { waitMs: 0 });
  }
  const names = [...Deno.readDirSync(`${desk.dir}/locks`)]
    .map(({ name }) => name);
  deepStrictEqual(names, ["0a0.lock"]);
});

Deno.test("Ledger.lockJob() says that another holds it", async () => {
  using desk = new LedgerDesk();
  {
    using _lock = await desk.ledger.lockJob(KEY, { waitMs: 0 });
    await rejects(
      desk.ledger.lockJob(KEY, { waitMs: 0 }),
      (error) =>
        error instanceof FileLockError && error.reason === "held" &&
        error.holder?.pid === Deno.pid,
    );
  }
  // Until it lets go.
  using _lock = await desk.ledger.lockJob(KEY, { waitMs: 60_000 });
});
