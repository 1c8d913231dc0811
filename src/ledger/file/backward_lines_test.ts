import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  BLOCK_SIZE,
  blockIncludes,
  blocksBackwards,
  type LinePart,
  linesBackwards,
  MAX_LINE_LENGTH,
} from "./backward_lines.ts";

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
  let bytesRead = 0;
  let end = size;
  let partOffset = 0;
  const onTooLong = ({ offset, bytes, isEnd }: LinePart) => {
    const partEnd = offset + bytes.length;
    // Each part ends where the one behind it begins.
    if (isEnd) tooLong.push(partEnd);
    else strictEqual(partEnd, partOffset);
    partOffset = offset;
  };
  for (const block of blocksBackwards(file, size, onTooLong)) {
    strictEqual(block.bytesRead > bytesRead, true);
    bytesRead = block.bytesRead;
    // Whole lines, and none twice.
    strictEqual(block.offset + block.bytes.length <= end, true);
    end = block.offset;
    for (const line of linesBackwards(block)) {
      const { offset, bytes, isWhole } = line;
      strictEqual(bytes.indexOf(NEWLINE), -1);
      lines.push({ offset, length: bytes.length, first: bytes[0], isWhole });
    }
  }
  return { lines: lines.reverse(), tooLong: tooLong.reverse() };
}

/** Splits the whole content at its newlines. */
function readForwards(content: Uint8Array): Reading {
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
    deepStrictEqual(readBackwards(path), readForwards(content));
  } finally {
    Deno.removeSync(path);
  }
}

Deno.test("blocksBackwards() finds the lines that a reader from the start finds", () => {
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

Deno.test("blocksBackwards() finds the lines of bytes of any kind", () => {
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
  Deno.test(`blocksBackwards() finds the lines of a file of ${name}`, () => {
    checkReading(contentOf(lengths, endsOpen ?? false));
  });
}

/** How far the longest line lies before a block's edge, in bytes. */
for (const by of [-2, -1, 0, 1, 2]) {
  Deno.test(`blocksBackwards() finds the longest line ${by} bytes from a block's edge`, () => {
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

Deno.test("blockIncludes() finds text among bytes that are no text", () => {
  const bytes = new Uint8Array([
    0xff,
    0xc3,
    ...new TextEncoder().encode("key"),
    0x80,
  ]);
  const block = { offset: 0, bytes, bytesRead: bytes.length };
  strictEqual(blockIncludes(block, "key"), true);
  strictEqual(blockIncludes(block, "keys"), false);
});
