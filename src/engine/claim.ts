import { ApiError } from "../api/api_error.ts";
import { Failure } from "../failure.ts";
import { type FileLock, FileLockError } from "../file_lock.ts";
import {
  ageMs,
  decide,
  type Decision,
  type FoundJobs,
  type ResumeChoice,
} from "../job/decide.ts";
import {
  type CompleteJob,
  type FailedJob,
  isInFlight,
  type Job,
  type RunningJob,
  type SubmittedJob,
} from "../job/job.ts";
import type { JsonValue } from "../json.ts";
import type { UnreadableLine } from "../ledger/ledger.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import {
  type EarlierJobs,
  factsOf,
  findEarlierJobs,
  looksForJobs,
  NO_EARLIER_JOBS,
} from "./choose.ts";
import {
  RecordedFailure,
  UnconfirmedError,
  UnreadableLineError,
} from "./engine_error.ts";
import { ledgerRequired } from "./journal.ts";
import { recover } from "./recover.ts";
import { lookUntilAnswered, type Run } from "./look.ts";
import {
  accept,
  type Accepted,
  journalFailure,
  mayBeFound,
  newJob,
  openIntent,
  sendOnce,
} from "./send.ts";
import { labelledIds, readVmList } from "./vm_list.ts";

/** What a command goes on with: a job to wait for, or a stored result. */
export type Claim =
  | ({ readonly type: "job" } & Accepted)
  | {
    readonly type: "result";
    readonly job: CompleteJob;
    /** Whether it was completed while this process was running. */
    readonly isFresh: boolean;
  };

/**
 * Finds the job of this work in the ledger, or makes a new one.
 *
 * From the look-up to the entry with the handle, this process holds the lock
 * of the work's key: two commands that ask for the same work make one job.
 *
 * @throws {Failure} what another process was told while this one was waiting
 *   for the lock, or what the server refused.
 */
export async function claimJob(run: Run): Promise<Claim> {
  const { work, options, engine } = run;
  if (work.key === undefined || !mayBeFound(run)) {
    if (options.wait) engine.notify({ type: "noStableKey", kind: work.kind });
    const job = await newJob(run);
    const lock = await lockJob(run, job.id);
    using _lock = lock.held;
    return await submitAnew(run, job, lock);
  }
  const lock = await lockJob(run, work.key);
  using _lock = lock.held;
  const choice = await chooseJob(run);
  const { decision } = choice;
  switch (decision.plan) {
    case "attach":
      return attach(run, decision.job);
    case "recover":
      return {
        type: "job",
        ...await recover(run, decision.job, { maySend: lock.isLocked }),
      };
    case "return": {
      const isFresh = decision.reason === "settled_meanwhile";
      return { type: "result", job: decision.job, isFresh };
    }
    case "fail":
      run.job = decision.job;
      throw recordedFailure(decision.job);
    case "unconfirmed":
      run.job = decision.job;
      throw new UnconfirmedError(
        `Cannot tell whether the request of job ${decision.job.id} was carried out`,
      );
    case "refuse":
      throw refusal(run, choice);
    case "submit":
      sayWhyAnew(run, choice);
      return await submitAnew(run, await newJob(run), lock);
  }
}

/** With less time left than this, a request is not sent any more. */
const LEAST_SEND_MS = 50;

/** Sends a new job, and finds out what became of it if the answer is lost. */
async function submitAnew(
  run: Run,
  job: SubmittedJob,
  lock: JobLock,
): Promise<Claim> {
  const send = run.driver.prepare(job, run.work.secrets);
  // A request that would be cut at once might still be carried out.
  if (run.deadline.remainingMs() < LEAST_SEND_MS) {
    throw run.deadline.timedOut("preparing the request");
  }
  await openIntent(run, job);
  if (!lock.isLocked) run.journal.lose(lock.why);
  await nameStripped(run, job);
  if (run.deadline.remainingMs() < LEAST_SEND_MS) {
    throw run.deadline.timedOut("keeping the job in the ledger");
  }
  const sent = await sendOnce(run, job, send);
  switch (sent.type) {
    case "accepted":
      return {
        type: "job",
        ...await accept(run, sent.job, sent.handle, "created"),
      };
    case "refused":
      await journalFailure(run, sent.job, sent.error);
      throw sent.error;
    case "lost":
      return {
        type: "job",
        ...await recover(run, sent.job, { maySend: true }),
      };
  }
}

