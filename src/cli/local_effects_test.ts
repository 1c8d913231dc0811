import { Patience } from "../patience.ts";
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  OTHER_VM,
  runningJob,
  SAMPLE_VM,
} from "../../tests/helpers/sample_job.ts";
import {
  type TestContext,
  testContext,
} from "../../tests/helpers/test_context.ts";
import { VersClient } from "../api/vers_client.ts";
import type { Names } from "../job/record.ts";
import { readAliases, setAlias } from "../project/aliases.ts";
import { readHead, writeHead } from "../project/head.ts";
import { nameVm, readNames } from "./local_effects.ts";
import { Progress } from "./output/progress.ts";

const BOTH = { alias: "my-vm", head: SAMPLE_VM };

function headOf(context: TestContext): string {
  return `${context.cwd()}/.vers/HEAD`;
}

function aliasesOf(context: TestContext): string {
  return `${context.home}/.vers/aliases.json`;
}

/** Makes alias and HEAD stand for a VM. */
async function give(context: TestContext, vmId: string) {
  await setAlias(aliasesOf(context), "my-vm", { vmId });
  writeHead(headOf(context), vmId);
}

/** Names the VM of a job that found these names when it was asked for. */
async function name(
  context: TestContext,
  names?: Names,
  setsHead = true,
) {
  const progress = new Progress(context);
  const job = runningJob(names === undefined ? {} : { names });
  const client = new VersClient({
    origin: "http://localhost",
    apiKey: context.simulator.apiKey,
    transport: await context.transport(),
    clock: context.clock,
  });
  const { clock, signal: interrupt } = context;
  const patience = new Patience({ clock, interrupt });
  const effects = await nameVm(job, {
    context,
    progress,
    client,
    setsHead,
    patience,
  });
  await context.stderr.flush();
  return effects;
}

Deno.test("readNames() tells what alias and HEAD stand for, and what for none", async () => {
  await using context = await testContext();
  const wanted = { alias: "my-vm", head: true };
  deepStrictEqual(readNames(context, wanted), { alias: null, head: null });
  await give(context, OTHER_VM);
  deepStrictEqual(readNames(context, wanted), {
    alias: OTHER_VM,
    head: OTHER_VM,
  });
  deepStrictEqual(readNames(context, { head: false }), {});
});

Deno.test("readNames() leaves out what it cannot read", async () => {
  await using context = await testContext();
  await Deno.mkdir(`${context.home}/.vers`);
  await Deno.writeTextFile(aliasesOf(context), "not JSON");
  const names = readNames(context, { alias: "my-vm", head: true });
  deepStrictEqual(names, { head: null });
});

for (
  const [when, names] of [
    ["did not at the intent either", { alias: null, head: null }],
    ["stood for another VM at the intent", { alias: OTHER_VM, head: OTHER_VM }],
    ["may have, as nobody kept it", undefined],
  ] as const
) {
  Deno.test(`nameVm() sets names that stand for nothing and ${when}`, async () => {
    await using context = await testContext();
    deepStrictEqual(await name(context, names), BOTH);
    strictEqual(readHead(headOf(context)), SAMPLE_VM);
    deepStrictEqual([...readAliases(aliasesOf(context))], [[
      "my-vm",
      SAMPLE_VM,
    ]]);
    strictEqual(context.err(), "");
  });
}

Deno.test("nameVm() again changes nothing and says nothing", async () => {
  await using context = await testContext();
  const names = { alias: null, head: null };
  await name(context, names);
  deepStrictEqual(await name(context, names), BOTH);
  deepStrictEqual(await name(context), BOTH);
  strictEqual(context.err(), "");
});

Deno.test("nameVm() takes HEAD that holds an alias for the alias's VM", async () => {
  await using context = await testContext();
  await setAlias(aliasesOf(context), "old", { vmId: OTHER_VM });
  writeHead(headOf(context), "old");
  const wanted = { alias: undefined, head: true };
  deepStrictEqual(readNames(context, wanted), { head: OTHER_VM });
  deepStrictEqual(await name(context, { alias: null, head: null }), {
    alias: "my-vm",
  });
  match(context.err(), /HEAD was changed meanwhile; it stays VM /);
  strictEqual(readHead(headOf(context)), "old");
  // As an older version noted it, and as this one does.
  for (const head of ["old", OTHER_VM]) {
    writeHead(headOf(context), "old");
    deepStrictEqual(await name(context, { alias: null, head }), BOTH);
    strictEqual(readHead(headOf(context)), SAMPLE_VM);
  }
});

Deno.test("nameVm() leaves HEAD alone where it is not to be set", async () => {
  await using context = await testContext();
  deepStrictEqual(await name(context, {}, false), { alias: "my-vm" });
  strictEqual(readHead(headOf(context)), undefined);
});

Deno.test("nameVm() names the living VM that loses its alias, and how to delete it", async () => {
  await using context = await testContext();
  const oldVm = await context.simulator.addVm();
  await give(context, oldVm);
  deepStrictEqual(await name(context, { alias: oldVm, head: oldVm }), BOTH);
  strictEqual(
    context.err(),
    `note: alias "my-vm" stood for VM ${oldVm}, and now for ` +
      `VM ${SAMPLE_VM}; to delete the old one: vers delete ${oldVm}\n`,
  );
});

Deno.test("nameVm() says nothing of a VM that is gone when it loses its alias", async () => {
  await using context = await testContext();
  await give(context, OTHER_VM);
  deepStrictEqual(
    await name(context, { alias: OTHER_VM, head: OTHER_VM }),
    BOTH,
  );
  strictEqual(context.err(), "");
});

for (
  const [when, names] of [
    ["was free at the intent", { alias: null, head: null }],
    ["was another's at the intent", { alias: SAMPLE_VM, head: SAMPLE_VM }],
    ["is not known from the intent", undefined],
  ] as const
) {
  Deno.test(`nameVm() leaves another VM its name if that ${when}`, async () => {
    await using context = await testContext();
    await give(context, OTHER_VM);
    deepStrictEqual(await name(context, names), {});
    strictEqual(readHead(headOf(context)), OTHER_VM);
    strictEqual(readAliases(aliasesOf(context)).get("my-vm"), OTHER_VM);
    strictEqual(
      context.err(),
      `note: alias "my-vm" was changed meanwhile; it stays VM ${OTHER_VM}\n` +
        `note: HEAD was changed meanwhile; it stays VM ${OTHER_VM}\n`,
    );
  });
}

Deno.test("nameVm() warns of what it cannot write, and goes on", async () => {
  await using context = await testContext();
  await Deno.mkdir(`${context.home}/.vers`);
  await Deno.writeTextFile(aliasesOf(context), "not JSON");
  await Deno.writeTextFile(`${context.cwd()}/.vers`, "no folder");
  deepStrictEqual(await name(context), {});
  const lines = context.err().trimEnd().split("\n");
  deepStrictEqual(lines.map((line) => line.slice(0, 25)), [
    'warning: alias "my-vm" is',
    "warning: HEAD is not set:",
  ]);
});

Deno.test("nameVm() without a home warns that the alias is not kept", async () => {
  await using context = await testContext({ hasHome: false });
  deepStrictEqual(await name(context), { head: SAMPLE_VM });
  strictEqual(
    context.err(),
    'warning: alias "my-vm" is not set: there is no home folder\n',
  );
});
