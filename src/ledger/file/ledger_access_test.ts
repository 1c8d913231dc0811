import {
  deepStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import { KEY, submitted, VM_ID } from "../../../tests/helpers/entries.ts";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import {
  LedgerFixture,
  modeOf,
  searchFor,
} from "../../../tests/helpers/ledger_fixture.ts";
import { type Need, needing } from "../../../tests/helpers/machine.ts";
import { foldRecords } from "../../job/job.ts";
import { FileLedger } from "./file_ledger.ts";
import { LedgerError } from "../ledger_error.ts";
import { Maintenance } from "./maintenance.ts";

const SUBMITTED = foldRecords([submitted()]);

Deno.test({
  ...needing(["posix"], "Ledger keeps what it makes to its user"),
  async fn() {
    using fixture = new LedgerFixture();
    await fixture.write(submitted());
    {
      using _lock = await fixture.ledger.lockJob(KEY, { waitMs: 0 });
    }
    strictEqual(modeOf(fixture.dir), "700");
    strictEqual(modeOf(fixture.path), "600");
    strictEqual(modeOf(`${fixture.dir}/jobs.lock`), "600");
    strictEqual(modeOf(`${fixture.dir}/locks`), "700");
    strictEqual(modeOf(`${fixture.dir}/locks/01234.lock`), "600");
  },
});

Deno.test({
  ...needing(["posix"], "Ledger leaves the modes of what is there alone"),
  async fn() {
    using fixture = new LedgerFixture();
    await Deno.mkdir(`${fixture.dir}/locks`, { recursive: true });
    await Deno.writeTextFile(fixture.path, "");
    await Deno.chmod(fixture.path, 0o664);
    await Deno.chmod(fixture.dir, 0o755);
    await Deno.chmod(`${fixture.dir}/locks`, 0o775);
    await fixture.write(submitted());
    {
      using _lock = await fixture.ledger.lockJob(KEY, { waitMs: 0 });
    }
    strictEqual(modeOf(fixture.path), "664");
    strictEqual(modeOf(fixture.dir), "755");
    strictEqual(modeOf(`${fixture.dir}/locks`), "775");
  },
});

interface Obstacle {
  readonly name: string;
  readonly needs: readonly Need[];
  readonly why: RegExp;
  readonly make: (path: string) => void;
}

const OBSTACLES: readonly Obstacle[] = [
  {
    name: "a folder",
    needs: [],
    why: /it is a folder/,
    make: (path) => Deno.mkdirSync(path),
  },
  {
    name: "a FIFO, which nobody writes to",
    needs: ["posix"],
    why: /not a regular file/,
    make: (path) => {
      const { success } = new Deno.Command("mkfifo", { args: [path] })
        .outputSync();
      ok(success);
    },
  },
  {
    name: "a device, which can be read without end",
    // Only root can make one.
    needs: ["root", "tool:mknod"],
    why: /not a regular file/,
    make: (path) => {
      const { success } = new Deno.Command("mknod", {
        args: [path, "c", "1", "5"],
      }).outputSync();
      ok(success);
    },
  },
  {
    name: "a link to a ledger",
    needs: ["posix"],
    why: /not a regular file/,
    make: (path) => {
      Deno.writeTextFileSync(`${path}.there`, "");
      Deno.symlinkSync(`${path}.there`, path);
    },
  },
  {
    name: "a link to nothing",
    needs: ["posix"],
    why: /not a regular file/,
    make: (path) => Deno.symlinkSync(`${path}.missing`, path),
  },
];

for (const { name, needs, why, make } of OBSTACLES) {
  Deno.test({
    ...needing(
      needs,
      `Ledger does not use ${name} in its place, and does not touch it`,
    ),
    async fn() {
      using fixture = new LedgerFixture();
      await Deno.mkdir(fixture.dir);
      make(fixture.path);
      const before = Deno.lstatSync(fixture.path);
      const ledger = fixture.open();
      strictEqual(ledger.openedAt.file, undefined);
      const isRefusal = (error: unknown) =>
        error instanceof LedgerError && why.test(error.message);
      await rejects(searchFor(ledger), isRefusal);
      await rejects(ledger.findById("job_8f2a3b4c5d"), isRefusal);
      await rejects(ledger.ownersOf([VM_ID]), isRefusal);
      await rejects(ledger.append(SUBMITTED), isRefusal);
      await rejects(ledger.lockJob(KEY, { waitMs: 0 }), isRefusal);
      const maintenance = new Maintenance(ledger, fixture.clock);
      throws(() => maintenance.jobs(), isRefusal);
      throws(() => maintenance.inspect(), isRefusal);
      const mayGo = () => true;
      await rejects(maintenance.prune({ mayGo }), isRefusal);
      await rejects(maintenance.prune({ mayGo, isDryRun: true }), isRefusal);
      await rejects(maintenance.repair(), isRefusal);
      const after = Deno.lstatSync(fixture.path);
      for (const field of ["ino", "size", "mode", "uid", "mtime"] as const) {
        deepStrictEqual(after[field], before[field], field);
      }
      const made = [...Deno.readDirSync(fixture.dir)].map(({ name }) => name);
      strictEqual(made.includes("jobs.jsonl.missing"), false);
    },
  });
}

Deno.test("Ledger without a folder is none, and says so", async () => {
  const ledger = new FileLedger({ dir: undefined, clock: new FakeClock() });
  strictEqual(ledger.location, undefined);
  strictEqual(ledger.openedAt.file, undefined);
  const isRefusal = (error: unknown) =>
    error instanceof LedgerError && /there is no home folder/.test(error.why);
  await rejects(searchFor(ledger), isRefusal);
  await rejects(ledger.findById("job_8f2a3b4c5d"), isRefusal);
  await rejects(ledger.ownersOf([VM_ID]), isRefusal);
  await rejects(ledger.append(SUBMITTED), isRefusal);
  await rejects(ledger.lockJob(KEY, { waitMs: 0 }), isRefusal);
});

Deno.test("Ledger says why when its folder cannot be made", async () => {
  using fixture = new LedgerFixture();
  await Deno.writeTextFile(fixture.dir, "a file");
  await rejects(
    fixture.ledger.append(SUBMITTED),
    (error) =>
      error instanceof LedgerError && error.message.includes(fixture.dir),
  );
});
