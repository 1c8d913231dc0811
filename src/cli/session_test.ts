import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import {
  testContext,
  type TestContextOptions,
} from "../../tests/helpers/test_context.ts";
import { Failure } from "../failure.ts";
import { openSession } from "./session.ts";
import { Progress } from "./output/progress.ts";

async function open(options: TestContextOptions, isLocal = false) {
  await using context = await testContext(options);
  const progress = new Progress(context);
  const invocation = {
    path: ["run"],
    typed: ["run"],
    given: [],
    output: { format: "json", isExplicit: false, isQuiet: false },
    isLocal,
    isVerbose: false,
  } as const;
  const session = await openSession({ invocation, progress }, context);
  const { value: { vms } } = await session.engine.client.listVms();
  return { session, home: context.home, vms };
}

Deno.test("openSession() asks the service at VERS_URL with VERS_API_KEY", async () => {
  const { session } = await open({
    env: { VERS_URL: "http://127.0.0.1:8080/" },
  });
  strictEqual(session.scope, "http://127.0.0.1:8080");
  strictEqual(session.account, "00000000-0000-4000-8000-000000000001");
});

Deno.test("openSession() without VERS_URL asks the public service", async () => {
  strictEqual((await open({})).session.scope, "https://api.vers.sh");
});

Deno.test("openSession() with --local, or VERS_URL=local, needs no key", async () => {
  const byFlag = await open({ hasKey: false }, true);
  deepStrictEqual([byFlag.session.scope, byFlag.vms], ["local", []]);
  const env = { VERS_URL: "local" };
  const byVariable = await open({ hasKey: false, env });
  strictEqual(byVariable.session.scope, "local");
});

Deno.test("openSession() with --local works without a home", async () => {
  const { session } = await open({ hasKey: false, hasHome: false }, true);
  strictEqual(session.engine.ledger.location, undefined);
});

Deno.test("openSession() without a key says how to set one and how to do without", async () => {
  await rejects(
    open({ hasKey: false }),
    (error) =>
      error instanceof Failure && error.code === "authentication" &&
      /vers login --token -/.test(error.hint ?? "") &&
      /VERS_API_KEY/.test(error.hint ?? "") && /--local/.test(error.hint ?? ""),
  );
});

Deno.test("openSession() takes the key of ~/.versrc, and the variable's over it", async () => {
  await using context = await testContext({ hasKey: false });
  const { apiKey } = context.simulator;
  await Deno.writeTextFile(
    `${context.home}/.versrc`,
    JSON.stringify({ apiKey }),
  );
  const progress = new Progress(context);
  const invocation = {
    path: ["run"],
    typed: ["run"],
    given: [],
    output: { format: "json", isExplicit: false, isQuiet: false },
    isLocal: false,
    isVerbose: false,
  } as const;
  const session = await openSession({ invocation, progress }, context);
  strictEqual(session.account, "00000000-0000-4000-8000-000000000001");
});

Deno.test("openSession() refuses a VERS_URL that would give the key away", async () => {
  await rejects(
    open({ env: { VERS_URL: "http://example.com" } }),
    (error) => error instanceof Failure && error.code === "usage",
  );
  const env = { VERS_URL: "http://example.com", VERS_ALLOW_HTTP: "1" };
  strictEqual((await open({ env })).session.scope, "http://example.com");
});
