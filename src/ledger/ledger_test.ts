import {
  deepStrictEqual,
  match,
  ok,
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
} from "../../tests/helpers/entries.ts";
import { FakeClock } from "../../tests/helpers/fake_clock.ts";
import { readLedgerLines } from "../../tests/helpers/ledger_lines.ts";
import { FileLockError } from "../file_lock.ts";
import type { Entry } from "../job/entry.ts";
import { foldEntries, type Job } from "../job/job.ts";
import { MAX_LINE_LENGTH } from "./backward_lines.ts";
import { Ledger } from "./ledger.ts";
import { LedgerError } from "./ledger_error.ts";

const IS_WINDOWS = Deno.build.os === "windows";
const MINUTE_MS = 60_000;
const START_MS = Date.parse("2026-01-05T09:00:00.000Z");
const GO = new URL("../../tests/testdata/ledgers/go.jsonl", import.meta.url);

/** A folder of its own with a ledger in it, on a clock that is moved by hand. */
class Desk implements Disposable {
  readonly root = Deno.makeTempDirSync();
  readonly dir = `${this.root}/jobs`;
  readonly clock = new FakeClock({ autoAdvance: false });
  readonly ledger = this.open();

  get path(): string {
    return `${this.dir}/jobs.jsonl`;
  }

  /** Opens the ledger as another process would. */
  open(): Ledger {
    return new Ledger({ dir: this.dir, clock: this.clock });
  }

  /** Writes entries one after the other, a second apart. */
  async write(...entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) {
      this.clock.advance(1_000);
      await this.ledger.append(foldEntries([entry]));
    }
  }

  lines() {
    return readLedgerLines(this.path);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.root, { recursive: true });
  }
}

function jobOf(...entries: readonly Entry[]): Job {
  return foldEntries(entries);
}

function modeOf(path: string): string {
  return ((Deno.statSync(path).mode ?? 0) & 0o777).toString(8);
}

function searchFor(ledger: Ledger) {
  return ledger.findByKey(KEY, {
    account: submitted().account,
    windowMs: 86_400_000,
    now: new Date(START_MS),
  });
}

Deno.test("Ledger gives back the job that was written to it", async () => {
  using desk = new Desk();
  const { ledger } = desk;
  strictEqual(searchFor(ledger).own, undefined);
  strictEqual(ledger.findById("job_8f2a3b4c5d"), undefined);
  await desk.write(submitted(), running());
  const { own } = searchFor(ledger);
  strictEqual(own?.job.state, "running");
  deepStrictEqual(ledger.findById("job_8f2a3b4c5d"), own);
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
    using desk = new Desk();
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
  using desk = new Desk();
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
    strictEqual(searchFor(desk.ledger).own?.job.state, "complete");
  }
});

Deno.test("Ledger.append() refuses an entry that could never be read again", async () => {
  using desk = new Desk();
  await desk.write(submitted());
  const args = ["x".repeat(MAX_LINE_LENGTH)];
  await rejects(
    desk.ledger.append(jobOf(running({ args }))),
    (error) => error instanceof LedgerError && /too long/.test(error.why),
  );
  strictEqual(desk.lines().length, 1);
});

Deno.test({
  name: "Ledger keeps what it makes to its user",
  ignore: IS_WINDOWS,
  async fn() {
    using desk = new Desk();
    await desk.write(submitted());
    {
      using _lock = await desk.ledger.lockJob(KEY, { waitMs: 0 });
    }
    strictEqual(modeOf(desk.dir), "700");
    strictEqual(modeOf(desk.path), "600");
    strictEqual(modeOf(`${desk.dir}/jobs.lock`), "600");
    strictEqual(modeOf(`${desk.dir}/locks`), "700");
    strictEqual(modeOf(`${desk.dir}/locks/01234.lock`), "600");
  },
});

