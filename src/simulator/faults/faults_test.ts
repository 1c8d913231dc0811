import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import { Failure } from "../../failure.ts";
import { ask } from "../../../tests/helpers/ask_simulator.ts";
import { type Fault, type FaultRule, parseRule, takeFaults } from "./faults.ts";
import { Simulator } from "../simulator.ts";

async function simulatorWith(...rules: FaultRule[]) {
  const clock = new FakeClock({ autoAdvance: false });
  const simulator = new Simulator({ clock });
  for (const rule of rules) await simulator.addFault(rule);
  return { clock, simulator };
}

Deno.test("rules befall requests in order, each as often as it says", async () => {
  const failure = (status: number): Fault => ({
    type: "answer",
    when: "before",
    status,
  });
  const { simulator } = await simulatorWith(
    { operation: "list", skip: 1, times: 2, faults: [failure(500)] },
    { operation: "whoami", faults: [failure(418)] },
    { times: 1, faults: [failure(429)] },
  );
  const statuses: number[] = [];
  for (let count = 0; count < 5; count++) {
    const response = await ask(simulator, "GET vms");
    statuses.push(response.status);
    await response.body?.cancel();
  }
  deepStrictEqual(statuses, [429, 500, 500, 200, 200]);
  strictEqual((await simulator.faults()).length, 1);
  await simulator.clearFaults();
  strictEqual((await ask(simulator, "GET whoami")).status, 200);
});

Deno.test("takeFaults() passes over a rule that was used up from the start", () => {
  const rules: FaultRule[] = [{ times: 0, faults: [{ type: "cut" }] }];
  const request = { operation: "list", method: "GET", reused: false } as const;
  deepStrictEqual(takeFaults(rules, request, 0), []);
});

Deno.test("a rule is for one method, and lasts from the first that it befalls", async () => {
  const { clock, simulator } = await simulatorWith({
    method: "GET",
    forMs: 2_000,
    faults: [{
      type: "answer",
      when: "before",
      status: 404,
      headers: { "content-type": "text/html" },
      text: "<html>",
    }],
  });
  const get = async (line: string) => {
    const response = await ask(simulator, line);
    await response.body?.cancel();
    return response.status;
  };
  clock.advance(60_000);
  strictEqual((await ask(simulator, "POST keys/validate")).status, 200);
  strictEqual(await get("GET vms"), 404);
  clock.advance(1_999);
  strictEqual(await get("GET whoami"), 404);
  clock.advance(1);
  strictEqual(await get("GET vms"), 200);
});

for (
  const { rule, says } of [
    { rule: 7, says: /"rule" makes no sense: it must be of type object/ },
    {
      rule: { operation: "lst", faults: [] },
      says: /"operation".*one of new_root,.*list/,
    },
    {
      rule: { faults: [{ type: "crash" }] },
      says: /"faults\.0.*one of delay, hold, drop/,
    },
    {
      rule: { faults: [{ type: "drop" }] },
      says: /"faults\.0\.when".*one of before, after/,
    },
    { rule: { faults: [{ type: "cut", ms: 1 }] }, says: /has no ms/ },
    { rule: { faults: [{ type: "lag", ms: -1 }] }, says: /out of range/ },
    {
      rule: {
        faults: [{
          type: "answer",
          when: "after",
          status: 200,
          headers: { a: "b\r\nc: d" },
        }],
      },
      says: /headers\.a/,
    },
  ]
) {
  Deno.test(`parseRule() says what is wrong with ${JSON.stringify(rule)}`, () => {
    throws(() => parseRule(rule), (error: unknown) => {
      if (!(error instanceof Failure)) return false;
      strictEqual(error.code, "bad_request");
      strictEqual(says.test(error.message), true, error.message);
      return error.hint?.includes('"type":"drop"') ?? false;
    });
  });
}
