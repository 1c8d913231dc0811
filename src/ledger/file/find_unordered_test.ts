import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  ACCOUNT,
  complete,
  failed,
  KEY,
  running,
  submitted,
} from "../../../tests/helpers/entries.ts";
import {
  filler,
  HOUR_MS,
  inLedger,
  OTHER_ACCOUNT,
  START_MS,
  textOf,
  timeAt,
} from "../../../tests/helpers/ledger_parts.ts";
import type { JobRecord } from "../../job/record.ts";
import { BLOCK_SIZE } from "./lines.ts";
import { formatLine } from "./entry_line.ts";
import { findById } from "./find_by_id.ts";
import { ALWAYS_READ, findByKey } from "./find_by_key.ts";

const A = { id: "job_aaaaaaaaaa", token: "token-a" };
const B = { id: "job_bbbbbbbbbb", token: "token-b" };

const line = (entry: JobRecord) => new TextDecoder().decode(formatLine(entry));
const spoilt = (entry: JobRecord) => line(entry).replace("my-vm", "my-VM");

const LATE = timeAt(5 * HOUR_MS);
const LATER = timeAt(5 * HOUR_MS + 1);
const EARLY = timeAt(0);

/** What a search finds: which job, and which line is in its way. */
function say(parts: readonly string[], windowMs = 24 * HOUR_MS) {
  const now = new Date(START_MS + 6 * HOUR_MS);
  const { own, foreign, unreadable, badLines } = inLedger(
    parts,
    (file, size) =>
      findByKey(file, size, KEY, { account: ACCOUNT, windowMs, now }),
  );
  return {
    own: own?.job.id,
    state: own?.job.status,
    foreign: foreign?.job.id,
    way: unreadable?.line,
    badLines,
  };
}

const NOTHING = {
  own: undefined,
  state: undefined,
  foreign: undefined,
  way: undefined,
  badLines: 0,
};

const over = (job: typeof A, at: string) =>
  line(submitted({ ...job, at })) +
  line(complete({ ...job, at, delivered_at: at }));
const gone = (job: typeof A, at: string) =>
  line(submitted({ ...job, at })) +
  line(complete({ ...job, at, delivered_at: at, gone_at: at }));
const owed = (job: typeof A, at: string) =>
  line(submitted({ ...job, at })) + line(complete({ ...job, at }));
const lost = (job: typeof A, at: string) =>
  line(submitted({ ...job, at })) + line(failed({ ...job, at }));
const open = (job: typeof A, at: string) =>
  line(submitted({ ...job, at })) + line(running({ ...job, at }));

for (
  const { name, parts, state, id } of [
    {
      name: "the job that goes on, wherever the later one stands",
      parts: [over(A, LATE), open(B, EARLY)],
      ...B,
      state: "running",
    },
    {
      name: "the job that goes on, wherever the last one stands",
      parts: [open(A, LATE), over(B, EARLY)],
      ...A,
      state: "running",
    },
    {
      name: "the job whose result is owed, not the one that was delivered",
      parts: [over(A, LATE), owed(B, EARLY)],
      ...B,
      state: "complete",
    },
    {
      name: "the job whose result is owed, not the one that failed",
      parts: [owed(A, LATE), lost(B, EARLY)],
      ...A,
      state: "complete",
    },
    {
      name: "the job that was delivered, not the one whose VM is gone",
      parts: [over(A, LATE), gone(B, EARLY)],
      ...A,
      state: "complete",
    },
    {
      name: "of two that go on the last one",
      parts: [open(A, LATE), open(B, EARLY)],
      ...B,
      state: "running",
    },
  ]
) {
  Deno.test(`findByKey() gives, of lines out of order, ${name}`, () => {
    deepStrictEqual(say(parts), { ...NOTHING, own: id, state });
  });
}

Deno.test("findByKey() knows of a job whose lines stand in reverse how it ended", () => {
  const parts = [
    line(complete({ ...A, at: timeAt(2) })),
    line(running({ ...A, at: timeAt(1) })),
    line(submitted({ ...A, at: timeAt(0) })),
  ];
  deepStrictEqual(say(parts), { ...NOTHING, own: A.id, state: "complete" });
  inLedger(parts, (file, size) => {
    strictEqual(findById(file, size, A.id)?.job.status, "complete");
    strictEqual(findById(file, size, A.id)?.entries.length, 3);
  });
});

