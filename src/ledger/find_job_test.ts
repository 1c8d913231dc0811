import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  ACCOUNT,
  complete,
  failed,
  KEY,
  running,
  submitted,
} from "../../tests/helpers/entries.ts";
import { withChecksum } from "../../tests/helpers/ledger_lines.ts";
import type { Entry } from "../job/entry.ts";
import { foldEntries, type Job } from "../job/job.ts";
import { formatEntryLine } from "./entry_line.ts";
import {
  ALWAYS_READ,
  findById,
  findByKey,
  type FindByKeyOptions,
  identityOf,
} from "./find_job.ts";

const HOUR_MS = 3_600_000;
const START_MS = Date.parse("2026-01-05T09:00:00.000Z");
const OTHER_KEY = "ffffffffffffffffffffffffffffffff";
const OTHER_ACCOUNT = "0123456789ab";

/** Returns what `read` finds in a file of these parts. */
function inLedger<Found>(
  parts: readonly (Uint8Array | string)[],
  read: (file: Deno.FsFile, size: number) => Found,
): Found {
  const path = Deno.makeTempFileSync();
  try {
    const encoder = new TextEncoder();
    const blob = parts.map((part) =>
      typeof part === "string" ? encoder.encode(part) : part
    );
    const content = new Uint8Array(blob.reduce((sum, b) => sum + b.length, 0));
    let offset = 0;
    for (const bytes of blob) {
      content.set(bytes, offset);
      offset += bytes.length;
    }
    Deno.writeFileSync(path, content);
    using file = Deno.openSync(path, { read: true });
    return read(file, content.length);
  } finally {
    Deno.removeSync(path);
  }
}

function timeAt(ms: number): string {
  return new Date(START_MS + ms).toISOString();
}

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

/** Returns lines of other work, of about so many bytes, each of this time. */
function filler(bytes: number, at: string): Uint8Array {
  const entry = submitted({ id: "job_ffffffffff", key: OTHER_KEY, at });
  const line = formatEntryLine({ ...entry, args: ["x".repeat(4_000)] });
  const lines = new Uint8Array(Math.ceil(bytes / line.length) * line.length);
  for (let at = 0; at < lines.length; at += line.length) lines.set(line, at);
  return lines;
}

/** Returns one of the Go CLI's lines. */
function goLine(at: string): string {
  return JSON.stringify({
    id: "job_1a2b3c4d5e",
    kind: "vm.run",
    command: "vers run --wait",
    args: ["run", "--wait", "x".repeat(4_000)],
    started_at: at,
    status: "submitted",
  }) + "\n";
}

/** Two jobs of one key, by their place in the file. */
const FIRST = { id: "job_0000000001", token: "token-1" };
const SECOND = { id: "job_0000000002", token: "token-2" };

Deno.test("findByKey() finds nothing in an empty ledger", () => {
  deepStrictEqual(find([]), {
    own: undefined,
    foreign: undefined,
    isNewer: false,
  });
});

Deno.test("findByKey() gives the job that was submitted last, with all of its entries", () => {
  const intent = submitted({ ...SECOND, at: timeAt(1) });
  const accepted = running({ ...SECOND, at: timeAt(2) });
  const { own } = find([
    formatEntryLine(submitted(FIRST)),
    formatEntryLine(intent),
    formatEntryLine(accepted),
    // The first one ends after the second was submitted.
    formatEntryLine(complete({ ...FIRST, at: timeAt(3) })),
  ]);
  deepStrictEqual(own?.job, foldEntries([intent, accepted]));
  strictEqual(own?.entries.length, 2);
  strictEqual(
    Math.min(...own.entries.map(({ offset }) => offset)),
    formatEntryLine(submitted(FIRST)).length,
  );
});

Deno.test("findByKey() counts a submission from its send, not from when it was declared unconfirmed", () => {
  const entries = [
    submitted({ at: timeAt(0) }),
    submitted({ at: timeAt(9_000), unconfirmed_at: timeAt(9_000) }),
    submitted({ at: timeAt(90_000), unconfirmed_at: timeAt(90_000) }),
  ];
  const { own } = find(entries.map(formatEntryLine));
  strictEqual(own?.job.submittedAt, timeAt(0));
  deepStrictEqual(own.job, foldEntries(entries));
});

Deno.test("findByKey() gives a job that was sent twice with both sends", () => {
  const entries = [
    submitted({ at: timeAt(0), server_at: timeAt(1) }),
    submitted({ at: timeAt(2), unconfirmed_at: timeAt(2) }),
    submitted({ at: timeAt(3), sends: 2 }),
    running({ at: timeAt(4), sends: 2 }),
  ];
  const { own } = find(entries.map(formatEntryLine));
  deepStrictEqual(own?.job, foldEntries(entries));
});

