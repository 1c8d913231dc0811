import { ApiError } from "../api/api_error.ts";
import { Failure } from "../failure.ts";
import { type FileLock, FileLockError } from "../file_lock.ts";
import { differingFields } from "../job/fingerprint.ts";
import type {
  CompleteJob,
  FailedJob,
  Job,
  RunningJob,
  SubmittedJob,
} from "../job/job.ts";
import { ageMs, decide, type Decision } from "../job/resume_policy.ts";
import type { JsonValue } from "../json.ts";
import type {
  KeySearch,
  Sighting,
  UnreadableLine,
} from "../ledger/find_job.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import type { Work } from "./engine.ts";
import {
  RecordedFailure,
  UnconfirmedError,
  UnreadableLineError,
} from "./engine_error.ts";
import { ledgerRequired } from "./journal.ts";
import { recover } from "./recover.ts";
import { lookUntilAnswered, type Run } from "./run.ts";
import {
  accept,
  type Accepted,
  journalFailure,
  newJob,
  openIntent,
  sendOnce,
} from "./submit.ts";

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
  if (work.key === undefined || !options.wait) {
    if (options.wait) engine.notify({ type: "noStableKey", kind: work.kind });
    const job = await newJob(run);
    const lock = await lockJob(run, job.id);
    using _lock = lock.held;
    return await submitAnew(run, job, lock);
  }
  const lock = await lockJob(run, work.key);
  using _lock = lock.held;
  if (options.resume.type === "never") {
    return await submitAnew(run, await newJob(run), lock);
  }
  const { sighting, unreadable } = await findNewest(run, work.key);
  if (sighting) checkIdempotency(run, sighting.job);
  const isFresh = sighting !== undefined &&
    engine.ledger.isSettledSinceOpened(sighting);
  const decision = await consider(run, sighting?.job, isFresh);
  switch (decision.type) {
    case "attach":
      return attach(run, decision.job);
    case "recover":
      return {
        type: "job",
        ...await recover(run, decision.job, { maySend: lock.isLocked }),
      };
    case "return":
      return { type: "result", job: decision.job, isFresh };
    case "fail":
      run.job = decision.job;
      throw recordedFailure(decision.job);
    case "unconfirmed":
      run.job = decision.job;
      throw new UnconfirmedError(
        `Cannot tell whether the request of job ${decision.job.id} was carried out`,
      );
    case "submit":
      if (unreadable !== undefined) {
        throw new UnreadableLineError(engine.ledger.path, unreadable);
      }
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
  await openIntent(run, job);
  if (!lock.isLocked) run.journal.lose(lock.why);
  // A request that would be cut at once might still be carried out.
  if (run.deadline.remainingMs() < LEAST_SEND_MS) {
    throw run.deadline.timedOut("keeping the job in the ledger");
  }
  const sent = await sendOnce(run, job);
  switch (sent.type) {
    case "accepted":
      return {
        type: "job",
        ...await accept(run, job, sent.handle, "created"),
      };
    case "refused":
      await journalFailure(run, job, sent.error);
      throw sent.error;
    case "lost":
      return { type: "job", ...await recover(run, job, { maySend: true }) };
  }
}

/** The newest job, and what must not be submitted beside. */
interface Newest {
  readonly sighting?: Sighting;
  readonly unreadable?: UnreadableLine | undefined;
}

/**
 * Returns the newest job of the key that is this user's: of this account, or
 * of another one whose VM the server shows to the present key.
 *
 * @throws {UnreadableLineError} when it cannot be told which is the newest.
 */
async function findNewest(run: Run, key: string): Promise<Newest> {
  const { engine, work, options, journal } = run;
  if (options.resume.type !== "auto") return {};
  let search: KeySearch;
  try {
    search = engine.ledger.findByKey(key, {
      account: work.account,
      windowMs: work.isIdempotencyKey ? Infinity : options.resume.maxAgeMs,
      now: engine.clock.now(),
    });
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    if (options.requireLedger) throw ledgerRequired(error.message);
    journal.lose(error.message);
    return {};
  }
  const { own, foreign, unreadable, badLines } = search;
  const { passedOver } = run;
  if (badLines > 0 && passedOver === undefined) {
    engine.notify({ type: "badLines", count: badLines });
  }
  if (own && own.job.token === passedOver?.token) return { unreadable };
  if (unreadable?.mayBeNewest) {
    throw new UnreadableLineError(engine.ledger.path, unreadable);
  }
  if (own !== undefined) return { sighting: own, unreadable };
  if (foreign === undefined) return { unreadable };
  return await isShownToUs(run, foreign.job)
    ? { sighting: foreign, unreadable }
    : { unreadable };
}

