import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { FileSnapshot } from "../helpers/file_snapshot.ts";
import {
  asOneOfMany,
  type Need,
  testNeeding,
  withReadOnly,
} from "../helpers/machine.ts";
import {
  believedStory,
  killedOnceRunning,
  ledgerOf,
} from "../helpers/odd_ledger.ts";
import {
  errorOf,
  type Program,
  type ProgramResult,
  resultOf,
} from "../helpers/program.ts";
import { RUN, Sandbox } from "../helpers/sandbox.ts";
import {
  creations,
  livingVms,
  type SimulatorProcess,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { startWrapped } from "../helpers/wrapped_program.ts";

/** A disk on which a ledger cannot be kept, or only just. */
interface Disk {
  readonly needs?: readonly Need[];
  /** Makes it, and returns what must stay as it is. */
  readonly make: (sandbox: Sandbox) => Promise<FileSnapshot | undefined>;
  /** Words before the program, which make it meet such a disk. */
  readonly wrapper?: (sandbox: Sandbox) => string[];
}

const USELESS: Record<string, Disk> = {
  "without a HOME": {
    make(sandbox) {
      delete sandbox.env.HOME;
      delete sandbox.env.USERPROFILE;
      return Promise.resolve(undefined);
    },
  },
  "with a HOME that it may not write to": {
    needs: ["modes"],
    async make({ home }) {
      await Deno.chmod(home, 0o500);
      return new FileSnapshot(home);
    },
    wrapper: asOneOfMany,
  },
  "with a HOME on a read-only file system": {
    needs: ["mount"],
    make: ({ home }) => Promise.resolve(new FileSnapshot(home)),
    wrapper: ({ home }) => withReadOnly(home),
  },
  "with a ledger that is a folder": {
    make: (sandbox) => withLedger(sandbox, (path) => Deno.mkdir(path)),
  },
  "with a ledger that is a FIFO": {
    needs: ["modes"],
    make: (sandbox) => withLedger(sandbox, makeFifo),
  },
  "with a ledger that is a link to a file": {
    needs: ["modes"],
    async make(sandbox) {
      const target = `${sandbox.home}/elsewhere.jsonl`;
      await Deno.writeTextFile(target, "what somebody wrote\n");
      await withLedger(sandbox, (path) => Deno.symlink(target, path));
      return new FileSnapshot(target);
    },
  },
  "with a ledger that is a link to nothing": {
    needs: ["modes"],
    make: (sandbox) =>
      withLedger(sandbox, (path) => Deno.symlink("nothing", path)),
  },
  "with a ledger that it may not read": {
    needs: ["modes"],
    make: (sandbox) =>
      withLedger(sandbox, async (path) => {
        await Deno.writeTextFile(path, "what somebody wrote\n");
        await Deno.chmod(path, 0);
      }),
    wrapper: asOneOfMany,
  },
  "with a file in the folder's place": {
    async make({ home }) {
      await Deno.writeTextFile(`${home}/.vers`, "a file\n");
      return new FileSnapshot(`${home}/.vers`);
    },
  },
  "with a file in the place of the folder of locks": {
    async make({ home }) {
      await Deno.mkdir(`${home}/.vers`);
      await Deno.writeTextFile(`${home}/.vers/locks`, "a file\n");
      return new FileSnapshot(`${home}/.vers/locks`);
    },
  },
};

for (const [where, { needs = [], make, wrapper }] of Object.entries(USELESS)) {
  testNeeding(
    needs,
    `run --wait ${where} makes one VM, and says that it cannot be resumed`,
    async () => {
      await using sandbox = await Sandbox.create();
      const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
      const snapshot = await make(sandbox);
      const words = wrapper?.(sandbox) ?? [];
      try {
        const required = await start(sandbox, words, [
          ...RUN,
          "--require-ledger",
        ]);
        const refused = await required.done;
        strictEqual(refused.code, 1, refused.stderr);
        strictEqual(errorOf(refused).code, "ledger_required");
        strictEqual(await creations(simulator), 0);
        const program = await start(sandbox, words, RUN);
        await checkOneVm(simulator, await program.done);
        snapshot?.assertSame();
      } finally {
        if (needs.includes("modes")) await Deno.chmod(sandbox.home, 0o700);
      }
    },
  );
}

testNeeding(
  ["linux"],
  "run --wait with a ledger where no program of the runtime may open a file says so in words of its own",
  async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
    const link = `${sandbox.home}/link`;
    await Deno.symlink("/dev/shm", link);
    const name = `vers_test_${crypto.randomUUID()}`;
    try {
      for (const folder of [`/dev/shm/${name}`, `${link}/${name}`]) {
        sandbox.env.VERS_JOBS_DIR = folder;
        const done = await sandbox.run([...RUN, "--no-resume"]);
        const doctor = await sandbox.run(["jobs", "doctor"]);
        strictEqual(doctor.code, 1, doctor.stderr);
        resultOf(done);
        match(done.stderr, /^warning: this job cannot be resumed: /m);
        for (const said of [done.stderr, doctor.stdout]) {
          match(said, /vers can use no files in \/dev, \/proc and \/sys/);
          strictEqual(/--allow|Requires/.test(said), false, said);
        }
      }
      strictEqual((await livingVms(simulator)).length, 2);
    } finally {
      await Deno.remove(`/dev/shm/${name}`, { recursive: true })
        .catch(() => {});
    }
  },
);

