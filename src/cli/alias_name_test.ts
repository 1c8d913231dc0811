import { strictEqual, throws } from "node:assert/strict";
import { parseAlias } from "./alias_name.ts";
import { ValueError } from "./flag.ts";

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
