import { strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { Needle, quoteIn } from "./needle.ts";

Deno.test("Needle finds a text where a search in the text finds it", () => {
  const anyLetters = (maxLength: number) =>
    fc.string({ unit: fc.constantFrom("a", "b", "é"), maxLength });
  const anyCase = fc.tuple(anyLetters(4), anyLetters(30), fc.nat(30));
  fc.assert(fc.property(anyCase, ([needle, text, from]) => {
    const bytes = new TextEncoder().encode(text);
    // As many letters as bytes.
    const letters = (it: string) =>
      String.fromCharCode(...new TextEncoder().encode(it));
    fc.pre(from <= bytes.length);
    const at = letters(text).indexOf(letters(needle), from);
    strictEqual(new Needle(needle).indexIn(bytes, from), at);
    strictEqual(
      new Needle(needle).endIn(bytes, from),
      at < 0 ? -1 : at + letters(needle).length,
    );
  }));
});

Deno.test("Needle finds text among bytes that are no text, and long text", () => {
  const text = "key".repeat(200);
  const bytes = new Uint8Array([
    0xff,
    0xc3,
    ...new TextEncoder().encode(text),
    0x80,
  ]);
  strictEqual(new Needle(text).indexIn(bytes), 2);
  strictEqual(new Needle(`${text}s`).isIn(bytes), false);
});

Deno.test("quoteIn() is the next quotation mark, or the end", () => {
  const bytes = new TextEncoder().encode('a"b"c');
  strictEqual(quoteIn(bytes, 2), 3);
  strictEqual(quoteIn(bytes, 4), 5);
});
