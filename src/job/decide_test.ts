import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  complete,
  failed,
  running,
  submitted,
} from "../../tests/helpers/entries.ts";
import type { JobRecord } from "./record.ts";
import { foldRecords } from "./job.ts";
import {
  ageMs,
  decide,
  type Decision,
  type Facts,
  type FoundJobs,
  type UnreadableJob,
  type WantedWork,
} from "./decide.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NOW = new Date("2026-01-10T12:00:00.000Z");

function ago(ms: number): string {
  return new Date(NOW.getTime() - ms).toISOString();
}

const YOUNG = ago(24 * HOUR_MS);
const OLD = ago(24 * HOUR_MS + 1);

const WORK: WantedWork = {
  kind: "vm.run",
  inputs: submitted().inputs,
  key: "0123456789abcdef0123456789abcdef",
};

/** What a row says besides the newest job; the rest is as usual. */
interface Options {
  readonly settledSinceStart?: boolean;
  readonly maxAgeMs?: number;
  readonly isIdempotencyKey?: boolean;
  readonly ageOnServerMs?: number;
  readonly never?: boolean;
  readonly hasNoKey?: boolean;
  readonly isWaiting?: boolean;
  readonly work?: Partial<WantedWork>;
  readonly found?: Partial<FoundJobs>;
}

interface Row {
  readonly name: string;
  readonly entry: JobRecord | undefined;
  readonly options?: Options;
  readonly decision: `${Decision["plan"]}: ${Decision["reason"]}`;
}

const nothingIsYoung = { maxAgeMs: 0 };
const settledSinceStart = { settledSinceStart: true };
const isIdempotencyKey = { isIdempotencyKey: true };
/** Old, but only just ended. */
const ended = { started_at: OLD, completed_at: YOUNG };

function factsOf(entry: JobRecord | undefined, options: Options = {}): Facts {
  const { settledSinceStart = false, maxAgeMs = 24 * HOUR_MS } = options;
  const { ageOnServerMs } = options;
  const { key: _, ...keyless } = WORK;
  return {
    work: {
      ...options.hasNoKey ? keyless : WORK,
      isIdempotencyKey: options.isIdempotencyKey ?? false,
      ...options.work,
    },
    isWaiting: options.isWaiting ?? true,
    resume: options.never ? { type: "never" } : { type: "auto", maxAgeMs },
    found: {
      newest: entry && {
        job: foldRecords([entry]),
        isSettledSinceStart: settledSinceStart,
        ageOnServerMs,
      },
      ...options.found,
    },
    now: NOW,
  };
}

/** A line that cannot be interpreted, with these changes. */
function unreadable(changes: Partial<UnreadableJob>): Options {
  const line = { isNewer: false, mayBeNewest: true, ...changes };
  return { found: { unreadable: line } };
}

/** A job that was started without --wait so long ago. */
function accepted(ms: number): Options {
  const entry = running({ id: "job_0000000001", accepted_at: ago(ms) });
  return { found: { accepted: { job: foldRecords([entry]) } } };
}

