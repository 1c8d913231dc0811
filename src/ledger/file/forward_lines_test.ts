import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { BLOCK_SIZE, MAX_LINE_LENGTH } from "./backward_lines.ts";
import { linesForward } from "./forward_lines.ts";

/** Returns every line of a file that has this content. */
async function linesOf(content: Uint8Array, from = 0) {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, content);
    const file = await Deno.open(path);
    using _closing = file;
    return [...linesForward(file, from, content.length)];
  } finally {
    await Deno.remove(path);
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

Deno.test("linesForward() yields every byte of any file, in order", async () => {
  const lengths = [0, 1, 7, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 1];
  const anyText = fc.array(fc.constantFrom(...lengths), { maxLength: 6 })
    .chain((lengths) =>
      fc.boolean().map((isWhole) =>
        lengths.map((length, i) => String(i).repeat(length)).join("\n") +
        (isWhole ? "\n" : "")
      )
    );
  await fc.assert(
    fc.asyncProperty(anyText, async (text) => {
      const lines = await linesOf(encoder.encode(text));
      const texts = lines.map(({ bytes, isWhole }) =>
        decoder.decode(bytes) + (isWhole ? "\n" : "")
      );
      strictEqual(texts.join(""), text);
      const bounds = lines.map(({ offset, end }) => [offset, end]);
      let at = 0;
      deepStrictEqual(
        bounds,
        texts.map((text) => [at, at += text.length]),
      );
    }),
    { numRuns: 60 },
  );
});

Deno.test("linesForward() holds no line that is too long, and says where it is", async () => {
  const long = "x".repeat(MAX_LINE_LENGTH + 1);
  const lines = await linesOf(encoder.encode(`a\n${long}\nb\n`));
  deepStrictEqual(
    lines.map(({ offset, end, bytes }) => [
      offset,
      end,
      bytes && decoder.decode(bytes),
    ]),
    [
      [0, 2, "a"],
      [2, 2 + long.length + 1, undefined],
      [3 + long.length, 5 + long.length, "b"],
    ],
  );
});

Deno.test("linesForward() begins where it is told to", async () => {
  const [line, ...more] = await linesOf(encoder.encode("a\nb"), 2);
  deepStrictEqual(line, {
    offset: 2,
    end: 3,
    bytes: encoder.encode("b"),
    isWhole: false,
  });
  deepStrictEqual(more, []);
});
