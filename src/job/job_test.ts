import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import fc from "fast-check";
import { anyEntry } from "../../tests/helpers/any_entry.ts";
import {
  complete,
  failed,
  running,
  submitted,
} from "../../tests/helpers/entries.ts";
import type { JobRecord } from "./record.ts";
import {
  completed,
  failed as failedJob,
  foldRecords,
  isInFlight,
  type Job,
  taken,
  vmIdsOf,
} from "./job.ts";

const T0 = "2026-01-05T09:00:00.000Z";
const T1 = "2026-01-05T09:00:01.000Z";
const T2 = "2026-01-05T09:00:02.000Z";
const T9 = "2026-01-05T09:00:09.000Z";
/** After every time that `anyEntry` has. */
const LATER = "2026-01-05T10:00:00.000Z";

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
  Deno.test(`foldRecords() of ${name} gives ${state}`, () => {
    strictEqual(foldRecords(entries).status, state);
  });
}

Deno.test("foldRecords() of two results holds the one written first, and the earliest end", () => {
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
    const job = foldRecords(entries);
    strictEqual(job.status, "complete");
    if (job.status !== "complete") return;
    strictEqual(job.command, "vers run -N z");
    deepStrictEqual(job.handle, { vm_ids: ["vm-first"] });
    deepStrictEqual(job.result, { vm_id: "vm-first" });
    strictEqual(job.completed_at, T1);
    strictEqual(job.delivered_at, T9);
  }
});

Deno.test("foldRecords() compares times and not their spelling", () => {
  const early = "2026-01-05T10:30:00+02:00";
  const late = "2026-01-05T09:00:00.000Z";
  const job = foldRecords([
    complete({ completed_at: late }),
    complete({ completed_at: early }),
  ]);
  strictEqual(job.status === "complete" && job.completed_at, early);
});

Deno.test("foldRecords() counts a submission from its newest send, not from what was said of it later", () => {
  const entries: JobRecord[] = [
    submitted({ at: T0 }),
    submitted({ at: T1, sends: 2 }),
    submitted({ at: T2, sends: 2, unconfirmed_at: T2 }),
    running({ at: T9, sends: 2, unconfirmed_at: T2 }),
  ];
  const job = foldRecords(entries);
  strictEqual(job.sent_at, T1);
  strictEqual(job.sends, 2);
  strictEqual(job.unconfirmed_at, T2);
  strictEqual(job.status === "running" && job.running_at, T9);
});

Deno.test("foldRecords() knows the VM of a job that failed after it had one", () => {
  const job = foldRecords([submitted(), running({ at: T1 }), failed()]);
  deepStrictEqual(
    job.status === "failed" && job.handle,
    running().handle,
  );
});

Deno.test("foldRecords() does not give an unfinished or failed job the marks of another state", () => {
  const job = foldRecords([
    failed({ gone_at: T1 }),
    complete({ at: T9 }),
  ]);
  strictEqual("gone_at" in job, false);
  strictEqual("error" in job, false);
});

Deno.test("foldRecords() dates a send by the last of its lines, and the server's clock by that of the first send", () => {
  const job = foldRecords([
    submitted({ at: T0, server_at: T0 }),
    submitted({ at: T1, server_at: T1 }),
    submitted({ at: T9, unconfirmed_at: T9, server_at: T1 }),
  ]);
  deepStrictEqual([job.sent_at, job.server_at], [T1, T1]);
});

Deno.test("foldRecords() of nothing is a mistake of the caller", () => {
  throws(() => foldRecords([]), {
    name: "RangeError",
    message: "Cannot fold: no record is given",
  });
});

Deno.test("foldRecords() joins several ids by commas and measures from the start", () => {
  const job = foldRecords([
    complete({ handle: { vm_ids: ["vm-a", "vm-b"] }, completed_at: T9 }),
  ]);
  strictEqual(job.status, "complete");
  if (job.status !== "complete") return;
  strictEqual(job.result_id, "vm-a,vm-b");
  strictEqual(job.duration_ms, 9_000);
});

Deno.test("foldRecords() gives no negative duration when the clock stepped back", () => {
  const job = foldRecords([failed({ started_at: T9, completed_at: T0 })]);
  strictEqual(job.status === "failed" && job.duration_ms, 0);
});

Deno.test("isInFlight() is true until there is an outcome", () => {
  strictEqual(isInFlight(foldRecords([submitted()])), true);
  strictEqual(isInFlight(foldRecords([running()])), true);
  strictEqual(isInFlight(foldRecords([complete()])), false);
  strictEqual(isInFlight(foldRecords([failed()])), false);
});

