import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { anyEntry } from "../../tests/helpers/any_entry.ts";
import {
  complete,
  failed,
  running,
  submitted,
} from "../../tests/helpers/entries.ts";
import type { Entry } from "./entry.ts";
import { entryOf, foldEntries, isInFlight, type Job } from "./job.ts";

const T0 = "2026-01-05T09:00:00.000Z";
const T1 = "2026-01-05T09:00:01.000Z";
const T2 = "2026-01-05T09:00:02.000Z";
const T9 = "2026-01-05T09:00:09.000Z";
/** After every time that `anyEntry` has. */
const LATER = "2026-01-05T10:00:00.000Z";

const anyEntries = fc.array(anyEntry, { minLength: 1, maxLength: 7 });
const anyTwoOrders = anyEntries.chain((entries) =>
  fc.tuple(
    fc.constant(entries),
    fc.shuffledSubarray(entries, { minLength: entries.length }),
  )
);

Deno.test("foldEntries() of any order of the same entries gives the same job", () => {
  fc.assert(
    fc.property(anyTwoOrders, ([entries, shuffled]) => {
      deepStrictEqual(foldEntries(shuffled), foldEntries(entries));
    }),
    { numRuns: 400 },
  );
});

Deno.test("foldEntries() takes an entry that was written twice as one", () => {
  fc.assert(fc.property(anyEntries, (entries) => {
    deepStrictEqual(
      foldEntries([...entries, ...entries]),
      foldEntries(entries),
    );
  }));
});

Deno.test("foldEntries() agrees with a plain reading of the rules", () => {
  fc.assert(
    fc.property(anyEntries, (entries) => {
      const job = foldEntries(entries);
      const state = (["complete", "failed", "running", "submitted"] as const)
        .find((status) => entries.some((entry) => entry.status === status));
      strictEqual(job.state, state);
      const all: Fields[] = entries.map((entry) => ({ ...entry }));
      const same = all.filter(({ status }) => status === state);
      strictEqual(job.startedAt, min(all, "started_at"));
      const fewest = Math.min(...entries.map(({ sends }) => sends));
      const first = all.filter(({ sends }) => sends === fewest);
      strictEqual(job.serverAt, max(first, "server_at"));
      strictEqual(job.unconfirmedAt, min(all, "unconfirmed_at"));
      strictEqual(job.sends, Math.max(...entries.map(({ sends }) => sends)));
      if (job.state === "complete" || job.state === "failed") {
        strictEqual(job.completedAt, min(same, "completed_at"));
        strictEqual(job.goneAt, min(same, "gone_at"));
      }
      if (job.state === "complete") {
        strictEqual(job.deliveredAt, min(same, "delivered_at"));
      }
    }),
    { numRuns: 300 },
  );
});

type Fields = Readonly<Record<string, unknown>>;

/** Returns the greatest of the fields of a name; ISO times sort as text. */
function max(entries: readonly Fields[], name: string): unknown {
  return entries.map((entry) => entry[name])
    .filter((value) => value !== undefined).sort().at(-1);
}

/** Returns the least of the fields of a name; ISO times sort as text. */
function min(entries: readonly Fields[], name: string): unknown {
  return entries.map((entry) => entry[name])
    .filter((value) => value !== undefined).sort()[0];
}

for (
  const { name, entries, state } of [
    { name: "an intent", entries: [submitted()], state: "submitted" },
    {
      name: "a handle without its intent",
      entries: [running()],
      state: "running",
    },
    {
      name: "a handle before its intent",
      entries: [running(), submitted({ at: T1 })],
      state: "running",
    },
    {
      name: "a failure and a handle",
      entries: [failed(), running({ at: T9 })],
      state: "failed",
    },
    {
      name: "a result and a later failure",
      entries: [complete(), failed({ at: T9 })],
      state: "complete",
    },
    {
      name: "a failure and a later result",
      entries: [failed(), complete({ at: T9 })],
      state: "complete",
    },
  ]
) {
  Deno.test(`foldEntries() of ${name} gives ${state}`, () => {
    strictEqual(foldEntries(entries).state, state);
  });
}

Deno.test("foldEntries() of two results holds the one written first, and the earliest end", () => {
  const first = complete({
    at: T1,
    command: "vers run -N z",
    handle: { vm_ids: ["vm-first"] },
    result: { vm_id: "vm-first" },
    completed_at: T2,
  });
  const second = complete({
    at: T2,
    command: "vers run -N a",
    handle: { vm_ids: ["vm-second"] },
    result: { vm_id: "vm-second" },
    completed_at: T1,
    delivered_at: T9,
  });
  for (const entries of [[first, second], [second, first]]) {
    const job = foldEntries(entries);
    strictEqual(job.state, "complete");
    if (job.state !== "complete") return;
    strictEqual(job.command, "vers run -N z");
    deepStrictEqual(job.handle, { vm_ids: ["vm-first"] });
    deepStrictEqual(job.result, { vm_id: "vm-first" });
    strictEqual(job.completedAt, T1);
    strictEqual(job.deliveredAt, T9);
  }
});

