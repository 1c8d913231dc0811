import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { needing } from "../helpers/machine.ts";
import {
  killedMidPoll,
  runInShell,
  Sandbox,
  storyOf,
} from "../helpers/sandbox.ts";
import { addVm, setState, writeHead } from "../helpers/service.ts";
import { creations, startSimulator } from "../helpers/simulator_process.ts";
import { errorOf, resultOf } from "../helpers/program.ts";

const RESUME = ["resume", "--wait"];

/** Starts a server with a paused VM that is HEAD. */
async function start(sandbox: Sandbox) {
  const simulator = await startSimulator(sandbox);
  const vmId = await addVm(simulator, { state: "paused" });
  await writeHead(sandbox, vmId);
  return { simulator, vmId };
}

Deno.test("resume of a VM that is still paused waits, killed or not, until it runs", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator, vmId } = await start(sandbox);
  await simulator.addFault({
    operation: "state",
    times: 1,
    faults: [{ type: "answer", when: "before", status: 200 }],
  });
  await killedMidPoll(sandbox, RESUME);
  await setState(simulator, vmId, "running", 1_000);
  const { job_id, ...rest } = resultOf(await sandbox.run(RESUME));
  match(job_id, /^job_/);
  deepStrictEqual(rest, {
    state: "Running",
    vm_id: vmId,
    status: "complete",
    effect: "attached",
  });
  strictEqual(await creations(simulator, "state"), 1);
});

for (const when of ["before", "after"] as const) {
  Deno.test(`resume whose request is lost ${when} it was carried out sends it again`, async () => {
    await using sandbox = await Sandbox.create();
    const { simulator, vmId } = await start(sandbox);
    await simulator.addFault({
      operation: "state",
      times: 1,
      faults: [{ type: "drop", when }],
    });
    strictEqual(resultOf(await sandbox.run(RESUME)).vm_id, vmId);
    strictEqual(await creations(simulator, "state"), 2);
  });
}

Deno.test({
  ...needing(
    ["posix"],
    "resume whose result was lost returns it only while the VM runs",
  ),
  async fn() {
    await using sandbox = await Sandbox.create();
    const { simulator, vmId } = await start(sandbox);
    const lose = "$VERS resume --wait | head -c 0";
    await runInShell(sandbox, lose);
    deepStrictEqual(storyOf(sandbox), ["submitted", "running", "complete"]);
    strictEqual(resultOf(await sandbox.run(RESUME)).effect, "returned");
    await runInShell(sandbox, lose);
    await setState(simulator, vmId, "paused");
    const again = await sandbox.run(RESUME);
    strictEqual(resultOf(again).effect, "created");
    match(
      again.stderr,
      new RegExp(`^note: VM ${vmId} .* is no longer running`, "m"),
    );
  },
});

Deno.test("resume of a VM that is not there ends with 3", async () => {
  await using sandbox = await Sandbox.create();
  await start(sandbox);
  const done = await sandbox.run([...RESUME, crypto.randomUUID()]);
  strictEqual(done.code, 3);
  strictEqual(errorOf(done).code, "not_found");
});

Deno.test("resume of a VM that is dead ends with 20", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator, vmId } = await start(sandbox);
  await simulator.addFault({
    operation: "state",
    faults: [{ type: "answer", when: "before", status: 200 }],
  });
  await setState(simulator, vmId, "dead");
  strictEqual((await sandbox.run(RESUME)).code, 20);
});
