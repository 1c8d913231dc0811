import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { main } from "../../main.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { type TestContext, testContext } from "../helpers/test_context.ts";

const NOBODY = "6c2d9b51-8d2f-4d66-8e1f-3a7b4c5d6e7f";

async function wait(context: TestContext, ...args: string[]) {
  const before = context.out().length;
  const code = await main(["wait", ...args], context);
  const out = context.out().slice(before);
  return { code, vms: out === "" ? undefined : JSON.parse(out).vms };
}

Deno.test("vers wait waits for VMs that others made, and says what they are", async () => {
  await using context = await testContext();
  const { simulator, clock } = context;
  const now = { afterMs: 0, state: "booting" };
  const one = await simulator.addVm({
    states: [now, { afterMs: 20_000, state: "running" }],
  });
  const two = await simulator.addVm();
  const { code, vms } = await wait(context, one, two, one);
  deepStrictEqual([code, vms], [0, [
    { vm_id: one, state: "running" },
    { vm_id: two, state: "running" },
  ]]);
  ok(clock.elapsedMs() >= 20_000);
  strictEqual(await main(["wait", "-q", two], context), 0);
  ok(context.out().endsWith(`\n${two}\n`));
});

Deno.test("vers wait --for paused takes a VM that sleeps, too", async () => {
  await using context = await testContext();
  const vm = await context.simulator.addVm({
    states: [{ afterMs: 0, state: "running" }, {
      afterMs: 9_000,
      state: "sleeping",
    }],
  });
  deepStrictEqual(await wait(context, vm, "--for", "paused"), {
    code: 0,
    vms: [{ vm_id: vm, state: "sleeping" }],
  });
});

Deno.test("vers wait --for deleted waits for what is gone, and for what never was", async () => {
  await using context = await testContext();
  const vm = await context.simulator.addVm();
  context.clock.sleep(8_000).then(() => main(["delete", "-y", vm], context));
  const { code } = await wait(context, NOBODY, "--for", "deleted");
  strictEqual(code, 0);
  strictEqual(await main(["wait", "-q", vm, "--for=deleted"], context), 0);
  ok(context.clock.elapsedMs() >= 8_000);
});

Deno.test("vers wait says at once of what is not there that it is not", async () => {
  await using context = await testContext();
  const { code } = await wait(context, NOBODY);
  strictEqual(code, 3);
  match(context.err(), new RegExp(`Cannot find VM ${NOBODY}`));
  strictEqual((await wait(context, "no-alias")).code, 3);
  ok(context.clock.elapsedMs() < 30_000);
});

Deno.test("vers wait is not ended by looks that say nothing, nor by a 404 that passes", async () => {
  await using context = await testContext();
  const vm = await context.simulator.addVm();
  for (const status of [503, 404, 502, 404]) {
    await context.simulator.addFault({
      operation: "status",
      times: 1,
      faults: [{ type: "answer", when: "before", status }],
    });
  }
  await context.simulator.addFault({
    operation: "status",
    times: 2,
    faults: [{ type: "unreachable" }],
  });
  strictEqual((await wait(context, vm)).code, 0);
  match(context.err(), /^note: no answer yet/);
});

Deno.test("vers wait ends with 20 for a dead VM, 6 at its limit, 2 for a bad key", async () => {
  await using context = await testContext({ clock: new FakeClock() });
  const { simulator } = context;
  const dead = await simulator.addVm({
    states: [{ afterMs: 0, state: "dead" }],
  });
  strictEqual((await wait(context, dead)).code, 20);
  const paused = await simulator.addVm({
    states: [{ afterMs: 0, state: "paused" }],
  });
  strictEqual((await wait(context, paused, "--timeout", "10m")).code, 6);
  match(context.err(), new RegExp(`to resume it: vers resume ${paused}`));
  await simulator.addFault({
    operation: "status",
    faults: [{ type: "answer", when: "before", status: 401 }],
  });
  strictEqual((await wait(context, paused)).code, 2);
});

Deno.test("vers wait refuses a state that there is not, and no name at all", async () => {
  await using context = await testContext();
  strictEqual((await wait(context, NOBODY, "--for", "ready")).code, 5);
  match(context.err(), /running, paused, deleted|running, paused or deleted/);
  strictEqual((await wait(context)).code, 5);
  strictEqual((await context.simulator.requests()).length, 0);
});
