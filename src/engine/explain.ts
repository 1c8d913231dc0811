import type { Job } from "../job/job.ts";
import { decide } from "../job/resume_policy.ts";
import type { KeySearch } from "../ledger/find_job.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import { conflictingFields, hasMoved } from "./claim.ts";
import type { Engine, Work, WorkOptions } from "./engine.ts";
import { readJob } from "./named_job.ts";

/** What a command would do first. */
export type Plan =
  | "submit"
  | "attach"
  | "recover"
  | "return"
  /** Say how the job failed. */
  | "fail"
  /** Do nothing: exit 1 or 4. */
  | "refuse";

/** Why it would: `src/cli` has the words. */
export type Reason =
  | "not_waiting"
  | "no_stable_key"
  | "no_resume"
  | "nothing_found"
  | "named"
  | "in_flight"
  | "undelivered"
  | "idempotency_key"
  | "delivered"
  | "failed"
  | "gone"
  | "too_old"
  | "source_moved"
  | "conflict"
  | "newer_format"
  | "unreadable_line"
  | "ledger_unreadable";

/** What a command would do, as far as the ledger alone can tell. */
export interface Explanation {
  readonly plan: Plan;
  readonly reason: Reason;
  /** The newest job of the key, or the one that was named. */
  readonly job?: Job;
  /** Whether another API key made it: the service has to show its VM to ours. */
  readonly isForeign?: boolean;
  /** Why the ledger, or a line of it, cannot be read. */
  readonly problem?: string;
  /** In what the work differs from the job that has its idempotency key. */
  readonly conflict?: readonly string[];
}

/**
 * Returns what {@linkcode runWork} would do with this work, and why. Nothing
 * is sent and nothing written: no lock is taken, and no folder made.
 *
 * @throws {Failure} when a job was named that is not there, or is of another
 *   kind.
 */
export function explainWork(
  engine: Engine,
  work: Work,
  { wait, resume }: Pick<WorkOptions, "wait" | "resume">,
): Explanation {
  if (resume.type === "job") {
    const job = readJob({ engine, work }, resume.id);
    return { plan: planOfNamed(job), reason: "named", job };
  }
  if (!wait) return { plan: "submit", reason: "not_waiting" };
  if (work.key === undefined) {
    return { plan: "submit", reason: "no_stable_key" };
  }
  const windowMs = resume.type === "auto" ? resume.maxAgeMs : 0;
  const now = engine.clock.now();
  let search: KeySearch;
  try {
    const { account } = work;
    search = engine.ledger.findByKey(work.key, { account, windowMs, now });
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const problem = error.message;
    return { plan: "submit", reason: "ledger_unreadable", problem };
  }
  const { own, foreign, unreadable } = search;
  const job = own?.job ?? foreign?.job;
  const found = {
    ...(job === undefined ? {} : { job }),
    ...(own === undefined && foreign !== undefined ? { isForeign: true } : {}),
  };
  if (resume.type === "never") {
    return { plan: "submit", reason: "no_resume", ...found };
  }
  const refusal = unreadable && {
    plan: "refuse" as const,
    reason: unreadable.isNewer
      ? "newer_format" as const
      : "unreadable_line" as const,
    problem: `line ${unreadable.line}: ${unreadable.why}`,
    ...found,
  };
  if (refusal && unreadable.mayBeNewest) return refusal;
  if (job === undefined) {
    return refusal ?? { plan: "submit", reason: "nothing_found" };
  }
  const conflict = conflictingFields(work, job);
  if (conflict.length > 0) {
    return { plan: "refuse", reason: "conflict", conflict, ...found };
  }
  const plan = planFor(job, work, { maxAgeMs: resume.maxAgeMs, now });
  return plan.plan === "submit" && refusal ? refusal : { ...plan, ...found };
}

function planFor(
  job: Job,
  work: Work,
  { maxAgeMs, now }: { readonly maxAgeMs: number; readonly now: Date },
): Pick<Explanation, "plan" | "reason"> {
  const isIdempotencyKey = work.isIdempotencyKey ?? false;
  const decision = decide(job, {
    // What is in the ledger now was there before a command that starts now.
    settledSinceStart: false,
    maxAgeMs,
    now,
    isIdempotencyKey,
  });
  if (decision.type !== "submit" && hasMoved(work, job)) {
    return { plan: "submit", reason: "source_moved" };
  }
  switch (decision.type) {
    case "attach":
    case "recover":
      return { plan: decision.type, reason: "in_flight" };
    case "return":
      return decision.job.deliveredAt === undefined
        ? { plan: "return", reason: "undelivered" }
        : { plan: "return", reason: "idempotency_key" };
    case "fail":
    case "unconfirmed":
      return { plan: "fail", reason: "failed" };
    case "submit":
      return { plan: "submit", reason: whyAnew(job, decision.tooOld) };
  }
}

function whyAnew(job: Job, tooOld: Job | undefined): Reason {
  if (tooOld !== undefined) return "too_old";
  if (job.state === "failed") return "failed";
  if (job.state !== "complete") return "too_old";
  if (job.goneAt !== undefined) return "gone";
  return job.deliveredAt === undefined ? "too_old" : "delivered";
}

function planOfNamed(job: Job): Plan {
  switch (job.state) {
    case "submitted":
      return "recover";
    case "running":
      return "attach";
    case "complete":
      return "return";
    case "failed":
      return "fail";
  }
}
