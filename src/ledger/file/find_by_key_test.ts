import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  ACCOUNT,
  complete,
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
  OTHER_ACCOUNT,
  OTHER_KEY,
  START_MS,
  textOf,
  timeAt,
} from "../../../tests/helpers/ledger_parts.ts";
import { foldRecords } from "../../job/job.ts";
import type { FindByKeyOptions } from "../ledger.ts";
import { formatLine } from "./entry_line.ts";
import { findById } from "./find_by_id.ts";
import { ALWAYS_READ, findByKey } from "./find_by_key.ts";

const OPTIONS: FindByKeyOptions = {
  account: ACCOUNT,
  windowMs: 24 * HOUR_MS,
  now: new Date(START_MS + HOUR_MS),
};

function find(
  parts: readonly (Uint8Array | string)[],
  options: Partial<FindByKeyOptions> = {},
) {
  return inLedger(
    parts,
    (file, size) => findByKey(file, size, KEY, { ...OPTIONS, ...options }),
  );
}

/** Two jobs of one key, by their place in the file. */
const FIRST = { id: "job_0000000001", token: "token-1" };
const SECOND = { id: "job_0000000002", token: "token-2" };

Deno.test("findByKey() finds nothing in an empty ledger", () => {
  deepStrictEqual(find([]), {
    own: undefined,
    foreign: undefined,
    accepted: undefined,
    unreadable: undefined,
    badLines: 0,
  });
});

Deno.test("findByKey() gives the job that was submitted last, with all of its entries", () => {
  const intent = submitted({ ...SECOND, at: timeAt(1) });
  const accepted = running({ ...SECOND, at: timeAt(2) });
  const { own } = find([
    formatLine(submitted(FIRST)),
    formatLine(intent),
    formatLine(accepted),
    // The first one ends after the second was submitted.
    formatLine(complete({ ...FIRST, at: timeAt(3) })),
  ]);
  deepStrictEqual(own?.job, foldRecords([intent, accepted]));
  strictEqual(own?.entries.length, 2);
  strictEqual(
    Math.min(...own.entries.map(({ offset }) => offset)),
    formatLine(submitted(FIRST)).length,
  );
});

Deno.test("findByKey() counts a submission from its send, not from when it was declared unconfirmed", () => {
  const entries = [
    submitted({ at: timeAt(0) }),
    submitted({ at: timeAt(9_000), unconfirmed_at: timeAt(9_000) }),
    submitted({ at: timeAt(90_000), unconfirmed_at: timeAt(90_000) }),
  ];
  const { own } = find(entries.map(formatLine));
  strictEqual(own?.job.sent_at, timeAt(0));
  deepStrictEqual(own.job, foldRecords(entries));
});

Deno.test("findByKey() gives a job that was sent twice with both sends", () => {
  const entries = [
    submitted({ at: timeAt(0), server_at: timeAt(1) }),
    submitted({ at: timeAt(2), unconfirmed_at: timeAt(2) }),
    submitted({ at: timeAt(3), sends: 2 }),
    running({ at: timeAt(4), sends: 2 }),
  ];
  const { own } = find(entries.map(formatLine));
  deepStrictEqual(own?.job, foldRecords(entries));
});

Deno.test("findByKey() prefers this account's job to a newer one of another account", () => {
  const foreignEntry = submitted({ ...SECOND, account: OTHER_ACCOUNT });
  const { own, foreign } = find([
    formatLine(submitted(FIRST)),
    formatLine(foreignEntry),
  ]);
  strictEqual(own?.job.id, FIRST.id);
  deepStrictEqual(foreign?.job, foldRecords([foreignEntry]));
});

Deno.test("findByKey() gives another account's job when there is no other", () => {
  const { own, foreign } = find([
    formatLine(submitted({ ...FIRST, account: OTHER_ACCOUNT })),
    formatLine(running({ ...FIRST, account: OTHER_ACCOUNT })),
  ]);
  strictEqual(own, undefined);
  strictEqual(foreign?.job.status, "running");
});