Deno.test("findByKey() prefers this account's job to a newer one of another account", () => {
  const foreignEntry = submitted({ ...SECOND, account: OTHER_ACCOUNT });
  const { own, foreign } = find([
    formatEntryLine(submitted(FIRST)),
    formatEntryLine(foreignEntry),
  ]);
  strictEqual(own?.job.id, FIRST.id);
  deepStrictEqual(foreign?.job, foldEntries([foreignEntry]));
});

Deno.test("findByKey() gives another account's job when there is no other", () => {
  const { own, foreign } = find([
    formatEntryLine(submitted({ ...FIRST, account: OTHER_ACCOUNT })),
    formatEntryLine(running({ ...FIRST, account: OTHER_ACCOUNT })),
  ]);
  strictEqual(own, undefined);
  strictEqual(foreign?.job.state, "running");
});

Deno.test("findByKey() takes a job whose intent was lost, where there is no other", () => {
  const intent = formatEntryLine(submitted(FIRST));
  intent[20] = 0;
  const { own } = find([intent, formatEntryLine(running(FIRST))]);
  strictEqual(own?.job.id, FIRST.id);
  strictEqual(own.job.state, "running");
});

Deno.test("findByKey() says that a newer program wrote of this work", () => {
  const newer = withChecksum({ ...submitted(SECOND), v: 3 }) + "\n";
  const own = formatEntryLine(submitted(FIRST));
  strictEqual(find([own, newer]).isNewer, true);
  // What is ours and newer than that is what counts.
  strictEqual(find([newer, own]).isNewer, false);
  const other = withChecksum({ v: 3, key: OTHER_KEY, about: KEY }) + "\n";
  strictEqual(find([own, other]).isNewer, false);
});

Deno.test("findByKey() does not take another field that holds the key for the key", () => {
  const { own } = find([
    formatEntryLine(submitted({ ...FIRST, key: OTHER_KEY, args: [KEY] })),
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
      [formatEntryLine(submitted({ at: before })), after],
      { now: new Date(START_MS + now) },
    );
    strictEqual(own !== undefined, isFound);
  });
}

Deno.test("findByKey() looks for the intent of a job that is inside the window, however old that is", () => {
  const { own } = find([
    formatEntryLine(submitted({ at: timeAt(0) })),
    filler(3 * ALWAYS_READ, timeAt(0)),
    formatEntryLine(complete({ at: timeAt(99 * HOUR_MS) })),
  ], { now: new Date(START_MS + 100 * HOUR_MS) });
  strictEqual(own?.job.state, "complete");
  strictEqual(own.entries.length, 2);
});

Deno.test("findByKey() lets the Go CLI's lines have no say beside lines of ours from the future", () => {
  const future = formatEntryLine(
    submitted({
      id: "job_ffffffffff",
      key: OTHER_KEY,
      at: timeAt(99 * HOUR_MS),
    }),
  );
  const mixed = new TextDecoder().decode(future) +
    goLine(timeAt(-99 * HOUR_MS));
  const { own } = find([
    formatEntryLine(submitted()),
    mixed.repeat(200),
  ]);
  strictEqual(own?.job.id, "job_8f2a3b4c5d");
});

/** Something that happens to a ledger. */
type Step =
  | {
    readonly type: "submit";
    readonly isKey: boolean;
    readonly isOwn: boolean;
    readonly isDamaged: boolean;
    readonly padding: number;
  }
  | { readonly type: "go on"; readonly job: number; readonly padding: number }
  | { readonly type: "again"; readonly job: number }
  | { readonly type: "filler"; readonly bytes: number }
  | { readonly type: "go"; readonly lines: number }
  | { readonly type: "noise"; readonly text: string; readonly bytes: number }
  | { readonly type: "clock"; readonly ms: number };

const anyPadding = fc.oneof(fc.nat(200), fc.nat(70_000));
const anySubmit: fc.Arbitrary<Step> = fc.record({
  type: fc.constant("submit" as const),
  isKey: fc.boolean(),
  isOwn: fc.boolean(),
  isDamaged: fc.constantFrom(false, false, false, true),
  padding: anyPadding,
});
const anyGoOn: fc.Arbitrary<Step> = fc.record({
  type: fc.constant("go on" as const),
  job: fc.nat(30),
  padding: anyPadding,
});
const anyAgain: fc.Arbitrary<Step> = fc.record({
  type: fc.constant("again" as const),
  job: fc.nat(30),
});
const anyFiller: fc.Arbitrary<Step> = fc.record({
  type: fc.constant("filler" as const),
  bytes: fc.nat(300_000),
});
const anyGo: fc.Arbitrary<Step> = fc.record({
  type: fc.constant("go" as const),
  lines: fc.nat(40),
});
const anyNoise: fc.Arbitrary<Step> = fc.record({
  type: fc.constant("noise" as const),
  text: fc.constantFrom("\n", KEY, `{"key":"${KEY}"`, "\0", "{}", "\xff"),
  bytes: fc.nat(100_000),
});

