import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { main } from "../../../main.ts";
import { testContext } from "../../../tests/helpers/test_context.ts";
import { InterruptedError } from "../../patience.ts";

async function terminal(stdin: string) {
  const context = await testContext({ isTerminal: true, stdin });
  return { context, vm: await context.simulator.addVm() };
}

async function living(context: Awaited<ReturnType<typeof testContext>>) {
  const vms = await context.simulator.vms();
  return vms.filter(({ deletedAt }) => deletedAt === null).length;
}

for (const answer of ["y\n", "YES\n", " y "]) {
  Deno.test(`vers delete on a terminal does it when told ${JSON.stringify(answer)}`, async () => {
    const { context, vm } = await terminal(answer);
    await using _context = context;
    strictEqual(await main(["delete", vm], context), 0, context.err());
    strictEqual(
      context.err(),
      `VM ${vm} will be deleted permanently\nProceed [y/N]: `,
    );
    strictEqual(context.out(), `✓ Deleted VM '${vm}'\n`);
    strictEqual(await living(context), 0);
  });
}

for (const answer of ["n\n", "\n", "", "yes, but\n"]) {
  Deno.test(`vers delete on a terminal does nothing when told ${JSON.stringify(answer)}`, async () => {
    const { context, vm } = await terminal(answer);
    await using _context = context;
    strictEqual(await main(["delete", vm], context), 7);
    match(
      context.err(),
      /error: Cannot delete the VM: it was declined\nhint: /,
    );
    strictEqual(context.out(), "");
    strictEqual(await living(context), 1);
  });
}

Deno.test("vers delete --yes on a terminal does not ask, and sums several up", async () => {
  const { context, vm } = await terminal("n\n");
  await using _context = context;
  const other = await context.simulator.addVm();
  strictEqual(await main(["delete", "-y", vm, other], context), 0);
  strictEqual(context.err(), "");
  strictEqual(
    context.out(),
    `✓ Deleted VM '${vm}'\n✓ Deleted VM '${other}'\n2 of 2 VMs are deleted\n`,
  );
});

Deno.test("vers delete that is interrupted says what it has done", async () => {
  await using context = await testContext();
  const ids = [
    await context.simulator.addVm(),
    await context.simulator.addVm(),
  ];
  await context.simulator.addFault({
    operation: "delete",
    skip: 1,
    faults: [{ type: "delay", when: "before", ms: 5_000 }],
  });
  const stop = context.clock.sleep(1_000).then(() =>
    context.abort(new InterruptedError("SIGINT"))
  );
  strictEqual(await main(["delete", "-y", ...ids], context), 130);
  await stop;
  deepStrictEqual(JSON.parse(context.out()).deleted, ids.slice(0, 1));
  strictEqual(await living(context), 1);
});