/** What lies there, and what is said of it once it was closed off. */
const ODD: Record<string, { content: () => Uint8Array; said?: string }> = {
  "whose last line is torn": {
    content: () =>
      new TextEncoder().encode('{"id":"job_0123456789","kind":"vm.ru'),
    said:
      "warning: 1 line of the ledger cannot be read; vers jobs doctor shows it",
  },
  // A look-up that finds the job does not come to its start.
  "of 3 MB without a newline": {
    content: () => new Uint8Array(3_000_000).fill(0x78),
  },
};

for (const [what, { content, said }] of Object.entries(ODD)) {
  Deno.test(`run --wait with a ledger ${what} makes one VM, and finds it again`, async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox, ["--boot-ms", "1000"]);
    const snapshot = await withLedger(sandbox, async (path) => {
      await Deno.writeFile(path, content());
      if (Deno.build.os !== "windows") await Deno.chmod(path, 0o640);
    });
    await killedOnceRunning(sandbox, [...RUN, "--require-ledger"]);
    const again = await sandbox.run(RUN);
    const { effect, vm_id: vmId } = resultOf(again);
    strictEqual(effect, "attached");
    strictEqual((await livingVms(simulator)).join(), vmId);
    strictEqual(again.stderr.match(/^warning.*$/gm)?.join(), said);
    deepStrictEqual(believedStory(sandbox), [
      "submitted",
      "running",
      "complete",
      "complete",
    ]);
    snapshot.assertOnlyAppendedTo();
  });
}

Deno.test("run --wait with a ledger that is binary garbage sends nothing, until vers jobs doctor --repair", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "1000"]);
  const snapshot = await withLedger(
    sandbox,
    (path) => Deno.writeFile(path, garbage(100_000)),
  );
  const refused = await sandbox.run(RUN);
  strictEqual(refused.code, 1, refused.stderr);
  const { code, message, hint } = errorOf(refused);
  strictEqual(code, "ledger_corrupt");
  match(message, /: line \d+ of ".*jobs\.jsonl" .*: it is not UTF-8 text/);
  match(hint, /vers jobs doctor --repair.*--no-resume/);
  strictEqual(await creations(simulator), 0);
  snapshot.assertSame();
  const repaired = await sandbox.run(["jobs", "doctor", "--repair"]);
  strictEqual(resultOf(repaired).repaired.all, true);
  await killedOnceRunning(sandbox, [...RUN, "--require-ledger"]);
  strictEqual(resultOf(await sandbox.run(RUN)).effect, "attached");
  strictEqual(await creations(simulator), 1);
});

/** Puts something in the ledger's place, and returns what it was. */
async function withLedger(
  sandbox: Sandbox,
  make: (path: string) => Promise<void>,
): Promise<FileSnapshot> {
  await Deno.mkdir(`${sandbox.home}/.vers`);
  await make(ledgerOf(sandbox));
  return new FileSnapshot(ledgerOf(sandbox));
}

async function makeFifo(path: string): Promise<void> {
  const { success } = await new Deno.Command("mkfifo", { args: [path] })
    .output();
  ok(success);
}

function garbage(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let start = 0; start < length; start += 65_536) {
    crypto.getRandomValues(bytes.subarray(start, start + 65_536));
  }
  return bytes;
}

function start(
  sandbox: Sandbox,
  wrapper: readonly string[],
  args: readonly string[],
): Promise<Program> {
  return wrapper.length === 0
    ? sandbox.start(args)
    : startWrapped(sandbox, wrapper, args);
}

/** Checks that a command made one VM, and said once what it could not do. */
async function checkOneVm(
  simulator: SimulatorProcess,
  done: ProgramResult,
): Promise<void> {
  const { effect, vm_id: vmId } = resultOf(done);
  strictEqual(effect, "created");
  strictEqual((await livingVms(simulator)).join(), vmId);
  strictEqual(await creations(simulator), 1);
  strictEqual(done.stderr.match(/cannot be resumed/g)?.length, 1, done.stderr);
}
