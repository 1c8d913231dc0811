import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { FaultRule } from "../../src/simulator/faults/faults.ts";
import { freePort } from "../helpers/free_port.ts";
import { RUN, Sandbox, storyOf, writeSettings } from "../helpers/sandbox.ts";
import {
  creations,
  livingVms,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { errorOf, killed, resultOf } from "../helpers/program.ts";
import { until } from "../helpers/until.ts";

type Faults = FaultRule["faults"];

/** Returns a rule that befalls only the first request to make a VM. */
function first(...faults: Faults): FaultRule {
  return { operation: "new_root", times: 1, faults };
}

const LOST_500: Faults[0] = {
  type: "answer",
  when: "after",
  status: 500,
  json: { error: "Internal server error", success: false },
};

Deno.test("run --wait, killed between the VM and its answer, finds the VM by its label", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "500"]);
  await simulator.addFault(first({ type: "hold", when: "after" }));
  const program = await sandbox.start(RUN);
  await until(async () => (await livingVms(simulator)).length === 1);
  await killed(program);
  deepStrictEqual(storyOf(sandbox), ["submitted"]);
  const { effect, vm_id } = resultOf(await sandbox.run(RUN));
  strictEqual(effect, "recovered");
  deepStrictEqual(await livingVms(simulator), [vm_id]);
  strictEqual(await creations(simulator), 1);
});

for (
  const [what, rules] of Object.entries<FaultRule[]>({
    "dropped": [first({ type: "drop", when: "after" })],
    "cut in the middle": [first({ type: "cut" })],
    "a 500": [first(LOST_500)],
    "a 408": [first({ type: "answer", when: "after", status: 408 })],
    "a body that is no answer": [
      first({ type: "answer", when: "after", status: 201, text: "<html>" }),
    ],
    "dropped, and the list lags": [
      first({ type: "drop", when: "after" }),
      { operation: "list", faults: [{ type: "lag", ms: 1_200 }] },
    ],
    "dropped, and the VM made late": [
      first({ type: "commit_late", ms: 1_000 }),
    ],
    "dropped, and lists fail for a while": [
      { operation: "list", times: 1, faults: [] },
      first({ type: "drop", when: "after" }),
      {
        operation: "list",
        times: 2,
        faults: [{ type: "drop", when: "before" }],
      },
    ],
  })
) {
  Deno.test(`run --wait whose answer is ${what} makes one VM, in one run`, async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
    for (const rule of rules) await simulator.addFault(rule);
    const { effect, vm_id } = resultOf(await sandbox.run(RUN));
    strictEqual(effect, "recovered");
    deepStrictEqual(await livingVms(simulator), [vm_id]);
    strictEqual(await creations(simulator), 1);
  });
}

Deno.test("run --wait whose request was lost sends again, after the confirm window", async () => {
  await using sandbox = await Sandbox.create();
  await writeSettings(sandbox, { confirm_window: "1s" });
  const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
  await simulator.addFault(first({ type: "drop", when: "before" }));
  const done = await sandbox.run(RUN);
  const { effect, vm_id } = resultOf(done);
  strictEqual(effect, "created");
  deepStrictEqual(await livingVms(simulator), [vm_id]);
  deepStrictEqual(storyOf(sandbox), [
    "submitted",
    "submitted",
    "running",
    "complete",
    "delivered",
  ]);
  const [one, two] = sandbox.ledgerLines().map(({ entry }) => entry);
  deepStrictEqual([one.sends, two.sends], [1, 2]);
  strictEqual(one.token, two.token);
  ok(Date.parse(two.at) - Date.parse(one.at) >= 1_000);
});

Deno.test("run --wait, killed before its request was carried out, sends it on the next run", async () => {
  await using sandbox = await Sandbox.create();
  await writeSettings(sandbox, { confirm_window: "500ms" });
  const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
  await simulator.addFault(first({ type: "hold", when: "before" }));
  const program = await sandbox.start(RUN);
  await until(async () => await creations(simulator) === 1);
  await killed(program);
  const { effect, vm_id } = resultOf(await sandbox.run(RUN));
  strictEqual(effect, "created");
  deepStrictEqual(await livingVms(simulator), [vm_id]);
});