Deno.test("foldEntries() compares times and not their spelling", () => {
  const early = "2026-01-05T10:30:00+02:00";
  const late = "2026-01-05T09:00:00.000Z";
  const job = foldEntries([
    complete({ completed_at: late }),
    complete({ completed_at: early }),
  ]);
  strictEqual(job.state === "complete" && job.completedAt, early);
});

Deno.test("foldEntries() counts a submission from its newest send, not from what was said of it later", () => {
  const entries: Entry[] = [
    submitted({ at: T0 }),
    submitted({ at: T1, sends: 2 }),
    submitted({ at: T2, sends: 2, unconfirmed_at: T2 }),
    running({ at: T9, sends: 2, unconfirmed_at: T2 }),
  ];
  const job = foldEntries(entries);
  strictEqual(job.submittedAt, T1);
  strictEqual(job.sends, 2);
  strictEqual(job.unconfirmedAt, T2);
  strictEqual(job.state === "running" && job.runningAt, T9);
});

Deno.test("foldEntries() knows the VM of a job that failed after it had one", () => {
  const job = foldEntries([submitted(), running({ at: T1 }), failed()]);
  deepStrictEqual(
    job.state === "failed" && job.handle,
    running().handle,
  );
});

Deno.test("foldEntries() does not give an unfinished or failed job the marks of another state", () => {
  const job = foldEntries([
    failed({ gone_at: T1 }),
    complete({ at: T9 }),
  ]);
  strictEqual("goneAt" in job, false);
  strictEqual("error" in job, false);
});

Deno.test("foldEntries() dates a send by the last of its lines, and the server's clock by that of the first send", () => {
  const job = foldEntries([
    submitted({ at: T0, server_at: T0 }),
    submitted({ at: T1, server_at: T1 }),
    submitted({ at: T9, unconfirmed_at: T9, server_at: T1 }),
  ]);
  deepStrictEqual([job.submittedAt, job.serverAt], [T1, T1]);
});

Deno.test("foldEntries() of nothing is a mistake of the caller", () => {
  throws(() => foldEntries([]), RangeError);
});

Deno.test("entryOf() of a job folds to that job, but for when it was written", () => {
  fc.assert(
    fc.property(anyEntries, (entries) => {
      const job = foldEntries(entries);
      deepStrictEqual(foldEntries([entryOf(job, LATER)]), writtenAt(job));
    }),
    { numRuns: 300 },
  );
});

function writtenAt(job: Job): Job {
  const written = { ...job, submittedAt: LATER };
  return "runningAt" in written ? { ...written, runningAt: LATER } : written;
}

Deno.test("entryOf() adds nothing to the entries that the job was folded from", () => {
  fc.assert(
    fc.property(anyEntries, (entries) => {
      const job = foldEntries(entries);
      const again = foldEntries([...entries, entryOf(job, LATER)]);
      // An intent that is written again says that its request leaves again.
      const isIntent = job.state === "submitted" &&
        job.unconfirmedAt === undefined;
      const submittedAt = isIntent ? LATER : job.submittedAt;
      deepStrictEqual(again, { ...job, submittedAt });
    }),
    { numRuns: 300 },
  );
});

Deno.test("entryOf() joins several ids by commas and measures from the start", () => {
  const job = foldEntries([
    complete({ handle: { vm_ids: ["vm-a", "vm-b"] }, completed_at: T9 }),
  ]);
  const entry = entryOf(job, LATER);
  strictEqual(entry.status, "complete");
  if (entry.status !== "complete") return;
  strictEqual(entry.result_id, "vm-a,vm-b");
  strictEqual(entry.duration_ms, 9_000);
});

Deno.test("entryOf() gives no negative duration when the clock stepped back", () => {
  const job = foldEntries([failed({ started_at: T9, completed_at: T0 })]);
  const entry = entryOf(job, LATER);
  strictEqual(entry.status === "failed" && entry.duration_ms, 0);
});

Deno.test("isInFlight() is true until there is an outcome", () => {
  strictEqual(isInFlight(foldEntries([submitted()])), true);
  strictEqual(isInFlight(foldEntries([running()])), true);
  strictEqual(isInFlight(foldEntries([complete()])), false);
  strictEqual(isInFlight(foldEntries([failed()])), false);
});
