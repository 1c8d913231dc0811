import { strictEqual } from "node:assert/strict";
import { isJsonObject } from "./json.ts";

for (
  const { value, expected } of [
    { value: {}, expected: true },
    { value: { a: null }, expected: true },
    { value: [], expected: false },
    { value: null, expected: false },
    { value: undefined, expected: false },
    { value: "{}", expected: false },
    { value: 1, expected: false },
    { value: false, expected: false },
  ]
) {
  Deno.test(`isJsonObject() of ${JSON.stringify(value)} is ${expected}`, () => {
    strictEqual(isJsonObject(value), expected);
  });
}
