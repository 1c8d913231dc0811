import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import { ask, makeVm } from "../../../tests/helpers/ask_simulator.ts";
import { until } from "../../../tests/helpers/until.ts";
import type { Fault, FaultRule } from "./faults.ts";
import { ConnectionDropped } from "../response.ts";
import { Simulator } from "../simulator.ts";

const CREATE = { body: { vm_config: { labels: { a: "b" } } } };

async function simulatorWith(...rules: FaultRule[]) {
  const clock = new FakeClock({ autoAdvance: false });
  const simulator = new Simulator({ clock });
  for (const rule of rules) await simulator.addFault(rule);
  return { clock, simulator };
}

const once = (operation: FaultRule["operation"], ...faults: Fault[]) => ({
  operation,
  times: 1,
  faults,
});

for (
  const { when, made } of [{ when: "before", made: 0 }, {
    when: "after",
    made: 1,
  }] as const
) {
  Deno.test(`drop ${when} loses the answer with ${made} VMs made`, async () => {
    const { simulator } = await simulatorWith(
      once("new_root", { type: "drop", when }),
    );
    await rejects(
      ask(simulator, "POST vm/new_root", CREATE),
      ConnectionDropped,
    );
    strictEqual((await simulator.vms()).length, made);
    const [record] = await simulator.requests();
    strictEqual(record?.status, "dropped");
    strictEqual(record?.committed, made === 1);
  });

  Deno.test(`answer ${when} says what it was told with ${made} VMs made`, async () => {
    const { simulator } = await simulatorWith(once("new_root", {
      type: "answer",
      when,
      status: 503,
      headers: { "retry-after": "7" },
      json: { error: "busy" },
    }));
    const response = await ask(simulator, "POST vm/new_root", CREATE);
    strictEqual(response.status, 503);
    strictEqual(response.headers.get("retry-after"), "7");
    strictEqual(response.headers.get("content-type"), "application/json");
    deepStrictEqual(await response.json(), { error: "busy" });
    strictEqual((await simulator.vms()).length, made);
    strictEqual((await simulator.requests())[0]?.status, 503);
  });

  Deno.test(`hold ${when} waits for its release with ${made} VMs made`, async () => {
    const { simulator } = await simulatorWith(
      once("new_root", { type: "hold", when }),
    );
    const asked = ask(simulator, "POST vm/new_root", CREATE);
    await until(async () => (await simulator.held()).length > 0);
    strictEqual((await simulator.vms()).length, made);
    strictEqual((await simulator.requests())[0]?.status, "pending");
    await simulator.release("list");
    strictEqual((await simulator.held()).length, 1);
    await simulator.release("new_root");
    strictEqual((await asked).status, 201);
    strictEqual((await simulator.vms()).length, 1);
    strictEqual((await simulator.requests())[0]?.status, 201);
  });

  Deno.test(`delay ${when} passes on the clock with ${made} VMs made`, async () => {
    const { clock, simulator } = await simulatorWith(
      once("new_root", { type: "delay", when, ms: 400 }),
    );
    const asked = ask(simulator, "POST vm/new_root", CREATE);
    await until(async () => {
      const [request] = await simulator.requests();
      return request?.committed === (made === 1);
    });
    strictEqual((await simulator.vms()).length, made);
    // Whether it sleeps already cannot be seen: time passes until it is over.
    const answered = asked.then((response) => response.status);
    let status: number | undefined;
    answered.then((value) => status = value);
    await until(() => {
      clock.advance(400);
      return Promise.resolve(status !== undefined);
    });
    strictEqual(status, 201);
    deepStrictEqual(clock.sleeps, [400]);
  });
}

Deno.test("hold ends by itself after its time", async () => {
  const clock = new FakeClock();
  const simulator = new Simulator({ clock });
  await simulator.addFault(
    once("list", { type: "hold", when: "before", ms: 5_000 }),
  );
  strictEqual((await ask(simulator, "GET vms")).status, 200);
  deepStrictEqual(clock.sleeps, [5_000]);
  deepStrictEqual(await simulator.held(), []);
});

Deno.test("cut breaks the body of what was carried out", async () => {
  const { simulator } = await simulatorWith(once("new_root", { type: "cut" }));
  const response = await ask(simulator, "POST vm/new_root", CREATE);
  strictEqual(response.status, 201);
  await rejects(response.text(), ConnectionDropped);
  strictEqual((await simulator.vms()).length, 1);
  strictEqual((await simulator.requests())[0]?.status, "cut");
});

Deno.test("unreachable fails as a connection that was never made", async () => {
  const { simulator } = await simulatorWith(
    once("new_root", { type: "unreachable" }),
  );
  await rejects(
    ask(simulator, "POST vm/new_root", CREATE),
    /client error \(Connect\)/,
  );
  strictEqual((await simulator.vms()).length, 0);
});

