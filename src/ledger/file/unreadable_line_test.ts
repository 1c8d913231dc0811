import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { RUINOUS } from "../../../tests/helpers/damages.ts";
import {
  ACCOUNT,
  complete,
  failed,
  KEY,
  running,
  submitted,
} from "../../../tests/helpers/entries.ts";
import { withChecksum } from "../../../tests/helpers/ledger_lines.ts";
import {
  filler,
  goLine,
  HOUR_MS,
  inLedger,
  OTHER_KEY,
  START_MS,
  timeAt,
} from "../../../tests/helpers/ledger_parts.ts";
import type { JobRecord } from "../../job/record.ts";
import { BLOCK_SIZE, lineNumberAt, MAX_LINE_LENGTH } from "./lines.ts";
import { formatLine } from "./entry_line.ts";
import { unreadableOf } from "./find_by_id.ts";
import { findByKey } from "./find_by_key.ts";
import { inspectLines } from "./inspect.ts";

const A = { id: "job_aaaaaaaaaa", token: "token-a" };
const B = { id: "job_bbbbbbbbbb", token: "token-b" };

const line = (entry: JobRecord) => new TextDecoder().decode(formatLine(entry));
/** A line whose checksum does not match any more. */
const spoilt = (entry: JobRecord) => line(entry).replace("my-vm", "my-VM");

const NOW_MS = HOUR_MS;

function find(
  parts: readonly (Uint8Array | string)[],
  windowMs = 24 * HOUR_MS,
) {
  return inLedger(parts, (file, size) =>
    findByKey(file, size, KEY, {
      account: ACCOUNT,
      windowMs,
      now: new Date(START_MS + NOW_MS),
    }));
}

/** What a search says: which line is in the way, how much, and what else. */
function say(parts: readonly (Uint8Array | string)[], windowMs?: number) {
  const { own, unreadable, badLines } = find(parts, windowMs);
  return {
    own: own?.job.id,
    way: unreadable &&
      `line ${unreadable.line}${unreadable.mayBeNewest ? "" : ", not newest"}`,
    badLines,
  };
}

const old = timeAt(-30 * HOUR_MS);
const OTHER = line(submitted({ key: OTHER_KEY, id: "job_0000000000" }));
const OLD_OTHER = line(submitted({ key: OTHER_KEY, at: old }));
const NO_TEXT = new Uint8Array([0x66, 0xff, 0xfe, 0x66, 10]);

interface Case {
  readonly parts: readonly (Uint8Array | string)[];
  readonly windowMs?: number;
  readonly own?: string;
  readonly way?: string;
  readonly badLines?: number;
}