function anyClock(maxBackMs: number): fc.Arbitrary<Step> {
  return fc.record({
    type: fc.constant("clock" as const),
    ms: fc.oneof(
      fc.integer({ min: 0, max: 20 * HOUR_MS }),
      fc.integer({ min: -maxBackMs, max: HOUR_MS }),
    ),
  });
}

/** An entry that can be read, by its place among all that was written. */
interface Placed {
  readonly order: number;
  readonly entry: Entry;
}

/** A ledger as several processes on a machine with this clock would leave it. */
interface Made {
  readonly parts: readonly (Uint8Array | string)[];
  readonly nowMs: number;
  /** What is there to be found, in the order of the file. */
  readonly entries: readonly Placed[];
  /** When each part was written that says so. */
  readonly times: readonly { readonly order: number; readonly ms: number }[];
}

function makeLedger(steps: readonly Step[]): Made {
  const parts: (Uint8Array | string)[] = [];
  const entries: Placed[] = [];
  const times: { order: number; ms: number }[] = [];
  const jobs: Entry[] = [];
  let nowMs = 0;
  let lastMs = -Infinity;
  /** The time of the next line, as `Ledger` gives it. */
  const next = () => {
    const isAhead = lastMs > nowMs && lastMs - nowMs <= HOUR_MS;
    lastMs = isAhead ? lastMs : nowMs;
    return timeAt(lastMs);
  };
  const write = (entry: Entry, isDamaged = false) => {
    const line = formatEntryLine(entry);
    const order = parts.push(line);
    // In the id: a byte that no checksum overlooks.
    if (isDamaged) line[10] = 0x21;
    else {
      entries.push({ order, entry });
      times.push({ order, ms: Date.parse(entry.at) });
    }
  };
  for (const [index, step] of steps.entries()) {
    nowMs += 10;
    switch (step.type) {
      case "submit": {
        const entry = submitted({
          id: `job_${String(index).padStart(10, "0")}`,
          token: `token-${index}`,
          key: step.isKey ? KEY : OTHER_KEY,
          account: step.isOwn ? ACCOUNT : OTHER_ACCOUNT,
          args: ["x".repeat(step.padding)],
          started_at: timeAt(nowMs),
          at: next(),
        });
        jobs.push(entry);
        write(entry, step.isDamaged);
        break;
      }
      case "go on": {
        const entry = jobs[step.job % Math.max(1, jobs.length)];
        if (entry === undefined) break;
        const { id, token, key = KEY, account, started_at, sends } = entry;
        const args = ["y".repeat(step.padding)];
        const base = { id, token, key, account, started_at, sends, args };
        const make = [running, complete, failed][index % 3] ?? running;
        write(make({ ...base, at: next() }));
        break;
      }
      case "again": {
        const at = step.job % Math.max(1, jobs.length);
        const entry = jobs[at];
        if (entry?.status !== "submitted") break;
        const time = next();
        const again = index % 2 === 0
          ? { ...entry, at: time, unconfirmed_at: time }
          : { ...entry, at: time, sends: entry.sends + 1 };
        jobs[at] = again;
        write(again);
        break;
      }
      case "filler": {
        const order = parts.push(filler(step.bytes, next()));
        if (step.bytes > 0) times.push({ order, ms: START_MS + lastMs });
        break;
      }
      case "go": {
        const order = parts.push(goLine(timeAt(nowMs)).repeat(step.lines));
        if (step.lines > 0) times.push({ order, ms: START_MS + nowMs });
        break;
      }
      case "noise":
        parts.push(step.text.repeat(step.bytes / step.text.length) + "\n");
        break;
      case "clock":
        nowMs += step.ms;
    }
  }
  return { parts, nowMs, entries, times };
}

/** What the ledger holds of the newest job of the key and an account. */
interface Newest {
  readonly job: Job;
  readonly submittedAt: number;
  readonly last: Placed;
}

