import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { allCommands } from "../../../tests/helpers/command_tree.ts";
import { ROUTES } from "../app.ts";
import { findCommand, sortArguments } from "./arguments.ts";
import { complete } from "./complete.ts";

const options = { routes: ROUTES, aliases: () => ["my-vm", "other-vm"] };

async function wordsFor(...line: readonly string[]): Promise<string[]> {
  return (await complete(line, options)).map(({ word }) => word);
}

for (
  const { line, gives } of [
    { line: ["ru"], gives: ["run", "run-commit"] },
    { line: ["__"], gives: [] },
    { line: ["help", "ru"], gives: ["run", "run-commit"] },
    { line: ["jobs", "g"], gives: ["get"] },
    { line: ["--json", "jobs", "g"], gives: ["get"] },
    { line: ["--output", "json", "jobs", "g"], gives: ["get"] },
    { line: ["run", "--vm"], gives: ["--vm-alias"] },
    { line: ["run", "--vm-alias", "x", "--vm"], gives: [] },
    { line: ["run", "-Nx", "--vm"], gives: [] },
    { line: ["exec", "--en"], gives: ["--env"] },
    { line: ["exec", "-e", "A=b", "--en"], gives: ["--env"] },
    { line: ["run", "--output", ""], gives: ["text", "json"] },
    { line: ["run", "--output=j"], gives: ["--output=json"] },
    { line: ["run", "--vm-alias", "m"], gives: [] },
    { line: ["branch", "m"], gives: ["my-vm"] },
    { line: ["branch", "--count", "2", ""], gives: ["my-vm", "other-vm"] },
    { line: ["branch", "my-vm", ""], gives: [] },
    { line: ["delete", "my-vm", ""], gives: ["my-vm", "other-vm"] },
    { line: ["commit", "m"], gives: ["my-vm"] },
    { line: ["commit", "--na"], gives: ["--name"] },
    { line: ["exec", ""], gives: ["my-vm", "other-vm"] },
    { line: ["exec", "my-vm", "--ti"], gives: [] },
    { line: ["completion", ""], gives: ["bash", "zsh", "fish"] },
    { line: ["simulate", "--state-dir", "./x"], gives: [":files"] },
    { line: ["simulate", "--state-dir=./x"], gives: [":files"] },
    { line: ["no-such", "-"], gives: ["--output", "--json", "--quiet"] },
    { line: ["no-such", "x"], gives: [] },
    { line: ["branch", "-cn", ""], gives: [] },
    { line: ["branch", "-nc", ""], gives: ["my-vm", "other-vm"] },
    { line: ["branch", "-c", ""], gives: ["my-vm", "other-vm"] },
    { line: ["branch", "--alias", "--ch"], gives: ["--checkout"] },
    {
      line: ["branch", "--alias", "--checkout", ""],
      gives: ["my-vm", "other-vm"],
    },
    { line: ["branch", "--", ""], gives: ["my-vm", "other-vm"] },
    { line: ["branch", "--", "--al"], gives: [] },
    { line: ["branch", "--aliass", ""], gives: [] },
    { line: ["exec", "-t", "5", ""], gives: ["my-vm", "other-vm"] },
    { line: ["--output", ""], gives: ["text", "json"] },
    { line: ["jobs", "--output", ""], gives: ["text", "json"] },
    { line: ["alias", ""], gives: ["list", "get", "set"] },
    { line: ["alias", "my-vm", ""], gives: [] },
    { line: ["help", "jobs", "g"], gives: ["get"] },
    { line: ["run", "--constructor", "--vm"], gives: ["--vm-alias"] },
    { line: ["run", "--__proto__=", "--constructor="], gives: [] },
  ]
) {
  Deno.test(`complete() of "${line.join(" ")}" gives ${gives.join(", ") || "nothing"}`, async () => {
    deepStrictEqual((await wordsFor(...line)).slice(0, 3), gives);
  });
}

/** Words that lines are made of: commands, flags in all forms, values, `--`. */
const WORDS = [
  ...["run", "branch", "jobs", "list", "alias", "commit", "exec", "status"],
  ...["--wait", "--alias", "--vm-alias", "--output", "--status", "--limit"],
  ...["-c", "-n", "-cn", "-nc", "-q", "-qV", "-t", "-e", "-x", "-Nx"],
  ...["--output=json", "--nothing", "--outputt", "--json", "--", "-", "5"],
  ...["x", "text", "my-vm", "-5", "--status=running"],
];

Deno.test("complete() proposes a flag's values exactly where the parser takes one", async () => {
  let met = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...WORDS), { maxLength: 6 }),
      async (before) => {
        const proposed = await wordsFor(...before, "");
        const { route, rest } = findCommand([...before, "json"], ROUTES);
        const command = route?.type === "command"
          ? (await route.load()).command
          : { flags: {}, positionals: [] };
        const { flags } = sortArguments(rest, command);
        const { flags: without } = sortArguments(rest.slice(0, -1), command);
        const isTaken = flags.length > without.length &&
          flags.at(-1)?.name === "output";
        const isProposed = proposed.join() === "text,json";
        if (isTaken) met++;
        // A flag that was given before is not taken twice.
        const wasGiven = without.some(({ name }) => name === "output");
        if (!wasGiven) strictEqual(isProposed, isTaken, before.join(" "));
      },
    ),
    { numRuns: 3_000 },
  );
  ok(met > 50, `only ${met} lines had such a place`);
});

Deno.test("complete() proposes a VM exactly where the parser takes an argument", async () => {
  let met = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...WORDS), { maxLength: 5 }),
      async (before) => {
        const line = ["branch", ...before];
        const proposed = (await wordsFor(...line, "")).includes("other-vm");
        const { route, rest } = findCommand([...line, "other-vm"], ROUTES);
        if (route?.type !== "command") return;
        const { command } = await route.load();
        const { args } = sortArguments(rest, command);
        const isTaken = args.length === 1 && args[0] === "other-vm";
        if (isTaken) met++;
        strictEqual(proposed, isTaken, line.join(" "));
      },
    ),
    { numRuns: 2_000 },
  );
  ok(met > 50, `only ${met} lines had such a place`);
});

Deno.test("complete() knows every command and each of its flags", async () => {
  for (const { path, command } of await allCommands()) {
    const above = path.slice(0, -1);
    ok((await wordsFor(...above, "")).includes(path.at(-1) ?? ""));
    const flags = await wordsFor(...path, "--");
    for (const name of Object.keys(command.flags)) {
      ok(flags.includes(`--${name}`), `${path.join(" ")} --${name}`);
    }
  }
});

Deno.test("complete() does not ask for aliases where none can be", async () => {
  const aliases = () => {
    throw new Error("It asked");
  };
  deepStrictEqual(
    await complete(["jobs", "get", ""], { ...options, aliases }),
    [],
  );
});
