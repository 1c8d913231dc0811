import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { killedMidPoll, Sandbox, writeSettings } from "../helpers/sandbox.ts";
import {
  addVm,
  headOf,
  offspringOf,
  setState,
  vmsOf,
  writeHead,
} from "../helpers/service.ts";
import {
  creations,
  type SimulatorProcess,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { errorOf, killed, resultOf } from "../helpers/program.ts";
import { until } from "../helpers/until.ts";

const FROM_HEAD = ["branch", "--wait", "--alias", "x", "--checkout"];

/** Starts a server with a VM that is HEAD, and a short confirm window. */
async function start(sandbox: Sandbox, confirmWindow = "500ms") {
  await writeSettings(sandbox, { confirm_window: confirmWindow });
  const simulator = await startSimulator(sandbox);
  const parent = await addVm(simulator);
  await writeHead(sandbox, parent);
  return { simulator, parent };
}

/** Makes the next branches boot, where they would run at once. */
async function bootSlowly(simulator: SimulatorProcess, ms: number) {
  const faults = [{ type: "boot" as const, ms }];
  await simulator.addFault({ operation: "branch", faults });
}

Deno.test("branch from HEAD, killed mid-poll, goes on though --checkout moved HEAD", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator, parent } = await start(sandbox);
  await bootSlowly(simulator, 1_500);
  const program = await sandbox.start(FROM_HEAD);
  const readHead = () => Deno.readTextFile(headOf(sandbox));
  await until(async () => await readHead() !== parent);
  await killed(program);
  const [vmId] = await offspringOf(simulator, parent);
  strictEqual(await readHead(), vmId);
  const result = resultOf(await sandbox.run(FROM_HEAD));
  const { job_id, ...rest } = result;
  match(job_id, /^job_/);
  deepStrictEqual(rest, {
    from_id: parent,
    new_ids: [vmId],
    new_alias: "x",
    checkout_done: true,
    used_head: true,
    status: "complete",
    effect: "attached",
  });
  strictEqual(await creations(simulator, "branch"), 1);
  strictEqual(await readHead(), vmId);
});

Deno.test("branch from HEAD that has moved elsewhere branches what is there now", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator } = await start(sandbox);
  await bootSlowly(simulator, 60_000);
  await killedMidPoll(sandbox, ["branch", "--wait", "--alias", "x"]);
  const other = await addVm(simulator);
  await writeHead(sandbox, other);
  await simulator.control("DELETE", "faults");
  const again = await sandbox.run(["branch", "--wait", "--alias", "x"]);
  strictEqual(resultOf(again).from_id, other);
  match(again.stderr, /^note: job job_.* which is not what is meant now/m);
});

Deno.test("branch, killed between the VM and its answer, finds it by its lineage and labels it", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator, parent } = await start(sandbox);
  await simulator.addFault({
    operation: "branch",
    times: 1,
    faults: [{ type: "hold", when: "after" }],
  });
  const program = await sandbox.start(FROM_HEAD);
  await until(async () => (await offspringOf(simulator, parent)).length === 1);
  await killed(program);
  const { effect, new_ids } = resultOf(await sandbox.run(FROM_HEAD));
  strictEqual(effect, "recovered");
  deepStrictEqual(new_ids, await offspringOf(simulator, parent));
  strictEqual(await creations(simulator, "branch"), 1);
  const made = (await vmsOf(simulator)).find(({ vmId }) => vmId === new_ids[0]);
  deepStrictEqual(made?.labels, {
    "vers-job": sandbox.ledgerLines()[0]?.entry.token,
  });
});