const TABLE: readonly Row[] = [
  { name: "no job", entry: undefined, decision: "submit: nothing_found" },

  // In flight, younger than the limit.
  {
    name: "a young intent",
    entry: submitted({ started_at: YOUNG }),
    decision: "recover: in_flight",
  },
  {
    name: "a young running job",
    entry: running({ started_at: YOUNG }),
    decision: "attach: in_flight",
  },
  {
    name: "a running job from the future",
    entry: running({ started_at: ago(-HOUR_MS) }),
    decision: "attach: in_flight",
  },
  {
    name: "a young intent that was declared unconfirmed before",
    entry: submitted({ started_at: YOUNG, unconfirmed_at: YOUNG }),
    decision: "recover: in_flight",
  },

  // In flight, older.
  {
    name: "an old intent",
    entry: submitted({ started_at: OLD }),
    decision: "submit: too_old",
  },
  {
    name: "an old running job",
    entry: running({ started_at: OLD }),
    decision: "submit: too_old",
  },
  {
    name: "an intent of this moment, when nothing is young enough",
    entry: submitted({ started_at: ago(0) }),
    options: nothingIsYoung,
    decision: "submit: too_old",
  },
  {
    name: "a running job of this moment, when nothing is young enough",
    entry: running({ started_at: ago(0) }),
    options: nothingIsYoung,
    decision: "submit: too_old",
  },

  // Complete, never delivered: inside the window from its completion.
  {
    name: "an undelivered result",
    entry: complete(ended),
    decision: "return: undelivered",
  },
  {
    name: "an undelivered result that is too old",
    entry: complete({ ...ended, completed_at: OLD }),
    decision: "submit: too_old",
  },
  {
    name: "an undelivered result, when nothing is young enough",
    entry: complete({ ...ended, completed_at: ago(0) }),
    options: nothingIsYoung,
    decision: "submit: too_old",
  },
  {
    name: "an undelivered result whose VM is gone",
    entry: complete({ ...ended, gone_at: YOUNG }),
    decision: "submit: gone",
  },

  // Complete and delivered, or failed.
  {
    name: "a delivered result",
    entry: complete({ ...ended, delivered_at: YOUNG }),
    decision: "submit: delivered",
  },
  { name: "a failure", entry: failed(ended), decision: "submit: failed" },

  // The user's own key.
  {
    name: "a delivered result of the user's own key",
    entry: complete({ ...ended, delivered_at: YOUNG }),
    options: isIdempotencyKey,
    decision: "return: idempotency_key",
  },
  {
    name: "a failure of the user's own key",
    entry: failed(ended),
    options: isIdempotencyKey,
    decision: "submit: failed",
  },
  {
    name: "a running job of the user's own key",
    entry: running({ started_at: YOUNG }),
    options: isIdempotencyKey,
    decision: "attach: in_flight",
  },
  {
    name: "an old result of the user's own key",
    entry: complete({ ...ended, completed_at: OLD, delivered_at: OLD }),
    options: isIdempotencyKey,
    decision: "return: idempotency_key",
  },
  {
    name: "an old running job of the user's own key",
    entry: running({ started_at: OLD }),
    options: isIdempotencyKey,
    decision: "attach: in_flight",
  },
  {
    name: "a delivered result of the user's own key whose VM is gone",
    entry: complete({ ...ended, delivered_at: YOUNG, gone_at: YOUNG }),
    options: isIdempotencyKey,
    decision: "submit: gone",
  },

  // What was decided while this process was running is its answer too.
  {
    name: "a result of just now",
    entry: complete(ended),
    options: settledSinceStart,
    decision: "return: settled_meanwhile",
  },
  {
    name: "a result of just now that was delivered to another",
    entry: complete({ ...ended, delivered_at: YOUNG }),
    options: settledSinceStart,
    decision: "return: settled_meanwhile",
  },
  {
    name: "a result of just now, when nothing is young enough",
    entry: complete({ ...ended, delivered_at: YOUNG }),
    options: { ...settledSinceStart, ...nothingIsYoung },
    decision: "return: settled_meanwhile",
  },
  {
    name: "a result of just now whose VM is gone",
    entry: complete({ ...ended, gone_at: YOUNG }),
    options: settledSinceStart,
    decision: "submit: gone",
  },
  {
    name: "an intent that was just declared unconfirmed",
    entry: submitted({ started_at: YOUNG, unconfirmed_at: YOUNG }),
    options: settledSinceStart,
    decision: "unconfirmed: settled_meanwhile",
  },
  {
    name: "a failure of just now",
    entry: failed(ended),
    options: settledSinceStart,
    decision: "fail: settled_meanwhile",
  },
  {
    name: "a failure of just now, because the VM was gone",
    entry: failed({ ...ended, gone_at: YOUNG }),
    options: settledSinceStart,
    decision: "submit: failed",
  },

  // Found by the server's clock to be young, whatever ours says.
  {
    name: "an old running job that is young by the server's clock",
    entry: running({ started_at: OLD }),
    options: { ageOnServerMs: HOUR_MS },
    decision: "attach: in_flight",
  },
  {
    name: "a running job that is just young enough by the server's clock",
    entry: running({ started_at: OLD }),
    options: { ageOnServerMs: 24 * HOUR_MS },
    decision: "attach: in_flight",
  },
  {
    name:
      "a new running job by the server's clock, when nothing is young enough",
    entry: running({ started_at: OLD }),
    options: { ...nothingIsYoung, ageOnServerMs: 0 },
    decision: "submit: too_old",
  },
  {
    name: "an old running job that is old by the server's clock, too",
    entry: running({ started_at: OLD }),
    options: { ageOnServerMs: 24 * HOUR_MS + 1 },
    decision: "submit: too_old",
  },

  // Started without --wait.
  {
    name: "nothing but a job that was started without --wait",
    entry: undefined,
    options: accepted(0),
    decision: "attach: accepted",
  },
  {
    name: "a job that was started without --wait ten minutes ago",
    entry: undefined,
    options: accepted(10 * MINUTE_MS),
    decision: "attach: accepted",
  },
  {
    name: "a job that was started without --wait longer ago",
    entry: undefined,
    options: accepted(10 * MINUTE_MS + 1),
    decision: "submit: accepted_before",
  },
  {
    name: "a job that was started without --wait, when nothing is young enough",
    entry: undefined,
    options: { ...nothingIsYoung, ...accepted(0) },
    decision: "submit: accepted_before",
  },
  {
    name: "a waited-for job in flight, and a newer one that was not waited for",
    entry: running({ started_at: YOUNG }),
    options: accepted(0),
    decision: "attach: in_flight",
  },
  {
    name: "a delivered result, and a newer job that was not waited for",
    entry: complete({ ...ended, delivered_at: YOUNG }),
    options: accepted(0),
    decision: "attach: accepted",
  },
  {
    name: "an undelivered result, and a job not waited for, long ago",
    entry: complete(ended),
    options: accepted(HOUR_MS),
    decision: "return: undelivered",
  },
  {
    name: "a deploy that was not waited for",
    entry: undefined,
    options: { ...accepted(0), work: { kind: "vm.deploy" } },
    decision: "submit: accepted_before",
  },
  {
    name: "a resume that was not waited for",
    entry: undefined,
    options: { ...accepted(0), work: { kind: "vm.resume" } },
    decision: "submit: accepted_before",
  },
  {
    name: "a job of the user's own key, not waited for, long ago",
    entry: undefined,
    options: { ...accepted(HOUR_MS), ...isIdempotencyKey },
    decision: "attach: accepted",
  },

  {
    name: "a job that was not waited for, and was seen to run since",
    entry: undefined,
    options: {
      found: {
        accepted: { job: foldRecords([complete({ accepted_at: ago(0) })]) },
      },
    },
    decision: "submit: accepted_before",
  },
  {
    name: "a result of the user's own key that was not waited for",
    entry: undefined,
    options: {
      ...isIdempotencyKey,
      found: {
        accepted: { job: foldRecords([complete({ accepted_at: ago(0) })]) },
      },
    },
    decision: "return: undelivered",
  },

  // Commands that are always new requests.
  {
    name: "a running job, of a command without --wait",
    entry: running({ started_at: YOUNG }),
    options: { isWaiting: false },
    decision: "submit: not_waiting",
  },
  {
    name: "a running job of the user's own key, without --wait",
    entry: running({ started_at: YOUNG }),
    options: { isWaiting: false, ...isIdempotencyKey },
    decision: "attach: in_flight",
  },
  {
    name: "a running job, with --no-resume",
    entry: running({ started_at: YOUNG }),
    options: { never: true },
    decision: "submit: no_resume",
  },
  {
    name: "a command that cannot be told from others",
    entry: undefined,
    options: { hasNoKey: true },
    decision: "submit: no_stable_key",
  },

  // What must not be submitted beside.
  {
    name: "a line of the key that cannot be interpreted",
    entry: undefined,
    options: unreadable({ mayBeNewest: false }),
    decision: "refuse: unreadable_line",
  },
  {
    name: "a line of the key that a newer program wrote",
    entry: undefined,
    options: unreadable({ isNewer: true }),
    decision: "refuse: newer_format",
  },
  {
    name: "such a line, with --no-resume",
    entry: undefined,
    options: { ...unreadable({}), never: true },
    decision: "submit: no_resume",
  },
  {
    name: "such a line, and a job in flight that is newer",
    entry: running({ started_at: YOUNG }),
    options: unreadable({ mayBeNewest: false }),
    decision: "attach: in_flight",
  },
  {
    name: "such a line, and a job in flight that may be older",
    entry: running({ started_at: YOUNG }),
    options: unreadable({}),
    decision: "refuse: unreadable_line",
  },
  {
    name: "such a line, and a newer job that would not be resumed",
    entry: complete({ ...ended, delivered_at: YOUNG }),
    options: unreadable({ mayBeNewest: false }),
    decision: "refuse: unreadable_line",
  },

  // A target left to HEAD or an alias.
  {
    name: "a job whose target stands for another VM now",
    entry: running({ started_at: YOUNG, source: "vm-a" }),
    options: { work: { source: "vm-b" } },
    decision: "submit: source_moved",
  },
  {
    name: "a job whose target stands for its own VM now",
    entry: running({ started_at: YOUNG, source: "vm-a" }),
    options: { work: { source: running().handle.vm_ids[0] ?? "" } },
    decision: "attach: in_flight",
  },
  {
    name: "a job whose target stands for the same VM still",
    entry: running({ started_at: YOUNG, source: "vm-a" }),
    options: { work: { source: "vm-a" } },
    decision: "attach: in_flight",
  },
  {
    name: "an intent whose target stands for another VM now",
    entry: submitted({ started_at: YOUNG, source: "vm-a" }),
    options: { work: { source: "vm-b" } },
    decision: "submit: source_moved",
  },
  {
    name: "a job whose target was left to HEAD, when it is named now",
    entry: running({ started_at: YOUNG, source: "vm-a" }),
    decision: "attach: in_flight",
  },
  {
    name: "a job whose target was named, when it is left to HEAD now",
    entry: running({ started_at: YOUNG }),
    options: { work: { source: "vm-b" } },
    decision: "attach: in_flight",
  },
  {
    name: "a delivered result whose target stands for another VM now",
    entry: complete({ ...ended, delivered_at: YOUNG, source: "vm-a" }),
    options: { work: { source: "vm-b" } },
    decision: "submit: delivered",
  },
  {
    name: "a result of just now whose target stands for another VM now",
    entry: complete({ ...ended, source: "vm-a" }),
    options: { ...settledSinceStart, work: { source: "vm-b" } },
    decision: "return: settled_meanwhile",
  },

  // One key of the user's own, and other work.
  {
    name: "a running job of the user's own key that asked for something else",
    entry: running({ started_at: YOUNG, inputs: { alias: "other" } }),
    options: isIdempotencyKey,
    decision: "refuse: conflict",
  },
  {
    name: "a result of the user's own key that asked for something else",
    entry: complete({ ...ended, inputs: { alias: "other" } }),
    options: isIdempotencyKey,
    decision: "refuse: conflict",
  },
  {
    name: "a result of the user's own key, its VM gone, for something else",
    entry: complete({ ...ended, gone_at: YOUNG, inputs: { alias: "other" } }),
    options: isIdempotencyKey,
    decision: "submit: gone",
  },
  {
    name: "a failed job of the user's own key that asked for something else",
    entry: failed({ ...ended, inputs: { alias: "other" } }),
    options: isIdempotencyKey,
    decision: "submit: failed",
  },
];

