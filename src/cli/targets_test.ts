import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { OTHER_VM, SAMPLE_VM } from "../../tests/helpers/sample_job.ts";
import { testContext } from "../../tests/helpers/test_context.ts";
import { Failure, type FailureCode } from "../failure.ts";
import { setAlias } from "../project/aliases.ts";
import { writeHead } from "../project/head.ts";
import { aliasPath, headPath, resolveTarget, targetInput } from "./targets.ts";

const PATH = ["branch"];

function warn(text: string): void {
  throw new Error(text);
}

/** Matches a failure of one code with these words in its hint. */
function failure(code: FailureCode, hint: RegExp) {
  return (error: unknown) =>
    error instanceof Failure && error.code === code &&
    hint.test(error.hint ?? "");
}

Deno.test("resolveTarget() of an id is the id", async () => {
  await using context = await testContext();
  const typed = SAMPLE_VM.toUpperCase();
  const target = resolveTarget(typed, { context, path: PATH, warn });
  deepStrictEqual(target, { id: SAMPLE_VM, usedHead: false, typed });
  strictEqual(targetInput(target, context), typed);
});

Deno.test("resolveTarget() of an alias is its VM", async () => {
  await using context = await testContext();
  await setAlias(aliasPath(context) ?? "", "my-vm", { vmId: OTHER_VM });
  const target = resolveTarget("my-vm", { context, path: PATH, warn });
  deepStrictEqual(target, {
    id: OTHER_VM,
    name: "my-vm",
    usedHead: false,
    typed: "my-vm",
  });
  strictEqual(targetInput(target, context), "my-vm");
});

Deno.test("resolveTarget() of nothing is HEAD, and the key has its folder's real path", async () => {
  await using context = await testContext();
  writeHead(headPath(context), SAMPLE_VM);
  const target = resolveTarget(undefined, { context, path: PATH, warn });
  deepStrictEqual(target, { id: SAMPLE_VM, usedHead: true });
  const folder = await Deno.realPath(context.cwd());
  strictEqual(targetInput(target, context), `HEAD:${folder}`);
});

Deno.test("resolveTarget() of nothing is the VM of the alias that HEAD holds", async () => {
  await using context = await testContext();
  await setAlias(aliasPath(context) ?? "", "my-vm", { vmId: OTHER_VM });
  writeHead(headPath(context), "my-vm\n");
  const target = resolveTarget(undefined, { context, path: PATH, warn });
  deepStrictEqual(target, { id: OTHER_VM, usedHead: true });
});

Deno.test("resolveTarget() of an alias takes its two spellings for one", async () => {
  await using context = await testContext();
  const path = aliasPath(context) ?? "";
  await setAlias(path, "cafe\u0301", { vmId: OTHER_VM });
  for (const typed of ["cafe\u0301", "caf\u00e9"]) {
    const target = resolveTarget(typed, { context, path: PATH, warn });
    strictEqual(target.id, OTHER_VM);
    strictEqual(targetInput(target, context), "caf\u00e9");
  }
});

Deno.test("resolveTarget() of nothing, without a HEAD, names both ways", async () => {
  await using context = await testContext();
  throws(
    () => resolveTarget(undefined, { context, path: PATH, warn }),
    failure("not_found", /^name one: vers branch .*; .*vers checkout /),
  );
});

Deno.test("resolveTarget() of a HEAD that holds no id says what it holds", async () => {
  await using context = await testContext();
  writeHead(headPath(context), "main");
  throws(
    () => resolveTarget(undefined, { context, path: PATH, warn }),
    failure("general", /vers checkout /),
  );
});

Deno.test("resolveTarget() of an unknown alias shows the known ones and a line that works", async () => {
  await using context = await testContext();
  for (const alias of ["web", "my-vm"]) {
    await setAlias(aliasPath(context) ?? "", alias, { vmId: OTHER_VM });
  }
  throws(
    () => resolveTarget("my-wm", { context, path: PATH, warn }),
    failure("not_found", /the aliases are web, my-vm; .*: vers branch my-vm$/),
  );
});

for (const hasHome of [true, false]) {
  const where = hasHome ? "aliases" : "a home";
  Deno.test(`resolveTarget() of an alias without ${where} asks for an id`, async () => {
    await using context = await testContext({ hasHome });
    throws(
      () => resolveTarget("constructor", { context, path: PATH, warn }),
      failure("not_found", /no aliases .*: vers branch 5b1c/),
    );
  });
}