for (
  const [what, when, effect, sends] of [
    ["answer", "after", "recovered", 1],
    ["request", "before", "created", 2],
  ] as const
) {
  Deno.test(`branch --count 2 whose ${what} is lost makes two VMs, in one run`, async () => {
    await using sandbox = await Sandbox.create();
    const { simulator, parent } = await start(sandbox);
    await simulator.addFault({
      operation: "branch",
      times: 1,
      faults: [{ type: "drop", when }],
    });
    const done = await sandbox.run(["branch", parent, "--count", "2"]);
    const result = resultOf(done);
    strictEqual(result.effect, effect);
    deepStrictEqual(
      new Set(result.new_ids),
      new Set(await offspringOf(simulator, parent)),
    );
    strictEqual(result.new_ids.length, 2);
    strictEqual(await creations(simulator, "branch"), sends);
  });
}

Deno.test("branch with adopt = never takes no VM by its lineage", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator, parent } = await start(sandbox);
  await writeSettings(sandbox, { confirm_window: "500ms", adopt: "never" });
  await simulator.addFault({
    operation: "branch",
    times: 1,
    faults: [{ type: "drop", when: "after" }],
  });
  const done = await sandbox.run(FROM_HEAD);
  strictEqual(done.code, 21);
  const ids = errorOf(done).candidates.map((it: { vm_id: string }) => it.vm_id);
  deepStrictEqual(ids, await offspringOf(simulator, parent));
});

Deno.test("branch takes no VM that another key or another time made of its parent", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator, parent } = await start(sandbox);
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
  await addVm(simulator, { grandparentVmId: parent, createdAt: hourAgo });
  await addVm(simulator, {
    grandparentVmId: parent,
    ownerId: crypto.randomUUID(),
  });
  const before = await offspringOf(simulator, parent);
  await simulator.addFault({
    operation: "branch",
    times: 1,
    faults: [{ type: "drop", when: "before" }],
  });
  const { effect, new_ids } = resultOf(await sandbox.run(FROM_HEAD));
  strictEqual(effect, "created");
  strictEqual(before.includes(new_ids[0]), false);
});

for (
  const { outcome, answer, confirmWindow } of [
    { outcome: "makes its own", answer: "comes", confirmWindow: "5s" },
    { outcome: "gives up with 21", answer: "stays away", confirmWindow: "1s" },
  ]
) {
  Deno.test(`branch whose request is lost beside one of the same parent whose answer ${answer} ${outcome}`, async () => {
    await using sandbox = await Sandbox.create();
    const { simulator, parent } = await start(sandbox, confirmWindow);
    await simulator.addFault({
      operation: "branch",
      times: 1,
      faults: [{ type: "hold", when: "after" }],
    });
    await simulator.addFault({
      operation: "branch",
      times: 1,
      faults: [{ type: "drop", when: "before" }],
    });
    const slow = await sandbox.start(["branch", parent, "--wait", "-n", "a"]);
    await until(async () =>
      (await offspringOf(simulator, parent)).length === 1
    );
    const [slowVm] = await offspringOf(simulator, parent);
    const losing = await sandbox.start([
      ...["branch", parent, "--wait", "-n", "b"],
    ]);
    await losing.stderrLine(/submitted/);
    if (answer === "comes") await simulator.control("POST", "release", {});
    const lost = await losing.done;
    await simulator.control("POST", "release", {});
    deepStrictEqual(resultOf(await slow.done).new_ids, [slowVm]);
    if (lost.code === 0) {
      strictEqual(outcome, "makes its own");
      const { new_ids } = resultOf(lost);
      deepStrictEqual(
        new Set(await offspringOf(simulator, parent)),
        new Set([slowVm, ...new_ids]),
      );
      strictEqual(new_ids.includes(slowVm), false);
      return;
    }
    strictEqual(outcome, "gives up with 21");
    strictEqual(lost.code, 21);
    match(errorOf(lost).hint, /vers jobs adopt .* --no-resume/);
    strictEqual(await creations(simulator, "branch"), 2);
  });
}

