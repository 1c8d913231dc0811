import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { RUN, Sandbox } from "../helpers/sandbox.ts";
import {
  type SimulatorProcess,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { errorOf, resultOf } from "../helpers/program.ts";

/** A user who has no key yet, and a service. */
async function setUp() {
  const sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "0"]);
  delete sandbox.env.VERS_API_KEY;
  const path = `${sandbox.home}/.versrc`;
  return {
    sandbox,
    simulator,
    path,
    rc: async () => JSON.parse(await Deno.readTextFile(path)),
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

/** Makes the service one that does not have these calls. */
async function without(
  simulator: SimulatorProcess,
  ...operations: ("whoami" | "validate_key")[]
) {
  for (const operation of operations) {
    await simulator.addFault({
      operation,
      faults: [{ type: "answer", when: "before", status: 404 }],
    });
  }
}

Deno.test("login keeps the key for its owner, and later commands use it", async () => {
  await using here = await setUp();
  const { sandbox, simulator: { apiKey } } = here;
  strictEqual((await sandbox.run(["status"])).code, 2);
  await Deno.writeTextFile(here.path, '{"email": "a@b.c", "later": [1]}');
  const line = ["login", "--token", "-"];
  const result = await sandbox.run(line, { stdin: `${apiKey}\n` });
  const { key_id, org_name, path } = resultOf(result);
  deepStrictEqual(
    [key_id, org_name, path],
    [apiKey.slice(0, 36), "acme", here.path],
  );
  ok(!(result.stdout + result.stderr).includes(apiKey));
  deepStrictEqual(await here.rc(), { email: "a@b.c", later: [1], apiKey });
  if (Deno.build.os !== "windows") {
    strictEqual(((await Deno.stat(here.path)).mode ?? 0) & 0o777, 0o600);
  }
  strictEqual((await sandbox.run(["status"])).code, 0);
  const text = await sandbox.run(["login", "-t", apiKey, "--output", "text"]);
  match(text.stdout, /^Logged in; the key is in .*\nKey: +\S{36}\n/);
  strictEqual(
    (await sandbox.run(["login", "-q", "-t", apiKey])).stdout,
    `${apiKey.slice(0, 36)}\n`,
  );
});

for (const missing of [["whoami"], ["whoami", "validate_key"]] as const) {
  Deno.test(`login at a service without ${missing.join(" and ")} checks the key all the same`, async () => {
    await using here = await setUp();
    await without(here.simulator, ...missing);
    const { apiKey } = here.simulator;
    const good = await here.sandbox.run(["login", "--token", apiKey]);
    deepStrictEqual(
      [resultOf(good).key_id, resultOf(good).org_name],
      [apiKey.slice(0, 36), null],
    );
    const bad = await here.sandbox.run([
      "login",
      "--token",
      "x".repeat(36) + "s3cret",
    ]);
    strictEqual(bad.code, 2);
    ok(!bad.stderr.includes("s3cret"));
    deepStrictEqual(await here.rc(), { apiKey });
  });
}

Deno.test("login with a key that the service calls invalid writes nothing", async () => {
  await using here = await setUp();
  await without(here.simulator, "whoami");
  await here.simulator.addFault({
    operation: "validate_key",
    faults: [{
      type: "answer",
      when: "before",
      status: 200,
      json: { valid: false, message: "expired" },
    }],
  });
  const { apiKey } = here.simulator;
  const result = await here.sandbox.run(["login", "--token", apiKey]);
  strictEqual(result.code, 2);
  const { code, hint } = errorOf(result);
  strictEqual(code, "authentication");
  match(hint, /nothing was written/);
  strictEqual((await here.sandbox.run(["status"])).code, 2);
});

Deno.test("login refuses what it cannot use, and never repeats it", async () => {
  await using here = await setUp();
  for (
    const [args, stdin, code, why] of [
      [["login"], undefined, 5, /--token is missing/],
      [["login", "--token", "-"], "", 5, /no API key on stdin/],
      [["login", "--token", "-"], "s3cret key", 2, /character 7 of 10/],
      [["login", "--token", "-"], "'s3cret'\n", 2, /of stdin: it is in quotes/],
      [
        ["login", "-t", '"s3cret"'],
        undefined,
        2,
        /of --token: it is in quotes/,
      ],
      [["login", "-t", "Bearer s3cret"], undefined, 2, /begins with "Bearer"/],
      [["login", "--token", "-"], "s3cret".repeat(999), 5, /more than 4096/],
      [["login", "--token="], undefined, 5, /--token is not usable/],
      [["login", "--local", "-t", "s3cret"], undefined, 5, /needs no API key/],
    ] as const
  ) {
    const result = await here.sandbox.run(args, { stdin });
    strictEqual(result.code, code, result.stderr);
    match(errorOf(result).message, why);
    ok(!result.stderr.includes("s3cret"));
  }
  const homeless = await here.sandbox.run(["login", "-t", "k"], {
    env: { HOME: "", USERPROFILE: "" },
  });
  strictEqual(homeless.code, 1);
  match(errorOf(homeless).message, /there is no home folder/);
  deepStrictEqual([...Deno.readDirSync(here.sandbox.home)], []);
});

Deno.test("a key that was pasted with more than itself is refused, and not sent", async () => {
  await using here = await setUp();
  const { apiKey } = here.simulator;
  await Deno.writeTextFile(
    `${here.sandbox.home}/.versrc`,
    JSON.stringify({ apiKey: `'${apiKey}'` }),
  );
  for (
    const [VERS_API_KEY, why] of [
      [`"${apiKey}"`, /VERS_API_KEY: it is in quotes/],
      [`Bearer ${apiKey}`, /VERS_API_KEY: it begins with "Bearer"/],
      [
        `${apiKey}\u200b`,
        /VERS_API_KEY: its character 101 of 101 is invisible/,
      ],
      ["", /"apiKey" in ".*versrc": it is in quotes/],
    ] as const
  ) {
    const result = await here.sandbox.run(RUN, { env: { VERS_API_KEY } });
    const error = errorOf(result);
    strictEqual(error.exit_code, 2);
    match(error.message, why);
    ok(!result.stderr.includes(apiKey.slice(0, 8)));
  }
  deepStrictEqual(await here.simulator.requests(), []);
  deepStrictEqual(here.sandbox.ledgerLines(), []);
  const env = { VERS_API_KEY: ` ${apiKey}\r\n` };
  strictEqual((await here.sandbox.run(["status"], { env })).code, 0);
});

Deno.test("login at a service that cannot be reached writes nothing", async () => {
  await using here = await setUp();
  await here.simulator.addFault({ faults: [{ type: "drop", when: "before" }] });
  const result = await here.sandbox.run(["login", "--token", "key"]);
  strictEqual(result.code, 1);
  strictEqual(errorOf(result).retryable, true);
  deepStrictEqual([...Deno.readDirSync(here.sandbox.home)], []);
});

Deno.test("logout takes the key out, and nothing else", async () => {
  await using here = await setUp();
  const { sandbox } = here;
  deepStrictEqual(resultOf(await sandbox.run(["logout"])), {
    logged_out: false,
    path: here.path,
  });
  await Deno.writeTextFile(here.path, '{"apiKey": "k", "email": "a@b.c"}');
  const env = { VERS_API_KEY: "other" };
  const result = await sandbox.run(["logout"], { env });
  strictEqual(resultOf(result).logged_out, true);
  match(result.stderr, /VERS_API_KEY is still set/);
  deepStrictEqual(await here.rc(), { email: "a@b.c" });
  await Deno.writeTextFile(here.path, "{");
  strictEqual((await sandbox.run(["logout"])).code, 1);
  strictEqual(await Deno.readTextFile(here.path), "{");
});

Deno.test("whoami says whose key is used, and where it is from", async () => {
  await using here = await setUp();
  const { sandbox, simulator: { apiKey } } = here;
  strictEqual((await sandbox.run(["whoami"])).code, 2);
  await Deno.writeTextFile(here.path, JSON.stringify({ apiKey }));
  const fromFile = await sandbox.run(["whoami"]);
  deepStrictEqual(Object.entries(resultOf(fromFile)), [
    ["key_id", apiKey.slice(0, 36)],
    ["key_label", "simulator"],
    ["key_expires_at", null],
    ["org_id", "00000000-0000-4000-8000-0000000000bb"],
    ["org_name", "acme"],
    ["user_id", "00000000-0000-4000-8000-0000000000aa"],
    ["user_name", "ada"],
    ["email", "ada@acme.test"],
    ["source", "~/.versrc"],
  ]);
  ok(!fromFile.stdout.includes(apiKey));
  const env = { VERS_API_KEY: apiKey };
  const text = await sandbox.run(["whoami", "--output", "text"], { env });
  match(text.stdout, /^Organisation: +acme$/m);
  match(text.stdout, /^From: +VERS_API_KEY$/m);
  const local = await sandbox.run(["whoami", "-q", "--local"]);
  match(local.stdout, /^[0-9a-f-]{36}\n$/);
});

Deno.test("whoami at a service that does not tell shows the key's id", async () => {
  await using here = await setUp();
  await without(here.simulator, "whoami", "validate_key");
  const { apiKey } = here.simulator;
  const env = { VERS_API_KEY: apiKey };
  const { key_id, org_name } = resultOf(
    await here.sandbox.run(["whoami"], { env }),
  );
  deepStrictEqual([key_id, org_name], [apiKey.slice(0, 36), null]);
});

Deno.test("config changes settings that later commands keep to, and keeps comments", async () => {
  await using here = await setUp();
  const { sandbox } = here;
  const file = `${sandbox.home}/.vers/settings.jsonc`;
  const setting = async (...args: string[]) =>
    resultOf(await sandbox.run(["config", ...args]));
  deepStrictEqual(await setting("get", "timeout"), {
    name: "timeout",
    value: null,
    default: "10m",
  });
  deepStrictEqual(await setting("set", "timeout", "30m"), {
    name: "timeout",
    value: "30m",
    previous: null,
    path: file,
  });
  const text = await Deno.readTextFile(file);
  await Deno.writeTextFile(file, `// mine\n${text}`);
  strictEqual((await setting("set", "timeout", "0")).previous, "30m");
  await setting("set", "adopt", "never");
  const edited = await Deno.readTextFile(file);
  match(edited, /^\/\/ mine\n/);
  const listed = await sandbox.run(["config", "list"]);
  const values = JSON.parse(listed.stdout).map((
    { name, value }: Record<string, unknown>,
  ) => [name, value]);
  deepStrictEqual(values, [
    ["max_resume_age", null],
    ["timeout", "0"],
    ["poll_interval", null],
    ["confirm_window", null],
    ["retention", null],
    ["adopt", "never"],
  ]);
  const table = await sandbox.run(["config", "--output", "text"]);
  match(table.stdout, /^SETTING +VALUE +DEFAULT +WHAT IT IS\n/);
  match(table.stdout, /^adopt +never +/m);
  strictEqual((await setting("unset", "adopt")).was_set, true);
  strictEqual((await setting("unset", "adopt")).was_set, false);
  const bare = await sandbox.run(["config", "get", "timeout", "-q"]);
  strictEqual(bare.stdout, "0\n");
});

Deno.test("config refuses what no setting can be, with what can", async () => {
  await using here = await setUp();
  const { sandbox } = here;
  for (
    const [args, why] of [
      [["set", "tiemout", "1m"], /did you mean timeout\?/],
      [["get", "nothing"], /unknown setting/],
      [["unset", "nothing"], /unknown setting/],
      [["set", "timeout", "soon"], /it must be a duration, such as "90s"/],
      [["set", "poll_interval", "0"], /a duration above 0/],
      [["set", "adopt", "maybe"], /"never" or "always"/],
      [["set", "timeout"], /value is missing/],
    ] as const
  ) {
    const result = await sandbox.run(["config", ...args]);
    strictEqual(result.code, 5, args.join(" "));
    const { message, hint } = errorOf(result);
    match(message, why);
    match(hint, /vers config set \w+ \w+/);
  }
  deepStrictEqual([...Deno.readDirSync(here.sandbox.home)], []);
});

Deno.test("config mends settings that no command can use", async () => {
  await using here = await setUp();
  const { sandbox, simulator: { apiKey } } = here;
  const env = { VERS_API_KEY: apiKey };
  await Deno.mkdir(`${sandbox.home}/.vers`);
  const file = `${sandbox.home}/.vers/settings.jsonc`;
  await Deno.writeTextFile(file, '{"timeout": "soon", "colour": 1}');
  strictEqual((await sandbox.run(["status"], { env })).code, 5);
  match(
    (await sandbox.run(["config"])).stderr,
    /unknown setting "colour"/,
  );
  strictEqual((await sandbox.run(["config", "unset", "colour"])).code, 0);
  strictEqual((await sandbox.run(["config", "set", "timeout", "1m"])).code, 0);
  strictEqual((await sandbox.run(["status"], { env })).code, 0);
  await Deno.writeTextFile(file, "{");
  const broken = await sandbox.run(["config", "set", "timeout", "1m"]);
  strictEqual(broken.code, 5);
  strictEqual(await Deno.readTextFile(file), "{");
});
