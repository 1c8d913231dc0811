import { match, strictEqual } from "node:assert/strict";
import { main } from "../../../main.ts";
import {
  testContext,
  type TestContextOptions,
} from "../../../tests/helpers/test_context.ts";

async function exec(
  args: string[],
  { isInteractive = false, ...options }: TestContextOptions & {
    isInteractive?: boolean;
  } = {},
) {
  await using context = await testContext(options);
  const vm = await context.simulator.addVm();
  const code = await main(
    ["exec", ...(isInteractive ? ["-i"] : []), vm, ...args],
    context,
  );
  return { code, out: context.out(), err: context.err(), vm };
}

Deno.test("vers exec on a terminal sends no stdin, and prints output as it is", async () => {
  const result = await exec(["cat; echo '\x1b[1mbold'"], {
    isTerminal: true,
    stdin: "typed",
  });
  strictEqual(result.out, "\x1b[1mbold\n");
});

Deno.test("vers exec refuses stdin that is no text", async () => {
  const { code, err } = await exec(["cat"], {
    isInteractive: true,
    stdin: new Uint8Array([0x61, 0xff]),
  });
  strictEqual(code, 125);
  match(err, /stdin is not UTF-8 text/);
});

Deno.test("vers exec --json keeps a byte order mark, and characters that pieces split", async () => {
  const stdin = "\ufeff" + "aé".repeat(40_000);
  await using context = await testContext({ stdin });
  const vm = await context.simulator.addVm();
  strictEqual(await main(["exec", "-i", "--json", vm, "cat"], context), 0);
  strictEqual(JSON.parse(context.out()).stdout, stdin);
});

Deno.test("vers exec ends quietly when nobody reads its output", async () => {
  const { code, err } = await exec(["seq 1 9"], {
    stdoutWriter: { write: () => Promise.reject(new Deno.errors.BrokenPipe()) },
  });
  strictEqual(code, 0);
  strictEqual(err, "");
});

Deno.test("vers exec that outstays its time-out by far is given up with 124", async () => {
  await using context = await testContext();
  const vm = await context.simulator.addVm();
  await context.simulator.addFault({
    operation: "exec_stream",
    faults: [{ type: "delay", when: "after", ms: 50_000 }],
  });
  const line = ["exec", "--timeout", "5s", vm, "true"];
  strictEqual(await main(line, context), 124);
  match(context.err(), /Timed out after 5s/);
});

// Long enough for the fake clock to wait for what is done meanwhile.
for (const timeout of ["9", "9s", "9000ms"]) {
  Deno.test(`vers exec --timeout ${timeout} ends the command, and passes on how`, async () => {
    await using context = await testContext();
    const vm = await context.simulator.addVm();
    const line = ["exec", "-t", timeout, vm, "echo a; sleep 90"];
    strictEqual(await main(line, context), 124);
    strictEqual(context.out(), "a\n");
    strictEqual(Math.round(context.clock.elapsedMs()), 9_000);
  });
}
