import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { withChecksum } from "../helpers/ledger_lines.ts";
import { believedStory, ledgerOf } from "../helpers/odd_ledger.ts";
import { OLDER_COMMIT, OlderProgram } from "../helpers/older_program.ts";
import {
  errorOf,
  killed,
  type Program,
  type ProgramResult,
  resultOf,
} from "../helpers/program.ts";
import { RUN as RUN_WAIT, Sandbox, writeSettings } from "../helpers/sandbox.ts";
import {
  creations,
  livingVms,
  type SimulatorProcess,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { until } from "../helpers/until.ts";

/** One of the two versions, as a user starts it. */
interface Version {
  readonly name: string;
  start(args: readonly string[]): Promise<Program>;
}

interface Scene {
  readonly sandbox: Sandbox;
  readonly simulator: SimulatorProcess;
  /** Who wrote first, and who comes then. */
  readonly first: Version;
  readonly then: Version;
}

async function run(
  version: Version,
  args: readonly string[],
): Promise<ProgramResult> {
  return await (await version.start(args)).done;
}

/** What goes wrong is to show before the ten minutes of the default. */
const RUN = [...RUN_WAIT, "--timeout", "3m"];
const KEYED = [...RUN, "--idempotency-key", "k"];

/** Defines a test for each order in which the two versions can come. */
function testBoth(story: string, play: (scene: Scene) => Promise<void>): void {
  for (const isOlderFirst of [true, false]) {
    const [first, then] = isOlderFirst ? ["0.1.0", "this"] : ["this", "0.1.0"];
    Deno.test(`what version ${first} wrote, version ${then} goes on with: ${story}`, async () => {
      await using sandbox = await Sandbox.create();
      await writeSettings(sandbox, { confirm_window: "1s" });
      const simulator = await startSimulator(sandbox, ["--boot-ms", "600000"]);
      await using program = await OlderProgram.unpack(sandbox);
      const older: Version = {
        name: "0.1.0",
        start: (args) => program.start(args),
      };
      const newer: Version = {
        name: "this",
        start: (args) => sandbox.start(args),
      };
      const scene = isOlderFirst
        ? { first: older, then: newer }
        : { first: newer, then: older };
      await play({ sandbox, simulator, ...scene });
      ok(sandbox.ledgerLines().every(({ check }) => check === "good"));
    });
  }
}

/** Lets the VMs run that there are. */
async function bootAll({ simulator }: Scene): Promise<void> {
  for (const vmId of await livingVms(simulator)) {
    await simulator.control("POST", "states", { vmId, state: "running" });
  }
}

Deno.test("the program of version 0.1.0 is of its last commit", async () => {
  await using sandbox = await Sandbox.create();
  await using program = await OlderProgram.unpack(sandbox);
  const shown = await program.run(["--version", "--json"]);
  const { version, commit } = JSON.parse(shown.stdout);
  deepStrictEqual([version, commit], ["0.1.0", OLDER_COMMIT]);
});

testBoth("a job in flight is attached to", async (scene) => {
  const { sandbox, simulator, first, then } = scene;
  const program = await first.start(RUN);
  await until(() => believedStory(sandbox).includes("running"));
  await killed(program);
  await bootAll(scene);
  const { effect, vm_id: vmId } = resultOf(await run(then, RUN));
  strictEqual(effect, "attached");
  deepStrictEqual(await livingVms(simulator), [vmId]);
});

testBoth("a request whose answer was lost is found again", async (scene) => {
  const { sandbox, simulator, first, then } = scene;
  await simulator.addFault({
    operation: "new_root",
    times: 1,
    faults: [{ type: "hold", when: "after" }],
  });
  const program = await first.start(RUN);
  await until(async () => (await livingVms(simulator)).length === 1);
  await killed(program);
  deepStrictEqual(believedStory(sandbox), ["submitted"]);
  await bootAll(scene);
  const { effect, vm_id: vmId } = resultOf(await run(then, RUN));
  strictEqual(effect, "recovered");
  deepStrictEqual(await livingVms(simulator), [vmId]);
  strictEqual(await creations(simulator), 1);
});

testBoth("the result of a key is returned", async (scene) => {
  const { sandbox, simulator, first, then } = scene;
  const program = await first.start(KEYED);
  await until(() => believedStory(sandbox).includes("running"));
  await bootAll(scene);
  const { vm_id: vmId } = resultOf(await program.done);
  for (const version of [then, first, then]) {
    const { effect, vm_id } = resultOf(await run(version, KEYED));
    deepStrictEqual([effect, vm_id], ["returned", vmId]);
  }
  strictEqual(await creations(simulator), 1);
});

testBoth("who waits for the other's request gets its VM", async (scene) => {
  const { simulator, first, then } = scene;
  await simulator.addFault({
    operation: "new_root",
    times: 1,
    faults: [{ type: "hold", when: "after" }],
  });
  const holder = await first.start(RUN);
  await until(async () => (await livingVms(simulator)).length === 1);
  // The lock of the key is one for both: this one says that it waits for it.
  const waiter = await then.start(RUN);
  await waiter.stderrLine(/waiting for another process/);
  await simulator.control("POST", "release");
  await bootAll(scene);
  const { vm_id: vmId } = resultOf(await holder.done);
  strictEqual(resultOf(await waiter.done).vm_id, vmId);
  deepStrictEqual(await livingVms(simulator), [vmId]);
});

testBoth("both write at once, and lose no line", async (scene) => {
  const { sandbox, simulator, first, then } = scene;
  const names = Array.from({ length: 3 }, (_, at) => `vm-${at}`);
  const programs = await Promise.all(
    names.flatMap((name) =>
      [first, then].map((version) =>
        version.start(["run", "--wait", "-N", name, "--timeout", "3m"])
      )
    ),
  );
  // Who came after the result was delivered would be a new request.
  await Promise.all(programs.map((program) => program.stderrLine(/accepted/)));
  await bootAll(scene);
  const results = await Promise.all(programs.map(({ done }) => done));
  const vmIds = results.map((result) => resultOf(result).vm_id);
  deepStrictEqual(
    [...new Set(vmIds)].toSorted(),
    (await livingVms(simulator)).toSorted(),
  );
  strictEqual(await creations(simulator), names.length);
  const delivered = sandbox.ledgerLines().filter(({ entry }) =>
    entry.delivered_at !== undefined
  );
  strictEqual(delivered.length, names.length);
});

testBoth("a ledger that the other has pruned and repaired", async (scene) => {
  const { sandbox, simulator, first, then } = scene;
  const program = await first.start(RUN);
  await until(() => believedStory(sandbox).includes("running"));
  await killed(program);
  await run(then, ["jobs", "prune", "--older-than", "0s"]);
  await run(then, ["jobs", "doctor", "--repair"]);
  await bootAll(scene);
  strictEqual(resultOf(await run(then, RUN)).effect, "attached");
  strictEqual(await creations(simulator), 1);
});

Deno.test("version 0.1.0 goes on with a job that this one did not wait for", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
  await using older = await OlderProgram.unpack(sandbox);
  const { vm_id: vmId } = resultOf(await sandbox.run(["run", "-N", "my-vm"]));
  const last = sandbox.ledgerLines().at(-1)?.entry;
  deepStrictEqual([last.status, typeof last.accepted_at], [
    "running",
    "string",
  ]);
  const again = resultOf(await older.run(RUN));
  deepStrictEqual([again.effect, again.vm_id], ["attached", vmId]);
  strictEqual(await creations(simulator), 1);
});

const LATER: Record<string, Record<string, unknown>> = {
  "of a later format": { v: 3 },
  "of a kind that it does not know": { kind: "vm.snapshot" },
  "of a status that it does not know": { status: "hibernating" },
};

for (const [what, change] of Object.entries(LATER)) {
  Deno.test(`version 0.1.0 submits nothing beside a line ${what}`, async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
    await using older = await OlderProgram.unpack(sandbox);
    resultOf(await sandbox.run(RUN));
    const { crc: _, ...entry } = sandbox.ledgerLines()[0]?.entry;
    const line = withChecksum({ ...entry, id: "job_0123456789", ...change });
    await Deno.writeTextFile(ledgerOf(sandbox), `${line}\n`, { append: true });
    for (const version of [older, sandbox]) {
      const refused = await version.run(RUN);
      strictEqual(refused.code, 1, refused.stderr);
      strictEqual(errorOf(refused).code, "newer_format");
    }
    strictEqual(await creations(simulator), 1);
  });
}
