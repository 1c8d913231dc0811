import {
  deepStrictEqual,
  match,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { FakeClock } from "../../tests/helpers/fake_clock.ts";
import { ask, makeVm } from "../../tests/helpers/ask_simulator.ts";
import { until } from "../../tests/helpers/until.ts";
import { Simulator } from "./simulator.ts";

const UNKNOWN = "6c2d9b51-8d2f-4d66-8e1f-3a7b4c5d6e7f";

function newSimulator() {
  const clock = new FakeClock({ autoAdvance: false });
  return { clock, simulator: new Simulator({ clock }) };
}

Deno.test("new_root makes a VM that boots on the clock, nobody looking", async () => {
  const { clock, simulator } = newSimulator();
  const made = await ask(simulator, "POST vm/new_root", {
    body: { vm_config: { labels: { "vers-job": "t" }, mem_size_mib: null } },
  });
  strictEqual(made.status, 201);
  const { vm_id: vmId } = await made.json();
  const first = await (await ask(simulator, `GET vm/${vmId}/status`)).json();
  deepStrictEqual(first, {
    vm_id: vmId,
    owner_id: simulator.apiKey.slice(0, 36),
    created_at: "2026-01-05T09:00:00.000Z",
    state: "booting",
    labels: { "vers-job": "t" },
  });
  clock.advance(1_999);
  strictEqual((await simulator.vms())[0]?.state, "booting");
  clock.advance(1);
  strictEqual((await simulator.vms())[0]?.state, "running");
});

Deno.test("new_root with wait_boot answers when the VM runs", async () => {
  const clock = new FakeClock();
  const simulator = new Simulator({ clock, bootMs: 5_000 });
  await ask(simulator, "POST vm/new_root?wait_boot=true", {
    body: { vm_config: {} },
  });
  deepStrictEqual(clock.sleeps, [5_000]);
  strictEqual((await simulator.vms())[0]?.state, "running");
});

Deno.test("paths are served with the prefix and without", async () => {
  const { simulator } = newSimulator();
  const vmId = await makeVm(simulator);
  for (const path of ["/vm", "/vms", "/api/v1/vm", "/api/v1/vms"]) {
    const [vm] = await (await ask(simulator, `GET ${path}`)).json();
    strictEqual(vm.vm_id, vmId, path);
  }
});

Deno.test("list shows the living VMs of the organisation, whoever made them", async () => {
  const { simulator } = newSimulator();
  const own = await makeVm(simulator);
  const colleague = await simulator.addVm({ ownerId: UNKNOWN });
  await simulator.addVm({ organisation: "strangers" });
  await simulator.addVm({ deletedAt: "2026-01-05T09:00:00.000Z" });
  const vms = await (await ask(simulator, "GET vms")).json();
  deepStrictEqual(
    vms.map((vm: { vm_id: string }) => vm.vm_id),
    [own, colleague].sort(),
  );
});

Deno.test("a deleted VM is gone from list and status and stays in metadata", async () => {
  const { clock, simulator } = newSimulator();
  const vmId = await makeVm(simulator);
  clock.advance(60_000);
  const deleted = await ask(simulator, `DELETE vm/${vmId}`);
  strictEqual(deleted.status, 200);
  deepStrictEqual(await deleted.json(), { vm_id: vmId });
  deepStrictEqual(await (await ask(simulator, "GET vm")).json(), []);
  strictEqual((await ask(simulator, `GET vm/${vmId}/status`)).status, 404);
  const metadata = await (await ask(simulator, `GET vm/${vmId}/metadata`))
    .json();
  strictEqual(metadata.deleted_at, "2026-01-05T09:01:00.000Z");
  strictEqual("labels" in metadata, false);
  strictEqual((await ask(simulator, `DELETE vm/${vmId}`)).status, 403);
});

Deno.test("label adds to the labels that are there", async () => {
  const { simulator } = newSimulator();
  const vmId = await makeVm(simulator, { a: "1", b: "2" });
  const line = `PATCH vm/${vmId}/label`;
  const response = await ask(simulator, line, {
    body: { labels: { b: "3", c: "4" } },
  });
  strictEqual(response.status, 200);
  strictEqual(await response.text(), "");
  await ask(simulator, line, { body: { labels: null } });
  deepStrictEqual((await simulator.vms())[0]?.labels, {
    a: "1",
    b: "3",
    c: "4",
  });
});

Deno.test("state pauses, puts to sleep and resumes, and answers nothing", async () => {
  const clock = new FakeClock({ autoAdvance: false });
  const simulator = new Simulator({ clock, resumeMs: 700 });
  const vmId = await simulator.addVm();
  const line = `PATCH vm/${vmId}/state`;
  for (
    const [wanted, seen] of [["Paused", "paused"], ["Sleeping", "sleeping"]]
  ) {
    const response = await ask(simulator, line, { body: { state: wanted } });
    strictEqual(response.status, 200);
    strictEqual(response.headers.get("content-type"), null);
    strictEqual(await response.text(), "");
    strictEqual((await simulator.vms())[0]?.state, seen);
  }
  await ask(simulator, line, { body: { state: "Running" } });
  strictEqual((await simulator.vms())[0]?.state, "sleeping");
  clock.advance(700);
  strictEqual((await simulator.vms())[0]?.state, "running");
});

Deno.test("state waits for a VM that boots, unless told not to", async () => {
  const clock = new FakeClock();
  const simulator = new Simulator({ clock, bootMs: 900 });
  const vmId = await makeVm(simulator);
  const line = `PATCH vm/${vmId}/state`;
  const body = { state: "Paused" };
  const refused = await ask(simulator, `${line}?skip_wait_boot=true`, { body });
  strictEqual(refused.status, 400);
  strictEqual((await ask(simulator, line, { body })).status, 200);
  deepStrictEqual(clock.sleeps, [900]);
  strictEqual((await simulator.vms())[0]?.state, "paused");
});

Deno.test("disk takes only more than there is", async () => {
  const { simulator } = newSimulator();
  const vmId = await simulator.addVm();
  const line = `PATCH vm/${vmId}/disk`;
  for (
    const [size, status] of [[2048, 200], [2048, 400], [-1, 422]] as const
  ) {
    const response = await ask(simulator, line, {
      body: { fs_size_mib: size },
    });
    strictEqual(response.status, status);
    await response.body?.cancel();
  }
});

Deno.test("branch of a VM makes running VMs that name it as their origin", async () => {
  const { simulator } = newSimulator();
  const source = await simulator.addVm();
  const line = `POST vm/${source}/branch?count=3&keep_paused=true`;
  const response = await ask(simulator, line);
  strictEqual(response.status, 201);
  const { vms } = await response.json();
  const [parent, ...branches] = await simulator.vms();
  strictEqual(parent?.state, "paused");
  deepStrictEqual(
    branches.map(({ vmId }) => ({ vm_id: vmId })),
    vms,
  );
  strictEqual(branches.length, 3);
  for (const branch of branches) {
    strictEqual(branch.state, "running");
    strictEqual(branch.grandparentVmId, source);
  }
});

Deno.test("commit keeps a VM; branch, from_commit and commits know the commit", async () => {
  const { simulator } = newSimulator();
  const source = await simulator.addVm();
  const made = await ask(simulator, `POST vm/${source}/commit`);
  strictEqual(made.status, 201);
  const { commit_id: commitId } = await made.json();
  await (await ask(simulator, `POST vm/${commitId}/branch`)).json();
  await (await ask(simulator, "POST vm/from_commit", {
    body: { commit_id: commitId },
  })).json();
  const { commits, total } = await (await ask(simulator, "GET commits")).json();
  strictEqual(total, 1);
  strictEqual(commits[0].parent_vm_id, source);
  const [, ...restored] = await simulator.vms();
  deepStrictEqual(
    restored.map((vm) => [vm.parentCommitId, vm.grandparentVmId, vm.state]),
    [[commitId, source, "running"], [commitId, source, "running"]],
  );
});

Deno.test("a commit is found by its tags", async () => {
  const { simulator } = newSimulator();
  await simulator.addCommit({ tags: ["old", "repo:new"] });
  for (
    const [line, body] of [
      ["POST vm/from_commit", { tag_name: "old" }],
      ["POST vm/from_commit", { ref: "repo:new" }],
      ["POST vm/branch/by_tag/old", undefined],
      ["POST vm/branch/by_ref/repo/new", undefined],
    ] as const
  ) {
    strictEqual((await ask(simulator, line, { body })).status, 201, line);
  }
});

Deno.test("deploy makes a project once by its name, and a VM that boots", async () => {
  const { simulator } = newSimulator();
  const body = { repo: "ada/engine", settings: { run_command: "x" } };
  const made = await ask(simulator, "POST deploy", { body });
  strictEqual(made.status, 202);
  const { vm_id: vmId, project_id: projectId, status } = await made.json();
  strictEqual(status, "deploying");
  match(projectId, /^[0-9a-f-]{36}$/);
  deepStrictEqual(
    (await simulator.vms()).map((vm) => [vm.vmId, vm.state]),
    [[vmId, "booting"]],
  );
  const again = await ask(simulator, "POST deploy", { body });
  strictEqual(again.status, 409);
  strictEqual((await again.json()).success, false);
  const named = { ...body, name: "other" };
  strictEqual(
    (await ask(simulator, "POST deploy", { body: named })).status,
    202,
  );
});

Deno.test("fetch() ends with the signal's reason, and nothing is carried out", async () => {
  const clock = new FakeClock({ autoAdvance: false });
  const simulator = new Simulator({ clock });
  await simulator.addFault({
    faults: [{ type: "delay", when: "before", ms: 60_000 }],
  });
  const stop = new AbortController();
  const asked = ask(simulator, "POST vm/new_root", {
    body: { vm_config: {} },
    signal: stop.signal,
  });
  const ended = rejects(asked, /enough/);
  await until(async () => (await simulator.requests()).length > 0);
  stop.abort(new Error("enough"));
  await ended;
  strictEqual((await simulator.vms()).length, 0);
  strictEqual((await simulator.requests())[0]?.status, "aborted");
});
