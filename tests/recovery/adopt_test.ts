import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { RUN, Sandbox, storyOf, writeSettings } from "../helpers/sandbox.ts";
import { addVm, offspringOf, vmsOf } from "../helpers/service.ts";
import { creations, startSimulator } from "../helpers/simulator_process.ts";
import { errorOf, killed, resultOf } from "../helpers/program.ts";

/** A branch of two VMs that ended with 21: which VMs it made is open. */
async function unconfirmed(sandbox: Sandbox) {
  await writeSettings(sandbox, { confirm_window: "300ms", adopt: "never" });
  const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
  const parent = await addVm(simulator);
  await simulator.addFault({
    operation: "branch",
    times: 1,
    faults: [{ type: "drop", when: "after" }],
  });
  const line = ["branch", parent, "--count", "2", "--wait"];
  const env = { VERS_RUN_ID: "ci-1" };
  const again = () => sandbox.run(line, { env });
  const done = await again();
  strictEqual(done.code, 21, done.stderr);
  const jobId: string = errorOf(done).job_id;
  const adopt = (...vmIds: string[]) =>
    sandbox.run(["jobs", "adopt", jobId, ...vmIds]);
  const vmIds = await offspringOf(simulator, parent);
  return { simulator, jobId, vmIds, adopt, again };
}

Deno.test("jobs adopt gives a job its VMs, labels them, and the same command goes on", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator, jobId, vmIds, adopt, again } = await unconfirmed(sandbox);
  deepStrictEqual(resultOf(await adopt(...vmIds)), {
    job_id: jobId,
    vm_ids: vmIds,
    status: "running",
    resume_command: `vers branch --resume-job ${jobId}`,
  });
  strictEqual(storyOf(sandbox).at(-1), "running");
  const { token } = sandbox.ledgerLines()[0]?.entry ?? {};
  for (const vm of await vmsOf(simulator)) {
    if (!vmIds.includes(vm.vmId)) continue;
    deepStrictEqual(vm.labels, { "vers-job": token });
  }
  const { effect, new_ids } = resultOf(await again());
  deepStrictEqual([effect, new_ids], ["attached", vmIds]);
  strictEqual(await creations(simulator, "branch"), 1);
});

Deno.test("jobs adopt prints a command that goes on with the job", async () => {
  await using sandbox = await Sandbox.create();
  const { jobId, vmIds, adopt } = await unconfirmed(sandbox);
  const { resume_command } = resultOf(await adopt(...vmIds));
  const [, ...words] = resume_command.split(" ");
  const { job_id, new_ids } = resultOf(await sandbox.run(words));
  deepStrictEqual([job_id, new_ids], [jobId, vmIds]);
});

Deno.test("jobs adopt refuses what cannot be, and changes nothing", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator, jobId, vmIds, adopt } = await unconfirmed(sandbox);
  const [one = "", two = ""] = vmIds;
  const run = resultOf(await sandbox.run(RUN));
  const foreign = await addVm(simulator, { ownerId: crypto.randomUUID() });
  const labelled = await addVm(simulator, { labels: { "vers-job": "other" } });
  const linesBefore = sandbox.ledgerLines().length;
  const cases: [string[], number, RegExp][] = [
    [[one], 5, /asked for 2 VMs, and 1 VM/],
    [[one, one], 5, /asked for 2 VMs, and 1 VM/],
    [[one, two, foreign], 5, /asked for 2 VMs, and 3 VMs/],
    [["my-vm", one], 5, /"my-vm" is not a VM ID/],
    [[one, crypto.randomUUID()], 3, /it was not found/],
    [[one, foreign], 3, /not made with the API key of this job/],
    [[one, labelled], 4, /its label says that another job made it/],
  ];
  for (const [ids, code, message] of cases) {
    const refused = await adopt(...ids);
    strictEqual(refused.code, code, refused.stderr);
    match(errorOf(refused).message, message);
  }
  // A VM that this ledger has as another job's, though its label was lost.
  await simulator.addFault({
    operation: "status",
    faults: [{ type: "labels", as: "missing" }],
  });
  const taken = await adopt(one, run.vm_id);
  strictEqual(taken.code, 4);
  match(errorOf(taken).message, new RegExp(`that of job ${run.job_id}$`));
  await simulator.control("DELETE", "faults");
  strictEqual(sandbox.ledgerLines().length, linesBefore);
  const labels = (await vmsOf(simulator))
    .filter(({ vmId }) => vmIds.includes(vmId)).map((vm) => vm.labels);
  deepStrictEqual(labels, [{}, {}]);
  // Whoever was refused may still be right with the next one.
  strictEqual(resultOf(await adopt(one, two)).job_id, jobId);
});

Deno.test("jobs adopt refuses a job that is not open, and one that is not there", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
  const { job_id, vm_id } = resultOf(await sandbox.run(RUN));
  const settled = await sandbox.run(["jobs", "adopt", job_id, vm_id]);
  strictEqual(settled.code, 4);
  match(errorOf(settled).message, new RegExp(`is complete, with VM ${vm_id}`));
  const unknown = await sandbox.run(
    ["jobs", "adopt", "job_0000000000", vm_id],
  );
  strictEqual(unknown.code, 3);
  const requests = await simulator.requests();
  ok(requests.every(({ operation }) => operation !== "label"));
});

Deno.test("jobs adopt waits for a command that is at work on the job", async () => {
  await using sandbox = await Sandbox.create();
  const { jobId, vmIds, again } = await unconfirmed(sandbox);
  await writeSettings(sandbox, { confirm_window: "1h", adopt: "never" });
  const looking = await sandbox.start(
    ["branch", "--resume-job", jobId, "--timeout", "0"],
  );
  await looking.stderrLine(/checking whether/);
  const line = ["jobs", "adopt", jobId, ...vmIds, "--timeout"];
  const busy = await sandbox.run([...line, "200ms"]);
  strictEqual(busy.code, 6);
  strictEqual(errorOf(busy).code, "timed_out");
  const patient = await sandbox.start([...line, "10m"]);
  await killed(looking);
  strictEqual(resultOf(await patient.done).job_id, jobId);
  strictEqual(resultOf(await again()).effect, "attached");
});
