import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { anyEntry } from "../../../tests/helpers/any_entry.ts";
import {
  complete,
  KEY,
  running,
  submitted,
  VM_ID,
} from "../../../tests/helpers/entries.ts";
import { withChecksum } from "../../../tests/helpers/ledger_lines.ts";
import {
  formatLine,
  idOfSound,
  isSound,
  isUtf8,
  looksSound,
  parseEntryLine,
  skimLine,
  standingOf,
  trimLine,
} from "./entry_line.ts";

const NEWLINE = 10;

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

Deno.test("formatLine() writes the Go CLI's fields first and the checksum last", () => {
  // What comes out does not depend on how the entry was put together.
  const entry = {
    gone_at: "2026-01-05T09:10:00.000Z",
    delivered_at: "2026-01-05T09:00:31.000Z",
    unconfirmed_at: "2026-01-05T09:00:20.000Z",
    server_at: "2026-01-05T08:59:59.000Z",
    source: VM_ID,
    ...complete({ inputs: { "vm-alias": "ünï\n" } }),
  };
  const text = '{"id":"job_8f2a3b4c5d","kind":"vm.run",' +
    '"command":"vers run --wait --vm-alias my-vm",' +
    '"args":["run","--wait","--vm-alias","my-vm"],' +
    '"started_at":"2026-01-05T09:00:00.000Z",' +
    '"completed_at":"2026-01-05T09:00:30.000Z","duration_ms":30000,' +
    `"status":"complete","result_id":"${VM_ID}",` +
    '"v":2,"at":"2026-01-05T09:00:00.000Z",' +
    '"key":"0123456789abcdef0123456789abcdef",' +
    '"scope":"https://api.vers.sh",' +
    '"account":"11111111-2222-4333-8444-555555555555",' +
    '"token":"0f0e0d0c-0b0a-4908-8706-050403020100",' +
    `"inputs":{"vm-alias":"ünï\\n"},"source":"${VM_ID}","sends":1,` +
    `"server_at":"2026-01-05T08:59:59.000Z","handle":{"vm_ids":["${VM_ID}"]},` +
    `"result":{"vm_id":"${VM_ID}","status":"complete"},` +
    '"unconfirmed_at":"2026-01-05T09:00:20.000Z",' +
    '"delivered_at":"2026-01-05T09:00:31.000Z",' +
    '"gone_at":"2026-01-05T09:10:00.000Z"}';
  const crc = crc32(text).toString(16).padStart(8, "0");
  strictEqual(
    new TextDecoder().decode(formatLine(entry)),
    `${text.slice(0, -1)},"crc":"${crc}"}\n`,
  );
});

Deno.test("formatLine() writes no field that an entry does not have", () => {
  const fields = Object.keys(JSON.parse(textOf(submitted())));
  deepStrictEqual(fields, [
    "id",
    "kind",
    "command",
    "args",
    "started_at",
    "status",
    "v",
    "at",
    "key",
    "scope",
    "account",
    "token",
    "inputs",
    "sends",
    "crc",
  ]);
});

Deno.test("parseEntryLine() gives back every entry that formatLine() wrote", () => {
  fc.assert(
    fc.property(anyEntry, (entry) => {
      const line = formatLine(entry);
      strictEqual(line.indexOf(NEWLINE), line.length - 1);
      deepStrictEqual(parseEntryLine(line.subarray(0, -1)), {
        type: "entry",
        entry: JSON.parse(JSON.stringify(entry)),
      });
    }),
    { numRuns: 300 },
  );
});

/** A whole line, as an object without its checksum. */
const LINE: Readonly<Record<string, unknown>> = { ...running(), v: 2 };

for (
  const { name, text } of [
    { name: "a later version", text: withChecksum({ ...LINE, v: 3 }) },
    {
      name: "a later version of other fields",
      text: withChecksum({ id: LINE.id, key: KEY, v: 3, status: ["odd"] }),
    },
    {
      name: "a later version without a checksum like ours",
      text: JSON.stringify({ ...LINE, v: 2.5, sum: "abc" }),
    },
    {
      name: "an unknown status",
      text: withChecksum({ ...LINE, status: "paused" }),
    },
    {
      name: "a status that every object has",
      text: withChecksum({ ...LINE, status: "constructor" }),
    },
    {
      name: "an unknown kind",
      text: withChecksum({ ...LINE, kind: "vm.snapshot" }),
    },
  ]
) {
  Deno.test(`parseEntryLine() takes a line of ${name} for a newer program's`, () => {
    deepStrictEqual(parseText(text), {
      type: "newer",
      id: "job_8f2a3b4c5d",
      key: KEY,
    });
  });
}

