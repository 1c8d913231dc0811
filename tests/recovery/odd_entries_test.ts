import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { RUN, Sandbox } from "../helpers/sandbox.ts";
import { addVm } from "../helpers/service.ts";
import {
  creations,
  livingVms,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { resultOf } from "../helpers/program.ts";

const VM = {
  vm_id: "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e",
  owner_id: "0f0e0d0c-0b0a-4908-8706-050403020100",
  created_at: "2026-01-05T09:00:00Z",
  state: "running",
  labels: {},
};

/** What one VM of an organisation may look like that nobody has documented. */
const ODD_ENTRIES = {
  "a null date": { ...VM, created_at: null },
  "a date that cannot be read": { ...VM, created_at: "soon" },
  "labels in a list": { ...VM, labels: ["a"] },
  "a number for a state": { ...VM, state: 3 },
  "null for an id": { ...VM, vm_id: null },
  "nothing": null,
};

for (const [name, entry] of Object.entries(ODD_ENTRIES)) {
  Deno.test(`an entry of the list with ${name} hides no other from status, which tells of it`, async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox);
    const vmId = await addVm(simulator);
    await simulator.addFault({
      operation: "list",
      faults: [{ type: "also_listed", entries: [entry] }],
    });
    const { code, stdout, stderr } = await sandbox.run(["status"]);
    strictEqual(code, 0, stderr);
    deepStrictEqual(JSON.parse(stdout).map((vm: typeof VM) => vm.vm_id), [
      vmId,
    ]);
    match(stderr, /^note: an entry of the list is skipped, .*: it/m);
  });
}

Deno.test("odd entries of the list do not keep a lost VM from being found", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
  await simulator.addFault({
    operation: "list",
    faults: [{
      type: "also_listed",
      entries: Object.values(ODD_ENTRIES),
    }],
  });
  await simulator.addFault({
    operation: "new_root",
    times: 1,
    faults: [{ type: "drop", when: "after" }],
  });
  const { effect, vm_id } = resultOf(await sandbox.run(RUN));
  strictEqual(effect, "recovered");
  deepStrictEqual(await livingVms(simulator), [vm_id]);
  strictEqual(await creations(simulator), 1);
});

Deno.test("status of one VM shows what of it can be understood", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox);
  const vmId = await addVm(simulator);
  await simulator.addFault({
    operation: "status",
    faults: [{
      type: "answer",
      when: "before",
      status: 200,
      json: { ...VM, vm_id: vmId, created_at: null, labels: ["a"] },
    }],
  });
  const { code, stdout, stderr } = await sandbox.run(["status", vmId]);
  strictEqual(code, 0, stderr);
  deepStrictEqual(JSON.parse(stdout), {
    ...VM,
    vm_id: vmId,
    created_at: null,
  });
});
