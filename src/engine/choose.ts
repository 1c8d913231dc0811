import type {
  Facts,
  FoundJob,
  FoundJobs,
  ResumeChoice,
} from "../job/decide.ts";
import type { Job } from "../job/job.ts";
import type { UnreadableLine } from "../ledger/ledger.ts";
import type { Engine, Work, WorkOptions } from "./engine.ts";

/** What the ledger says of earlier jobs of some work. */
export interface EarlierJobs extends FoundJobs {
  readonly unreadable?: UnreadableLine | undefined;
  /**
   * Whether another API key made `newest`: then it counts only if the server
   * shows its VM to the present key.
   */
  readonly isForeign: boolean;
  /** How many lines of the ledger say nothing. */
  readonly badLines: number;
}

/** Nothing was looked for, or could be found. */
export const NO_EARLIER_JOBS: EarlierJobs = { isForeign: false, badLines: 0 };

/** Whether a command with these options is about earlier jobs of its work. */
export function looksForJobs(
  work: Work,
  { wait, resume }: Pick<WorkOptions, "wait" | "resume">,
): boolean {
  return work.key !== undefined && resume.type === "auto" &&
    (wait || work.isIdempotencyKey === true);
}

/**
 * Returns the newest jobs of the work's key; `passedOver` is not one of them.
 *
 * @throws {LedgerError} when the ledger cannot be read.
 */
export async function findEarlierJobs(
  { ledger, clock }: Engine,
  work: Work,
  options: {
    readonly resume: ResumeChoice;
    readonly passedOver?: Job | undefined;
  },
): Promise<EarlierJobs> {
  const { resume, passedOver } = options;
  if (work.key === undefined) return NO_EARLIER_JOBS;
  const maxAgeMs = resume.type === "auto" ? resume.maxAgeMs : 0;
  const search = await ledger.findByKey(work.key, {
    account: work.account,
    // Who names the work says that it is the same, however long ago it was.
    windowMs: work.isIdempotencyKey ? Infinity : maxAgeMs,
    now: clock.now(),
  });
  const { own, foreign, accepted, unreadable, badLines } = search;
  const isPassedOver = (found: FoundJob | undefined) =>
    found !== undefined && found.job.token === passedOver?.token;
  return {
    newest: isPassedOver(own) ? undefined : own ?? foreign,
    accepted: isPassedOver(accepted) ? undefined : accepted,
    unreadable,
    isForeign: own === undefined && foreign !== undefined,
    badLines,
  };
}

/** Returns what a decision is made from. */
export function factsOf(
  { clock }: Engine,
  work: Work,
  options: {
    readonly wait: boolean;
    readonly resume: ResumeChoice;
    readonly found: FoundJobs;
  },
): Facts {
  const { wait: isWaiting, resume, found } = options;
  return { work, isWaiting, resume, found, now: clock.now() };
}
