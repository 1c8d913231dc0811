import { match, strictEqual } from "node:assert/strict";
import { Keepsake } from "./helpers/keepsake.ts";
import {
  asOneOfMany,
  type Need,
  testNeeding,
  withReadOnly,
} from "./helpers/machine.ts";
import {
  believedStory,
  killedOnceRunning,
  ledgerOf,
} from "./helpers/odd_ledger.ts";
import type { ProgramResult } from "./helpers/program.ts";
import { Sandbox } from "./helpers/sandbox.ts";
import {
  type SimulatorProcess,
  startSimulator,
} from "./helpers/simulator_process.ts";
import {
  creations,
  errorOf,
  killed,
  livingVms,
  resultOf,
  RUN,
  runInShell,
  until,
} from "./helpers/story.ts";
import { runWrapped } from "./helpers/wrapped_program.ts";

/** Returns once what was there may not be written any more. */
async function forbidWriting({ home }: Sandbox): Promise<void> {
  const folder = `${home}/.vers`;
  for await (const { name, isFile } of Deno.readDir(folder)) {
    await Deno.chmod(`${folder}/${name}`, isFile ? 0o400 : 0o500);
  }
  await Deno.chmod(folder, 0o500);
}

/** Returns once all can be removed again. */
async function allowWriting({ home }: Sandbox): Promise<void> {
  await Deno.chmod(`${home}/.vers`, 0o700);
  await Deno.chmod(`${home}/.vers/locks`, 0o700);
}

/** Plays `story` with a ledger that can be read and no longer be written. */
function testUnwritable(
  name: string,
  story: (
    sandbox: Sandbox,
    simulator: SimulatorProcess,
    again: () => Promise<ProgramResult>,
  ) => Promise<void>,
): void {
  const ways: Record<string, { need: Need; words: (s: Sandbox) => string[] }> =
    {
      "that it may not write to": { need: "modes", words: asOneOfMany },
      "on a read-only file system": {
        need: "mount",
        words: ({ home }) => withReadOnly(home),
      },
    };
  for (const [where, { need, words }] of Object.entries(ways)) {
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
        await story(sandbox, simulator, async () => {
          if (need === "modes") await forbidWriting(sandbox);
          const keepsake = new Keepsake(ledgerOf(sandbox));
          try {
            const done = await runWrapped(sandbox, words(sandbox), RUN);
            keepsake.assertSame();
            return done;
          } finally {
            if (need === "modes") await allowWriting(sandbox);
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
