import {
  ApiError,
  NoAnswerError,
  NOT_THE_API,
  NotSentError,
} from "../api/api_error.ts";
import { foreignAnswer } from "../api/server_word.ts";
import { Failure } from "../failure.ts";
import {
  failed,
  type Job,
  type RunningJob,
  type SettledJob,
  type SubmittedJob,
  taken,
} from "../job/job.ts";
import { FORMAT_VERSION, type Handle } from "../job/record.ts";
import type { JsonObject } from "../json.ts";
import type { Effect, Engine } from "./engine.ts";
import { ledgerRequired } from "./journal.ts";
import type { HandledJob, SendRequest } from "./kinds.ts";
import { look, lookAgain, type Run, untilNextLook } from "./look.ts";
import { nameDuplicate } from "./vm_labels.ts";

/** A job that has a handle, and how it came by it. */
export interface Accepted {
  readonly job: RunningJob;
  readonly effect: Effect;
}

/** How a request ended that was sent once; the job is as it was sent. */
export type Sent =
  & { readonly job: SubmittedJob }
  & (
    | { readonly type: "accepted"; readonly handle: Handle }
    /** The server says that it did not happen, or it never left. */
    | { readonly type: "refused"; readonly error: Failure }
    /** It may have happened. */
    | { readonly type: "lost" }
  );

/** With less time left than this, a request is not sent any more. */
const LEAST_SEND_MS = 50;

/**
 * Puts the intent of a new job on disk, or says that it cannot be resumed.
 * The caller holds the job's lock, and has the request ready.
 *
 * @throws {Failure} when the ledger is required and cannot be written; then
 *   nothing is to be sent.
 * @throws {TimedOutError} when a request that left now would be cut at once:
 *   it might still be carried out. Nothing of the job is open then.
 */