Deno.test("parseEntryLine() gives no id or key of a newer line that are no text", () => {
  deepStrictEqual(parseText(withChecksum({ id: 1, key: null, v: 3 })), {
    type: "newer",
    id: undefined,
    key: undefined,
  });
});

const GO = await Deno.readTextFile(
  new URL("../../../tests/testdata/ledgers/go.jsonl", import.meta.url),
);

for (const text of GO.trimEnd().split("\n")) {
  const { id, status } = JSON.parse(text);
  Deno.test(`parseEntryLine() reads the Go CLI's ${status} line of ${id}`, () => {
    const { args, ...rest } = JSON.parse(text);
    deepStrictEqual(parseText(text), {
      type: "go",
      entry: { ...rest, args: args ?? [] },
    });
  });
}

Deno.test("parseEntryLine() leaves out what the Go CLI did not know", () => {
  const parsed = parseText(JSON.stringify({
    id: "job_1a2b3c4d5e",
    kind: "vm.snapshot",
    command: "vers snapshot",
    args: ["snapshot"],
    started_at: "2026-05-11T08:30:00Z",
    completed_at: null,
    result_id: "",
    error: "",
    status: "submitted",
    more: { fields: true },
  }));
  deepStrictEqual(parsed, {
    type: "go",
    entry: {
      id: "job_1a2b3c4d5e",
      kind: "vm.snapshot",
      command: "vers snapshot",
      args: ["snapshot"],
      started_at: "2026-05-11T08:30:00Z",
      status: "submitted",
    },
  });
});

Deno.test("parseEntryLine() keeps a field named __proto__ where it is a field", () => {
  const inputs = JSON.parse('{"__proto__":{"polluted":true},"a":1}');
  const parsed = parseEntryLine(lineOf(submitted({ inputs })));
  strictEqual(parsed.type, "entry");
  if (parsed.type !== "entry") return;
  strictEqual(parsed.entry.inputs.polluted, undefined);
  strictEqual(JSON.stringify(parsed.entry.inputs), JSON.stringify(inputs));
  const own = Object.fromEntries([
    ...Object.entries(LINE),
    ["__proto__", { key: "k" }],
  ]);
  const odd = parseText(withChecksum(own));
  strictEqual(odd.type, "entry");
  strictEqual(Object.getPrototypeOf(odd), Object.prototype);
});

Deno.test("parseEntryLine() passes over fields that a later program of this format adds", () => {
  deepStrictEqual(
    parseText(withChecksum({ ...LINE, added: { later: true } })),
    { type: "entry", entry: running() },
  );
});

for (
  const [text, trimmed] of [
    ["a", "a"],
    ["a \t\r", "a"],
    [" \ta", " \ta"],
    ["\ufeffa", "a"],
    ["\ufeff\ufeffa\ufeff", "a\ufeff"],
    ["a b\r\r", "a b"],
    [" \r\t", ""],
    ["\ufeff ", ""],
    ["", ""],
    ["a\n", "a\n"],
    ["a\v", "a\v"],
  ] as const
) {
  Deno.test(`trimLine() of ${JSON.stringify(text)} is ${JSON.stringify(trimmed)}`, () => {
    const bytes = trimLine(new TextEncoder().encode(text));
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    strictEqual(decoder.decode(bytes), trimmed);
  });
}

Deno.test("trimLine() leaves the parts of a byte-order mark", () => {
  const parts = new Uint8Array([0xef, 0xbb, 0x7b]);
  deepStrictEqual(trimLine(parts), parts);
});

const OURS = textOf(running());
const GO_LINE = GO.split("\n")[0] ?? "";