const CASES: Readonly<Record<string, Case>> = {
  "a line of the key that is corrupt": {
    parts: [OTHER, spoilt(submitted(A))],
    way: "line 2",
  },
  "one before an intact line that says that its job is complete": {
    parts: [spoilt(running(A)), line(complete(A))],
    own: A.id,
    badLines: 1,
  },
  "one before an intact line that says that its job has failed": {
    parts: [spoilt(running(A)), line(failed(A))],
    own: A.id,
    badLines: 1,
  },
  "one before an intact line of its job, which goes on": {
    parts: [spoilt(submitted(A)), line(running(A))],
    own: A.id,
    way: "line 1, not newest",
  },
  "one behind the intact intent of its job": {
    parts: [line(submitted(A)), spoilt(running(A))],
    own: A.id,
    way: "line 2, not newest",
  },
  "one of another job behind the newest intent": {
    parts: [line(submitted(A)), line(running(A)), spoilt(submitted(B))],
    own: A.id,
    way: "line 3",
  },
  "one of another job before the newest intent": {
    parts: [spoilt(submitted(B)), line(submitted(A)), line(running(A))],
    own: A.id,
    badLines: 1,
  },
  "one that says that it is older than the window": {
    parts: [spoilt(submitted({ ...A, at: old })), OTHER],
    badLines: 1,
  },
  "one that is older than the window, under a key that has none": {
    parts: [spoilt(submitted({ ...A, at: old })), OTHER],
    windowMs: Infinity,
    way: "line 1",
  },
  "a piece of a line, before a line that is older than the window": {
    parts: [`  "key": "${KEY}",\n`, OLD_OTHER, OTHER],
    badLines: 1,
  },
  "a piece of a line, behind a line that is older than the window": {
    parts: [OLD_OTHER, `{\n  "key": "${KEY}",\n`, OTHER],
    way: "line 3",
    badLines: 1,
  },
  "a write that was cut off in the middle": {
    parts: [OTHER, line(submitted(A)).slice(0, 400)],
  },
  "a write that was cut off, and closed off": {
    parts: [line(submitted(A)).slice(0, 400), "\n", OTHER],
    badLines: 1,
  },
  "the end of a file that is corrupt, without a newline": {
    parts: [OTHER, spoilt(submitted(A)).slice(0, -1)],
    way: "line 2",
  },
  "a corrupt line of another key": {
    parts: [spoilt(submitted({ ...A, key: OTHER_KEY })), OTHER],
    badLines: 1,
  },
  "two lines that ran together": {
    parts: [line(complete(A)).slice(0, -1), line(submitted(B)), OTHER],
    way: "line 1",
  },
  "two lines that ran together, of which one is of a job that has ended": {
    parts: [
      line(complete(A)).slice(0, -1),
      line(submitted(B)),
      line(complete(A)),
    ],
    own: A.id,
    way: "line 1",
  },
  "a newer program's line of another key, without a checksum like ours": {
    parts: [JSON.stringify({ v: 3, key: OTHER_KEY }) + "\n", OTHER],
  },
  "the end of an intent, of whose job more is intact": {
    parts: [line(submitted(A)).slice(100), line(running(A))],
    own: A.id,
    way: "line 1, not newest",
  },
  "the end of an intent, of whose job it is intact how it ended": {
    parts: [line(submitted(A)).slice(100), line(complete(A))],
    own: A.id,
    badLines: 1,
  },
  "a piece of a line before all that is intact of a job": {
    parts: [`  "key": "${KEY}",\n`, line(running(A))],
    own: A.id,
    way: "line 1, not newest",
  },
  "a piece of a line behind what is intact of a job": {
    parts: [line(running(A)), `  "key": "${KEY}",\n`],
    own: A.id,
    way: "line 2",
  },
  "a line that is no text": {
    parts: [NO_TEXT, OTHER],
    way: "line 1, not newest",
  },
  "a line that is no text, where a job of the key goes on": {
    parts: [line(running(A)), NO_TEXT],
    own: A.id,
    way: "line 2, not newest",
  },
  "a line that is no text, but says that it is of another key": {
    parts: [
      formatLine(submitted({ ...A, key: OTHER_KEY })).map((byte) =>
        byte === 0x2c ? 0xff : byte
      ),
    ],
    badLines: 1,
  },
  "text that was cut off in a character": {
    parts: [new Uint8Array([0x7b, 0x22, 0xc3, 10]), OTHER],
    badLines: 1,
  },
  "zeros as a crash leaves them": {
    parts: [OTHER.slice(0, 50), "\0".repeat(9_000), "\n", OTHER],
    badLines: 1,
  },
  "nothing but zeros": { parts: ["\0".repeat(9_000)], badLines: 1 },
  "lines of the key that were all cut off, one of them behind its answer": {
    parts: [
      line(submitted(A)).slice(0, -20) + "\n",
      line(running(A)).slice(0, -20) + "\n",
      OTHER,
    ],
    way: "line 2",
    badLines: 1,
  },
  "an intent, and its answer that was cut off": {
    parts: [line(submitted(A)), line(running(A)).slice(0, -20) + "\n", OTHER],
    own: A.id,
    way: "line 2, not newest",
  },
  "a line of the key with a comma behind it": {
    parts: [line(submitted(A)).replace("\n", ",\n"), OTHER],
    way: "line 1",
  },
  "a line of the key with a remark behind it": {
    parts: [line(submitted(A)).replace("\n", " # mine\n"), OTHER],
    way: "line 1",
  },
  "a newer program's line of the key": {
    parts: [
      line(submitted(A)),
      withChecksum({ ...running(A), v: 3 }) + "\n",
    ],
    own: A.id,
    way: "line 2",
  },
  "a newer program's line that holds the key under another name": {
    parts: [withChecksum({ v: 3, print: KEY }) + "\n"],
    way: "line 1",
  },
  "a newer program's line that is older than the window": {
    parts: [withChecksum({ ...running(A), v: 3, at: old }) + "\n", OTHER],
  },
  "a line that is too long and holds the key": {
    parts: [OTHER, longLine(KEY), OTHER, OTHER],
    way: "line 2",
  },
  "a line that is too long and does not": {
    parts: [OTHER, longLine("x"), OTHER],
    badLines: 1,
  },
  "a line that is too long and no text": {
    parts: [OTHER, longLine("\0"), OTHER],
    way: "line 2, not newest",
  },
};

