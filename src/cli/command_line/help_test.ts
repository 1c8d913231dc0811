import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { allCommands } from "../../../tests/helpers/command_tree.ts";
import { ROUTES } from "../app.ts";
import { isHidden } from "./command.ts";
import { renderHelp } from "./help.ts";
import { GLOBAL_FLAGS } from "./output_choice.ts";

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

Deno.test("renderHelp() of a command tells all of its flags and fits a terminal", async () => {
  for (const { path, name: line, command } of await allCommands()) {
    const text = await renderHelp(path, ROUTES);
    const missing = Object.keys({ ...GLOBAL_FLAGS, ...command.flags })
      .filter((name) => !text.includes(`--${name}`));
    const wide = text.split("\n").filter((line) => line.length > 80);
    deepStrictEqual({ missing, wide }, { missing: [], wide: [] }, line);
  }
});

Deno.test("the summary of a command is the same in the list and in its help", async () => {
  for (const { name, route, command } of await allCommands()) {
    strictEqual(command.summary, route.summary, name);
  }
});
