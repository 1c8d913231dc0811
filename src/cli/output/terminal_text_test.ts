import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { jsonLine, shorten, visible } from "./terminal_text.ts";

Deno.test("visible() spells out what a terminal would obey", () => {
  strictEqual(visible("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m");
  strictEqual(visible("a\nb\tc\r"), "a\\nb\\tc\\x0d");
  strictEqual(visible("\u202eabc\u009b"), "\\u202eabc\\x9b");
  strictEqual(visible("plain ä 日本 🙂"), "plain ä 日本 🙂");
});

Deno.test("visible() leaves nothing that moves a cursor, whatever comes", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    match(visible(text), /^[^\p{Cc}\u2028\u2029\u202a-\u202e]*$/u);
  }));
});

Deno.test("jsonLine() is one line, and means what it was given", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const line = jsonLine({ text });
    match(line, /^[^\p{Cc}\u2028\u2029]*$/u);
    deepStrictEqual(JSON.parse(line), { text });
  }));
});

Deno.test("shorten() cuts between characters and says so", () => {
  strictEqual(shorten("abcdef", 6), "abcdef");
  strictEqual(shorten("abcdefg", 6), "abcde…");
  strictEqual(shorten("🙂🙂🙂", 2), "🙂…");
});