Deno.test({
  name: "Ledger leaves the modes of what is there alone",
  ignore: IS_WINDOWS,
  async fn() {
    using desk = new Desk();
    await Deno.mkdir(`${desk.dir}/locks`, { recursive: true });
    await Deno.writeTextFile(desk.path, "");
    await Deno.chmod(desk.path, 0o664);
    await Deno.chmod(desk.dir, 0o755);
    await Deno.chmod(`${desk.dir}/locks`, 0o775);
    await desk.write(submitted());
    {
      using _lock = await desk.ledger.lockJob(KEY, { waitMs: 0 });
    }
    strictEqual(modeOf(desk.path), "664");
    strictEqual(modeOf(desk.dir), "755");
    strictEqual(modeOf(`${desk.dir}/locks`), "775");
  },
});

interface Obstacle {
  readonly name: string;
  readonly ignore: boolean;
  readonly why: RegExp;
  readonly make: (path: string) => void;
}

const OBSTACLES: readonly Obstacle[] = [
  {
    name: "a folder",
    ignore: false,
    why: /it is a folder/,
    make: (path) => Deno.mkdirSync(path),
  },
  {
    name: "a FIFO, which nobody writes to",
    ignore: IS_WINDOWS,
    why: /not a regular file/,
    make: (path) => {
      const { success } = new Deno.Command("mkfifo", { args: [path] })
        .outputSync();
      ok(success);
    },
  },
  {
    name: "a link to a ledger",
    ignore: IS_WINDOWS,
    why: /not a regular file/,
    make: (path) => {
      Deno.writeTextFileSync(`${path}.there`, "");
      Deno.symlinkSync(`${path}.there`, path);
    },
  },
  {
    name: "a link to nothing",
    ignore: IS_WINDOWS,
    why: /not a regular file/,
    make: (path) => Deno.symlinkSync(`${path}.missing`, path),
  },
  {
    name: "another user's file",
    // Only root can give a file away.
    ignore: Deno.uid() !== 0,
    why: /it belongs to user 65534, and this is user 0/,
    make: (path) => {
      Deno.writeTextFileSync(path, "");
      Deno.chownSync(path, 65_534, 65_534);
    },
  },
];

for (const { name, ignore, why, make } of OBSTACLES) {
  Deno.test({
    name: `Ledger does not use ${name} in its place, and does not touch it`,
    ignore,
    async fn() {
      using desk = new Desk();
      await Deno.mkdir(desk.dir);
      make(desk.path);
      const before = Deno.lstatSync(desk.path);
      const ledger = desk.open();
      strictEqual(ledger.openedAt.file, undefined);
      const isRefusal = (error: unknown) =>
        error instanceof LedgerError && why.test(error.message);
      throws(() => searchFor(ledger), isRefusal);
      throws(() => ledger.findById("job_8f2a3b4c5d"), isRefusal);
      throws(() => ledger.ownerOf(VM_ID), isRefusal);
      await rejects(ledger.append(jobOf(submitted())), isRefusal);
      await rejects(ledger.lockJob(KEY, { waitMs: 0 }), isRefusal);
      const after = Deno.lstatSync(desk.path);
      for (const field of ["ino", "size", "mode", "uid", "mtime"] as const) {
        deepStrictEqual(after[field], before[field], field);
      }
      const made = [...Deno.readDirSync(desk.dir)].map(({ name }) => name);
      strictEqual(made.includes("jobs.jsonl.missing"), false);
    },
  });
}

Deno.test("Ledger without a folder is none, and says so", async () => {
  const ledger = new Ledger({ dir: undefined, clock: new FakeClock() });
  strictEqual(ledger.path, undefined);
  strictEqual(ledger.openedAt.file, undefined);
  const isRefusal = (error: unknown) =>
    error instanceof LedgerError && /there is no home folder/.test(error.why);
  throws(() => searchFor(ledger), isRefusal);
  throws(() => ledger.findById("job_8f2a3b4c5d"), isRefusal);
  throws(() => ledger.ownerOf(VM_ID), isRefusal);
  await rejects(ledger.append(jobOf(submitted())), isRefusal);
  await rejects(ledger.lockJob(KEY, { waitMs: 0 }), isRefusal);
});

Deno.test("Ledger says why when its folder cannot be made", async () => {
  using desk = new Desk();
  await Deno.writeTextFile(desk.dir, "a file");
  await rejects(
    desk.ledger.append(jobOf(submitted())),
    (error) => error instanceof LedgerError && error.message.includes(desk.dir),
  );
});

