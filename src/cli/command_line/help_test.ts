import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { allCommands } from "../../../tests/helpers/command_tree.ts";
import { shellSplit } from "../../../tests/helpers/shell_split.ts";
import { testContext } from "../../../tests/helpers/test_context.ts";
import { ROUTES } from "../app.ts";
import { isHidden } from "./command.ts";
import { renderHelp } from "./help.ts";
import { parseCommandLine } from "./parse.ts";

Deno.test("renderHelp() of everything names each command and exit code", async () => {
  const text = await renderHelp([], ROUTES);
  for (const [name, route] of ROUTES) {
    const { summary } = route;
    const isNamed = text.includes(`  ${name}`) && text.includes(summary);
    strictEqual(isNamed, !isHidden(route), name);
  }
  for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 20, 21, 22]) {
    match(text, new RegExp(`^  ${code} `, "m"));
  }
});

for (const { path, name: line, route, command } of await allCommands()) {
  Deno.test(`renderHelp() of ${line} tells its flags and fits a terminal`, async () => {
    const text = await renderHelp(path, ROUTES);
    for (const [name, flag] of Object.entries(command.flags)) {
      ok(text.includes(`--${name}`), name);
      if (flag.type !== "boolean" && flag.fallback !== undefined) {
        ok(text.replaceAll(/\s+/g, " ").includes(flag.fallback), name);
      }
    }
    const wide = text.split("\n").filter((line) => line.length > 80);
    deepStrictEqual(wide, []);
  });

  Deno.test(`the examples in the help of ${line} are command lines that work`, async () => {
    ok(command.examples.length > 0);
    for (const [example] of command.examples) {
      await using context = await testContext();
      const [vers, ...words] = shellSplit(example);
      strictEqual(vers, "vers");
      const request = await parseCommandLine(words, {
        routes: ROUTES,
        context,
      });
      strictEqual(request.type, "command", example);
    }
  });

  Deno.test(`the summary of ${line} is the same in the list and in its help`, () => {
    strictEqual(command.summary, route.summary);
  });
}