Deno.test("findByKey() takes a job whose intent was lost, where there is no other", () => {
  const intent = formatLine(submitted(FIRST));
  intent[20] = 0;
  const { own } = find([intent, formatLine(running(FIRST))]);
  strictEqual(own?.job.id, FIRST.id);
  strictEqual(own.job.status, "running");
});

/** The lines of a job that nobody waited for. */
function unwaited(job: typeof FIRST, from: number): Uint8Array[] {
  const accepted_at = timeAt(from + 2);
  return [
    submitted({ ...job, at: timeAt(from) }),
    running({ ...job, at: timeAt(from + 1) }),
    running({ ...job, at: timeAt(from + 2), accepted_at }),
  ].map(formatLine);
}

Deno.test("findByKey() gives a job that nobody waited for apart from the one before it that was", () => {
  const waited = [
    formatLine(submitted({ ...FIRST, at: timeAt(0) })),
    formatLine(running({ ...FIRST, at: timeAt(1) })),
  ];
  const { own, accepted } = find([...waited, ...unwaited(SECOND, 2)]);
  strictEqual(own?.job.id, FIRST.id);
  strictEqual(accepted?.job.id, SECOND.id);
  strictEqual(accepted.job.accepted_at, timeAt(4));
  strictEqual(accepted.entries.length, 3);
});

Deno.test("findByKey() gives the newest of the jobs that nobody waited for, where there is no other", () => {
  const { own, accepted } = find([
    ...unwaited(FIRST, 0),
    ...unwaited(SECOND, 3),
    // Somebody has seen it run since.
    formatLine(
      complete({ ...SECOND, at: timeAt(9), accepted_at: timeAt(5) }),
    ),
  ]);
  strictEqual(own, undefined);
  strictEqual(accepted?.job.id, SECOND.id);
  strictEqual(accepted.job.status, "complete");
});

Deno.test("findByKey() gives no job that nobody waited for before the newest that was", () => {
  const found = find([
    ...unwaited(FIRST, 0),
    formatLine(submitted({ ...SECOND, at: timeAt(5) })),
  ]);
  strictEqual(found.own?.job.id, SECOND.id);
  strictEqual(found.accepted, undefined);
});

Deno.test("findByKey() leaves another account's job that nobody waited for", () => {
  const theirs = { ...SECOND, account: OTHER_ACCOUNT };
  const { own, foreign, accepted } = find(unwaited(theirs, 0));
  deepStrictEqual([own, foreign, accepted], [undefined, undefined, undefined]);
});

Deno.test("findByKey() gives a job that nobody waited for, of lines out of order", () => {
  const parts = [
    ...unwaited(SECOND, 3).toReversed(),
    formatLine(submitted({ ...FIRST, at: timeAt(0) })),
  ];
  const { own, accepted } = find(parts);
  deepStrictEqual([own?.job.id, accepted?.job.id], [FIRST.id, SECOND.id]);
});

Deno.test("findByKey() says that a newer program wrote of this work", () => {
  const newer = withChecksum({ ...submitted(SECOND), v: 3 }) + "\n";
  const own = formatLine(submitted(FIRST));
  deepStrictEqual(find([own, newer]).unreadable, {
    line: 2,
    offset: own.length,
    why: "it was written by a newer vers",
    isNewer: true,
    mayBeNewest: true,
  });
  // What is ours and newer than that is what counts.
  strictEqual(find([newer, own]).unreadable, undefined);
  const other = withChecksum({ v: 3, key: OTHER_KEY, about: KEY }) + "\n";
  strictEqual(find([own, other]).unreadable, undefined);
});

Deno.test("findByKey() does not take another field that holds the key for the key", () => {
  const { own } = find([
    formatLine(submitted({ ...FIRST, key: OTHER_KEY, args: [KEY] })),
  ]);
  strictEqual(own, undefined);
});

