import fc from "fast-check";
import type { JobRecord } from "../../src/job/record.ts";
import { foldRecords, type Job } from "../../src/job/job.ts";
import { formatLine } from "../../src/ledger/file/entry_line.ts";
import { identityOf } from "../../src/ledger/file/placed_job.ts";
import {
  ACCOUNT,
  complete,
  failed,
  KEY,
  running,
  submitted,
} from "./entries.ts";
import {
  filler,
  goLine,
  HOUR_MS,
  OTHER_ACCOUNT,
  OTHER_KEY,
  START_MS,
  timeAt,
} from "./ledger_parts.ts";

/** Something that happens to a ledger. */
export type Step =
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
/** A new job; its line may be damaged. */
export const anySubmit: fc.Arbitrary<Step> = fc.record({
  type: fc.constant("submit" as const),
  isKey: fc.boolean(),
  isOwn: fc.boolean(),
  isDamaged: fc.constantFrom(false, false, false, true),
  padding: anyPadding,
});
/** A job that there is comes to something. */
export const anyGoOn: fc.Arbitrary<Step> = fc.record({
  type: fc.constant("go on" as const),
  job: fc.nat(30),
  padding: anyPadding,
});
/** An intent is declared unconfirmed, or sent again. */
export const anyAgain: fc.Arbitrary<Step> = fc.record({
  type: fc.constant("again" as const),
  job: fc.nat(30),
});
/** Other work, a lot of it. */
export const anyFiller: fc.Arbitrary<Step> = fc.record({
  type: fc.constant("filler" as const),
  bytes: fc.nat(300_000),
});
/** The Go CLI writes. */
export const anyGo: fc.Arbitrary<Step> = fc.record({
  type: fc.constant("go" as const),
  lines: fc.nat(40),
});
/** What is no line at all. */
export const anyNoise: fc.Arbitrary<Step> = fc.record({
  type: fc.constant("noise" as const),
  text: fc.constantFrom("\n", KEY, `{"key":"${KEY}"`, "\0", "{}", "\xff"),
  bytes: fc.nat(100_000),
});

/** The clock goes on, or steps back by so much at most. */
export function anyClock(maxBackMs: number): fc.Arbitrary<Step> {
  return fc.record({
    type: fc.constant("clock" as const),
    ms: fc.oneof(
      fc.integer({ min: 0, max: 20 * HOUR_MS }),
      fc.integer({ min: -maxBackMs, max: HOUR_MS }),
    ),
  });
}

/** An entry that can be read, by its place among all that was written. */
export interface Placed {
  readonly order: number;
  readonly entry: JobRecord;
}

/** A ledger as several processes on a machine with this clock would leave it. */
export interface Made {
  readonly parts: readonly (Uint8Array | string)[];
  readonly nowMs: number;
  /** What is there to be found, in the order of the file. */
  readonly entries: readonly Placed[];
  /** When each part was written that says so. */
  readonly times: readonly { readonly order: number; readonly ms: number }[];
}

/** Returns the ledger that is left after these steps. */
export function makeLedger(steps: readonly Step[]): Made {
  const parts: (Uint8Array | string)[] = [];
  const entries: Placed[] = [];
  const times: { order: number; ms: number }[] = [];
  const jobs: JobRecord[] = [];
  let nowMs = 0;
  let lastMs = -Infinity;
  /** The time of the next line, as `Ledger` gives it. */
  const next = () => {
    const isAhead = lastMs > nowMs && lastMs - nowMs <= HOUR_MS;
    lastMs = isAhead ? lastMs : nowMs;
    return timeAt(lastMs);
  };
  const write = (entry: JobRecord, isDamaged = false) => {
    const line = formatLine(entry);
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
export interface Newest {
  readonly job: Job;
  readonly submittedAt: number;
  readonly last: Placed;
}

/**
 * Returns the newest job: the one with the last intent, or with the latest;
 * its mark is its first.
 */
export function newestOf(
  model: Made,
  account: string,
  { byTime = false }: { readonly byTime?: boolean } = {},
): Newest | undefined {
  const intents = model.entries.filter(({ entry }) =>
    entry.key === KEY && entry.account === account &&
    entry.status === "submitted"
  );
  const newest = byTime
    ? intents.toSorted((a, b) =>
      a.entry.at < b.entry.at ? -1 : a.entry.at > b.entry.at ? 1 : 0
    ).at(-1)
    : intents.at(-1);
  if (newest === undefined) return undefined;
  const all = model.entries.filter(({ entry }) =>
    identityOf(entry) === identityOf(newest.entry)
  );
  const last = all.at(-1) ?? newest;
  return {
    job: foldRecords(all.map(({ entry }) => entry)),
    submittedAt: newest.order,
    last,
  };
}
