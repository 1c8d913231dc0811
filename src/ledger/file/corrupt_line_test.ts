import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import {
  complete,
  running,
  submitted,
} from "../../../tests/helpers/entries.ts";
import { withChecksum } from "../../../tests/helpers/ledger_lines.ts";
import { formatLine, parseEntryLine } from "./entry_line.ts";

function parseText(text: string) {
  return parseEntryLine(new TextEncoder().encode(text));
}

/** Returns an entry's line without its newline. */
function lineOf(entry: Parameters<typeof formatLine>[0]): Uint8Array {
  return formatLine(entry).subarray(0, -1);
}

function textOf(entry: Parameters<typeof formatLine>[0]): string {
  return new TextDecoder().decode(lineOf(entry));
}

/** A whole line, as an object without its checksum. */
const LINE: Readonly<Record<string, unknown>> = { ...running(), v: 2 };

const GO = await Deno.readTextFile(
  new URL("../../../tests/testdata/ledgers/go.jsonl", import.meta.url),
);

Deno.test("parseEntryLine() never takes a line with a flipped bit for an entry", () => {
  const line = lineOf(running());
  for (let index = 0; index < line.length; index++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = line.slice();
      flipped[index] = (flipped[index] ?? 0) ^ (1 << bit);
      strictEqual(
        parseEntryLine(flipped).type,
        "corrupt",
        `bit ${bit} of byte ${index}`,
      );
    }
  }
});