for (
  const { name, text, sound, looks } of [
    { name: "our line", text: OURS, sound: true, looks: true },
    {
      name: "it with a blank behind",
      text: `${OURS} `,
      sound: true,
      looks: true,
    },
    { name: "a Go line", text: GO_LINE, sound: true, looks: true },
    { name: "nothing", text: "", sound: true, looks: true },
    { name: "a blank", text: " ", sound: true, looks: true },
    {
      name: "our line with another letter",
      text: OURS.replace("my-vm", "no-vm"),
      sound: false,
      looks: true,
    },
    {
      name: "our line with another sum",
      text: OURS.replace(/.{10}$/, '0000000f"}'),
      sound: false,
      looks: true,
    },
    {
      name: "our line with a sum that is none",
      text: OURS.replace(/.{10}$/, '0000000g"}'),
      sound: false,
      looks: false,
    },
    {
      name: "our line with a sum in capitals",
      text: OURS.replace(/.{10}$/, '0000000F"}'),
      sound: false,
      looks: false,
    },
    {
      name: "our line with signs in its sum",
      text: OURS.replace(/.{10}$/, '/0000000"}'),
      sound: false,
      looks: false,
    },
    {
      name: "our line with a colon in its sum",
      text: OURS.replace(/.{10}$/, ':0000000"}'),
      sound: false,
      looks: false,
    },
    {
      name: "our line with a grave accent in its sum",
      text: OURS.replace(/.{10}$/, '`0000000"}'),
      sound: false,
      looks: false,
    },
    {
      name: "our line without its sum",
      text: OURS.replace(/,"crc":.*$/, "}"),
      sound: false,
      looks: false,
    },
    {
      name: "our line without its last sign",
      text: OURS.slice(0, -1),
      sound: false,
      looks: false,
    },
    {
      name: "our line without its first sign",
      text: OURS.slice(1),
      sound: false,
      looks: false,
    },
    {
      name: "a Go line without its last sign",
      text: GO_LINE.slice(0, -1),
      sound: false,
      looks: false,
    },
    {
      name: "a Go line without its first sign",
      text: GO_LINE.slice(1),
      sound: false,
      looks: false,
    },
    { name: "a short line", text: "}", sound: false, looks: false },
  ]
) {
  Deno.test(`isSound() of ${name} is ${sound}, and looksSound() ${looks}`, () => {
    const bytes = new TextEncoder().encode(text);
    strictEqual(isSound(bytes), sound);
    strictEqual(looksSound(bytes), looks);
  });
}

Deno.test("isUtf8() takes text that is cut off at its end, and no other bytes", () => {
  const bytes = new TextEncoder().encode("aé\u{1f600}");
  for (let length = 0; length <= bytes.length; length++) {
    strictEqual(isUtf8(bytes.subarray(0, length)), true, `${length} bytes`);
  }
  strictEqual(isUtf8(new Uint8Array([0xc3, 0x61])), false);
  strictEqual(isUtf8(bytes.subarray(2)), false);
});

function timeIn(entry: object, name: string): unknown {
  return Object.entries(entry).find(([field]) => field === name)?.[1];
}

/** Text that looks like the head of a line. */
const anyMark = fc.constantFrom(
  ',"kind":"x"',
  '","status":"failed","v":2,"at":"',
  '"token":"other"',
);

Deno.test("skimLine() makes out of every line of ours what parsing makes of it", () => {
  fc.assert(fc.property(anyEntry, anyMark, (entry, mark) => {
    const odd = { ...entry, args: [mark], inputs: { status: "failed", mark } };
    for (const written of [entry, odd]) {
      const { id, token, status, at, started_at, accepted_at } = written;
      const line = formatLine(written).subarray(0, -1);
      const entry = { id, token, status, at };
      deepStrictEqual(skimLine(line), { type: "entry", entry });
      strictEqual(idOfSound(line), id);
      deepStrictEqual(standingOf(line), {
        token,
        status,
        started_at,
        completed_at: timeIn(written, "completed_at"),
        accepted_at,
        delivered_at: timeIn(written, "delivered_at"),
        gone_at: timeIn(written, "gone_at"),
      });
    }
  }));
});

Deno.test("skimLine() and isSound() see what is wrong with a line", () => {
  const whole = formatLine(running()).subarray(0, -1);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (place, byte) => {
      const line = whole.with(place, byte);
      const { type } = parseEntryLine(line);
      strictEqual(skimLine(line).type, type);
      if (type === "corrupt") strictEqual(isSound(line), false);
    }),
    { numRuns: 300 },
  );
  strictEqual(skimLine(undefined).type, "corrupt");
});
