import { match, strictEqual } from "node:assert/strict";
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
  killed,
  type ProgramResult,
  resultOf,
} from "../helpers/program.ts";
import { RUN, runInShell, Sandbox } from "../helpers/sandbox.ts";
import {
  creations,
  livingVms,
  type SimulatorProcess,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { until } from "../helpers/until.ts";
import { runWrapped } from "../helpers/wrapped_program.ts";

/** A way in which a ledger can be read, and not written. */
interface Way {
  readonly need: Need;
  /** Takes away the right to write, from what there is then. */
  readonly forbid: (sandbox: Sandbox) => Promise<void>;
  /** Words before the program for which it holds. */
  readonly words: (sandbox: Sandbox) => string[];
}

const folderOf = ({ home }: Sandbox) => `${home}/.vers`;

const WAYS: Readonly<Record<string, Way>> = {
  "that it may not write to": {
    need: "modes",
    async forbid(sandbox) {
      const folder = folderOf(sandbox);
      for await (const { name, isFile } of Deno.readDir(folder)) {
        await Deno.chmod(`${folder}/${name}`, isFile ? 0o400 : 0o500);
      }
      await Deno.chmod(folder, 0o500);
    },
    words: asOneOfMany,
  },
  "whose file alone it may not write to": {
    need: "modes",
    forbid: (sandbox) => Deno.chmod(ledgerOf(sandbox), 0o400),
    words: asOneOfMany,
  },
  "without locks, in a folder that it may not write to": {
    need: "modes",
    async forbid(sandbox) {
      const folder = folderOf(sandbox);
      await Deno.remove(`${folder}/locks`, { recursive: true });
      await Deno.remove(`${folder}/jobs.lock`);
      await Deno.chmod(folder, 0o500);
    },
    words: asOneOfMany,
  },
  "on a read-only file system": {
    need: "mount",
    forbid: () => Promise.resolve(),
    words: ({ home }) => withReadOnly(home),
  },
};

/** Returns once all can be removed again. */
async function allowWriting(sandbox: Sandbox): Promise<void> {
  const folder = folderOf(sandbox);
  await Deno.chmod(folder, 0o700);
  await Deno.chmod(`${folder}/locks`, 0o700).catch(() => {});
}

/** Plays `story` with a ledger that can be read and no longer be written. */
function testUnwritable(
  name: string,
  story: (
    sandbox: Sandbox,
    simulator: SimulatorProcess,
    again: (args?: readonly string[]) => Promise<ProgramResult>,
  ) => Promise<void>,
): void {
  for (const [where, { need, forbid, words }] of Object.entries(WAYS)) {
    testNeeding(
      [need],
      `run --wait with a ledger ${where} ${name}`,
      async () => {
        await using sandbox = await Sandbox.create();
        await Deno.mkdir(`${sandbox.home}/.vers`);
        await Deno.writeTextFile(
          `${sandbox.home}/.vers/settings.jsonc`,
          '{"confirm_window":"500ms"}',
        );
        const simulator = await startSimulator(sandbox, ["--boot-ms", "1000"]);
        await story(sandbox, simulator, async (args = RUN) => {
          await forbid(sandbox);
          const snapshot = new FileSnapshot(ledgerOf(sandbox));
          try {
            const done = await runWrapped(sandbox, words(sandbox), args);
            snapshot.assertSame();
            return done;
          } finally {
            await allowWriting(sandbox);
          }
        });
      },
    );
  }
}

testUnwritable("still attaches", async (sandbox, simulator, again) => {
  await killedOnceRunning(sandbox);
  const done = await again();
  strictEqual(resultOf(done).effect, "attached");
  match(done.stderr, /^warning: the ledger is behind: /m);
  strictEqual(await creations(simulator), 1);
});

testUnwritable(
  "still goes on with a job that is named",
  async (sandbox, simulator, again) => {
    await killedOnceRunning(sandbox);
    const { id } = sandbox.ledgerLines()[0]?.entry;
    const done = await again(["run", "--resume-job", id]);
    strictEqual(resultOf(done).effect, "attached");
    strictEqual(await creations(simulator), 1);
  },
);

testUnwritable("still returns", async (sandbox, simulator, again) => {
  // Nobody is there to read the result.
  await runInShell(sandbox, "$VERS run --wait -N my-vm | head -c 0");
  strictEqual(believedStory(sandbox).at(-1), "complete");
  strictEqual(resultOf(await again()).effect, "returned");
  strictEqual(await creations(simulator), 1);
});

testUnwritable("still adopts", async (sandbox, simulator, again) => {
  await simulator.addFault({
    operation: "new_root",
    times: 1,
    faults: [{ type: "hold", when: "after" }],
  });
  const program = await sandbox.start(RUN);
  await program.stderrLine(/submitted/);
  await until(async () => (await livingVms(simulator)).length === 1);
  await killed(program);
  const { effect, vm_id: vmId } = resultOf(await again());
  strictEqual(effect, "recovered");
  strictEqual((await livingVms(simulator)).join(), vmId);
  strictEqual(await creations(simulator), 1);
});

testUnwritable("does not send again", async (sandbox, simulator, again) => {
  await simulator.addFault({
    operation: "new_root",
    times: 1,
    faults: [{ type: "hold", when: "before" }],
  });
  const program = await sandbox.start(RUN);
  await program.stderrLine(/submitted/);
  await until(async () => await creations(simulator) === 1);
  await killed(program);
  const done = await again();
  strictEqual(done.code, 21, done.stderr);
  strictEqual(errorOf(done).code, "unconfirmed");
  strictEqual(await creations(simulator), 1);
});
