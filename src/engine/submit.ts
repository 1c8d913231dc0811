import { ApiError, NoAnswerError, NotSentError } from "../api/api_error.ts";
import type { Failure } from "../failure.ts";
import type { Handle } from "../job/entry.ts";
import type { RunningJob, SettledJob, SubmittedJob } from "../job/job.ts";
import type { Effect } from "./engine.ts";
import { ledgerRequired } from "./journal.ts";
import { asMissedLook, look, type Run } from "./run.ts";

/** A job that has a handle, and how it came by it. */
export interface Accepted {
  readonly job: RunningJob;
  readonly effect: Effect;
}

/** How a request ended that was sent once. */
export type Sent =
  | { readonly type: "accepted"; readonly handle: Handle }
  /** The server says that it did not happen, or it never left. */
  | { readonly type: "refused"; readonly error: Failure }
  /** It may have happened. */
  | { readonly type: "lost"; readonly error: Failure };

/**
 * Puts the intent of a new job on disk, or says that it cannot be resumed.
 * The caller holds the job's lock.
 *
 * @throws {Failure} when the ledger is required and cannot be written; then
 *   nothing is to be sent.
 */
export async function openIntent(run: Run, job: SubmittedJob): Promise<void> {
  const isWritten = await run.journal.append(job);
  if (!isWritten && run.options.requireLedger) {
    throw ledgerRequired("its first entry could not be written");
  }
  run.job = job;
  run.engine.notify({ type: "submitted", job });
}

/**
 * Returns the job with one more send, which is on disk; `undefined` when that
 * could not be written, and so must not be sent.
 */
export async function openSend(
  run: Run,
  intent: SubmittedJob,
): Promise<SubmittedJob | undefined> {
  const { unconfirmedAt: _, ...rest } = intent;
  const job: SubmittedJob = {
    ...rest,
    sends: intent.sends + 1,
    submittedAt: run.engine.clock.now().toISOString(),
  };
  if (!await run.journal.append(job)) return undefined;
  run.job = job;
  run.engine.notify({ type: "sendingAgain", job });
  return job;
}

/**
 * Sends the request of a job whose intent is on disk, once.
 *
 * @throws {unknown} the signal's reason, when that cuts the request: then it
 *   may have happened, and the intent stays open.
 */
export async function sendOnce(run: Run, job: SubmittedJob): Promise<Sent> {
  const { engine, driver, work, signal } = run;
  try {
    const handle = await driver.submit({
      client: engine.client,
      job,
      secrets: work.secrets,
      signal,
    });
    return { type: "accepted", handle };
  } catch (error) {
    if (error instanceof NotSentError) return { type: "refused", error };
    if (error instanceof NoAnswerError) return { type: "lost", error };
    if (!(error instanceof ApiError)) throw error;
    const isVoid = error.isRefusal || error.isThrottled;
    return { type: isVoid ? "refused" : "lost", error };
  }
}

/** Records that the server took the job, and says so. */
export async function accept(
  run: Run,
  job: SubmittedJob,
  handle: Handle,
  effect: Effect,
): Promise<Accepted> {
  const runningAt = run.engine.clock.now().toISOString();
  const running: RunningJob = { ...job, state: "running", handle, runningAt };
  // Said first: a process that is killed while it writes has told its caller.
  run.job = running;
  run.engine.notify({ type: "accepted", job: running, handle, effect });
  await run.journal.append(running);
  return { job: running, effect };
}

/**
 * Records that the job failed, as it is told, unless it has an outcome already;
 * returns the job with the outcome that holds.
 */
export async function journalFailure(
  run: Run,
  job: SubmittedJob | RunningJob,
  error: Failure,
  options: { readonly isGone?: boolean } = {},
): Promise<SettledJob> {
  const at = run.engine.clock.now().toISOString();
  const { code, message, hint, retryable } = error;
  const { requestId, serviceRequestId } = error instanceof ApiError
    ? error
    : {};
  const settled = await run.journal.settle({
    ...job,
    state: "failed",
    completedAt: at,
    error: message,
    result: {
      code,
      message,
      hint,
      retryable,
      request_id: requestId,
      service_request_id: serviceRequestId,
    },
    ...(options.isGone ? { goneAt: at } : {}),
  });
  run.job = settled;
  return settled;
}

/** Returns a job for the work of this command, which is yet to be recorded. */
export async function newJob(run: Run): Promise<SubmittedJob> {
  const { engine, work, options } = run;
  const serverAt = await serverClock(run);
  const now = engine.clock.now().toISOString();
  return {
    state: "submitted",
    id: newJobId(),
    kind: work.kind,
    command: work.command,
    args: work.args,
    startedAt: now,
    submittedAt: now,
    // A job that is not waited for is never found by its key.
    ...(work.key === undefined || !options.wait ? {} : { key: work.key }),
    scope: work.scope,
    account: work.account,
    token: crypto.randomUUID(),
    inputs: work.inputs,
    ...(work.source === undefined ? {} : { source: work.source }),
    ...(work.names === undefined ? {} : { names: work.names }),
    sends: 1,
    ...(serverAt === undefined ? {} : { serverAt: serverAt.toISOString() }),
  };
}

/**
 * Returns the server's clock, to tell later what was made after it. One look,
 * whatever it says: the request itself will tell what is wrong.
 */
async function serverClock(run: Run): Promise<Date | undefined> {
  try {
    const answer = await look(
      run,
      (client, options) => client.listVms(options),
    );
    return answer.serverTime;
  } catch (error) {
    if (error instanceof ApiError) return error.serverTime;
    if (asMissedLook(error)) return undefined;
    throw error;
  }
}

const JOB_ID_BYTES = 5;

function newJobId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(JOB_ID_BYTES));
  return "job_" +
    Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