Deno.test("run --wait whose second send is refused gives up honestly, with 21", async () => {
  await using sandbox = await Sandbox.create();
  await writeSettings(sandbox, { confirm_window: "500ms" });
  const simulator = await startSimulator(sandbox);
  await simulator.addFault(first({ type: "drop", when: "before" }));
  await simulator.addFault({
    operation: "new_root",
    faults: [{
      type: "answer",
      when: "before",
      status: 403,
      json: { error: "quota exceeded", success: false },
    }],
  });
  const done = await sandbox.run(RUN);
  strictEqual(done.code, 21);
  const error = errorOf(done);
  match(error.message, /sent again and refused: .*403 \(quota exceeded\)/);
  match(error.hint, /vers jobs adopt job_[0-9a-f]{10} /);
  match(error.hint, /vers run --wait --vm-alias my-vm --no-resume/);
  strictEqual(await creations(simulator), 2);
  deepStrictEqual(storyOf(sandbox), ["submitted", "submitted", "submitted"]);
  ok(sandbox.ledgerLines()[2]?.entry.unconfirmed_at);
});

Deno.test("run --wait at a server that keeps labels to itself gives up with 21, naming the VM", async () => {
  await using sandbox = await Sandbox.create();
  await writeSettings(sandbox, { confirm_window: "500ms" });
  const simulator = await startSimulator(sandbox);
  await simulator.addFault(first({ type: "drop", when: "after" }));
  await simulator.addFault({
    operation: "list",
    faults: [{ type: "labels", as: "missing" }],
  });
  const done = await sandbox.run(RUN);
  strictEqual(done.code, 21);
  const [vmId] = await livingVms(simulator);
  deepStrictEqual(
    errorOf(done).candidates.map((c: { vm_id: string }) => c.vm_id),
    [
      vmId,
    ],
  );
  strictEqual(await creations(simulator), 1);
});

Deno.test("run --wait that makes two VMs by two sends keeps one and names the other", async () => {
  await using sandbox = await Sandbox.create();
  await writeSettings(sandbox, { confirm_window: "500ms" });
  const simulator = await startSimulator(sandbox, ["--boot-ms", "5000"]);
  await simulator.addFault(first({ type: "commit_late", ms: 5_000 }));
  const done = await sandbox.run(RUN);
  const { effect, vm_id } = resultOf(done);
  strictEqual(effect, "created");
  const other = (await livingVms(simulator)).find((id) => id !== vm_id);
  ok(other);
  match(done.stderr, new RegExp(`vers delete ${other}`));
});

Deno.test("run --wait that cannot read the list ends with 6, and stays open", async () => {
  await using sandbox = await Sandbox.create();
  await writeSettings(sandbox, { confirm_window: "500ms" });
  const simulator = await startSimulator(sandbox);
  await simulator.addFault(first({ type: "drop", when: "after" }));
  await simulator.addFault({
    operation: "list",
    faults: [{ type: "answer", when: "before", status: 503 }],
  });
  const done = await sandbox.run([...RUN, "--timeout", "8s"]);
  strictEqual(done.code, 6);
  strictEqual(errorOf(done).code, "timed_out");
  deepStrictEqual(storyOf(sandbox), ["submitted"]);
  await simulator.control("DELETE", "faults");
  strictEqual(resultOf(await sandbox.run(RUN)).effect, "recovered");
  strictEqual(await creations(simulator), 1);
});

Deno.test("run --wait at a server that nobody listens on fails, and says that nothing was sent", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.env.VERS_URL = `http://127.0.0.1:${freePort()}`;
  sandbox.env.VERS_API_KEY = "0".repeat(100);
  const done = await sandbox.run(RUN);
  strictEqual(done.code, 1);
  const error = errorOf(done);
  deepStrictEqual([error.code, error.retryable], ["not_sent", true]);
  deepStrictEqual(storyOf(sandbox), []);
});

Deno.test("run --wait at a server that closes kept connections sends its request once", async () => {
  await using sandbox = await Sandbox.create();
  await writeSettings(sandbox, { confirm_window: "500ms" });
  const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
  await simulator.addFault({
    operation: "new_root",
    faults: [{ type: "close_reused" }],
  });
  resultOf(await sandbox.run(RUN));
  strictEqual(await creations(simulator), 1);
});
