import { decide, type Decision, type Reason } from "../job/decide.ts";
import type { Job } from "../job/job.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import {
  type EarlierJobs,
  factsOf,
  findEarlierJobs,
  NO_EARLIER_JOBS,
} from "./choose.ts";
import type { Engine, Work, WorkOptions } from "./engine.ts";
import { readJob } from "./named_job.ts";

/** What a command would do, as far as the ledger alone can tell. */
export interface Explanation {
  readonly plan: Decision["plan"];
  readonly reason: Reason | "named" | "ledger_unreadable";
  /** The newest job of the key, or the one that was named. */
  readonly job?: Job | undefined;
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
export async function explainWork(
  engine: Engine,
  work: Work,
  { wait, resume }: Pick<WorkOptions, "wait" | "resume">,
): Promise<Explanation> {
  if (resume.type === "job") {
    const job = await readJob({ engine, work }, resume.id);
    return { plan: PLANS_OF_NAMED[job.status], reason: "named", job };
  }
  let earlier: EarlierJobs = NO_EARLIER_JOBS;
  if (wait || work.isIdempotencyKey) {
    try {
      earlier = await findEarlierJobs(engine, work, { resume });
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      const problem = error.message;
      return { plan: "submit", reason: "ledger_unreadable", problem };
    }
  }
  const { isForeign, unreadable } = earlier;
  const facts = factsOf(engine, work, { wait, resume, found: earlier });
  const decision = decide(facts);
  const { plan, reason, job } = decision;
  const isAboutLine = plan === "refuse" && reason !== "conflict";
  return {
    plan,
    reason,
    job,
    ...(isForeign ? { isForeign } : {}),
    ...(isAboutLine && unreadable !== undefined
      ? { problem: `line ${unreadable.line}: ${unreadable.why}` }
      : {}),
    ...(plan === "refuse" && decision.fields !== undefined
      ? { conflict: decision.fields }
      : {}),
  };
}

const PLANS_OF_NAMED: Record<Job["status"], Decision["plan"]> = {
  submitted: "recover",
  running: "attach",
  complete: "return",
  failed: "fail",
};