Deno.test("a redirect names its target and carries nothing out", async () => {
  const { simulator } = await simulatorWith(once("new_root", {
    type: "answer",
    when: "before",
    status: 307,
    headers: { location: "http://elsewhere.test/" },
  }));
  const response = await ask(simulator, "POST vm/new_root", CREATE);
  strictEqual(response.status, 307);
  strictEqual(response.headers.get("location"), "http://elsewhere.test/");
  strictEqual((await simulator.vms()).length, 0);
});

Deno.test("commit_late loses the answer and makes the VM later", async () => {
  const { clock, simulator } = await simulatorWith(
    once("new_root", { type: "commit_late", ms: 20_000 }),
  );
  await rejects(ask(simulator, "POST vm/new_root", CREATE), ConnectionDropped);
  clock.advance(19_999);
  deepStrictEqual(await (await ask(simulator, "GET vms")).json(), []);
  strictEqual((await simulator.requests())[0]?.committed, false);
  clock.advance(1_001);
  const [vm] = await (await ask(simulator, "GET vms")).json();
  strictEqual(vm.created_at, "2026-01-05T09:00:20.000Z");
  deepStrictEqual(vm.labels, { a: "b" });
  const [record] = await simulator.requests();
  strictEqual(record?.committed, true);
  strictEqual(record?.status, "dropped");
});

Deno.test("unlisted hides a VM from lists, unreadable from the rest, for a time", async () => {
  const { clock, simulator } = await simulatorWith(once(
    "new_root",
    { type: "unlisted", ms: 1_000 },
    { type: "unreadable", ms: 2_000 },
  ));
  const vmId = await makeVm(simulator);
  const seen = async () => [
    (await (await ask(simulator, "GET vms")).json()).length,
    (await ask(simulator, `GET vm/${vmId}/status`)).status,
    (await ask(simulator, `GET vm/${vmId}/metadata`)).status,
  ];
  deepStrictEqual(await seen(), [0, 404, 404]);
  clock.advance(1_000);
  deepStrictEqual(await seen(), [1, 404, 404]);
  clock.advance(1_000);
  deepStrictEqual(await seen(), [1, 200, 200]);
});

Deno.test("twice carries a request out again, and answers as to the second", async () => {
  const { simulator } = await simulatorWith(
    once("new_root", { type: "twice" }),
    once("new_root", { type: "twice", answers: "first" }),
    once("deploy", { type: "twice" }),
  );
  for (const named of [1, 0]) {
    const before = (await simulator.vms()).length;
    const vmId = await makeVm(simulator, { a: "b" });
    const made = (await simulator.vms()).slice(before);
    strictEqual(made.length, 2);
    strictEqual(made[named]?.vmId, vmId);
    deepStrictEqual(made.map(({ labels }) => labels), [{ a: "b" }, { a: "b" }]);
  }
  // It was sent once: what stood in between is not the client.
  strictEqual((await simulator.requests()).length, 2);
  const body = { repo: "acme/shop" };
  const deploy = await ask(simulator, "POST deploy", { body });
  strictEqual(deploy.status, 409);
  strictEqual((await simulator.vms()).length, 5);
  strictEqual((await simulator.requests()).at(-1)?.committed, true);
});

Deno.test("twice may be a while apart, and its answer lost", async () => {
  const clock = new FakeClock();
  const simulator = new Simulator({ clock });
  await simulator.addFault(once(
    "new_root",
    { type: "twice", ms: 3_000 },
    { type: "drop", when: "after" },
  ));
  await rejects(ask(simulator, "POST vm/new_root", CREATE), ConnectionDropped);
  deepStrictEqual(
    (await simulator.vms()).map(({ createdAt }) => createdAt.slice(14, 19)),
    ["00:00", "00:03"],
  );
});

Deno.test("lag shows one VM as it was", async () => {
  const { clock, simulator } = await simulatorWith(
    { operation: "status", faults: [{ type: "lag", ms: 3_000 }] },
    { operation: "metadata", faults: [{ type: "lag", ms: 3_000 }] },
    { operation: "list", faults: [{ type: "lag", ms: 3_000 }] },
  );
  const vmId = await makeVm(simulator);
  const seen = async () => {
    const status = await ask(simulator, `GET vm/${vmId}/status`);
    const metadata = await ask(simulator, `GET vm/${vmId}/metadata`);
    const list = await (await ask(simulator, "GET vms")).json();
    const { state = status.status } = await status.json();
    const { deleted_at = metadata.status } = await metadata.json();
    return [state, deleted_at, list.length];
  };
  deepStrictEqual(await seen(), [404, 404, 0]);
  clock.advance(3_000);
  // It runs by now.
  deepStrictEqual(await seen(), ["booting", null, 1]);
  await ask(simulator, `DELETE vm/${vmId}`);
  clock.advance(2_999);
  deepStrictEqual(await seen(), ["running", null, 1]);
  clock.advance(1);
  const [state, deletedAt, listed] = await seen();
  deepStrictEqual([state, listed], [404, 0]);
  strictEqual(deletedAt, "2026-01-05T09:00:03.000Z");
});

