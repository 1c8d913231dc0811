import { deepStrictEqual, ok } from "node:assert/strict";
import { allCommands } from "../../tests/helpers/command_tree.ts";
import { ROUTES } from "./app.ts";
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
    { line: ["run", "--constructor", "--vm"], gives: ["--vm-alias"] },
    { line: ["run", "--__proto__=", "--constructor="], gives: [] },
  ]
) {
  Deno.test(`complete() of "${line.join(" ")}" gives ${gives.join(", ") || "nothing"}`, async () => {
    deepStrictEqual((await wordsFor(...line)).slice(0, 3), gives);
  });
}

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
