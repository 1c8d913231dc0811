import { Failure } from "../failure.ts";
import { ageMs } from "../job/decide.ts";
import {
  type CompleteJob,
  type FailedJob,
  isInFlight,
  type RunningJob,
  type SubmittedJob,
} from "../job/job.ts";
import type { JsonValue } from "../json.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import { type Choice, chooseJob } from "./choose.ts";
import {
  RecordedFailure,
  UnconfirmedError,
  UnreadableLineError,
} from "./engine_error.ts";
import { type JobLock, ledgerRequired, lockJob } from "./journal.ts";
import type { Run } from "./look.ts";
import { readJob } from "./named_job.ts";
import type { RecoverOptions } from "./recover.ts";
import {
  accept,
  type Accepted,
  journalFailure,
  mayBeFound,
  newJob,
  openIntent,
  sendOnce,
} from "./send.ts";

/** What a command works on: a job to wait for, or a stored result. */
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
 * @throws {Failure} what ended another process while this one was waiting
 *   for the lock, or what the server refused.
 */
export async function claimJob(run: Run): Promise<Claim> {
  const { work, options, engine } = run;
  if (work.key === undefined || !mayBeFound(run)) {
    if (options.wait && !run.kind.isOneOff) {
      engine.notify({ type: "noStableKey", kind: work.kind });
    }
    const job = await newJob(run);
    const lock = await lockForWork(run, job.id);
    using _lock = lock.held;
    return await submitNew(run, job, lock);
  }
  const lock = await lockForWork(run, work.key);
  using _lock = lock.held;
  const choice = await chooseJob(run);
  const { decision } = choice;
  switch (decision.plan) {
    case "attach":
      return attach(run, decision.job);
    case "recover":
      return {
        type: "job",
        ...await recoverJob(run, decision.job, { maySend: lock.isLocked }),
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
      sayWhyNew(run, choice);
      return await submitNew(run, await newJob(run), lock);
  }
}

/**
 * Resumes the job that the user named, whatever its age.
 *
 * @throws {Failure} when it is not found at this origin, when it is of
 *   another kind, and, with its stored error, when it failed.
 */
export async function claimNamed(run: Run, id: string): Promise<Claim> {
  const { key } = await readJob(run, id);
  const lock = await lockForWork(run, key ?? id);
  using _lock = lock.held;
  // It may have changed while this process waited for the lock.
  const job = await readJob(run, id);
  run.job = job;
  switch (job.status) {
    case "submitted":
      return {
        type: "job",
        ...await recoverJob(run, job, { maySend: lock.isLocked }),
      };
    case "running":
      return attach(run, job);
    case "complete":
      return { type: "result", job, isFresh: false };
    case "failed":
      throw new Failure(job.error, {
        code: "job_failed",
        hint: recordedFailure(job).hint,
      });
  }
}

/** Sends a new job, and finds out what became of it if the answer is lost. */
async function submitNew(
  run: Run,
  job: SubmittedJob,
  lock: JobLock,
): Promise<Claim> {
  const send = run.kind.prepare(job, run.work.secrets, run);
  await openIntent(run, job);
  if (!lock.isLocked) run.journal.lose(lock.why);
  await nameStripped(run, job);
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
        ...await recoverJob(run, sent.job, { maySend: true, isOwn: true }),
      };
  }
}

/** Names jobs that may be the same work, and cannot be found by it any more. */
async function nameStripped(run: Run, job: SubmittedJob): Promise<void> {
  const { engine: { ledger, clock, notify }, work } = run;
  const { kind, inputs: { alias } } = work;
  if (typeof alias !== "string") return;
  const windowMs = run.kind.maxResumeAgeMs;
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

/** Says why a job that was found is not resumed, where one may expect it. */
function sayWhyNew(run: Run, { decision, ageOnServerMs }: Choice): void {
  const { notify, clock } = run.engine;
  const { reason, job } = decision;
  if (job === undefined) return;
  if (reason === "source_moved") notify({ type: "sourceMoved", job });
  if (reason === "accepted_before" && isInFlight(job)) {
    notify({ type: "acceptedBefore", job });
  }
  const isOwed = isInFlight(job) ||
    (job.status === "complete" && job.delivered_at === undefined);
  if (reason !== "too_old" || !isOwed) return;
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
    { code: "conflict", advice: { type: "key_of_other_work" } },
  );
}

/** Attaches to a job in flight, and notifies the watcher. */
function attach(run: Run, job: RunningJob): Claim {
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

/**
 * Returns the lock of a key or of a job's id, once this process holds it.
 *
 * @throws {TimedOutError} when another process still holds it at the deadline.
 * @throws {Failure} when a ledger is required and there is no locking.
 */
async function lockForWork(run: Run, keyOrId: string): Promise<JobLock> {
  const { engine: { ledger, notify }, options, patience } = run;
  const lock = await lockJob(ledger, keyOrId, {
    patience,
    doing: "waiting for another process with the same command",
    onWaiting: (holder) => notify({ type: "waitingForLock", holder }),
  });
  if (!lock.isLocked && options.requireLedger) throw ledgerRequired(lock.why);
  return lock;
}

/** Finds out what became of a request; few commands have to. */
async function recoverJob(
  run: Run,
  job: SubmittedJob,
  options: RecoverOptions,
): Promise<Accepted> {
  if (run.kind.recover) return await run.kind.recover(run, job, options);
  const { recover } = await import("./recover.ts");
  return await recover(run, job, options);
}