/** The newest job is the one with the last intent; its mark is its first. */
function newestOf(model: Made, account: string): Newest | undefined {
  const intents = model.entries.filter(({ entry }) =>
    entry.key === KEY && entry.account === account &&
    entry.status === "submitted"
  );
  const newest = intents.at(-1);
  if (newest === undefined) return undefined;
  const all = model.entries.filter(({ entry }) =>
    identityOf(entry) === identityOf(newest.entry)
  );
  const last = all.at(-1) ?? newest;
  return {
    job: foldEntries(all.map(({ entry }) => entry)),
    submittedAt: newest.order,
    last,
  };
}

/**
 * Checks one search against the model: what lies inside the window is found,
 * and nothing is ever taken for the newest job that is not.
 *
 * A line that is older than the window and stands behind the job's last one
 * may hide it: there is none while the clock steps back by an hour at most.
 */
function checkSearch(
  steps: readonly Step[],
  windowMs: number,
  options: { readonly isStrict: boolean },
): void {
  const model = makeLedger(steps);
  const { parts, nowMs } = model;
  const now = new Date(START_MS + nowMs);
  const newest = newestOf(model, ACCOUNT);
  const { own, foreign } = find(parts, { windowMs, now });
  const isInside = (ms: number) => now.getTime() - ms <= windowMs;
  const isOwed = newest !== undefined &&
    isInside(Date.parse(newest.last.entry.at)) &&
    (options.isStrict ||
      model.times.every(({ order, ms }) =>
        order < newest.last.order || isInside(ms)
      ));
  if (newest !== undefined && (isOwed || own !== undefined)) {
    deepStrictEqual(own?.job, newest.job);
  }
  if (newest === undefined && own !== undefined) {
    // Only a job whose intent was damaged is found without one.
    strictEqual(
      own.entries.every(({ entry }) => entry.status !== "submitted"),
      true,
    );
  }
  const other = newestOf(model, OTHER_ACCOUNT);
  if (newest && other && isOwed) {
    const isFirst = other.submittedAt > newest.submittedAt;
    if (isFirst) deepStrictEqual(foreign?.job, other.job);
  }
}

const anyWindow = fc.constantFrom(HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS);
const anyLine = [anySubmit, anySubmit, anyGoOn, anyGoOn, anyAgain, anyFiller];

Deno.test("findByKey() agrees with a plain fold of the whole file, within steps of an hour", () => {
  const anyStep = fc.oneof(...anyLine, anyNoise, anyClock(HOUR_MS));
  fc.assert(
    fc.property(
      fc.array(anyStep, { maxLength: 25, size: "max" }),
      anyWindow,
      (steps, windowMs) => checkSearch(steps, windowMs, { isStrict: true }),
    ),
    { numRuns: 120 },
  );
});

Deno.test("findByKey() agrees with a plain fold of the whole file, whatever the clock and the Go CLI do", () => {
  const anyStep = fc.oneof(...anyLine, anyNoise, anyGo, anyClock(99 * HOUR_MS));
  fc.assert(
    fc.property(
      fc.array(anyStep, { maxLength: 25, size: "max" }),
      anyWindow,
      (steps, windowMs) => checkSearch(steps, windowMs, { isStrict: false }),
    ),
    { numRuns: 80 },
  );
});

Deno.test("findById() agrees with a plain fold of the whole file, to its start", () => {
  const anyStep = fc.oneof(...anyLine, anyNoise, anyGo, anyClock(99 * HOUR_MS));
  fc.assert(
    fc.property(
      fc.array(anyStep, { maxLength: 12, size: "max" }),
      fc.nat(20),
      (steps, choice) => {
        const { parts, entries } = makeLedger(steps);
        const chosen = entries[choice % Math.max(1, entries.length)]?.entry;
        fc.pre(chosen !== undefined && chosen.id !== "job_ffffffffff");
        const { id, token } = chosen;
        const job = foldEntries(
          entries.map(({ entry }) => entry).filter((entry) => entry.id === id),
        );
        inLedger(parts, (file, size) => {
          deepStrictEqual(findById(file, size, id)?.job, job);
          deepStrictEqual(findById(file, size, id, token)?.job, job);
          strictEqual(findById(file, size, id, "another"), undefined);
        });
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("findById() does not know the Go CLI's jobs, nor a part of an id", () => {
  inLedger(
    [goLine(timeAt(0)), formatEntryLine(submitted())],
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
      formatEntryLine(submitted({ id, token: "token-1" })),
      formatEntryLine(submitted({ id, token: "token-2", at: timeAt(1) })),
    ],
    (file, size) => {
      strictEqual(findById(file, size, id)?.job.token, "token-2");
      strictEqual(findById(file, size, id, "token-1")?.job.token, "token-1");
    },
  );
});
