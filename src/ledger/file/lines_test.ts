import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  BLOCK_SIZE,
  blocksBackwards,
  lastWholeLine,
  lineNumberAt,
  linesBackwards,
  linesForward,
  MAX_LINE_LENGTH,
} from "./lines.ts";

const NEWLINE = 10;

/** A line, by where it begins, how long it is and what it begins with. */
interface Seen {
  readonly offset: number;
  readonly length: number;
  readonly first: number | undefined;
  readonly isWhole: boolean;
}

interface Reading {
  readonly lines: readonly Seen[];
  /** Where the lines end that are too long. */
  readonly tooLong: readonly number[];
}

/** Reads a file as the ledger does. */
function readBackwards(path: string): Reading {
  const lines: Seen[] = [];
  const tooLong: number[] = [];
  using file = Deno.openSync(path, { read: true });
  const { size } = file.statSync();
  let end = size;
  for (const block of blocksBackwards(file, size)) {
    // Whole lines, and none twice.
    strictEqual(block.end, end);
    end = block.offset;
    for (const { offset, bytes, isWhole, ...line } of linesBackwards(block)) {
      if (bytes === undefined) {
        tooLong.push(line.end);
        continue;
      }
      strictEqual(bytes.indexOf(NEWLINE), -1);
      const { length } = bytes;
      strictEqual(offset + length + (isWhole ? 1 : 0), line.end);
      // Empty ones are where the others say that they are.
      if (length === 0) continue;
      lines.push({ offset, length, first: bytes[0], isWhole });
    }
  }
  strictEqual(end, 0);
  return { lines: lines.reverse(), tooLong: tooLong.reverse() };
}

/** Reads a file from its start, as pruning does. */
function readForwards(path: string): Reading {
  const lines: Seen[] = [];
  const tooLong: number[] = [];
  using file = Deno.openSync(path, { read: true });
  let at = 0;
  for (
    const { offset, end, bytes, isWhole } of linesForward(
      file,
      0,
      file.statSync().size,
    )
  ) {
    strictEqual(offset, at);
    at = end;
    if (bytes === undefined) tooLong.push(end);
    else if (bytes.length > 0) {
      const [first] = bytes;
      lines.push({ offset, length: bytes.length, first, isWhole });
    }
  }
  strictEqual(at, file.statSync().size);
  return { lines, tooLong };
}

/** Splits the whole content at its newlines. */
function split(content: Uint8Array): Reading {
  const lines: Seen[] = [];
  const tooLong: number[] = [];
  for (let offset = 0; offset < content.length;) {
    const newline = content.indexOf(NEWLINE, offset);
    const isWhole = newline >= 0;
    const length = (isWhole ? newline : content.length) - offset;
    const end = offset + length + (isWhole ? 1 : 0);
    if (length > MAX_LINE_LENGTH) tooLong.push(end);
    else if (length > 0) {
      lines.push({ offset, length, first: content[offset], isWhole });
    }
    offset = end;
  }
  return { lines, tooLong };
}

/** Returns lines of these lengths; each begins with another letter. */
function contentOf(lengths: readonly number[], endsOpen: boolean): Uint8Array {
  const total = lengths.reduce((sum, length) => sum + length + 1, 0);
  const content = new Uint8Array(total).fill(0x2e);
  let offset = 0;
  for (const [index, length] of lengths.entries()) {
    content[offset] = 0x41 + index % 26;
    offset += length;
    content[offset++] = NEWLINE;
  }
  return endsOpen ? content.subarray(0, -1) : content;
}

function checkReading(content: Uint8Array): void {
  const path = Deno.makeTempFileSync();
  try {
    Deno.writeFileSync(path, content);
    deepStrictEqual(readBackwards(path), split(content));
    deepStrictEqual(readForwards(path), split(content));
  } finally {
    Deno.removeSync(path);
  }
}

Deno.test("lines are those between the newlines, read from either end", () => {
  const anyLength = fc.oneof(
    fc.nat(300),
    fc.constantFrom(0, 1),
    fc.integer({ min: -2, max: 2 }).map((by) => BLOCK_SIZE + by),
    fc.integer({ min: -2, max: 2 }).map((by) => 2 * BLOCK_SIZE + by),
    fc.nat(3 * BLOCK_SIZE),
  );
  fc.assert(
    fc.property(
      fc.array(anyLength, { maxLength: 8 }),
      fc.boolean(),
      (lengths, endsOpen) => checkReading(contentOf(lengths, endsOpen)),
    ),
    { numRuns: 150 },
  );
});

Deno.test("lines are those between the newlines of bytes of any kind", () => {
  const anyBytes = fc.uint8Array({ max: 20, maxLength: 40 });
  fc.assert(fc.property(anyBytes, checkReading));
});

