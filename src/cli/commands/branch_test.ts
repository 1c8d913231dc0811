import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { main } from "../../../main.ts";
import {
  type TestContext,
  testContext,
} from "../../../tests/helpers/test_context.ts";
import { setAlias } from "../../project/aliases.ts";
import { readHead, writeHead } from "../../project/head.ts";
import { aliasPath, headPath } from "../targets.ts";

async function entriesOf(context: TestContext) {
  const text = await Deno.readTextFile(`${context.home}/.vers/jobs.jsonl`);
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** Adds a VM that has the alias `my-vm` and is HEAD; returns its id. */
async function addVm(context: TestContext): Promise<string> {
  const vmId = await context.simulator.addVm();
  await setAlias(aliasPath(context) ?? "", "my-vm", { vmId });
  writeHead(headPath(context), vmId);
  return vmId;
}

for (
  const [typed, isAlias, usedHead] of [
    [["my-vm"], true, undefined],
    [[], undefined, true],
  ] as const
) {
  Deno.test(`vers branch of ${typed[0] ?? "HEAD"} has the Go CLI's keys`, async () => {
    await using context = await testContext();
    const from = await addVm(context);
    strictEqual(await main(["branch", ...typed], context), 0, context.err());
    const result = JSON.parse(context.out());
    const vms = await context.simulator.vms();
    const made = vms.filter((vm) => vm.grandparentVmId === from);
    deepStrictEqual(result, {
      from_id: from,
      ...(isAlias ? { from_name: "my-vm" } : {}),
      new_ids: made.map(({ vmId }) => vmId),
      ...(usedHead ? { used_head: true } : {}),
      status: "accepted",
      job_id: result.job_id,
      effect: "created",
    });
    strictEqual(readHead(headPath(context)), from);
  });
}

Deno.test("vers branch keeps what was asked for, and what it stood for, apart", async () => {
  await using context = await testContext();
  const from = await addVm(context);
  const line = ["branch", "--wait", "-n", "x", "-c"];
  strictEqual(await main(line, context), 0, context.err());
  const [entry] = await entriesOf(context);
  const folder = await Deno.realPath(context.cwd());
  deepStrictEqual(entry.inputs, {
    target: `HEAD:${folder}`,
    count: 1,
    alias: "x",
    checkout: true,
  });
  deepStrictEqual(
    [entry.source, entry.names],
    [from, { alias: null, head: from }],
  );
  strictEqual(entry.key.length, 32);
});

Deno.test("vers branch --wait without --alias says how to be resumable", async () => {
  await using context = await testContext();
  await addVm(context);
  strictEqual(await main(["branch", "--wait"], context), 0);
  match(context.err(), /--alias NAME, --idempotency-key KEY or VERS_RUN_ID/);
  strictEqual((await entriesOf(context))[0].key, undefined);
});

Deno.test("vers branch --checkout on a terminal speaks to a person", async () => {
  await using context = await testContext({ isTerminal: true });
  await addVm(context);
  strictEqual(await main(["branch", "-c", "--alias=x"], context), 0);
  match(
    context.out(),
    /^✓ New VM created successfully!\nVM ID: (\S+)\nAlias: x\nHEAD now points to: \1\n$/,
  );
});

Deno.test("vers branch --count on a terminal lists the VMs, and -c takes the first", async () => {
  await using context = await testContext({ isTerminal: true });
  await addVm(context);
  strictEqual(await main(["branch", "--count", "2", "-c"], context), 0);
  match(
    context.out(),
    /^✓ 2 new VMs created successfully!\nVM ID: (\S+)\nVM ID: \S+\nHEAD now points to: \1\n$/,
  );
});

for (
  const [words, said] of [
    [["--alias", "x", "--count", "2"], /--alias names one VM, and --count/],
    [["--count", "0"], /--count is \\"0\\", .* from 1 to 1000/],
    [["one", "two"], /\\"two\\" is one argument too many/],
    [["my-vm", "--resume-job", "job_8f2a3b4c5d"], /remove \\"my-vm\\"/],
  ] as const
) {
  Deno.test(`vers branch ${words.join(" ")} is a mistake, and nothing is sent`, async () => {
    await using context = await testContext();
    strictEqual(await main(["branch", ...words], context), 5);
    match(context.err(), said);
    deepStrictEqual(await context.simulator.requests(), []);
  });
}

Deno.test("vers branch without a target or HEAD ends with 3, and names both ways", async () => {
  await using context = await testContext();
  strictEqual(await main(["branch"], context), 3);
  match(context.err(), /name one: vers branch .* vers checkout /);
  deepStrictEqual(await context.simulator.requests(), []);
});
