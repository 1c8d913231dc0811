import { ok, strictEqual } from "node:assert/strict";
import { EXAMPLE_ID, isUuid, UUID_PATTERN } from "./uuid.ts";

for (
  const { text, expected } of [
    { text: EXAMPLE_ID, expected: true },
    { text: EXAMPLE_ID.toUpperCase(), expected: true },
    { text: "00000000-0000-0000-0000-000000000000", expected: true },
    { text: "", expected: false },
    { text: ` ${EXAMPLE_ID}`, expected: false },
    { text: `${EXAMPLE_ID}\n`, expected: false },
    { text: `${EXAMPLE_ID}0`, expected: false },
    { text: EXAMPLE_ID.slice(1), expected: false },
    { text: EXAMPLE_ID.replaceAll("-", ""), expected: false },
    { text: EXAMPLE_ID.replace("-", "g"), expected: false },
    { text: EXAMPLE_ID.replace(/^./, "g"), expected: false },
    { text: `{${EXAMPLE_ID}}`, expected: false },
  ]
) {
  Deno.test(`isUuid() of ${JSON.stringify(text)} is ${expected}`, () => {
    strictEqual(isUuid(text), expected);
  });
}

Deno.test("UUID_PATTERN finds an id inside a text", () => {
  const [found] = new RegExp(UUID_PATTERN).exec(`VM ${EXAMPLE_ID}, gone`) ?? [];
  strictEqual(found, EXAMPLE_ID);
  ok(isUuid(crypto.randomUUID()));
});