for (
  const { name, lengths, endsOpen } of [
    { name: "no line", lengths: [] },
    { name: "one empty line", lengths: [0] },
    { name: "empty lines alone", lengths: Array<number>(9).fill(0) },
    {
      name: "a block of empty lines",
      lengths: Array<number>(BLOCK_SIZE + 7).fill(0),
    },
    { name: "a line that fills a block", lengths: [BLOCK_SIZE - 1] },
    {
      name: "lines that each fill a block",
      lengths: [BLOCK_SIZE - 1, BLOCK_SIZE - 1, BLOCK_SIZE - 1],
    },
    {
      name: "an open line that fills a block",
      lengths: [5, BLOCK_SIZE],
      endsOpen: true,
    },
    {
      name: "a newline as the first byte of the last block",
      lengths: [9, BLOCK_SIZE - 1],
    },
    { name: "the longest line", lengths: [MAX_LINE_LENGTH] },
    {
      name: "the longest line, open",
      lengths: [MAX_LINE_LENGTH],
      endsOpen: true,
    },
    { name: "a line that is a byte too long", lengths: [MAX_LINE_LENGTH + 1] },
    {
      name: "a line that is a byte too long, open",
      lengths: [MAX_LINE_LENGTH + 1],
      endsOpen: true,
    },
    {
      name: "the longest line that begins with a block",
      lengths: [3, MAX_LINE_LENGTH, BLOCK_SIZE - 2],
    },
    {
      name: "the longest line that ends with a block, and more",
      lengths: [3, MAX_LINE_LENGTH, BLOCK_SIZE - 1, 4],
    },
    {
      name: "lines around the limit",
      lengths: [
        7,
        MAX_LINE_LENGTH - 1,
        MAX_LINE_LENGTH,
        MAX_LINE_LENGTH + 1,
        8,
        MAX_LINE_LENGTH + 1,
        MAX_LINE_LENGTH,
        9,
      ],
    },
    {
      name: "lines that are too long, one after the other",
      lengths: [2_000_000, 1_500_000, 6, 1_200_000],
    },
    { name: "3 MB without a newline", lengths: [3_000_000], endsOpen: true },
    {
      name: "3 MB without a newline behind other lines",
      lengths: [10, 20, 3_000_000],
      endsOpen: true,
    },
    { name: "3 MB before other lines", lengths: [3_000_000, 10, 20] },
  ]
) {
  Deno.test(`lines of a file of ${name} are found from either end`, () => {
    checkReading(contentOf(lengths, endsOpen ?? false));
  });
}

/** How far the longest line lies before a block's edge, in bytes. */
for (const by of [-2, -1, 0, 1, 2]) {
  Deno.test(`the longest line is found from either end ${by} bytes from a block's edge`, () => {
    const behind = 2 * BLOCK_SIZE - 1 + by;
    checkReading(contentOf([5, MAX_LINE_LENGTH, behind], false));
    checkReading(contentOf([5, MAX_LINE_LENGTH + 1, behind], false));
  });
}

Deno.test("blocksBackwards() reads no more than the file had when it was asked", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "one\ntwo\n");
    using file = Deno.openSync(path, { read: true });
    await Deno.writeTextFile(path, "three\n", { append: true });
    const offsets = [...blocksBackwards(file, 8)].flatMap((block) =>
      [...linesBackwards(block)].map(({ offset }) => offset)
    );
    deepStrictEqual(offsets, [4, 0]);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("blocksBackwards() comes to an end in a file that was cut short meanwhile", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "one\ntwo\n");
    using file = Deno.openSync(path, { read: true });
    const lines = [...blocksBackwards(file, 3 * BLOCK_SIZE)].flatMap((block) =>
      [...linesBackwards(block)].map(({ bytes }) =>
        new TextDecoder().decode(bytes)
      )
    );
    deepStrictEqual(lines, ["two", "one"]);
  } finally {
    await Deno.remove(path);
  }
});

/** Returns every line of a file that has this content. */
async function linesOf(content: Uint8Array, from = 0) {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, content);
    const file = await Deno.open(path);
    using _closing = file;
    // Its bytes are good until more is read.
    return [
      ...linesForward(file, from, content.length).map((line) => ({
        ...line,
        bytes: line.bytes?.slice(),
      })),
    ];
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

Deno.test("lastWholeLine() is where the last newline is", async () => {
  for (const content of ["", "a", "a\n", "a\nb", "a\n\n", "\n"]) {
    const path = await Deno.makeTempFile();
    await Deno.writeTextFile(path, content);
    using file = Deno.openSync(path);
    strictEqual(
      lastWholeLine(file, content.length),
      content.lastIndexOf("\n") + 1,
    );
    strictEqual(
      lineNumberAt(file, content.length),
      content.split("\n").length,
    );
    await Deno.remove(path);
  }
});