/** Returns a line over several blocks, with a word near its middle. */
function longLine(word: string): string {
  const half = "é".repeat(MAX_LINE_LENGTH / 2);
  return `${half}${word}${half}\n`;
}

for (const [name, { parts, windowMs, ...said }] of Object.entries(CASES)) {
  const { own, way, badLines = 0 } = said;
  const does = way === undefined ? "passes over" : "stops at";
  Deno.test(`findByKey() ${does} ${name}`, () => {
    deepStrictEqual(say(parts, windowMs), { own, way, badLines });
  });
}

Deno.test("findByKey() sees the key in a line that is too long, over whichever edge of a block it lies", () => {
  for (let by = 0; by <= KEY.length; by++) {
    const before = "x".repeat(BLOCK_SIZE + by);
    const text = `${before}${KEY}${"x".repeat(MAX_LINE_LENGTH)}`;
    strictEqual(say([text]).way, "line 1", String(by));
  }
});

Deno.test("findByKey() says which line it is of a long ledger, and why", () => {
  const before = filler(3 * BLOCK_SIZE, timeAt(0));
  const { length } = new TextDecoder().decode(before).split("\n");
  const { unreadable } = find([before, spoilt(running(A))]);
  deepStrictEqual(unreadable, {
    line: length,
    offset: before.length,
    why: "its checksum does not match",
    isNewer: false,
    mayBeNewest: true,
  });
});

const SOME = [submitted(A), running(A), submitted({ ...B, key: OTHER_KEY })];

for (const [name, damage] of Object.entries(RUINOUS)) {
  Deno.test(`findByKey() stops at a line after ${name}, which the doctor shows`, () => {
    for (const entries of [SOME, SOME.slice(0, 2), SOME.slice(0, 1)]) {
      const isJoined = /line ends|-s/.test(name);
      // One line alone has no other to run together with.
      if (entries.length === 1 && isJoined) continue;
      const content = new TextEncoder().encode(entries.map(line).join(""));
      for (const parts of [[damage(content)], [damage(content), OTHER]]) {
        const { own, unreadable } = find(parts);
        strictEqual(own, undefined);
        ok(unreadable !== undefined);
        inLedger(parts, (file, size) => {
          const { badLines } = inspectLines(file, size, new Date(START_MS));
          const shown = badLines.find(({ line, lastLine }) =>
            line <= unreadable.line && unreadable.line <= lastLine
          );
          strictEqual(shown?.why, unreadable.why);
          strictEqual(lineNumberAt(file, unreadable.offset), unreadable.line);
        });
      }
    }
  });
}

Deno.test("unreadableOf() names a line where none of the job can be read, and no other", () => {
  const parts = [spoilt(submitted(A)), line(running(B)), spoilt(running(B))];
  inLedger(parts, (file, size) => {
    strictEqual(unreadableOf(file, size, A.id)?.line, 1);
    strictEqual(unreadableOf(file, size, B.id), undefined);
    strictEqual(unreadableOf(file, size, "job_cccccccccc"), undefined);
  });
  const go = goLine(timeAt(0));
  inLedger([...parts, NO_TEXT, go], (file, size) => {
    strictEqual(unreadableOf(file, size, JSON.parse(go).id), undefined);
    strictEqual(unreadableOf(file, size, "job_cccccccccc")?.line, 4);
    strictEqual(unreadableOf(file, size, B.id), undefined);
  });
  const newer = withChecksum({ id: B.id, v: 3 }) + "\n";
  inLedger([...parts, newer, line(complete(B))], (file, size) => {
    strictEqual(unreadableOf(file, size, B.id)?.line, 4);
  });
});
