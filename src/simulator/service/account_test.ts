import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import { ask, makeVm } from "../../../tests/helpers/ask_simulator.ts";
import { Simulator } from "../simulator.ts";

function newSimulator(options: { authFailure?: "gateway" | "spec" } = {}) {
  const clock = new FakeClock({ autoAdvance: false });
  return { clock, simulator: new Simulator({ clock, ...options }) };
}

Deno.test("a bad key is answered as the gateway does, or as the schema says", async () => {
  for (
    const { authFailure, status, says } of [
      { authFailure: "gateway", status: 403, says: "403 Forbidden" },
      { authFailure: "spec", status: 401, says: "" },
    ] as const
  ) {
    const { simulator } = newSimulator({ authFailure });
    for (const apiKey of ["nonsense", simulator.apiKey.replace(/.$/, "0")]) {
      const response = await ask(simulator, "GET vms", { apiKey });
      strictEqual(response.status, status);
      strictEqual(response.headers.get("content-type"), null);
      strictEqual(await response.text(), says);
    }
  }
});

Deno.test("keys of one organisation see one another's VMs; strangers do not", async () => {
  const { simulator } = newSimulator();
  const colleague = await simulator.addKey();
  const stranger = await simulator.addKey({ organisation: "strangers" });
  const vmId = await makeVm(simulator);
  for (const [apiKey, status] of [[colleague, 200], [stranger, 404]] as const) {
    for (const what of ["status", "metadata"]) {
      const line = `GET vm/${vmId}/${what}`;
      strictEqual((await ask(simulator, line, { apiKey })).status, status);
    }
  }
  const line = `DELETE vm/${vmId}`;
  strictEqual((await ask(simulator, line, { apiKey: stranger })).status, 403);
  strictEqual((await ask(simulator, line, { apiKey: colleague })).status, 200);
});

Deno.test("a revoked key is refused until it is added again", async () => {
  const { simulator } = newSimulator();
  const { apiKey } = simulator;
  const status = async () => (await ask(simulator, "GET whoami")).status;
  strictEqual(await status(), 200);
  await simulator.revokeKey(apiKey.slice(0, 36));
  strictEqual(await status(), 403);
  await simulator.addKey({ apiKey });
  strictEqual(await status(), 200);
});

Deno.test("whoami, the key's check, version and health answer", async () => {
  const { simulator } = newSimulator();
  const who = await (await ask(simulator, "GET whoami")).json();
  strictEqual(who.api_key.id, simulator.apiKey.slice(0, 36));
  strictEqual(who.org.name, "acme");
  const check = await (await ask(simulator, "POST keys/validate")).json();
  strictEqual(check.valid, true);
  const version = await ask(simulator, "GET system/version", { apiKey: "" });
  strictEqual((await version.json()).executable_name, "orchestrator");
  strictEqual(
    (await ask(simulator, "GET /health", { apiKey: "" })).status,
    200,
  );
});

Deno.test("every answer carries the service's time and the request's id", async () => {
  const { simulator } = newSimulator();
  const { headers } = await ask(simulator, "GET vms");
  strictEqual(headers.get("date"), "Mon, 05 Jan 2026 09:00:00 GMT");
  const [request] = await simulator.requests();
  strictEqual(headers.get("x-request-id"), request?.id);
});

Deno.test("requests are recorded, without the secret of their key", async () => {
  const { simulator } = newSimulator();
  await ask(simulator, "GET vms?x=1", {
    headers: { "user-agent": "vers/1", "x-private": "p" },
  });
  await makeVm(simulator);
  const [read, created] = await simulator.requests();
  strictEqual(read?.id.length, 36);
  deepStrictEqual(read, {
    id: read?.id,
    at: "2026-01-05T09:00:00.000Z",
    method: "GET",
    path: "/api/v1/vms",
    query: "x=1",
    operation: "list",
    keyId: simulator.apiKey.slice(0, 36),
    headers: { "user-agent": "vers/1" },
    reused: false,
    committed: false,
    status: 200,
  });
  strictEqual(created?.committed, true);
  const secret = simulator.apiKey.slice(36);
  strictEqual(JSON.stringify([read, created]).includes(secret), false);
  await simulator.clearRequests();
  deepStrictEqual(await simulator.requests(), []);
});