Deno.test("vmIdsOf() a job are those of its handle, if it has one", () => {
  deepStrictEqual(vmIdsOf(foldRecords([submitted()])), []);
  deepStrictEqual(vmIdsOf(foldRecords([failed()])), []);
  const handle = { vm_ids: ["vm-a", "vm-b"] };
  for (const record of [running, complete, failed]) {
    deepStrictEqual(vmIdsOf(foldRecords([record({ handle })])), handle.vm_ids);
  }
});

const INTENT = foldRecords([submitted({ started_at: T0 })]);
const HANDLE = { vm_ids: ["vm-a", "vm-b"] };

/** Returns a job that is taken a second after it was asked for. */
function takenJob() {
  if (INTENT.status !== "submitted") throw new Error("It is no intent");
  return taken(INTENT, HANDLE, new Date(T1));
}

Deno.test("taken() adds the handle, and when it came", () => {
  deepStrictEqual(takenJob(), {
    ...INTENT,
    status: "running",
    handle: HANDLE,
    result_id: "vm-a,vm-b",
    running_at: T1,
  });
});

Deno.test("completed() adds the result, and how long it took", () => {
  const result = { vm_id: "vm-a" };
  deepStrictEqual(completed(takenJob(), result, new Date(T9)), {
    ...takenJob(),
    status: "complete",
    completed_at: T9,
    duration_ms: 9_000,
    result,
  });
});

Deno.test("completed() takes no time when the clock stepped back", () => {
  const early = new Date(Date.parse(T0) - 1);
  strictEqual(completed(takenJob(), {}, early).duration_ms, 0);
});

Deno.test("failed() adds the error, and that the VM was gone only when it was", () => {
  const error = "the VM is dead";
  const result = { error };
  const job = failedJob(takenJob(), { error, result }, new Date(T9));
  deepStrictEqual(job, {
    ...takenJob(),
    status: "failed",
    completed_at: T9,
    duration_ms: 9_000,
    error,
    result,
  });
  for (const isGone of [true, false]) {
    const { gone_at } = failedJob(takenJob(), { error, isGone }, new Date(T9));
    strictEqual(gone_at, isGone ? T9 : undefined);
  }
});

Deno.test("foldRecords() dates a send without its intent by the first line that knows of it", () => {
  const sentAt = (...records: readonly JobRecord[]) =>
    foldRecords(records).sent_at;
  const [first, second] = [{ sends: 1 }, { sends: 2 }];
  strictEqual(
    sentAt(
      running({ at: T1, ...first }),
      running({ at: T9, ...second }),
      complete({ at: T2, ...second }),
    ),
    T2,
  );
  strictEqual(sentAt(running({ at: T1 }), complete({ at: T9 })), T1);
});

Deno.test("foldRecords() dates a send by its intent, whatever was written before", () => {
  const { sent_at } = foldRecords([
    running({ at: T1 }),
    submitted({ at: T2 }),
    submitted({ at: T0, unconfirmed_at: T0 }),
  ]);
  strictEqual(sent_at, T2);
});

Deno.test("foldRecords() takes a job for running from its first line with a handle that counts", () => {
  const runningAt = (...records: readonly JobRecord[]) => {
    const job = foldRecords(records);
    return "running_at" in job ? job.running_at : undefined;
  };
  strictEqual(runningAt(submitted({ at: T0 }), running({ at: T2 })), T2);
  strictEqual(runningAt(complete({ at: T9 }), running({ at: T2 })), T2);
  strictEqual(runningAt(complete({ at: T1 }), running({ at: T2 })), T1);
  strictEqual(runningAt(complete({ at: T9 }), failed({ at: T1 })), T9);
  strictEqual(runningAt(failed({ at: T9 }), running({ at: T2 })), undefined);
});

Deno.test("foldRecords() of a failed job has the handle of its heaviest line that has one", () => {
  const ids = (...records: readonly JobRecord[]) => {
    const job = foldRecords(records);
    return [vmIdsOf(job), job.status === "failed" && job.result_id];
  };
  const first = running({ at: T0, handle: { vm_ids: ["vm-a"] } });
  const second = running({ at: T1, handle: { vm_ids: ["vm-b", "vm-c"] } });
  deepStrictEqual(ids(failed(), second, first), [["vm-a"], "vm-a"]);
  const own = failed({ at: T9, handle: second.handle });
  deepStrictEqual(ids(first, own), [["vm-b", "vm-c"], "vm-b,vm-c"]);
  deepStrictEqual(ids(failed(), submitted()), [[], undefined]);
});

Deno.test("foldRecords() has no field without a value", () => {
  for (const record of [submitted(), running(), complete(), failed()]) {
    const job = foldRecords([record]);
    deepStrictEqual(
      Object.values(job).filter((value) => value === undefined),
      [],
    );
    for (const name of ["server_at", "gone_at", "delivered_at"]) {
      strictEqual(name in job, false, name);
    }
  }
});