for (
  const { name, before, after, now, isFound } of [
    {
      name: "behind less than is always read",
      before: timeAt(0),
      after: filler(ALWAYS_READ / 2, timeAt(0)),
      now: 1_000 * HOUR_MS,
      isFound: true,
    },
    {
      name: "behind lines inside the window",
      before: timeAt(0),
      after: filler(3 * ALWAYS_READ, timeAt(1)),
      now: 23 * HOUR_MS,
      isFound: true,
    },
    {
      name: "behind lines out of the window",
      before: timeAt(0),
      after: filler(3 * ALWAYS_READ, timeAt(1)),
      now: 25 * HOUR_MS,
      isFound: false,
    },
    {
      name: "behind lines from the future",
      before: timeAt(0),
      after: filler(3 * ALWAYS_READ, timeAt(100 * HOUR_MS)),
      now: 25 * HOUR_MS,
      isFound: true,
    },
    {
      // Where the clock was set back, all of the file is read.
      name: "behind lines out of the window and a few from the future",
      before: timeAt(0),
      after: Array.from(
        { length: 20 },
        () =>
          textOf(filler(40_000, timeAt(1))) +
          textOf(filler(1, timeAt(100 * HOUR_MS))),
      ).join(""),
      now: 25 * HOUR_MS,
      isFound: true,
    },
    {
      name: "behind a foreign program's lines without a time",
      before: timeAt(0),
      after: goLine("long ago").repeat(200),
      now: 25 * HOUR_MS,
      isFound: true,
    },
    {
      name: "behind the Go CLI's lines inside the window",
      before: timeAt(0),
      after: goLine(timeAt(1)).repeat(200),
      now: 23 * HOUR_MS,
      isFound: true,
    },
    {
      name: "behind the Go CLI's lines out of the window",
      before: timeAt(0),
      after: goLine(timeAt(1)).repeat(200),
      now: 25 * HOUR_MS,
      isFound: false,
    },
    {
      name: "behind what is no line at all",
      before: timeAt(0),
      after: "x".repeat(3 * ALWAYS_READ),
      now: 25 * HOUR_MS,
      isFound: true,
    },
  ]
) {
  Deno.test(`findByKey() ${isFound ? "finds" : "leaves"} a job ${name}`, () => {
    const { own } = find(
      [formatLine(submitted({ at: before })), after],
      { now: new Date(START_MS + now) },
    );
    strictEqual(own !== undefined, isFound);
  });
}

Deno.test("findByKey() looks for the intent of a job that is inside the window, however old that is", () => {
  const { own } = find([
    formatLine(submitted({ at: timeAt(0) })),
    filler(3 * ALWAYS_READ, timeAt(0)),
    formatLine(complete({ at: timeAt(99 * HOUR_MS) })),
  ], { now: new Date(START_MS + 100 * HOUR_MS) });
  strictEqual(own?.job.status, "complete");
  strictEqual(own.entries.length, 2);
});

Deno.test("findByKey() lets the Go CLI's lines have no say beside lines of ours from the future", () => {
  const future = formatLine(
    submitted({
      id: "job_ffffffffff",
      key: OTHER_KEY,
      at: timeAt(99 * HOUR_MS),
    }),
  );
  const mixed = new TextDecoder().decode(future) +
    goLine(timeAt(-99 * HOUR_MS));
  const { own } = find([
    formatLine(submitted()),
    mixed.repeat(200),
  ]);
  strictEqual(own?.job.id, "job_8f2a3b4c5d");
});

Deno.test("findById() does not know the Go CLI's jobs, nor a part of an id", () => {
  inLedger(
    [goLine(timeAt(0)), formatLine(submitted())],
    (file, size) => {
      strictEqual(findById(file, size, "job_1a2b3c4d5e"), undefined);
      strictEqual(findById(file, size, "job_8f2a3b4c5"), undefined);
      strictEqual(findById(file, size, ""), undefined);
    },
  );
});

Deno.test("findById() of an id that two jobs have gives the newest, or the one of the token", () => {
  const id = FIRST.id;
  inLedger(
    [
      formatLine(submitted({ id, token: "token-1" })),
      formatLine(submitted({ id, token: "token-2", at: timeAt(1) })),
    ],
    (file, size) => {
      strictEqual(findById(file, size, id)?.job.token, "token-2");
      strictEqual(
        findById(file, size, id, { token: "token-1" })?.job.token,
        "token-1",
      );
    },
  );
});
