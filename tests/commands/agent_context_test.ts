import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { ROUTES } from "../../src/cli/app.ts";
import { agentContext } from "../../src/cli/guide/agent_context.ts";
import type { JsonObject } from "../../src/json.ts";
import { allCommands } from "../helpers/command_tree.ts";
import { needing } from "../helpers/machine.ts";
import { type ProgramResult, startProgram } from "../helpers/program.ts";
import { testContext } from "../helpers/test_context.ts";

const COMMANDS = await allCommands();

Deno.test("agent-context needs no key, no home, no folder and no network", async () => {
  const { code, stdout, stderr } = await runBare(["agent-context"]);
  deepStrictEqual([code, stderr], [0, ""]);
  const context: JsonObject = JSON.parse(stdout);
  strictEqual(context.schema_version, "1");
  deepStrictEqual(Object.keys(context).slice(0, 3), [
    "schema_version",
    "cli",
    "commands",
  ]);
});

async function runBare(words: readonly string[]): Promise<ProgramResult> {
  const program = await startProgram(words, { env: {} });
  return await program.done;
}

Deno.test("agent-context has every command with all that the Go CLI says of one", async () => {
  const context = await agentContext(ROUTES);
  for (const { path, command, route } of COMMANDS) {
    const described = describedAt(path, context);
    deepStrictEqual(
      [described.short, described.aliases],
      [command.summary, route.aliases],
      path.join(" "),
    );
    for (const field of ["use", "args", "async", "flags", "exit_codes"]) {
      ok(described[field] !== undefined, `${path.join(" ")}: ${field}`);
    }
    const isWaiting = Object.hasOwn(command.flags, "wait");
    deepStrictEqual(
      [described.async, described.async_resume_supported],
      [isWaiting, isWaiting],
      path.join(" "),
    );
    const hasJob = Object.hasOwn(command.flags, "resume-job");
    strictEqual(typeof described.resume_key === "string", hasJob);
    ok(command.files !== undefined, `${path.join(" ")} names its files`);
  }
});

/** Returns what the context says of the command that the words name. */
function describedAt(path: readonly string[], context: JsonObject): JsonObject {
  return path.reduce<JsonObject>(
    (at, word, index) =>
      child(at, index === 0 ? "commands" : "subcommands", word),
    context,
  );
}

function child(at: JsonObject, group: string, name: string): JsonObject {
  const inner = at[group];
  const found = isObject(inner) ? inner[name] : undefined;
  if (!isObject(found)) throw new Error(`There is no ${name}`);
  return found;
}

function isObject(value: JsonObject[string]): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

Deno.test("agent-context of a command is about that one, and of a group about all of it", async () => {
  await using context = await testContext();
  const { main } = await import("../../main.ts");
  strictEqual(await main(["agent-context", "jobs", "list"], context), 0);
  const { commands } = JSON.parse(context.out());
  deepStrictEqual(Object.keys(commands), ["jobs"]);
  deepStrictEqual(Object.keys(commands.jobs.subcommands), ["list"]);

  await using other = await testContext();
  strictEqual(await main(["agent-context", "jbos"], other), 5);
  match(other.err(), /did you mean jobs\?/);
});

Deno.test({
  ...needing(["snapshots"], "agent-context of a command is what it was"),
  async fn(t) {
    const { commands, ...rest } = await agentContext(ROUTES);
    await t.assertSnapshot({ ...rest, cli: { name: "vers" } });
    await t.assertSnapshot(isObject(commands) && commands.branch);
  },
});

Deno.test("agent-context says of every flag and argument what its help says", async () => {
  const context = await agentContext(ROUTES);
  for (const { path, command } of COMMANDS) {
    const described = describedAt(path, context);
    const { flags, positionals } = command;
    deepStrictEqual(
      [usagesIn(described.flags), usagesIn(described.arguments)],
      [
        Object.entries(flags).map(([name, { brief }]) => [`--${name}`, brief]),
        positionals.map(({ brief }, index) => [String(index), brief]),
      ],
      path.join(" "),
    );
  }
});

/** Returns what is said of each of the fields, or items. */
function usagesIn(described: JsonObject[string]): unknown[] {
  return Object.entries(described ?? {}).map((
    [name, { usage }],
  ) => [name, usage]);
}

Deno.test("agent-context names every variable that the program reads", async () => {
  const context = await agentContext(ROUTES);
  const named = isObject(context.environment)
    ? Object.keys(context.environment)
    : [];
  const read = new Set<string>();
  for (const text of sourcesIn(new URL("../../src/", import.meta.url))) {
    const found = text.matchAll(
      /(?:\benv\(|\bfirst\(|\btaken\(|variable: |fromVariable\(context, )"([A-Z_]+)"/g,
    );
    for (const [, name = ""] of found) read.add(name);
  }
  ok(read.size > 8);
  deepStrictEqual([...read].filter((name) => !named.includes(name)), []);
});

/** Returns the text of every file of the program in a folder. */
function sourcesIn(folder: URL): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory
      ? sourcesIn(new URL(`${name}/`, folder))
      : /^(?!.*_test\.ts$).*\.ts$/.test(name)
      ? [Deno.readTextFileSync(new URL(name, folder))]
      : []
  );
}
