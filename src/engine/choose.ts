import { ApiError } from "../api/api_error.ts";
import {
  ageMs,
  decide,
  type Decision,
  type Facts,
  type FoundJob,
  type FoundJobs,
  type Reason,
  type ResumeChoice,
} from "../job/decide.ts";
import type { Job } from "../job/job.ts";
import type { UnreadableLine } from "../ledger/ledger.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import type { Engine, Work, WorkOptions } from "./engine.ts";
import { ledgerRequired } from "./journal.ts";
import {
  confirmWindowMs,
  lookAgain,
  lookUntilAnswered,
  type Run,
} from "./look.ts";
import { readJob } from "./named_job.ts";
import { labelledIds, readVmList } from "./vm_labels.ts";

/** What a command is to do, and what that was decided by. */
export interface Choice {
  readonly decision: Decision;
  readonly unreadable?: UnreadableLine | undefined;
  /** How old the job is by the server's clock, if that was asked. */
  readonly ageOnServerMs?: number | undefined;
}

/**
 * Returns what to do about earlier jobs of the work. What has to be asked of
 * the server is asked.
 *
 * @throws {Failure} when a ledger is required, and cannot be read.
 */
export async function chooseJob(run: Run): Promise<Choice> {
  const { engine, work, options: { wait, resume } } = run;
  const choice: ResumeChoice = resume.type === "auto"
    ? resume
    : { type: "never" };
  const { isForeign, newest, ...others } = await findEarlier(run, choice);
  const { unreadable } = others;
  const decideOn = (found: FoundJobs) =>
    decide(factsOf(engine, work, { wait, resume: choice, found }));
  const isNotOurs = newest !== undefined && isForeign &&
    !unreadable?.mayBeNewest && !await isShownToUs(run, newest.job);
  if (newest === undefined || isNotOurs) {
    return { decision: decideOn(others), unreadable };
  }
  const decision = decideOn({ ...others, newest });
  const { reason } = decision;
  const maxAgeMs = resume.type === "auto" ? resume.maxAgeMs : 0;
  if (reason !== "too_old" || maxAgeMs === 0) return { decision, unreadable };
  const ageOnServerMs = await serverAgeMs(run, newest.job);
  return {
    decision: decideOn({ ...others, newest: { ...newest, ageOnServerMs } }),
    unreadable,
    ageOnServerMs,
  };
}

async function findEarlier(
  run: Run,
  resume: ResumeChoice,
): Promise<EarlierJobs> {
  const { engine, work, options, journal, passedOver } = run;
  if (!looksForJobs(work, options)) return NO_EARLIER_JOBS;
  try {
    const earlier = await findEarlierJobs(engine, work, { resume, passedOver });
    const { badLines: count } = earlier;
    if (count > 0 && passedOver === undefined) {
      engine.notify({ type: "badLines", count });
    }
    return earlier;
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    if (options.requireLedger) throw ledgerRequired(error.message);
    journal.lose(error.message);
    return NO_EARLIER_JOBS;
  }
}

/** A look may be answered by what lags behind: so often it is made. */
const LOOKS = 3;
const LOOKS_INTERVAL_MS = 2_500;

/**
 * Whether the server shows the present key what a job of another one made. An
 * open request may be carried out until its confirm window is over.
 */
async function isShownToUs(run: Run, job: Job): Promise<boolean> {
  const isShown = await run.patience.poll<boolean>(async (looks) => {
    if (await isShownNow(run, job)) return { isDone: true, value: true };
    const isOver = job.status === "submitted"
      ? ageMs(job.sent_at, run.engine.clock.now()) >= confirmWindowMs(run)
      : looks >= LOOKS;
    if (isOver) return { isDone: true, value: false };
    const doing = `asking whether job ${job.id} is of this organisation`;
    return lookAgain(run, { looks, intervalMs: LOOKS_INTERVAL_MS, doing });
  });
  if (!isShown) run.engine.notify({ type: "notShown", job });
  return isShown;
}

async function isShownNow(run: Run, job: Job): Promise<boolean> {
  // The token of an intent is asked for in the list, by whoever recovers it.
  const vmId = job.status === "submitted" ? undefined : job.handle?.vm_ids[0];
  try {
    if (vmId !== undefined) {
      await lookUntilAnswered(
        run,
        { job, looksAt: "vm" },
        (client, options) => client.vmStatus(vmId, options),
      );
      return true;
    }
    const { value } = await lookUntilAnswered(
      run,
      { job, looksAt: "list" },
      (client, options) => readVmList(run, job, client, options),
    );
    return labelledIds(value, job.token).length > 0;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}

/**
 * Returns the age of a job that has a VM by the server's clock, which no step
 * of ours changes; `undefined` when it is not known.
 */
async function serverAgeMs(run: Run, job: Job): Promise<number | undefined> {
  if (job.status !== "running" && job.status !== "complete") return undefined;
  if (job.server_at === undefined) return undefined;
  const [vmId] = job.handle.vm_ids;
  if (vmId === undefined) return undefined;
  try {
    const { serverTime } = await lookUntilAnswered(
      run,
      { job, looksAt: "vm" },
      (client, options) => client.vmStatus(vmId, options),
    );
    return serverTime && ageMs(job.server_at, serverTime);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.serverTime && ageMs(job.server_at, error.serverTime);
  }
}

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
  let earlier = NO_EARLIER_JOBS;
  try {
    if (wait || work.isIdempotencyKey) {
      earlier = await findEarlierJobs(engine, work, { resume });
    }
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const problem = error.message;
    return { plan: "submit", reason: "ledger_unreadable", problem };
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
function looksForJobs(
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
