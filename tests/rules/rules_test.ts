import { ok, strictEqual } from "node:assert/strict";
import { LEDGER_RULES } from "./ledger_rules.ts";
import { RULES } from "./rules.ts";

const ROOT = new URL("../../", import.meta.url);

function textOf(file: string): string {
  return Deno.readTextFileSync(new URL(file, ROOT));
}

for (
  const { rule, test: [testFile, name], change: [file, from] } of [
    ...RULES,
    ...LEDGER_RULES,
  ]
) {
  Deno.test(`the table of rules finds its test and its place in the program: ${rule}`, () => {
    ok(textOf(testFile).includes(name), `${testFile} has no test "${name}"`);
    const places = textOf(file).split(from).length - 1;
    strictEqual(places, 1, `${file} has it ${places} times: ${from}`);
  });
}
