import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { readLedgerLines } from "../helpers/ledger_lines.ts";
import { limitFileSize, testNeeding } from "../helpers/machine.ts";
import { believedStory, ledgerOf } from "../helpers/odd_ledger.ts";
import {
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
import { until } from "../helpers/until.ts";

/** Starts a command whose request is carried out, and not answered yet. */
async function startHeld(
  sandbox: Sandbox,
  simulator: SimulatorProcess,
): Promise<Program> {
  await simulator.addFault({
    operation: "new_root",
    times: 1,
    faults: [{ type: "hold", when: "after" }],
  });
  const program = await sandbox.start(RUN);
  await until(async () => (await livingVms(simulator)).length === 1);
  return program;
}

/** Lets no file of the program's be longer than so, and the program go on. */
async function finishWithin(
  simulator: SimulatorProcess,
  program: Program,
  bytes: number,
): Promise<ProgramResult> {
  limitFileSize(program.pid, bytes);
  await simulator.control("POST", "release");
  const [vmId] = await livingVms(simulator);
  await simulator.control("POST", "states", { vmId, state: "running" });
  return await program.done;
}

for (
  const { name, start, has, effect } of [
    {
      name: "the handle",
      start: startHeld,
      has: ["submitted"],
      effect: "recovered",
    },
    {
      name: "the result",
      start: (sandbox: Sandbox) => sandbox.start(RUN),
      has: ["submitted", "running"],
      effect: "attached",
    },
  ]
) {
  testNeeding(
    ["tool:prlimit"],
    `a limit of file sizes that ${name} is over loses no result, and leaves no half line`,
    async () => {
      await using sandbox = await Sandbox.create();
      const simulator = await startSimulator(sandbox, ["--boot-ms", "600000"]);
      const program = await start(sandbox, simulator);
      await until(() => believedStory(sandbox).length === has.length);
      // Half of the next line is within it.
      const { size } = await Deno.stat(ledgerOf(sandbox));
      const first = await finishWithin(simulator, program, size + 300);
      const { vm_id: vmId } = resultOf(first);
      match(first.stderr, /^warning: the ledger is behind: .*too large/im);
      const lines = readLedgerLines(ledgerOf(sandbox));
      deepStrictEqual(
        lines.map(({ check, entry }) => [check, entry.status]),
        has.map((status) => ["good", status]),
      );
      const again = resultOf(await sandbox.run(RUN));
      deepStrictEqual([again.effect, again.vm_id], [effect, vmId]);
      strictEqual(await creations(simulator), 1);
    },
  );
}

testNeeding(
  ["tool:prlimit"],
  "a limit of file sizes that no file of ours is within costs no result",
  async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox);
    const program = await startHeld(sandbox, simulator);
    const done = await finishWithin(simulator, program, 1);
    const { vm_id: vmId, alias } = resultOf(done);
    match(vmId, /^[0-9a-f-]{36}$/);
    strictEqual(alias, undefined);
    match(done.stderr, /^warning: .*alias.*too large/im);
    match(done.stderr, /^warning: .*HEAD.*too large/im);
    deepStrictEqual(
      [...Deno.readDirSync(`${sandbox.home}/.vers`)].map(({ name }) => name)
        .filter((name) => name.endsWith(".tmp")),
      [],
    );
  },
);
