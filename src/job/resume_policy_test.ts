import { strictEqual } from "node:assert/strict";
import {
  complete,
  failed,
  running,
  submitted,
} from "../../tests/helpers/entries.ts";
import type { Entry } from "./entry.ts";
import { foldEntries } from "./job.ts";
import { ageMs, decide, type DecideOptions } from "./resume_policy.ts";

const HOUR_MS = 3_600_000;
const NOW = new Date("2026-01-10T12:00:00.000Z");

function ago(ms: number): string {
  return new Date(NOW.getTime() - ms).toISOString();
}

const YOUNG = ago(24 * HOUR_MS);
const OLD = ago(24 * HOUR_MS + 1);
const OPTIONS: DecideOptions = {
  settledSinceStart: false,
  maxAgeMs: 24 * HOUR_MS,
  now: NOW,
  isIdempotencyKey: false,
};

interface Row {
  readonly name: string;
  readonly entry: Entry | undefined;
  readonly options?: Partial<DecideOptions>;
  readonly decision: string;
}

const nothingIsYoung = { maxAgeMs: 0 };
const settledSinceStart = { settledSinceStart: true };
const isIdempotencyKey = { isIdempotencyKey: true };
/** Old, but only just ended. */
const ended = { started_at: OLD, completed_at: YOUNG };

const TABLE: readonly Row[] = [
  { name: "no job", entry: undefined, decision: "submit" },

  // In flight, younger than the limit.
  {
    name: "a young intent",
    entry: submitted({ started_at: YOUNG }),
    decision: "recover",
  },
  {
    name: "a young running job",
    entry: running({ started_at: YOUNG }),
    decision: "attach",
  },
  {
    name: "a running job from the future",
    entry: running({ started_at: ago(-HOUR_MS) }),
    decision: "attach",
  },
  {
    name: "a young intent that was declared unconfirmed before",
    entry: submitted({ started_at: YOUNG, unconfirmed_at: YOUNG }),
    decision: "recover",
  },

  // In flight, older.
  {
    name: "an old intent",
    entry: submitted({ started_at: OLD }),
    decision: "submit, too old",
  },
  {
    name: "an old running job",
    entry: running({ started_at: OLD }),
    decision: "submit, too old",
  },
  {
    name: "an intent of this moment, when nothing is young enough",
    entry: submitted({ started_at: ago(0) }),
    options: nothingIsYoung,
    decision: "submit, too old",
  },
  {
    name: "a running job of this moment, when nothing is young enough",
    entry: running({ started_at: ago(0) }),
    options: nothingIsYoung,
    decision: "submit, too old",
  },

  // Complete, never delivered: inside the window from its completion.
  { name: "an undelivered result", entry: complete(ended), decision: "return" },
  {
    name: "an undelivered result that is too old",
    entry: complete({ ...ended, completed_at: OLD }),
    decision: "submit",
  },
  {
    name: "an undelivered result, when nothing is young enough",
    entry: complete({ ...ended, completed_at: ago(0) }),
    options: nothingIsYoung,
    decision: "submit",
  },
  {
    name: "an undelivered result whose VM is gone",
    entry: complete({ ...ended, gone_at: YOUNG }),
    decision: "submit",
  },

  // Complete and delivered, or failed.
  {
    name: "a delivered result",
    entry: complete({ ...ended, delivered_at: YOUNG }),
    decision: "submit",
  },
  { name: "a failure", entry: failed(ended), decision: "submit" },

  // The user's own key.
  {
    name: "a delivered result of the user's own key",
    entry: complete({ ...ended, delivered_at: YOUNG }),
    options: isIdempotencyKey,
    decision: "return",
  },
  {
    name: "a failure of the user's own key",
    entry: failed(ended),
    options: isIdempotencyKey,
    decision: "submit",
  },
  {
    name: "a running job of the user's own key",
    entry: running({ started_at: YOUNG }),
    options: isIdempotencyKey,
    decision: "attach",
  },
  {
    name: "an old result of the user's own key",
    entry: complete({ ...ended, completed_at: OLD, delivered_at: OLD }),
    options: isIdempotencyKey,
    decision: "return",
  },
  {
    name: "an old running job of the user's own key",
    entry: running({ started_at: OLD }),
    options: isIdempotencyKey,
    decision: "attach",
  },
  {
    name: "a delivered result of the user's own key whose VM is gone",
    entry: complete({ ...ended, delivered_at: YOUNG, gone_at: YOUNG }),
    options: isIdempotencyKey,
    decision: "submit",
  },

  // What was decided while this process was running is its answer too.
  {
    name: "a result of just now",
    entry: complete(ended),
    options: settledSinceStart,
    decision: "return",
  },
  {
    name: "a result of just now that was delivered to another",
    entry: complete({ ...ended, delivered_at: YOUNG }),
    options: settledSinceStart,
    decision: "return",
  },
  {
    name: "a result of just now, when nothing is young enough",
    entry: complete({ ...ended, delivered_at: YOUNG }),
    options: { ...settledSinceStart, ...nothingIsYoung },
    decision: "return",
  },
  {
    name: "a result of just now whose VM is gone",
    entry: complete({ ...ended, gone_at: YOUNG }),
    options: settledSinceStart,
    decision: "submit",
  },
  {
    name: "an intent that was just declared unconfirmed",
    entry: submitted({ started_at: YOUNG, unconfirmed_at: YOUNG }),
    options: settledSinceStart,
    decision: "unconfirmed",
  },
  {
    name: "a failure of just now",
    entry: failed(ended),
    options: settledSinceStart,
    decision: "fail",
  },
  {
    name: "a failure of just now, because the VM was gone",
    entry: failed({ ...ended, gone_at: YOUNG }),
    options: settledSinceStart,
    decision: "submit",
  },
];

for (const { name, entry, options, decision } of TABLE) {
  Deno.test(`decide() on ${name} gives ${decision}`, () => {
    const job = entry && foldEntries([entry]);
    const made = decide(job, { ...OPTIONS, ...options });
    const isTooOld = made.type === "submit" && made.tooOld !== undefined;
    strictEqual(isTooOld ? "submit, too old" : made.type, decision);
    if (made.type === "submit") {
      strictEqual(made.tooOld, isTooOld ? job : undefined);
    } else strictEqual(made.job, job);
  });
}

Deno.test("ageMs() is how long ago a time was, and 0 for one to come", () => {
  strictEqual(ageMs(ago(12_000), NOW), 12_000);
  strictEqual(ageMs(ago(0), NOW), 0);
  strictEqual(ageMs(ago(-1), NOW), 0);
});