const UNCONFIRMED = { unconfirmed_at: "2026-01-05T09:00:10.000Z" };
const DELIVERED = { delivered_at: "2026-01-05T09:00:40.000Z" };
const GONE = { gone_at: "2026-01-05T09:00:50.000Z" };

for (
  const { name, before, after, isSettled } of [
    {
      name: "submitted since",
      before: [],
      after: [submitted()],
      isSettled: false,
    },
    {
      name: "accepted since",
      before: [submitted()],
      after: [running()],
      isSettled: false,
    },
    {
      name: "completed before",
      before: [submitted(), complete()],
      after: [],
      isSettled: false,
    },
    {
      name: "completed since",
      before: [submitted()],
      after: [running(), complete()],
      isSettled: true,
    },
    {
      name: "completed and delivered before",
      before: [submitted(), complete(), complete(DELIVERED)],
      after: [],
      isSettled: false,
    },
    {
      name: "completed before and delivered since",
      before: [submitted(), complete()],
      after: [complete(DELIVERED)],
      isSettled: true,
    },
    {
      name: "completed before and found gone since",
      before: [submitted(), complete()],
      after: [complete(GONE)],
      isSettled: false,
    },
    {
      name: "delivered before and found gone since",
      before: [submitted(), complete(), complete(DELIVERED)],
      after: [complete({ ...DELIVERED, ...GONE })],
      isSettled: false,
    },
    {
      name: "failed before",
      before: [submitted(), failed()],
      after: [],
      isSettled: false,
    },
    {
      name: "failed since",
      before: [submitted()],
      after: [failed()],
      isSettled: true,
    },
    {
      name: "failed before and completed since",
      before: [submitted(), failed()],
      after: [complete()],
      isSettled: true,
    },
    {
      name: "declared unconfirmed before",
      before: [submitted(), submitted(UNCONFIRMED)],
      after: [],
      isSettled: false,
    },
    {
      name: "declared unconfirmed since",
      before: [submitted()],
      after: [submitted(UNCONFIRMED)],
      isSettled: true,
    },
    {
      name: "declared unconfirmed before and sent again since",
      before: [submitted(), submitted(UNCONFIRMED)],
      after: [submitted({ sends: 2 })],
      isSettled: false,
    },
    {
      name: "declared unconfirmed before and accepted since",
      before: [submitted(), submitted(UNCONFIRMED)],
      after: [running(UNCONFIRMED)],
      isSettled: false,
    },
  ]
) {
  for (const isReplaced of [false, true]) {
    const how = isReplaced ? ", in a file that was replaced since" : "";
    Deno.test(`Ledger.isSettledSinceOpened() of a job ${name}${how} is ${isSettled}`, async () => {
      using desk = new Desk();
      // So that there is a file to be replaced.
      await desk.write(submitted({ id: "job_0000000001", token: "other" }));
      await desk.write(...before);
      desk.clock.advance(1_000);
      const ledger = desk.open();
      await desk.write(...after);
      if (isReplaced) {
        await Deno.copyFile(desk.path, `${desk.path}.new`);
        await Deno.rename(`${desk.path}.new`, desk.path);
      }
      const sighting = ledger.findById("job_8f2a3b4c5d");
      ok(sighting);
      strictEqual(ledger.isSettledSinceOpened(sighting), isSettled);
    });
  }
}

Deno.test("Ledger.isSettledSinceOpened() counts everything where there was no file", async () => {
  using desk = new Desk();
  const ledger = desk.open();
  await desk.write(submitted(), complete(DELIVERED));
  const sighting = ledger.findById("job_8f2a3b4c5d");
  ok(sighting);
  strictEqual(ledger.isSettledSinceOpened(sighting), true);
});