export async function openIntent(run: Run, job: SubmittedJob): Promise<void> {
  const { patience } = run;
  if (patience.remainingMs() < LEAST_SEND_MS) {
    throw patience.timedOut("preparing the request");
  }
  const isWritten = await run.journal.append(job);
  if (!isWritten && run.options.requireLedger) {
    throw ledgerRequired("its first entry could not be written");
  }
  if (patience.remainingMs() < LEAST_SEND_MS) {
    const timedOut = patience.timedOut("keeping the job in the ledger");
    if (isWritten) await journalFailure(run, job, timedOut);
    throw timedOut;
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
  const { unconfirmed_at: _, ...rest } = intent;
  const job = leavingNow(run, { ...rest, sends: intent.sends + 1 });
  if (!await run.journal.append(job)) return undefined;
  run.job = job;
  run.engine.notify({ type: "sendingAgain", job });
  return job;
}

/**
 * Returns the job as it leaves now. Of one that no server has taken yet,
 * nothing was made before the server's clock showed `serverMs`.
 */
function leavingNow(
  run: Run,
  job: SubmittedJob,
  serverMs?: number,
): SubmittedJob {
  const sent_at = run.engine.clock.now().toISOString();
  return job.sends > 1 || serverMs === undefined
    ? { ...job, sent_at }
    : { ...job, sent_at, server_at: new Date(serverMs).toISOString() };
}

/**
 * Sends the request of a job whose line is on disk, once.
 *
 * A server that is too busy to look at a request says so, and for how long: it
 * is sent again after that, each time under a line of its own, for as long as
 * there is time. Such a send counts as none.
 *
 * @throws {TimedOutError} when the server is still too busy at the deadline:
 *   of a job that was never sent, nothing is open any more.
 * @throws {unknown} the signal's reason, when that cuts the request: then it
 *   may have happened, and the intent stays open.
 */
export async function sendOnce(
  run: Run,
  job: SubmittedJob,
  send: SendRequest,
): Promise<Sent> {
  let leaving = job;
  for (let times = 1;; times++) {
    const sent = { job: leaving };
    try {
      const options = { signal: run.patience.signal };
      const handle = await send(run.engine.client, options);
      return { type: "accepted", ...sent, handle };
    } catch (error) {
      const isAnswer = error instanceof ApiError;
      if (error instanceof NotSentError || isAnswer && error.isRefusal) {
        return { type: "refused", ...sent, error };
      }
      if (!isAnswer && !(error instanceof NoAnswerError)) throw error;
      if (!isAnswer || !error.isThrottled) {
        run.lostTo = foreignAnswer(error);
        return { type: "lost", ...sent };
      }
      const saidAtMs = run.engine.clock.elapsedMs();
      await waitUntilLessBusy(run, leaving, { error, times });
      const pausedMs = run.engine.clock.elapsedMs() - saidAtMs;
      const { serverTime } = error;
      const serverMs = serverTime && serverTime.getTime() + pausedMs;
      leaving = leavingNow(run, leaving, serverMs);
    }
    await run.journal.append(leaving);
    run.job = leaving;
  }
}

async function waitUntilLessBusy(
  run: Run,
  job: SubmittedJob,
  busy: { readonly error: ApiError; readonly times: number },
): Promise<void> {
  const { error, times } = busy;
  const pauseMs = untilNextLook(run, {
    looks: times,
    retryAfterMs: error.retryAfterMs,
  });
  run.engine.notify({ type: "serverBusy", job, pauseMs });
  const doing = "waiting for the service to take the request";
  if (run.patience.remainingMs() > 0) await run.patience.sleep(pauseMs, doing);
  if (run.patience.remainingMs() > 0) return;
  const timedOut = run.patience.timedOut(doing, error);
  // What was sent before it may still have been carried out.
  if (job.sends === 1) await journalFailure(run, job, timedOut);
  throw timedOut;
}

/** Records that the server accepted the job, and notifies the watcher. */
export async function accept(
  run: Run,
  job: SubmittedJob,
  handle: Handle,
  effect: Effect,
): Promise<Accepted> {
  const running = taken(job, handle, run.engine.clock.now());
  // Said first: a process that is killed while it writes has notified its caller.
  run.job = running;
  run.engine.notify({ type: "accepted", job: running, handle, effect });
  const before = await run.journal.update(running, (known) => ({
    ...(isHandledOtherwise(known.job, handle) ? {} : { append: running }),
    result: known,
    // What makes no VM was answered with one that somebody has made.
  }), { vmIds: run.kind.recovery === undefined ? [] : handle.vm_ids });
  for (const [vmId, ownerId] of before?.owners ?? []) {
    run.engine.notify({ type: "vmOfAnother", job: running, vmId, ownerId });
  }
  const known = before?.job;
  if (!isHandledOtherwise(known, handle)) return { job: running, effect };
  // Without its lock another process had the same job: that one is kept.
  const own = known.handle.vm_ids;
  for (const other of handle.vm_ids) {
    if (!own.includes(other)) nameDuplicate(run, running, { own, other });
  }
  return { job: known.status === "running" ? known : running, effect };
}

function isHandledOtherwise(
  job: Job | undefined,
  handle: Handle,
): job is HandledJob {
  return job !== undefined && "handle" in job && job.handle !== undefined &&
    job.handle.vm_ids.join() !== handle.vm_ids.join();
}

/**
 * Records that the job failed, and why, unless it has an outcome already;
 * returns the job with the outcome that holds.
 */
export async function journalFailure(
  run: Run,
  job: SubmittedJob | RunningJob,
  error: Failure,
  options: { readonly isGone?: boolean } = {},
): Promise<SettledJob> {
  const { engine } = run;
  const stored = { ...storedAs(error, engine), ...options };
  const failure = failed(job, stored, engine.clock.now());
  const settled = await run.journal.settle(failure);
  run.job = settled;
  return settled;
}

/** Returns what the ledger keeps of a failure: as its own command shows it. */
export function storedAs(
  error: Failure,
  { hintOf }: Pick<Engine, "hintOf">,
): { readonly error: string; readonly result: JsonObject } {
  const { code, message, retryable } = error;
  const { requestId, serviceRequestId } = error instanceof ApiError
    ? error
    : {};
  return {
    error: message,
    result: {
      code,
      message,
      hint: hintOf(error),
      retryable,
      request_id: requestId,
      service_request_id: serviceRequestId,
    },
  };
}

/**
 * Returns a job for the work of this command, which is yet to be recorded.
 *
 * @throws {Failure} when the server cannot be asked for its time: then nothing
 *   is to be sent.
 */
export async function newJob(run: Run): Promise<SubmittedJob> {
  const { engine, work } = run;
  const serverTime = await readServerClock(run);
  const now = engine.clock.now().toISOString();
  return {
    status: "submitted",
    v: FORMAT_VERSION,
    at: now,
    id: newJobId(),
    kind: work.kind,
    command: work.command,
    args: work.args,
    started_at: now,
    sent_at: now,
    ...(work.key !== undefined && mayBeFound(run) ? { key: work.key } : {}),
    scope: work.scope,
    account: work.account,
    token: crypto.randomUUID(),
    inputs: work.inputs,
    ...(work.source === undefined ? {} : { source: work.source }),
    ...(work.names === undefined ? {} : { names: work.names }),
    sends: 1,
    ...(serverTime && { server_at: serverTime.toISOString() }),
  };
}

/**
 * Whether the same command may find the job. One that is not waited for is
 * found only by a name that the user gave to it.
 */
export function mayBeFound({ work, options }: Run): boolean {
  return options.wait || work.isIdempotencyKey === true ||
    typeof work.inputs.alias === "string";
}

/**
 * Returns the time by the server's clock, to know later what was made after
 * it; `undefined` when the server does not show it. Nothing is sent before
 * this look is answered: of a server that cannot be asked it could not be
 * found out whether it carried a request out.
 *
 * @throws {NotSentError} when no connection can be made.
 * @throws {Failure} of code `unreachable` when something else than the service
 *   answers.
 * @throws {TimedOutError} when the deadline passes before an answer.
 */
function readServerClock(run: Run): Promise<Date | undefined> {
  const isUnreachable = (error: Failure) => error instanceof NotSentError;
  const isForeign = (error: Failure) => foreignAnswer(error) !== undefined;
  const failures = [
    { isMet: isUnreachable, intervalMs: 2_500, times: 0 },
    { isMet: isForeign, intervalMs: 1_000, times: 0 },
  ];
  return run.patience.poll<Date | undefined>(async (looks) => {
    const looked = await look(
      run,
      "vm",
      (client, options) => client.serverClock(options),
    );
    if (looked.type === "answer") return { isDone: true, value: looked.value };
    const { error, retryAfterMs } = looked;
    let intervalMs: number | undefined;
    for (const kind of failures) {
      kind.times = kind.isMet(error) ? kind.times + 1 : 0;
      if (kind.times > 0) intervalMs = kind.intervalMs;
      const isOver = kind.times >= TIMES ||
        (kind.times > 0 && !error.retryable);
      if (isOver) throw inWords(error);
    }
    run.engine.notify({ type: "notAnswered", error });
    const doing = "asking the server for its time";
    return lookAgain(run, { looks, intervalMs, retryAfterMs, doing });
  });
}

/** How often in a row something may stand in the way of the server. */
const TIMES = 3;

/** What answers in the service's place is named, whatever shape it has. */
function inWords(error: Failure): Failure {
  const other = foreignAnswer(error);
  if (other === undefined || error instanceof ApiError) return error;
  const said = [`${other.status}`, other.contentType].filter(Boolean);
  return new Failure(
    `Cannot send the request: ${NOT_THE_API} (${said.join(", ")})`,
    { code: error.code, advice: error.advice, retryable: true, cause: error },
  );
}

const JOB_ID_BYTES = 5;

function newJobId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(JOB_ID_BYTES));
  return `job_${bytes.toHex()}`;
}
