import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  OTHER_VM,
  runningJob,
  SAMPLE_VM,
} from "../../tests/helpers/sample_job.ts";
import {
  type TestContext,
  testContext,
} from "../../tests/helpers/test_context.ts";
import { readAliases, setAlias } from "../project/aliases.ts";
import { readHead, writeHead } from "../project/head.ts";
import { nameVm, readLocalNames } from "./local_effects.ts";
import { Progress } from "./progress.ts";

const BOTH = { alias: "my-vm", head: SAMPLE_VM };
const LONG_AGO = new Date("2026-01-01T00:00:00Z");

function headOf(context: TestContext): string {
  return `${context.cwd()}/.vers/HEAD`;
}

function aliasesOf(context: TestContext): string {
  return `${context.home}/.vers/aliases.json`;
}

/** Names the VM of a job that was asked for after, or before, the start. */
async function name(
  context: TestContext,
  options: { readonly isEarlier?: boolean; readonly change?: () => unknown } =
    {},
) {
  const before = readLocalNames(context);
  await options.change?.();
  const startedAt = options.isEarlier
    ? "2026-01-05T08:00:00.000Z"
    : context.clock.now().toISOString();
  const progress = new Progress(context);
  const job = runningJob({ startedAt });
  const effects = await nameVm(job, { context, progress, before });
  await context.stderr.flush();
  return effects;
}

Deno.test("nameVm() sets alias and HEAD where there are none", async () => {
  await using context = await testContext();
  deepStrictEqual(await name(context), BOTH);
  strictEqual(readHead(headOf(context)), SAMPLE_VM);
  deepStrictEqual([...readAliases(aliasesOf(context))], [[
    "my-vm",
    SAMPLE_VM,
  ]]);
  strictEqual(context.err(), "");
});

Deno.test("nameVm() again changes nothing and says nothing", async () => {
  await using context = await testContext();
  await name(context);
  deepStrictEqual(await name(context, { isEarlier: true }), BOTH);
  strictEqual(context.err(), "");
});

Deno.test("nameVm() says which VM an alias stood for, and how to delete it", async () => {
  await using context = await testContext();
  await setAlias(aliasesOf(context), "my-vm", { vmId: OTHER_VM });
  writeHead(headOf(context), OTHER_VM);
  deepStrictEqual(await name(context), BOTH);
  strictEqual(
    context.err(),
    `note: alias "my-vm" stood for VM ${OTHER_VM}, and now for ` +
      `VM ${SAMPLE_VM}; to delete the old one: vers delete ${OTHER_VM}\n`,
  );
});

Deno.test("nameVm() leaves what was changed since the command started", async () => {
  await using context = await testContext();
  const effects = await name(context, {
    async change() {
      await setAlias(aliasesOf(context), "my-vm", { vmId: OTHER_VM });
      writeHead(headOf(context), OTHER_VM);
    },
  });
  deepStrictEqual(effects, {});
  strictEqual(readHead(headOf(context)), OTHER_VM);
  strictEqual(
    context.err(),
    `note: alias "my-vm" was changed meanwhile; it stays VM ${OTHER_VM}\n` +
      `note: HEAD was changed meanwhile; it stays VM ${OTHER_VM}\n`,
  );
});

Deno.test("nameVm() of an earlier job takes over what is older than the job", async () => {
  await using context = await testContext();
  await setAlias(aliasesOf(context), "my-vm", { vmId: OTHER_VM });
  writeHead(headOf(context), OTHER_VM);
  await Deno.utime(aliasesOf(context), LONG_AGO, LONG_AGO);
  await Deno.utime(headOf(context), LONG_AGO, LONG_AGO);
  deepStrictEqual(await name(context, { isEarlier: true }), BOTH);
});

Deno.test("nameVm() of an earlier job leaves what was changed after it", async () => {
  await using context = await testContext();
  await setAlias(aliasesOf(context), "my-vm", { vmId: OTHER_VM });
  writeHead(headOf(context), OTHER_VM);
  deepStrictEqual(await name(context, { isEarlier: true }), {});
  strictEqual(readHead(headOf(context)), OTHER_VM);
});

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