Deno.test("Ledger.isSettledSinceOpened() goes by the times in a file that was cut short", async () => {
  using desk = new Desk();
  await desk.write(submitted({ id: "job_0000000001", token: "other" }));
  const head = (await Deno.stat(desk.path)).size;
  await desk.write(submitted(), complete());
  desk.clock.advance(1_000);
  const ledger = desk.open();
  // Rewritten in its place, without the first line.
  const content = await Deno.readFile(desk.path);
  await Deno.writeFile(desk.path, content.subarray(head));
  const sighting = ledger.findById("job_8f2a3b4c5d");
  ok(sighting);
  strictEqual(ledger.isSettledSinceOpened(sighting), false);
});

Deno.test("Ledger.ownerOf() names the job that has a VM, whoever wrote of it", async () => {
  using desk = new Desk();
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
    strictEqual(ledger.ownerOf(vmId), owner, vmId);
  }
  strictEqual(ledger.ownerOf(VM_ID, jobOf(running())), undefined);
  strictEqual(ledger.ownerOf("vm-a", jobOf(running())), "job_0000000001");
});

Deno.test("Ledger.update() decides on what is there, and one at a time", async () => {
  using desk = new Desk();
  const job = jobOf(submitted());
  const done = jobOf(submitted(), complete());
  const deciders = Array.from(
    { length: 12 },
    () =>
      desk.ledger.update((view) => {
        const isFirst = view.read(job).state === "submitted";
        return isFirst
          ? { append: done, result: "wrote" }
          : { result: view.read(job).state };
      }),
  );
  const results = await Promise.all(deciders);
  deepStrictEqual(results.toSorted(), [
    ...Array<string>(11).fill("complete"),
    "wrote",
  ]);
  strictEqual(desk.lines().length, 1);
});

Deno.test("Ledger.update() shows a job that is not in it as it was given", async () => {
  using desk = new Desk();
  const job = jobOf(submitted());
  const read = await desk.ledger.update((view) => ({ result: view.read(job) }));
  strictEqual(read, job);
  strictEqual(Deno.lstatSync(desk.dir).isDirectory, true);
  throws(() => Deno.lstatSync(desk.path), Deno.errors.NotFound);
});

Deno.test("Ledger.update() tells apart two jobs of one id by their token", async () => {
  using desk = new Desk();
  await desk.write(complete({ token: "other" }));
  const job = jobOf(submitted());
  const state = await desk.ledger.update((view) => ({
    result: view.read(job).state,
  }));
  strictEqual(state, "submitted");
});

Deno.test("Ledger.update() writes nothing and lets go when the decision throws", async () => {
  using desk = new Desk();
  await desk.write(submitted());
  const error = new RangeError("no");
  await rejects(
    desk.ledger.update(() => {
      throw error;
    }),
    error,
  );
  await desk.write(running());
  strictEqual(desk.lines().length, 2);
});

Deno.test("Ledger.lockJob() locks a small file of the key, and says who holds it", async () => {
  using desk = new Desk();
  const { ledger, dir } = desk;
  {
    using _key = await ledger.lockJob(KEY, { waitMs: 0 });
    using _id = await ledger.lockJob("job_8f2a3b4c5d", { waitMs: 0 });
    const files = [...Deno.readDirSync(`${dir}/locks`)].map(({ name }) => name);
    deepStrictEqual(files.toSorted(), ["01234.lock", "8f2a3.lock"]);
    match(
      Deno.readTextFileSync(`${dir}/locks/01234.lock`),
      new RegExp(`^{"pid":${Deno.pid},"since":"2026-01-05T09:00:00.000Z"}\n$`),
    );
  }
  // It was let go of, and its file stays.
  using _again = await ledger.lockJob(KEY, { waitMs: 0 });
  strictEqual(Deno.statSync(`${dir}/locks/01234.lock`).isFile, true);
});

Deno.test({
  name: "Ledger.lockJob() says that another holds it",
  // A wait that is given up stays in the kernel until the holder lets go.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    using desk = new Desk();
    using _lock = await desk.ledger.lockJob(KEY, { waitMs: 0 });
    await rejects(
      desk.ledger.lockJob(KEY, { waitMs: 0 }),
      (error) =>
        error instanceof FileLockError && error.reason === "held" &&
        error.holder?.pid === Deno.pid,
    );
  },
});