Deno.test("parseEntryLine() never takes another byte for the one that was written", () => {
  const line = lineOf(complete());
  const anyChange = fc.tuple(fc.nat(line.length - 1), fc.nat(255));
  fc.assert(
    fc.property(anyChange, ([index, byte]) => {
      fc.pre(line[index] !== byte);
      const changed = line.slice();
      changed[index] = byte;
      strictEqual(parseEntryLine(changed).type, "corrupt");
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("parseEntryLine() never takes a part of a line for an entry", () => {
  const line = lineOf(submitted({ command: "vers run ünï" }));
  for (let length = 1; length < line.length; length++) {
    for (
      const part of [line.subarray(0, length), line.subarray(-length)]
    ) {
      if (part.length === line.length) continue;
      strictEqual(parseEntryLine(part).type, "corrupt", `${length} bytes`);
    }
  }
});

Deno.test("parseEntryLine() never takes two lines that ran together for an entry", () => {
  const one = textOf(submitted());
  const two = textOf(running());
  strictEqual(parseText(one + two).type, "corrupt");
  strictEqual(parseText(one.slice(0, 200) + two).type, "corrupt");
});

const GOOD = textOf(running());

for (
  const { name, text } of [
    { name: "no JSON", text: "not json" },
    { name: "a list", text: "[]" },
    { name: "a text", text: '"text"' },
    { name: "null", text: "null" },
    { name: "an empty object", text: "{}" },
    { name: "a byte order mark alone in it", text: `{\ufeff${GOOD.slice(1)}` },
    { name: "blanks before it", text: `  ${GOOD}` },
    { name: "a NUL behind it", text: `${GOOD}\0` },
    { name: "a NUL in it", text: GOOD.replace("my-vm", "my\0vm") },
    { name: "a carriage return in it", text: GOOD.replace(",", "\r,") },
    { name: "blanks behind its fields", text: GOOD.replaceAll('":', '": ') },
    { name: "no checksum", text: JSON.stringify(LINE) },
    {
      name: "a checksum that is not the last field",
      text: JSON.stringify({ crc: "00000000", ...LINE }),
    },
    {
      name: "a checksum in capitals",
      text: GOOD.replace(
        /"crc":"(.*)"}$/,
        (_, crc) => `"crc":"${crc.toUpperCase().replace(/\d/, "A")}"}`,
      ),
    },
    {
      name: "a checksum of other bytes",
      text: GOOD.replace(/"crc":".*"}$/, '"crc":"00000000"}'),
    },
    {
      name: "a later version and a wrong checksum",
      text: withChecksum({ ...LINE, v: 3 }).replace("my-vm", "no-vm"),
    },
    { name: "version 1", text: withChecksum({ ...LINE, v: 1 }) },
    { name: "version 0", text: withChecksum({ ...LINE, v: 0 }) },
    { name: "version -1e999", text: `{"v":-1e999}` },
    { name: "a version as text", text: withChecksum({ ...LINE, v: "2" }) },
    { name: "a version of null", text: withChecksum({ ...LINE, v: null }) },
    {
      name: "a number beyond all numbers",
      text: signed(JSON.stringify(LINE).replace('"sends":1', '"sends":1e999')),
    },
    {
      name: "a time that is none",
      text: withChecksum({ ...LINE, at: "yesterday" }),
    },
    { name: "no time", text: withChecksum({ ...LINE, at: undefined }) },
    { name: "a key of null", text: withChecksum({ ...LINE, key: null }) },
    {
      name: "arguments that are no text",
      text: withChecksum({ ...LINE, args: [1] }),
    },
    {
      name: "inputs that are a list",
      text: withChecksum({ ...LINE, inputs: [] }),
    },
    { name: "no handle", text: withChecksum({ ...LINE, handle: undefined }) },
    {
      name: "a Go CLI's line without an id",
      text: GO.split("\n")[0]?.replace('"id"', '"no"') ?? "",
    },
    { name: "depth without end", text: "[".repeat(200_000) },
    {
      name: "fields that only its prototype would have",
      text: `{"__proto__":${GOOD}}`,
    },
  ]
) {
  Deno.test(`parseEntryLine() takes a line with ${name} for corrupt`, () => {
    strictEqual(parseText(text).type, "corrupt");
  });
}

/** Returns JSON that `JSON.stringify()` cannot make, with its checksum. */
function signed(json: string): string {
  const crc = crc32(json).toString(16).padStart(8, "0");
  return `${json.slice(0, -1)},"crc":"${crc}"}`;
}

Deno.test("parseEntryLine() takes a line that was cut in a character for corrupt", () => {
  const line = lineOf(submitted({ command: "é" }));
  const cut = line.indexOf(0xc3);
  strictEqual(line[cut + 1], 0xa9);
  const broken = new Uint8Array([
    ...line.subarray(0, cut + 1),
    ...line.subarray(cut + 2),
  ]);
  strictEqual(parseEntryLine(broken).type, "corrupt");
  // The Go CLI's lines have no checksum that would notice.
  const go = new TextEncoder().encode(GO.split("\n")[0]);
  go[go.indexOf(0x2d)] = 0xc3;
  strictEqual(parseEntryLine(go).type, "corrupt");
});

const GO_LINE = GO.split("\n")[0] ?? "";
const encoder = new TextEncoder();

/** Returns a text as the UTF-16 of Windows. */
function utf16(text: string): Uint8Array {
  return new Uint8Array(new Uint16Array([...encoder.encode(text)]).buffer);
}

for (
  const { line, why } of [
    { line: "not json", why: "it is not a JSON object" },
    { line: "[]", why: "it is not a JSON object" },
    { line: '"text"}', why: "it is not a JSON object" },
    { line: "{", why: "it is not a JSON object" },
    { line: '{"a":}', why: "it is not a JSON object" },
    { line: 'x{"a":1', why: "it is not a JSON object" },
    { line: "{}", why: "it is no entry" },
    { line: GO_LINE.slice(0, -1), why: "it was cut off" },
    { line: '{"', why: "it was cut off" },
    { line: GOOD.slice(0, -1), why: "it was cut off" },
    {
      line: GOOD.replace("my-vm", "no-vm"),
      why: "its checksum does not match",
    },
    { line: JSON.stringify(LINE), why: "its checksum is missing" },
    {
      line: withChecksum({ ...LINE, v: "2" }),
      why: "its version is no number",
    },
    {
      line: withChecksum({ ...LINE, v: 1 }),
      why: "its version is 1, which never was",
    },
    {
      line: withChecksum({ ...LINE, handle: { vm_ids: 1 } }),
      why: 'its field "handle.vm_ids" is not what it should be',
    },
    {
      line: withChecksum({ ...LINE, at: 1, scope: 1 }),
      why: 'its field "at" is not what it should be',
    },
  ]
) {
  Deno.test(`parseEntryLine() says of ${line.slice(0, 12)} … ${line.slice(-20)}: ${why}`, () => {
    const isTorn = why === "it was cut off";
    deepStrictEqual(parseText(line), { type: "corrupt", why, isTorn });
  });
}

Deno.test("parseEntryLine() tells bytes that are no text from text in UTF-16", () => {
  const corrupt = { type: "corrupt", isTorn: false };
  const broken = encoder.encode(GO_LINE);
  broken[broken.indexOf(0x2d)] = 0xc3;
  const why = "it is not UTF-8 text";
  deepStrictEqual(parseEntryLine(broken), { ...corrupt, why });
  const zeros = "it is not UTF-8 text: it has zero bytes";
  deepStrictEqual(parseEntryLine(utf16(GO_LINE)), { ...corrupt, why: zeros });
});
