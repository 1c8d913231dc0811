import { ApiError, NoAnswerError } from "../api/api_error.ts";
import { missedLook } from "../api/server_word.ts";
import { Failure } from "../failure.ts";
import type { CompleteJob, RunningJob, SubmittedJob } from "../job/job.ts";
import type { JsonObject } from "../json.ts";
import { TimedOutError } from "../patience.ts";
import type { Work } from "./engine.ts";
import {
  JobFailedError,
  OutputLostError,
  UnconfirmedError,
} from "./engine_error.ts";
import {
  type ExecOrder,
  ExecStream,
  ReportedExecError,
  UnknownExecError,
} from "./exec.ts";
import { vmOfExec } from "./kinds.ts";
import { confirmWindowMs, type Look, lookAgain, type Run } from "./look.ts";
import { type RecoverOptions, sendAge, unconfirmed } from "./recover.ts";
import { accept, type Accepted, openSend, sendOnce } from "./send.ts";
import type { Waited } from "./wait.ts";

/** How much later than its time-out a command may end, before it is given up. */
const GRACE_MS = 10_000;
/** How often another process is looked for that may have given the job up. */
const CANCEL_LOOK_MS = 2_000;
/** How often the service must say that it knows no such command. */
const UNKNOWN_LOOKS = 3;
const PAUSE_MS = 1_000;

/**
 * Sends the request that starts the command, and returns when the service has
 * taken it. What the command writes is not read before it is waited for.
 */
export async function startExec(
  run: Run,
  job: SubmittedJob | RunningJob,
  signal: AbortSignal,
): Promise<void> {
  const stream = streamOf(run, job);
  const leftMs = run.patience.remainingMs();
  const limit = Number.isFinite(leftMs)
    ? { timeout_secs: Math.max(1, Math.ceil(leftMs / 1_000)) }
    : {};
  try {
    await stream.start({ ...orderOf(run.work), ...limit }, signal);
  } catch (error) {
    throw isAlreadyKnown(error) ? answerOfTheFirst(error) : error;
  }
  run.exec = stream;
}

/** Somebody has repeated the request: the first of it is ours, too. */
function isAlreadyKnown(error: unknown): error is ApiError {
  return error instanceof ApiError && error.isFromService &&
    error.status === 409;
}

function answerOfTheFirst(cause: ApiError): NoAnswerError {
  const why = "the service knows its id already";
  return new NoAnswerError("run the command", why, { cause });
}

/** What only the process has that was told: the ledger may not hold it. */
function orderOf({ secrets }: Work): ExecOrder {
  if (secrets === undefined) {
    throw new RangeError("Cannot start a command without its words");
  }
  return secrets as JsonObject & ExecOrder;
}

function streamOf(run: Run, job: SubmittedJob | RunningJob | CompleteJob) {
  const { engine: { client, clock }, options: { exec } } = run;
  return new ExecStream({
    client,
    clock,
    vmId: vmOfExec(job),
    execId: job.token,
    onOutput: exec?.onOutput,
    onBroken: exec?.onBroken,
  });
}

/**
 * Finds out what became of a request to run a command, by the command's own
 * id. It is sent again only by the process that sent it first, once, and only
 * where the service still does not know it after the confirm window, though
 * the VM runs.
 *
 * @throws {UnconfirmedError} when the service does not know the command.
 * @throws {TimedOutError} when time ran out first; the intent stays open.
 */
export async function recoverExec(
  run: Run,
  intent: SubmittedJob,
  { maySend, isOwn = false }: RecoverOptions,
): Promise<Accepted> {
  const { engine: { clock, notify } } = run;
  let job = intent;
  let age = sendAge(run, job, { isJustLost: isOwn });
  let mayStillSend = maySend && isOwn;
  let unknownLooks = 0;
  let refusal: Failure | undefined;
  const effect = isOwn ? "created" : "recovered";
  return await run.patience.poll<Accepted>(async (looks) => {
    if (looks === 2 && job === intent) notify({ type: "confirming", job });
    const lookedAtMs = clock.elapsedMs();
    const looked = await lookForCommand(run, job);
    if (looked.type === "answer" && looked.value !== undefined) {
      run.exec = looked.value;
      const handle = { vm_ids: [vmOfExec(job)] };
      const value = await accept(run, job, handle, effect);
      return { isDone: true, value };
    }
    if (looked.type === "answer") unknownLooks++;
    const isLate = refusal !== undefined ||
      age.at(lookedAtMs) >= confirmWindowMs(run);
    if (looked.type === "answer" && isLate && unknownLooks >= UNKNOWN_LOOKS) {
      if (!mayStillSend || !await isRunning(run, job)) {
        throw await unconfirmed(run, job, [], refusal);
      }
      mayStillSend = false;
      const send = run.kind.prepare(job, run.work.secrets, run);
      const again = await openSend(run, job);
      if (again === undefined) throw await unconfirmed(run, job, [], refusal);
      const sent = await sendOnce(run, again, send);
      job = sent.job;
      age = sendAge(run, job, { isJustLost: true });
      unknownLooks = 0;
      if (sent.type === "accepted") {
        const value = await accept(run, job, sent.handle, "created");
        return { isDone: true, value };
      }
      if (sent.type === "refused") refusal = sent.error;
      return { isDone: false };
    }
    return lookAgain(run, {
      looks,
      intervalMs: PAUSE_MS,
      retryAfterMs: looked.type === "missed" ? looked.retryAfterMs : undefined,
      doing: `finding out what became of job ${job.id}`,
    });
  });
}

