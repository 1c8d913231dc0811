import { strictEqual, throws } from "node:assert/strict";
import { parseAlias, ValueError } from "./flag.ts";
import { allCommands } from "../../../tests/helpers/command_tree.ts";
import { EXAMPLE_ID } from "../../uuid.ts";

for (const name of ["my-vm", "web.1", "ünï", "lists", "7", "a".repeat(100)]) {
  Deno.test(`parseAlias() takes ${JSON.stringify(name)}`, () => {
    strictEqual(parseAlias(name), name);
  });
}

for (
  const name of [
    "",
    "list",
    "GET",
    "set",
    "remove",
    "HEAD",
    "-x",
    "a b",
    "a=b",
    "a\n",
    "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e",
    "a".repeat(101),
    ".",
    "../x",
    "a/b",
    "a\\b",
    "my\u200bvm",
    "my\u200dvm",
    "my\ufeffvm",
    "\u00adx",
    "a\u00a0b",
    "a\u202eb",
    "a\x1bb",
    "\u0301a",
    "\ud800",
    "\u3164",
  ]
) {
  Deno.test(`parseAlias() refuses ${JSON.stringify(name)}, with one that it takes`, () => {
    throws(() => parseAlias(name), (error) => {
      if (!(error instanceof ValueError)) return false;
      strictEqual(parseAlias(error.example), error.example);
      return true;
    });
  });
}

Deno.test("parseAlias() gives the two spellings of a letter as one", () => {
  strictEqual(parseAlias("cafe\u0301"), "caf\u00e9");
  strictEqual(parseAlias("caf\u00e9"), "caf\u00e9");
});

Deno.test("every flag that names a VM takes what alias set takes, and no more", async () => {
  const flags = (await allCommands()).flatMap(({ command }) =>
    Object.entries(command.flags).flatMap(([name, flag]) =>
      name.endsWith("alias") && flag.type === "value" ? [flag] : []
    )
  );
  strictEqual(flags.length, 3);
  for (const { parse } of flags) {
    strictEqual(parse("cafe\u0301"), "caf\u00e9");
    for (const name of ["list", "../x", "a b", "my\u200bvm", EXAMPLE_ID]) {
      throws(() => parse(name), ValueError);
    }
  }
});