Deno.test("lag leaves young VMs out of the lists that it befalls", async () => {
  const { clock, simulator } = await simulatorWith(
    { operation: "list", faults: [{ type: "lag", ms: 3_000 }] },
  );
  await makeVm(simulator);
  const count = async () =>
    (await (await ask(simulator, "GET vms")).json()).length;
  clock.advance(2_999);
  strictEqual(await count(), 0);
  clock.advance(1);
  strictEqual(await count(), 1);
});

Deno.test("also_listed puts whatever it is told into the list", async () => {
  const entries = [{ vm_id: "x", created_at: null }, 7];
  const { simulator } = await simulatorWith(
    once("list", { type: "also_listed", entries }),
  );
  const vmId = await makeVm(simulator);
  const list = async () => await (await ask(simulator, "GET vms")).json();
  const [odd, number, vm, ...more] = await list();
  deepStrictEqual([odd, number], entries);
  strictEqual(vm.vm_id, vmId);
  deepStrictEqual(more, []);
  strictEqual((await list()).length, 1);
});

for (
  const { as, shown } of [
    { as: "null", shown: { labels: null } },
    { as: "missing", shown: {} },
    { as: "empty", shown: { labels: {} } },
  ] as const
) {
  Deno.test(`labels are withheld as ${as}, in answers or of a VM for ever`, async () => {
    for (const operation of ["new_root", "list"] as const) {
      const { simulator } = await simulatorWith(
        { operation, faults: [{ type: "labels", as }] },
      );
      await makeVm(simulator, { a: "b" });
      const [vm] = await (await ask(simulator, "GET vms")).json();
      deepStrictEqual("labels" in vm ? { labels: vm.labels } : {}, shown);
      deepStrictEqual((await simulator.vms())[0]?.labels, { a: "b" });
    }
  });
}

Deno.test("states lead a new VM through whatever it is to become", async () => {
  const { clock, simulator } = await simulatorWith(once("new_root", {
    type: "states",
    states: [
      { afterMs: 0, state: "booting" },
      { afterMs: 1_000, state: "migrating" },
      { afterMs: 2_000, state: "dead" },
    ],
  }));
  await makeVm(simulator);
  for (const state of ["booting", "migrating", "dead"]) {
    strictEqual((await simulator.vms())[0]?.state, state);
    clock.advance(1_000);
  }
});

Deno.test("boot sets how long one VM boots", async () => {
  const { clock, simulator } = await simulatorWith(
    once("new_root", { type: "boot", ms: 90_000 }),
  );
  await makeVm(simulator);
  await makeVm(simulator);
  clock.advance(2_000);
  deepStrictEqual(
    (await simulator.vms()).map(({ state }) => state),
    ["booting", "running"],
  );
});

Deno.test("fewer makes or names fewer branches; the old answer names one", async () => {
  const { simulator } = await simulatorWith(
    once("branch", { type: "fewer", named: 1 }),
    once("branch", { type: "fewer", made: 2 }),
    once("branch", { type: "old_branch_answer" }),
  );
  const source = await simulator.addVm();
  const branch = async () => {
    const before = (await simulator.vms()).length;
    const line = `POST vm/${source}/branch?count=3`;
    const answer = await (await ask(simulator, line)).json();
    return { answer, made: (await simulator.vms()).slice(before) };
  };
  const named = await branch();
  strictEqual(named.made.length, 3);
  deepStrictEqual(named.answer, { vms: [{ vm_id: named.made[0]?.vmId }] });
  const made = await branch();
  strictEqual(made.made.length, 2);
  strictEqual(made.answer.vms.length, 2);
  const old = await branch();
  deepStrictEqual(old.answer, { vm_id: old.made[0]?.vmId });
});

Deno.test("close_reused leaves a first request of a connection alone", async () => {
  const { simulator } = await simulatorWith(
    { faults: [{ type: "close_reused" }] },
  );
  strictEqual((await ask(simulator, "GET vms")).status, 200);
  const reply = await simulator.handle({
    method: "GET",
    url: new URL("http://vers.test/vms"),
    headers: new Headers(),
    body: "",
    reused: true,
    signal: new AbortController().signal,
  });
  deepStrictEqual(reply, { type: "dropped" });
});