/** Whether the server shows the present key what a job of another one made. */
async function isShownToUs(run: Run, job: Job): Promise<boolean> {
  // The token of an intent is asked for in the list, by whoever recovers it.
  const vmId = job.state === "submitted" ? undefined : job.handle?.vm_ids[0];
  try {
    if (vmId !== undefined) {
      await lookUntilAnswered(
        run,
        job,
        (client, options) => client.vmStatus(vmId, options),
      );
      return true;
    }
    const { value: { vms } } = await lookUntilAnswered(
      run,
      job,
      (client, options) => client.listVms(options),
    );
    return vms.some((vm) => Object.values(vm.labels).includes(job.token));
  } catch (error) {
    if (error instanceof ApiError && !error.isTransient) return false;
    throw error;
  }
}

/** Returns what to do with the newest job, after asking whom needs asking. */
async function consider(
  run: Run,
  job: Job | undefined,
  settledSinceStart: boolean,
): Promise<Decision> {
  const { engine, options, work } = run;
  if (options.resume.type !== "auto") return { type: "submit" };
  const { maxAgeMs } = options.resume;
  const decision = decide(job, {
    settledSinceStart,
    maxAgeMs,
    now: engine.clock.now(),
    isIdempotencyKey: work.isIdempotencyKey ?? false,
  });
  if (decision.type !== "submit") {
    if (settledSinceStart || !hasMoved(work, decision.job)) return decision;
    engine.notify({ type: "sourceMoved", job: decision.job });
    return { type: "submit" };
  }
  const { tooOld } = decision;
  if (tooOld === undefined) return decision;
  const ageOnServerMs = maxAgeMs > 0 && tooOld.state === "running"
    ? await serverAgeMs(run, tooOld)
    : undefined;
  if (
    tooOld.state === "running" && ageOnServerMs !== undefined &&
    ageOnServerMs <= maxAgeMs && !hasMoved(work, tooOld)
  ) {
    return { type: "attach", job: tooOld };
  }
  engine.notify({
    type: "tooOld",
    job: tooOld,
    ageMs: ageOnServerMs ?? ageMs(tooOld.startedAt, engine.clock.now()),
  });
  return { type: "submit" };
}

/**
 * Returns a job's age by the server's clock, which no step of ours changes;
 * `undefined` when it is not to be had.
 */
async function serverAgeMs(
  run: Run,
  job: RunningJob,
): Promise<number | undefined> {
  const vmId = job.handle.vm_ids[0];
  if (job.serverAt === undefined || vmId === undefined) return undefined;
  try {
    const { serverTime } = await lookUntilAnswered(
      run,
      job,
      (client, options) => client.vmStatus(vmId, options),
    );
    return serverTime && ageMs(job.serverAt, serverTime);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.serverTime && ageMs(job.serverAt, error.serverTime);
  }
}

/**
 * Whether a target that was left to HEAD or an alias stands for something else
 * now: neither what it stood for nor a VM of the job's own.
 */
export function hasMoved(work: Work, job: Job): boolean {
  if (work.source === undefined || job.source === undefined) return false;
  const own = job.state === "submitted" ? [] : job.handle?.vm_ids ?? [];
  return work.source !== job.source && !own.includes(work.source);
}

/** @throws {Failure} when the user's own key stands for other work. */
function checkIdempotency(run: Run, job: Job): void {
  const fields = conflictingFields(run.work, job);
  if (fields.length === 0) return;
  run.job = job;
  throw new Failure(
    `Cannot use this idempotency key: job ${job.id} (${job.command}) has it, and asked for another ${
      fields.join(", ")
    }`,
    {
      code: "conflict",
      hint:
        "use another --idempotency-key for other work, or run the command with the same flags",
    },
  );
}

/**
 * Returns in what the work differs from the job that has the user's own key:
 * nothing, if that may be used again.
 */
export function conflictingFields(work: Work, job: Job): readonly string[] {
  if (!work.isIdempotencyKey || job.state === "failed") return [];
  if (job.state === "complete" && job.goneAt !== undefined) return [];
  const fields = differingFields(job.inputs, work.inputs);
  return job.kind === work.kind ? fields : ["kind", ...fields];
}

/** Takes up a job in flight, and says so. */
export function attach(run: Run, job: RunningJob): Claim {
  const { clock, notify } = run.engine;
  run.job = job;
  notify({
    type: "resuming",
    job,
    ageMs: ageMs(job.startedAt, clock.now()),
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
      );
    }
    if (options.requireLedger) throw ledgerRequired(error.message);
    return { isLocked: false, held: undefined, why: error.message };
  }
}
