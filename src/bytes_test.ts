import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { joinBytes, sha256Hex } from "./bytes.ts";

Deno.test("joinBytes() puts pieces one after the other, empty ones too", () => {
  const pieces = [[1, 2], [], [3], [4, 5, 6]].map((one) => new Uint8Array(one));
  deepStrictEqual(joinBytes(pieces), new Uint8Array([1, 2, 3, 4, 5, 6]));
  deepStrictEqual(joinBytes([]), new Uint8Array());
});

Deno.test("joinBytes() copies: what the pieces become later is not in it", () => {
  const piece = new Uint8Array([1]);
  const whole = joinBytes([piece]);
  piece[0] = 9;
  deepStrictEqual(whole, new Uint8Array([1]));
});

for (const text of ["", "abc", "ünï\u{1f600}"]) {
  Deno.test(`sha256Hex() of "${text}" is that of its UTF-8`, async () => {
    const hash = createHash("sha256").update(text).digest("hex");
    strictEqual(await sha256Hex(text), hash);
    strictEqual(await sha256Hex(new TextEncoder().encode(text)), hash);
  });
}
