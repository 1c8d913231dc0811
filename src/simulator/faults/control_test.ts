import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import { ask } from "../../../tests/helpers/ask_simulator.ts";
import { until } from "../../../tests/helpers/until.ts";
import { Simulator } from "../simulator.ts";
import { control } from "./control.ts";

async function tell(simulator: Simulator, line: string, body?: unknown) {
  const [method = "", path = ""] = line.split(" ");
  const answer = await control(simulator, {
    method,
    url: new URL(`http://vers.test/_simulator/${path}`),
    body: body === undefined ? "" : JSON.stringify(body),
  });
  return new Response(answer.body || null, answer);
}

Deno.test("control seeds VMs, commits and keys, and shows what there is", async () => {
  const simulator = new Simulator({ clock: new FakeClock() });
  const made = await tell(simulator, "POST vms", {
    organisation: "strangers",
    states: [{ afterMs: 0, state: "paused" }],
    createdAt: "2026-01-01T00:00:00Z",
  });
  strictEqual(made.status, 201);
  const { vmId } = await made.json();
  const [vm] = await (await tell(simulator, "GET vms")).json();
  deepStrictEqual(
    [vm.vmId, vm.organisation, vm.state, vm.createdAt],
    [vmId, "strangers", "paused", "2026-01-01T00:00:00.000Z"],
  );
  const moved = { vmId, state: "dead" };
  strictEqual((await tell(simulator, "POST states", moved)).status, 204);
  strictEqual((await simulator.vms())[0]?.state, "dead");
  const { commitId } =
    await (await tell(simulator, "POST commits", { tags: ["t"] })).json();
  match(commitId, /^[0-9a-f-]{36}$/);
  const { apiKey } = await (await tell(simulator, "POST keys")).json();
  strictEqual((await ask(simulator, "GET vms", { apiKey })).status, 200);
  await tell(simulator, "POST revoke", { keyId: apiKey.slice(0, 36) });
  strictEqual((await ask(simulator, "GET vms", { apiKey })).status, 403);
});

Deno.test("control adds faults, shows what they hold, and releases it", async () => {
  const simulator = new Simulator({ clock: new FakeClock() });
  const rule = {
    operation: "list",
    faults: [{ type: "hold", when: "before" }],
  };
  strictEqual((await tell(simulator, "POST faults", rule)).status, 204);
  deepStrictEqual(await (await tell(simulator, "GET faults")).json(), [rule]);
  const asked = ask(simulator, "GET vms");
  await until(async () => {
    const held = await (await tell(simulator, "GET holds")).json();
    return held.length > 0;
  });
  await tell(simulator, "DELETE faults");
  deepStrictEqual(await simulator.faults(), []);
  await tell(simulator, "POST release");
  strictEqual((await asked).status, 200);
});

Deno.test("control shows and forgets requests, itself not among them", async () => {
  const simulator = new Simulator({ clock: new FakeClock() });
  await ask(simulator, "GET vms");
  const shown = await (await tell(simulator, "GET requests")).json();
  deepStrictEqual(shown, await simulator.requests());
  strictEqual(shown.length, 1);
  await tell(simulator, "DELETE requests");
  deepStrictEqual(await simulator.requests(), []);
});

for (
  const { line, body, status, says } of [
    {
      line: "POST faults",
      body: { faults: [{ type: "x" }] },
      status: 400,
      says: /one of delay.*"hint":"a rule that works/,
    },
    {
      line: "POST vms",
      body: { colour: 1 },
      status: 400,
      says: /it has no colour/,
    },
    {
      line: "POST vms",
      body: { createdAt: "today" },
      status: 400,
      says: /createdAt/,
    },
    {
      line: "POST states",
      body: { vmId: "x", state: "dead" },
      status: 404,
      says: /there is none/,
    },
    {
      line: "GET nothing",
      body: undefined,
      status: 404,
      says: /there are GET requests,/,
    },
  ]
) {
  Deno.test(`control answers ${line} ${JSON.stringify(body)} with ${status}`, async () => {
    const simulator = new Simulator({ clock: new FakeClock() });
    const response = await tell(simulator, line, body);
    strictEqual(response.status, status);
    match((await response.text()).replaceAll('\\"', "'"), says);
  });
}
