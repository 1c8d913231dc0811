import { strictEqual } from "node:assert/strict";
import {
  completeJob,
  failedJob,
  runningJob,
  submittedJob,
} from "../../tests/helpers/sample_job.ts";
import type { Job } from "./job.ts";
import type { ListedJob } from "./listed_job.ts";
import {
  DEFAULT_RETENTION_MS,
  isOld,
  protectionOf,
  type Retention,
} from "./retention.ts";

const HOUR_MS = 3_600_000;

/** Ten hours after the sample jobs. */
const NOW = new Date("2026-01-05T19:00:10.000Z");

function retention(changes: Partial<Retention> = {}): Retention {
  return {
    now: NOW,
    olderThanMs: HOUR_MS,
    protectedMs: 24 * HOUR_MS,
    acceptedMs: 12 * HOUR_MS,
    ...changes,
  };
}

const ours = (job: Job): ListedJob => ({ writer: "vers", id: job.id, job });

function go(status: string, started_at = "2026-01-05T09:00:00Z"): ListedJob {
  const id = "job_1a2b3c4d5e";
  const entry = {
    id,
    kind: "vm.run",
    command: "",
    args: [],
    started_at,
    status,
  };
  return { writer: "go", id, entry };
}

for (
  const [what, job, hours, expected] of [
    ["complete, older", completeJob(), 9, true],
    ["complete, of that age", completeJob(), 10, false],
    ["complete, younger", completeJob(), 11, false],
    ["in flight, older by its start", submittedJob(), 9, true],
    ["of any age, when all go", runningJob(), 0, true],
    [
      "from the future, when all go",
      runningJob({ started_at: "2027-01-05T09:00:00.000Z" }),
      0,
      true,
    ],
    [
      "from the future",
      runningJob({ started_at: "2027-01-05T09:00:00.000Z" }),
      1,
      false,
    ],
  ] as const
) {
  Deno.test(`isOld() of a job ${what} than ${hours} h is ${expected}`, () => {
    const olderThanMs = hours * HOUR_MS;
    strictEqual(isOld(ours(job), retention({ olderThanMs })), expected);
  });
}

Deno.test("isOld() of a job that cannot be dated holds only when all go", () => {
  const job = go("failed", "yesterday");
  strictEqual(isOld(job, retention()), false);
  strictEqual(isOld(job, retention({ olderThanMs: 0 })), true);
});

const delivered = {
  ...completeJob(),
  delivered_at: "2026-01-05T09:01:00.000Z",
};
const gone = { ...completeJob(), gone_at: "2026-01-05T09:01:00.000Z" };

for (
  const [what, job, expected] of [
    ["submitted", ours(submittedJob()), "in_flight"],
    ["running", ours(runningJob()), "in_flight"],
    ["complete and not delivered", ours(completeJob()), "undelivered"],
    ["complete and delivered", ours(delivered), undefined],
    ["complete and gone", ours(gone), undefined],
    ["failed", ours(failedJob()), undefined],
    ["in flight for the Go CLI", go("submitted"), "in_flight"],
    ["complete for the Go CLI", go("complete"), undefined],
  ] as const
) {
  Deno.test(`protectionOf() of a job that is ${what} is ${expected}`, () => {
    strictEqual(protectionOf(job, retention()), expected);
  });
}

Deno.test("protectionOf() ends with the time that was set", () => {
  const options = retention({ protectedMs: 9 * HOUR_MS });
  strictEqual(protectionOf(ours(runningJob()), options), undefined);
  strictEqual(protectionOf(ours(completeJob()), options), undefined);
});

Deno.test("protectionOf() holds to the last moment of that time", () => {
  // A result is dated by its end, ten seconds after the start.
  const tenHours = retention({ protectedMs: 10 * HOUR_MS });
  strictEqual(protectionOf(ours(completeJob()), tenHours), "undelivered");
  strictEqual(protectionOf(ours(runningJob()), tenHours), undefined);
});

Deno.test("protectionOf() of a job whose command did not wait has a time of its own", () => {
  const accepted = ours({ ...runningJob(), accepted_at: NOW.toISOString() });
  strictEqual(protectionOf(accepted, retention()), "in_flight");
  const options = retention({ acceptedMs: 9 * HOUR_MS });
  strictEqual(protectionOf(accepted, options), undefined);
  strictEqual(protectionOf(ours(runningJob()), options), "in_flight");
});

Deno.test("protectionOf() of a job in flight that cannot be dated does not end", () => {
  strictEqual(
    protectionOf(go("submitted", "yesterday"), retention()),
    "in_flight",
  );
});

Deno.test("DEFAULT_RETENTION_MS is thirty days", () => {
  strictEqual(DEFAULT_RETENTION_MS, 30 * 24 * HOUR_MS);
});
