import { strictEqual } from "node:assert/strict";
import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { crc32 } from "./crc32.ts";

Deno.test("crc32() gives the check value of the standard", () => {
  strictEqual(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
  strictEqual(crc32(new Uint8Array()), 0);
});

Deno.test("crc32() is zlib's, in however many parts the bytes come", () => {
  const anyBytes = fc.uint8Array({ maxLength: 50, size: "max" });
  fc.assert(
    fc.property(anyBytes, anyBytes, (a, b) => {
      strictEqual(crc32(b, crc32(a)), zlibCrc32(new Uint8Array([...a, ...b])));
    }),
  );
});