for (const { name, entry, options, decision } of TABLE) {
  Deno.test(`decide() on ${name}: ${decision}`, () => {
    const facts = factsOf(entry, options);
    const { plan, reason, job } = decide(facts);
    strictEqual(`${plan}: ${reason}`, decision);
    const { newest, accepted } = facts.found;
    if (reason === "not_waiting") return;
    const isOfAccepted = newest === undefined || reason === "accepted";
    strictEqual(job, (isOfAccepted ? accepted : newest)?.job);
  });
}

Deno.test("decide() names in what work differs under one idempotency key, but not run and folder", () => {
  const entry = running({
    started_at: YOUNG,
    kind: "vm.branch",
    inputs: { target: "HEAD:/a", run_id: "ci-1", count: 1, alias: "x" },
  });
  const decision = (inputs: WantedWork["inputs"]) =>
    decide(
      factsOf(entry, {
        ...isIdempotencyKey,
        work: { kind: "vm.branch", inputs },
      }),
    );
  const same = { target: "HEAD:/b", run_id: "ci-2", count: 1, alias: "x" };
  strictEqual(decision(same).plan, "attach");
  const other = decision({ ...same, target: "my-vm", count: 2 });
  deepStrictEqual(other.plan === "refuse" && other.fields, ["count", "target"]);
});

Deno.test("decide() names the kind among what differs under one idempotency key", () => {
  const entry = running({ started_at: YOUNG, kind: "vm.branch" });
  const inputs = { ...entry.inputs, count: 2 };
  const fields = (work: Partial<WantedWork>) => {
    const decision = decide(factsOf(entry, { ...isIdempotencyKey, work }));
    return decision.plan === "refuse" && decision.fields;
  };
  deepStrictEqual(fields({ kind: "vm.run" }), ["kind"]);
  deepStrictEqual(fields({ kind: "vm.run", inputs }), ["kind", "count"]);
  deepStrictEqual(fields({ kind: "vm.branch", inputs }), ["count"]);
});

Deno.test("ageMs() is how long ago a time was, and 0 for one to come", () => {
  strictEqual(ageMs(ago(12_000), NOW), 12_000);
  strictEqual(ageMs(ago(0), NOW), 0);
  strictEqual(ageMs(ago(-1), NOW), 0);
});