/** Other work that is longer than two blocks, all of one time. */
const far = (at: string) => textOf(filler(2 * BLOCK_SIZE, at));

Deno.test("findById() looks for all lines of a job, wherever order is lost", () => {
  const parts = [
    line(complete({ ...A, at: timeAt(3) })),
    far(timeAt(2)),
    line(submitted({ ...A, at: timeAt(1) })),
  ];
  inLedger(parts, (file, size) => {
    strictEqual(findById(file, size, A.id)?.job.status, "complete");
  });
});

Deno.test("findByKey() looks for all lines of a job, where order was lost before it", () => {
  const theirs = { ...B, account: OTHER_ACCOUNT };
  const parts = [
    line(complete({ ...theirs, at: timeAt(1) })),
    line(submitted({ key: "f".repeat(32), at: timeAt(9) })),
    far(timeAt(2)),
    line(submitted({ ...theirs, at: timeAt(3) })),
  ];
  const now = new Date(START_MS + HOUR_MS);
  const options = { account: ACCOUNT, windowMs: 24 * HOUR_MS, now };
  inLedger(parts, (file, size) => {
    const { foreign } = findByKey(file, size, KEY, options);
    strictEqual(foreign?.job.status, "complete");
  });
});

Deno.test("findByKey() reads a long file that was sorted to its start", () => {
  // Other work, long ago, with ids in no order, all larger than that of ours.
  const others = Array.from({ length: 900 }, (_, step) =>
    line(submitted({
      id: `job_f${(step * 7_919 % 99_991).toString().padStart(9, "0")}`,
      key: "f".repeat(32),
      at: timeAt(step - 99 * HOUR_MS),
      args: ["x".repeat(300)],
    })));
  const ours = [running({ ...A, at: LATER }), submitted({ ...A, at: LATE })];
  const sorted = [...others, ...ours.map(line)].toSorted();
  strictEqual(sorted[0], line(ours[0] as JobRecord));
  strictEqual(sorted.join("").length > 2 * ALWAYS_READ, true);
  deepStrictEqual(say(sorted), { ...NOTHING, own: A.id, state: "running" });
});

Deno.test("findByKey() gives another account's job of lines out of order, where there is no other", () => {
  const theirs = { ...B, account: OTHER_ACCOUNT };
  const parts = [over(A, LATE), open(theirs, EARLY)];
  deepStrictEqual(say(parts), {
    ...NOTHING,
    own: A.id,
    state: "complete",
    foreign: B.id,
  });
  deepStrictEqual(say([open(theirs, EARLY), over(A, LATE)]).foreign, undefined);
});

Deno.test("findByKey() takes a job of lines out of order whose intent cannot be read", () => {
  const parts = [
    line(running({ ...A, at: LATE })),
    spoilt(submitted({ ...A, at: EARLY })),
    line(submitted({ key: "f".repeat(32), at: EARLY })),
  ];
  deepStrictEqual(say(parts), {
    ...NOTHING,
    own: A.id,
    state: "running",
    way: 2,
  });
});

for (
  const { name, bad, way } of [
    {
      name: "stops at a corrupt line of another job, wherever it stands",
      bad: spoilt(submitted({ ...B, at: LATER })),
      way: 1,
    },
    {
      name: "passes over one that is older than the job it found",
      bad: spoilt(submitted({ ...B, at: timeAt(-1) })),
      way: undefined,
    },
    {
      name: "passes over one of a job that has ended",
      bad: spoilt(running({ id: "job_cccccccccc", at: LATER })),
      way: undefined,
    },
    { name: "stops at a line that is no text", bad: "{\0x\0\n", way: 1 },
    {
      name: "passes over a corrupt line of another key",
      bad: spoilt(submitted({ key: "f".repeat(32) })),
      way: undefined,
    },
    {
      name: "stops at a line that is too long and holds the key",
      bad: "x".repeat(1_100_000) + KEY + "\n",
      way: 1,
    },
  ]
) {
  Deno.test(`findByKey() of lines out of order ${name}`, () => {
    const parts = [
      bad,
      over({ id: "job_cccccccccc", token: "token-c" }, LATE),
      open(A, EARLY),
    ];
    deepStrictEqual(say(parts), {
      ...NOTHING,
      own: A.id,
      state: "running",
      way,
      badLines: way === undefined ? 1 : 0,
    });
  });
}