Deno.test("branch whose second send is refused gives up with 21, and says why", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator } = await start(sandbox);
  await simulator.addFault({
    operation: "branch",
    times: 1,
    faults: [{ type: "drop", when: "before" }],
  });
  await simulator.addFault({
    operation: "branch",
    faults: [{ type: "answer", when: "before", status: 403 }],
  });
  const done = await sandbox.run(FROM_HEAD);
  strictEqual(done.code, 21);
  match(errorOf(done).message, /sent again and refused: .*403/);
});

Deno.test("branch whose first send is carried out late names the VM that is one too many", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator, parent } = await start(sandbox);
  await simulator.addFault({
    operation: "branch",
    times: 1,
    faults: [{ type: "commit_late", ms: 2_000 }],
  });
  await bootSlowly(simulator, 2_500);
  const done = await sandbox.run(FROM_HEAD);
  const { new_ids } = resultOf(done);
  const other = (await offspringOf(simulator, parent))
    .find((vmId) => vmId !== new_ids[0]);
  ok(other);
  match(done.stderr, new RegExp(`^warning: .* may have made VM ${other}`, "m"));
  match(done.stderr, new RegExp(`vers delete ${other}$`, "m"));
});

Deno.test("branch --count 3 --wait waits for all three at once, until the slowest runs", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator, parent } = await start(sandbox);
  await bootSlowly(simulator, 60_000);
  const program = await sandbox.start([
    "branch",
    parent,
    "--count=3",
    "--wait",
    "--poll-interval=100ms",
  ]);
  await program.stderrLine(/accepted/);
  const vmIds = await offspringOf(simulator, parent);
  const looks = async () =>
    (await simulator.requests()).filter(({ operation }) =>
      operation === "status"
    );
  // None is waited for before the others are looked at.
  await until(async () => (await looks()).length >= 3);
  const paths = (await looks()).slice(0, 3).map(({ path }) => path);
  deepStrictEqual(
    paths.toSorted(),
    vmIds.map((vmId) => `/api/v1/vm/${vmId}/status`).toSorted(),
  );
  const [last = "", ...others] = vmIds;
  for (const vmId of others) await setState(simulator, vmId, "running");
  const seen = (await looks()).length;
  // One look at each that is left, at least, and it still waits.
  await until(async () => (await looks()).length >= seen + 6);
  await setState(simulator, last, "running");
  const { new_ids } = resultOf(await program.done);
  strictEqual(new_ids.length, 3);
});

Deno.test("branch that gets fewer VMs than it asked for names them, and never makes a second batch", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator, parent } = await start(sandbox);
  await simulator.addFault({
    operation: "branch",
    faults: [{ type: "fewer", made: 2 }],
  });
  const args = ["branch", parent, "--count", "3", "--wait"];
  const keyed = [...args, "--idempotency-key", "k"];
  for (let times = 0; times < 2; times++) {
    const done = await sandbox.run(keyed);
    strictEqual(done.code, 20);
    const { code, message, vm_ids } = errorOf(done);
    strictEqual(code, "job_failed");
    match(message, /^Job job_.* asked for 3 VMs, and the service made 2: /);
    const alive = await offspringOf(simulator, parent);
    deepStrictEqual([...vm_ids].sort(), [...alive].sort());
    strictEqual(alive.length, 2);
  }
});

Deno.test("branch without --wait labels its VM, and tells its id at once", async () => {
  await using sandbox = await Sandbox.create();
  const { simulator, parent } = await start(sandbox);
  await bootSlowly(simulator, 60_000);
  const done = await sandbox.run(["branch", "--quiet"]);
  strictEqual(done.code, 0, done.stderr);
  const [vmId] = await offspringOf(simulator, parent);
  strictEqual(done.stdout, `${vmId}\n`);
  const made = (await vmsOf(simulator)).find((vm) => vm.vmId === vmId);
  ok(made?.labels["vers-job"]);
  ok(sandbox.ledgerLines().at(-1)?.entry.accepted_at);
  strictEqual(await Deno.readTextFile(headOf(sandbox)), parent);
});