/** Attaches to the command of a job, if the service knows it. */
async function lookForCommand(
  run: Run,
  job: SubmittedJob,
): Promise<Look<ExecStream | undefined>> {
  const stream = streamOf(run, job);
  try {
    await stream.attach(run.patience.signal);
    return { type: "answer", value: stream };
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.isNotFound) {
      return { type: "answer", value: undefined };
    }
    const error = missedLook(thrown, "vm");
    if (error === undefined) throw thrown;
    run.engine.notify({ type: "missedLook", job, error });
    const retryAfterMs = error instanceof ApiError
      ? error.retryAfterMs
      : undefined;
    return { type: "missed", error, retryAfterMs };
  }
}

/** Whether the VM runs, so that the service would know what runs in it. */
async function isRunning(run: Run, job: SubmittedJob): Promise<boolean> {
  try {
    const { signal } = run.patience;
    const { value } = await run.engine.client.vmStatus(vmOfExec(job), {
      signal,
    });
    return value.state.toLowerCase() === "running";
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/**
 * Follows the command of a job to its end.
 *
 * @throws {JobFailedError} when it could not be run.
 * @throws {UnconfirmedError} when the service does not know it any more.
 * @throws {TimedOutError} when its time is up, and the service has not ended
 *   it; the job goes on.
 */
export async function waitForExec(run: Run, job: RunningJob): Promise<Waited> {
  const { patience, journal, engine: { clock } } = run;
  const stream = run.exec ?? streamOf(run, job);
  const over = new AbortController();
  const settledOtherwise = new GivenUp();
  const watching = watch();
  try {
    const { exitCode, isWhole } = await patience.within(
      (signal) => stream.follow(AbortSignal.any([signal, over.signal])),
      { graceMs: GRACE_MS, reason: () => notEnded(run) },
    );
    run.options.exec?.onEnd?.({ exitCode, isWhole });
    const [vm_id] = job.handle.vm_ids;
    const result = { exit_code: exitCode, exec_id: job.token, vm_id };
    return { type: "complete", result };
  } catch (error) {
    if (error === settledOtherwise) {
      const known = await journal.outcomeOf(job, { isAnew: true });
      if (known !== undefined) return { type: "settled", job: known };
    }
    if (error instanceof ReportedExecError && error.isFirstWord) {
      throw new JobFailedError(error.message);
    }
    if (error instanceof UnknownExecError) throw await forgotten(run, job);
    throw error;
  } finally {
    over.abort();
    await watching;
  }

  async function watch(): Promise<void> {
    try {
      for (;;) {
        await clock.sleep(CANCEL_LOOK_MS, over.signal);
        const known = await journal.outcomeOf(job);
        if (known?.status === "failed") return over.abort(settledOtherwise);
      }
    } catch (error) {
      // The command ended first.
      if (!over.signal.aborted) throw error;
    }
  }
}

/** Another process has given the job up. */
class GivenUp extends Error {
  override readonly name = "GivenUp";
}

function notEnded({ options: { timeoutMs = 0 } }: Run): TimedOutError {
  return new TimedOutError(
    `Timed out after ${timeoutMs / 1_000}s, and the service did not end the ` +
      "command",
  );
}

/** Returns the failure of who asks for a command that nobody knows any more. */
async function forgotten(run: Run, job: RunningJob): Promise<Failure> {
  const { engine: { client, clock }, patience, journal } = run;
  const why = "the service does not know it any more";
  const known = await journal.outcomeOf(job, { isAnew: true });
  if (known?.status === "complete") {
    return new OutputLostError(job.id, known.result.exit_code);
  }
  try {
    await client.vmStatus(vmOfExec(job), { signal: patience.signal });
  } catch (error) {
    if (error instanceof ApiError && error.isNotFound) {
      return new JobFailedError(
        `VM ${vmOfExec(job)} of job ${job.id} is gone: it was deleted`,
      );
    }
    if (!(error instanceof Failure)) throw error;
  }
  const declared = { ...job, unconfirmed_at: clock.now().toISOString() };
  run.job = declared;
  await journal.append(declared);
  return new UnconfirmedError(
    `Cannot tell how the command of job ${job.id} ended: ${why}`,
  );
}

/**
 * Reads the output of a command that has ended once more, from its first byte.
 *
 * @throws {OutputLostError} when the service has nothing of it left.
 */
export async function readOutputAgain(
  run: Run,
  job: CompleteJob,
): Promise<void> {
  const { options: { wait, exec }, patience } = run;
  if (!wait || exec?.onOutput === undefined) return;
  try {
    const stream = streamOf(run, job);
    const end = await patience.within(
      (signal) => stream.follow(signal),
      { graceMs: GRACE_MS, reason: () => notEnded(run) },
    );
    exec.onEnd?.(end);
  } catch (error) {
    if (!(error instanceof UnknownExecError)) throw error;
    throw new OutputLostError(job.id, job.result.exit_code);
  }
}