/** Names jobs that may be the same work, and cannot be found by it any more. */
async function nameStripped(run: Run, job: SubmittedJob): Promise<void> {
  const { engine: { ledger, clock, notify }, driver, work } = run;
  const { kind, inputs: { alias } } = work;
  if (typeof alias !== "string") return;
  const windowMs = driver.maxResumeAgeMs;
  const now = clock.now();
  try {
    const word = alias;
    const found = await ledger.findStripped({ kind, word, windowMs, now });
    for (const { id: strippedId } of found) {
      notify({ type: "strippedJob", job, strippedId });
    }
  } catch (error) {
    // Whoever looked for the job has said that the ledger cannot be read.
    if (!(error instanceof LedgerError)) throw error;
  }
}

/** What a command is to do, and what that was decided by. */
interface Choice {
  readonly decision: Decision;
  readonly unreadable?: UnreadableLine | undefined;
  /** How old the job is by the server's clock, if that was asked. */
  readonly ageOnServerMs?: number | undefined;
}

/** Returns what to do about earlier jobs; what has to be asked is asked. */
async function chooseJob(run: Run): Promise<Choice> {
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

/** Whether the server shows the present key what a job of another one made. */
async function isShownToUs(run: Run, job: Job): Promise<boolean> {
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
 * of ours changes; `undefined` when it is not to be had.
 */
async function serverAgeMs(run: Run, job: Job): Promise<number | undefined> {
  if (job.status !== "running" || job.server_at === undefined) return undefined;
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

/** Says why a job that was found is not resumed, where one may expect it. */
function sayWhyAnew(run: Run, { decision, ageOnServerMs }: Choice): void {
  const { notify, clock } = run.engine;
  const { reason, job } = decision;
  if (job === undefined) return;
  if (reason === "source_moved") notify({ type: "sourceMoved", job });
  if (reason !== "too_old" || !isInFlight(job)) return;
  const ownAgeMs = ageMs(job.started_at, clock.now());
  notify({ type: "tooOld", job, ageMs: ageOnServerMs ?? ownAgeMs });
}

/** Returns the failure of a command that must not send anything. */
function refusal(run: Run, { decision, unreadable }: Choice): Failure {
  const { job } = decision;
  if (unreadable !== undefined && decision.reason !== "conflict") {
    return new UnreadableLineError(run.engine.ledger.location, unreadable);
  }
  run.job = job;
  const fields = decision.plan === "refuse" ? decision.fields ?? [] : [];
  return new Failure(
    `Cannot use this idempotency key: job ${job?.id} (${job?.command}) has it, ` +
      `and asked for another ${fields.join(", ")}`,
    {
      code: "conflict",
      hint:
        "use another --idempotency-key for other work, or run the command with the same flags",
    },
  );
}

/** Takes up a job in flight, and says so. */
export function attach(run: Run, job: RunningJob): Claim {
  const { clock, notify } = run.engine;
  run.job = job;
  notify({
    type: "resuming",
    job,
    ageMs: ageMs(job.started_at, clock.now()),
  });
  const effect = "attached";
  notify({ type: "accepted", job, handle: job.handle, effect });
  return { type: "job", job, effect };
}

/** Returns the failure that the ledger has for a job. */
export function recordedFailure(job: FailedJob): Failure {
  const { code, hint, retryable } = job.result ?? {};
  return new RecordedFailure(job.error, {
    code: typeof code === "string" ? code as Failure["code"] : "job_failed",
    hint: textOf(hint),
    retryable: retryable === true,
    requestId: textOf(job.result?.request_id),
    serviceRequestId: textOf(job.result?.service_request_id),
  });
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A job's lock, or why there is none to be had. */
export type JobLock =
  | { readonly isLocked: true; readonly held: FileLock }
  | {
    readonly isLocked: false;
    readonly held: undefined;
    readonly why: string;
  };

/**
 * Returns the lock of a key or of a job's id, once this process holds it.
 *
 * @throws {TimedOutError} when another process still holds it at the deadline.
 * @throws {Failure} when a ledger is required and there is no locking.
 */
export async function lockJob(run: Run, keyOrId: string): Promise<JobLock> {
  const { engine, deadline, options } = run;
  try {
    const held = await engine.ledger.lockJob(keyOrId, {
      waitMs: deadline.remainingMs(),
      signal: engine.signal,
      onWaiting: (holder) => engine.notify({ type: "waitingForLock", holder }),
    });
    return { isLocked: true, held };
  } catch (error) {
    const isLockError = error instanceof FileLockError;
    if (!isLockError && !(error instanceof LedgerError)) throw error;
    if (isLockError && error.reason === "held") {
      throw deadline.timedOut(
        "waiting for another process with the same command",
        error,
      );
    }
    if (options.requireLedger) throw ledgerRequired(error.message);
    return { isLocked: false, held: undefined, why: error.message };
  }
}
