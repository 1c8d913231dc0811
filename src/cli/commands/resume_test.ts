import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { main } from "../../../main.ts";
import { testContext } from "../../../tests/helpers/test_context.ts";

Deno.test("vers resume --wait asks again, once, for a VM that sleeps on for 30 s", async () => {
  await using context = await testContext();
  const { simulator } = context;
  const vmId = await simulator.addVm({ state: "paused" });
  await simulator.addFault({
    operation: "state",
    times: 1,
    faults: [{ type: "answer", when: "before", status: 200 }],
  });
  strictEqual(await main(["resume", vmId, "--wait"], context), 0);
  strictEqual(JSON.parse(context.out()).status, "complete");
  match(context.err(), /asked for it to be resumed again/);
  const elapsedMs = context.clock.elapsedMs();
  strictEqual(elapsedMs >= 30_000 && elapsedMs < 45_000, true);
  const asked = (await simulator.requests())
    .filter(({ operation }) => operation === "state");
  strictEqual(asked.length, 2);
});

Deno.test("vers resume --wait on a terminal says what the Go CLI says", async () => {
  await using context = await testContext({ isTerminal: true });
  const vmId = await context.simulator.addVm({ state: "paused" });
  strictEqual(await main(["resume", vmId, "--wait"], context), 0);
  strictEqual(
    context.out(),
    `✓ VM '${vmId}' resumed successfully\nState: Running\n`,
  );
});

Deno.test("vers resume without --wait does not say that the VM runs", async () => {
  await using context = await testContext({ isTerminal: true });
  const vmId = await context.simulator.addVm({ state: "paused" });
  strictEqual(await main(["resume", vmId], context), 0);
  match(context.out(), /was asked to run/);
});

Deno.test("vers resume labels no VM: it has made none", async () => {
  await using context = await testContext();
  const vmId = await context.simulator.addVm({ state: "paused" });
  strictEqual(await main(["resume", vmId, "--wait"], context), 0);
  const [vm] = await context.simulator.vms();
  deepStrictEqual(vm?.labels, {});
});