Deno.test("foldRecords() of lines of one moment holds the first by its text", () => {
  const [a, b] = [submitted({ command: "a" }), submitted({ command: "b" })];
  strictEqual(foldRecords([a, b]).command, "a");
  strictEqual(foldRecords([b, a]).command, "a");
  strictEqual(foldRecords([b, { ...a, at: T9 }]).command, "b");
});

Deno.test("foldRecords() of one moment in two spellings has the first by its text", () => {
  const [utc, east] = ["2026-01-05T09:00:00Z", "2026-01-05T10:00:00+01:00"];
  // The records themselves stand in the order of their commands.
  for (const [first, second] of [[utc, east], [east, utc]] as const) {
    const job = foldRecords([
      submitted({ command: "a", started_at: first, server_at: first }),
      submitted({ command: "b", started_at: second, server_at: second }),
    ]);
    deepStrictEqual([job.started_at, job.server_at], [utc, east]);
  }
});

Deno.test("foldRecords() of one record is that record and its times", () => {
  const sent_at = T0;
  const running_at = T0;
  const { handle } = running();
  deepStrictEqual(foldRecords([submitted()]), { ...submitted(), sent_at });
  deepStrictEqual(foldRecords([running()]), {
    ...running(),
    sent_at,
    running_at,
  });
  deepStrictEqual(foldRecords([complete()]), {
    ...complete(),
    sent_at,
    running_at,
  });
  deepStrictEqual(foldRecords([failed()]), { ...failed(), sent_at });
  const taken = { handle, result_id: handle.vm_ids.join() };
  deepStrictEqual(foldRecords([failed({ handle })]), {
    ...failed(),
    ...taken,
    sent_at,
  });
});

const anyEntries = fc.array(anyEntry, { minLength: 1, maxLength: 7 });
const anyTwoOrders = anyEntries.chain((entries) =>
  fc.tuple(
    fc.constant(entries),
    fc.shuffledSubarray(entries, { minLength: entries.length }),
  )
);

Deno.test("foldRecords() of any order of the same entries gives the same job", () => {
  fc.assert(
    fc.property(anyTwoOrders, ([entries, shuffled]) => {
      deepStrictEqual(foldRecords(shuffled), foldRecords(entries));
    }),
    { numRuns: 400 },
  );
});

Deno.test("foldRecords() takes an entry that was written twice as one", () => {
  fc.assert(fc.property(anyEntries, (entries) => {
    deepStrictEqual(
      foldRecords([...entries, ...entries]),
      foldRecords(entries),
    );
  }));
});

Deno.test("foldRecords() agrees with a plain reading of the rules", () => {
  fc.assert(
    fc.property(anyEntries, (entries) => {
      const job = foldRecords(entries);
      const state = (["complete", "failed", "running", "submitted"] as const)
        .find((status) => entries.some((entry) => entry.status === status));
      strictEqual(job.status, state);
      const all: Fields[] = entries.map((entry) => ({ ...entry }));
      const same = all.filter(({ status }) => status === state);
      strictEqual(job.started_at, min(all, "started_at"));
      const fewest = Math.min(...entries.map(({ sends }) => sends));
      const first = all.filter(({ sends }) => sends === fewest);
      const clock = max(first, "server_at") ?? min(all, "server_at");
      strictEqual(job.server_at, clock);
      strictEqual(job.accepted_at, min(all, "accepted_at"));
      strictEqual(job.unconfirmed_at, min(all, "unconfirmed_at"));
      strictEqual(job.sends, Math.max(...entries.map(({ sends }) => sends)));
      if (job.status === "complete" || job.status === "failed") {
        strictEqual(job.completed_at, min(same, "completed_at"));
        strictEqual(job.gone_at, min(same, "gone_at"));
      }
      if (job.status === "complete") {
        strictEqual(job.delivered_at, min(same, "delivered_at"));
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

Deno.test("foldRecords() of a job folds to that job, but for when it was written", () => {
  fc.assert(
    fc.property(anyEntries, (entries) => {
      const job = foldRecords(entries);
      deepStrictEqual(foldRecords([{ ...job, at: LATER }]), writtenAt(job));
    }),
    { numRuns: 300 },
  );
});

function writtenAt(job: Job): Job {
  const written = { ...job, at: LATER, sent_at: LATER };
  return "running_at" in written ? { ...written, running_at: LATER } : written;
}

Deno.test("foldRecords() of a job beside its records adds nothing to what it was folded from", () => {
  fc.assert(
    fc.property(anyEntries, (entries) => {
      const job = foldRecords(entries);
      const again = foldRecords([...entries, { ...job, at: LATER }]);
      // An intent that is written again says that its request leaves again.
      const isIntent = job.status === "submitted" &&
        job.unconfirmed_at === undefined;
      const sent_at = isIntent ? LATER : job.sent_at;
      deepStrictEqual(again, { ...job, sent_at });
    }),
    { numRuns: 300 },
  );
});
