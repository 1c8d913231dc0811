import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { testContext } from "../../tests/helpers/test_context.ts";
import { ROUTES } from "./app.ts";
import type { CommandRoute, Routes } from "./command.ts";
import { renderHelp } from "./help.ts";
import { parseCommandLine } from "./parse.ts";

/** Every command of the program, with the words that name it. */
function* commandsOf(
  routes: Routes,
  path: readonly string[] = [],
): Generator<readonly [readonly string[], CommandRoute]> {
  for (const [name, route] of routes) {
    if (route.type === "group") {
      yield* commandsOf(route.routes, [...path, name]);
    } else yield [[...path, name], route];
  }
}

Deno.test("renderHelp() of everything names each command and exit code", async () => {
  const text = await renderHelp([], ROUTES);
  for (const [name, { summary }] of ROUTES) {
    ok(text.includes(`  ${name}`) && text.includes(summary), name);
  }
  for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 20, 21, 22]) {
    match(text, new RegExp(`^  ${code} `, "m"));
  }
});

for (const [path, route] of commandsOf(ROUTES)) {
  const line = path.join(" ");

  Deno.test(`renderHelp() of ${line} tells its flags and fits a terminal`, async () => {
    const { command } = await route.load();
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
    const { command } = await route.load();
    ok(command.examples.length > 0);
    for (const [example] of command.examples) {
      await using context = await testContext();
      const [vers, ...words] = example.split(" ");
      strictEqual(vers, "vers");
      const request = await parseCommandLine(words, {
        routes: ROUTES,
        context,
      });
      strictEqual(request.type, "command", example);
    }
  });

  Deno.test(`the summary of ${line} is the same in the list and in its help`, async () => {
    const { command } = await route.load();
    strictEqual(command.summary, route.summary);
  });
}
