import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { killedMidPoll, Sandbox, writeSettings } from "../helpers/sandbox.ts";
import { addCommit, headOf, offspringOf, vmsOf } from "../helpers/service.ts";
import { creations, startSimulator } from "../helpers/simulator_process.ts";
import { killed, resultOf } from "../helpers/program.ts";
import { until } from "../helpers/until.ts";

/** Starts a server with a commit, and a short confirm window. */
async function start(sandbox: Sandbox) {
  await writeSettings(sandbox, { confirm_window: "500ms" });
  const simulator = await startSimulator(sandbox);
  const commit = await addCommit(simulator, { tags: ["base:latest"] });
  return { simulator, commit };
}

Deno.test("run-commit, killed mid-poll, goes on with its VM, and HEAD is that", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator, commit } = await start(sandbox);
  await simulator.addFault({
    operation: "from_commit",
    faults: [{ type: "boot", ms: 1_500 }],
  });
  const line = ["run-commit", commit, "--wait", "-N", "my-vm"];
  await killedMidPoll(sandbox, line);
  const [vmId] = await offspringOf(simulator, commit);
  const { job_id, ...rest } = resultOf(await sandbox.run(line));
  match(job_id, /^job_/);
  deepStrictEqual(rest, {
    vm_id: vmId,
    status: "complete",
    alias: "my-vm",
    head: vmId,
    commit_key: commit,
    effect: "attached",
  });
  strictEqual(await creations(simulator, "from_commit"), 1);
  strictEqual(await Deno.readTextFile(headOf(sandbox)), vmId);
});

for (const isTag of [false, true]) {
  const what = isTag ? "a tag" : "an id";
  Deno.test(`run-commit of ${what}, killed between the VM and its answer, finds it by its lineage`, async () => {
    await using sandbox = await Sandbox.create();
    const { simulator, commit } = await start(sandbox);
    await simulator.addFault({
      operation: "from_commit",
      times: 1,
      faults: [{ type: "hold", when: "after" }],
    });
    const line = ["run-commit", isTag ? "base:latest" : commit, "--wait"];
    const env = { VERS_RUN_ID: "ci-1" };
    const program = await sandbox.start(line, { env });
    await until(async () =>
      (await offspringOf(simulator, commit)).length === 1
    );
    await killed(program);
    const { effect, vm_id, commit_key } = resultOf(
      await sandbox.run(line, { env }),
    );
    deepStrictEqual(
      [effect, commit_key, [vm_id]],
      ["recovered", line[1], await offspringOf(simulator, commit)],
    );
    strictEqual(await creations(simulator, "from_commit"), 1);
    const [made] = await vmsOf(simulator);
    const { token } = sandbox.ledgerLines()[0]?.entry ?? {};
    deepStrictEqual(made?.labels, { "vers-job": token });
  });
}

Deno.test("run-commit takes no VM that a branch of the commit has under way", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator, commit } = await start(sandbox);
  await simulator.addFault({
    operation: "branch",
    times: 1,
    faults: [{ type: "hold", when: "after" }],
  });
  await simulator.addFault({
    operation: "from_commit",
    times: 1,
    faults: [{ type: "drop", when: "before" }],
  });
  const branch = await sandbox.start(["branch", commit, "--wait"]);
  await until(async () => (await offspringOf(simulator, commit)).length === 1);
  const [branchVm] = await offspringOf(simulator, commit);
  const lost = await sandbox.run(["run-commit", commit, "--wait"]);
  strictEqual(lost.code, 21);
  await simulator.control("POST", "release", { operation: "branch" });
  deepStrictEqual(resultOf(await branch.done).new_ids, [branchVm]);
});

Deno.test("run-commit of a tag whose commit the service does not tell still asks for it", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator, commit } = await start(sandbox);
  await simulator.addFault({
    operation: "tag",
    faults: [{ type: "answer", when: "before", status: 404 }],
  });
  const line = ["run-commit", "base:latest", "--ref", "--wait"];
  const { effect, vm_id } = resultOf(await sandbox.run(line));
  strictEqual(effect, "created");
  deepStrictEqual(await offspringOf(simulator, commit), [vm_id]);
});

Deno.test("run-commit without --wait labels its VM", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator, commit } = await start(sandbox);
  const { status } = resultOf(await sandbox.run(["run-commit", commit]));
  strictEqual(status, "accepted");
  const [made] = await vmsOf(simulator);
  const { token } = sandbox.ledgerLines()[0]?.entry ?? {};
  deepStrictEqual(made?.labels, { "vers-job": token });
});
