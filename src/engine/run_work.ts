import { Failure } from "../failure.ts";
import {
  completed,
  type CompleteJob,
  type FailedJob,
  isInFlight,
  type Job,
  type RunningJob,
  type SettledJob,
} from "../job/job.ts";
import { type Claim, claimJob, claimNamed, recordedFailure } from "./claim.ts";
import { Patience } from "../patience.ts";
import { countOf, kindOf } from "./kinds.ts";
import type { Effect, Engine, Work, WorkOptions } from "./engine.ts";
import {
  IncompleteJobError,
  JobError,
  JobFailedError,
} from "./engine_error.ts";
import { Journal } from "./journal.ts";
import { type Run, Turns } from "./look.ts";
import { journalFailure } from "./send.ts";
import { labelVms } from "./vm_labels.ts";
import { presenceOf, type Waited, waitForJob } from "./wait.ts";

/**
 * Does one command's work from the look-up to the delivered result: finds the
 * job in the ledger or makes it, waits, prints, and notes the delivery.
 *
 * Killed at any point and called again with the same work, it resumes.
 *
 * @throws {JobError} what ended the command after its job was known.
 * @throws {Failure} what ended it before.
 */
export async function runWork(
  engine: Engine,
  work: Work,
  options: WorkOptions,
): Promise<void> {
  const { clock, signal: interrupt } = engine;
  const { timeoutMs } = options;
  const patience = new Patience({ clock, interrupt, timeoutMs });
  using _stopping = patience;
  const journal = new Journal({
    ledger: engine.ledger,
    notify: engine.notify,
    patienceMs: () => patience.remainingMs(),
  });
  const run: Run = {
    engine,
    work,
    options,
    kind: kindOf(work.kind),
    journal,
    patience,
    job: undefined,
    passedOver: undefined,
    lostTo: undefined,
    exec: undefined,
    reported: new Set(),
    turns: new Turns(),
  };
  try {
    await runJob(run);
  } catch (error) {
    if (run.job && isInFlight(run.job)) await journal.restore(run.job);
    const isOurs = error instanceof Failure && !(error instanceof JobError);
    if (!isOurs || run.job === undefined) throw error;
    throw new JobError(error, run.job, await foundBy(run, run.job));
  }
}

/** A window that is shorter may be over before the command is run again. */
const SURE_RESUME_AGE_MS = 3_600_000;

async function foundBy({ work, options, journal }: Run, job: Job) {
  if (!await journal.isKept(job)) return "nothing";
  const { resume } = options;
  const isSure = work.isIdempotencyKey || resume.type !== "auto" ||
    resume.maxAgeMs >= SURE_RESUME_AGE_MS;
  return isSure ? "words" : "id";
}

async function runJob(run: Run): Promise<void> {
  const { resume } = run.options;
  // A job whose VM was deleted leads back to the look-up, once.
  for (let mayLookAgain = resume.type !== "job";; mayLookAgain = false) {
    const claim = resume.type === "job"
      ? await claimNamed(run, resume.id)
      : await claimJob(run);
    const isDone = claim.type === "result"
      ? await returnStored(run, claim, mayLookAgain)
      : await waitAndDeliver(run, claim, mayLookAgain);
    if (isDone) return;
  }
}

/** Prints a stored result, if its VM is still there; else false. */
async function returnStored(
  run: Run,
  claim: Claim & { type: "result" },
  mayLookAgain: boolean,
): Promise<boolean> {
  const { engine, options, journal } = run;
  const { job, isFresh } = claim;
  run.job = job;
  if (run.kind.giveAgain) {
    engine.notify({ type: "returning", job });
    await run.kind.giveAgain(run, job);
    await deliver(run, job, "returned");
    return true;
  }
  const presence = isFresh
    ? { type: "there" as const }
    : await presenceOf(run, job);
  if (presence.type === "deleted") {
    const error = deletedError(job, presence.vmIds);
    if (error instanceof IncompleteJobError) throw error;
    await journal.markDeleted(job, engine.clock.now());
    return lookUpAgain(run, job, { mayLookAgain, why: "deleted", error });
  }
  if (presence.type === "stopped") {
    const error = new JobFailedError(
      `VM ${
        job.handle.vm_ids.join(", ")
      } of job ${job.id} is no longer running`,
    );
    return lookUpAgain(run, job, { mayLookAgain, why: "stopped", error });
  }
  engine.notify({ type: "returning", job });
  await options.onAccepted(job, run.patience);
  await deliver(run, job, "returned");
  return true;
}

/** Waits for a job, prints and records; false when its VM had been deleted. */
async function waitAndDeliver(
  run: Run,
  claim: Claim & { type: "job" },
  mayLookAgain: boolean,
): Promise<boolean> {
  const { options, kind } = run;
  const { job, effect } = claim;
  const labelled = labelVms(run, job);
  const effects = await options.onAccepted(job, run.patience);
  if (!options.wait) {
    const presence = effect === "attached"
      ? await presenceOf(run, job)
      : { type: "there" as const };
    if (presence.type === "deleted") {
      const deletion = { ...presence, isFirstLook: true, mayLookAgain };
      return await endDeleted(run, claim, deletion);
    }
    await labelled;
    await nameDuplicates(run, job);
    checkCount(job);
    const result = kind.result(job, "accepted", effects);
    await options.deliver({ ...result, job_id: job.id, effect });
    if (effect !== "attached") await markAccepted(run, job);
    return true;
  }
  const waited = await waitOrRecordFailure(run, job);
  switch (waited.type) {
    case "complete": {
      await labelled;
      await nameDuplicates(run, job);
      checkCount(job);
      const result = waited.result ?? kind.result(job, "complete", effects);
      const told = { ...result, job_id: job.id, effect };
      const done = completed(job, told, run.engine.clock.now());
      await deliverSettled(run, claim, await run.journal.settle(done));
      return true;
    }
    case "settled":
      await labelled;
      await deliverSettled(run, claim, waited.job);
      return true;
    case "deleted": {
      const isFirstLook = effect === "attached" && waited.isFirstLook;
      const deletion = { ...waited, isFirstLook, mayLookAgain };
      return await endDeleted(run, claim, deletion);
    }
  }
}

/**
 * Ends the wait for a job of which VMs were deleted: records that it failed, if
 * all were; false when it leads back to the look-up.
 */
async function endDeleted(
  run: Run,
  claim: Claim & { type: "job" },
  { vmIds, isFirstLook, mayLookAgain }: {
    readonly vmIds: readonly string[];
    /** Whether an attached job's VM was deleted before it was seen alive. */
    readonly isFirstLook: boolean;
    readonly mayLookAgain: boolean;
  },
): Promise<boolean> {
  const { job } = claim;
  const error = deletedError(job, vmIds);
  if (error instanceof IncompleteJobError) throw error;
  const settled = await journalFailure(run, job, error, { isGone: true });
  // Another process may have completed it before its VM was deleted, or have
  // cancelled it.
  const isOurs = settled.status === "failed" && settled.gone_at !== undefined;
  if (!isOurs) {
    await deliverSettled(run, claim, settled);
    return true;
  }
  if (!isFirstLook) throw error;
  return lookUpAgain(run, settled, { mayLookAgain, why: "deleted", error });
}

/** Options for {@linkcode lookUpAgain}. */
interface LookUpAgainOptions {
  readonly mayLookAgain: boolean;
  readonly why: "deleted" | "stopped";
  /** What ends the command if it may not look again. */
  readonly error: JobFailedError;
}

/** Says what became of the job's VM, and passes the job over from now on. */
function lookUpAgain(
  run: Run,
  job: CompleteJob | FailedJob,
  { mayLookAgain, why, error }: LookUpAgainOptions,
): boolean {
  run.passedOver = job;
  if (mayLookAgain) {
    run.engine.notify({ type: why, job });
    run.job = undefined;
    return false;
  }
  if (run.options.resume.type !== "job" || why === "stopped") throw error;
  throw new Failure(error.message, {
    code: "not_found",
    advice: { type: "vm_of_named_job_deleted" },
  });
}

/** Returns the error that names which VMs were deleted, and which are left. */
function deletedError(
  job: RunningJob | CompleteJob,
  deleted: readonly string[],
): JobFailedError | IncompleteJobError {
  const { id: jobId } = job;
  const alive = job.handle.vm_ids.filter((id) => !deleted.includes(id));
  const text = `VM ${
    deleted.join(", ")
  } of job ${jobId} is gone: it was deleted`;
  return alive.length === 0 ? new JobFailedError(text) : new IncompleteJobError(
    `${text}; still there: ${alive.join(", ")}`,
  );
}

/** @throws {IncompleteJobError} when fewer VMs were made than asked for. */
function checkCount(job: RunningJob): void {
  const { id: jobId, handle: { vm_ids } } = job;
  const wanted = countOf(job);
  if (vm_ids.length >= wanted) return;
  throw new IncompleteJobError(
    `Job ${jobId} asked for ${wanted} VMs, and the service made ` +
      `${vm_ids.length}: ${vm_ids.join(", ")}`,
  );
}

async function waitOrRecordFailure(
  run: Run,
  job: RunningJob,
): Promise<Waited> {
  try {
    return await (run.kind.wait ?? waitForJob)(run, job);
  } catch (error) {
    if (!(error instanceof JobFailedError)) throw error;
    const settled = await journalFailure(run, job, error);
    if (settled.status === "complete") return { type: "settled", job: settled };
    throw error;
  }
}

/** Prints the outcome that holds: it is this process's too. */
async function deliverSettled(
  run: Run,
  { effect }: Claim & { type: "job" },
  settled: SettledJob,
): Promise<void> {
  run.job = settled;
  if (settled.status === "failed") throw recordedFailure(settled);
  await deliver(run, settled, effect);
}

async function deliver(
  run: Run,
  job: CompleteJob,
  effect: Effect,
): Promise<void> {
  run.job = job;
  await run.options.deliver({ ...job.result, effect });
  await run.journal.markDelivered(job, run.engine.clock.now());
}

/** With its id printed the command is done; somebody may yet wait for the job. */
async function markAccepted(run: Run, job: RunningJob): Promise<void> {
  const accepted_at = run.engine.clock.now().toISOString();
  await run.journal.append({ ...job, accepted_at });
}

/** A request that was sent twice may have been carried out twice. */
async function nameDuplicates(run: Run, job: RunningJob): Promise<void> {
  if (job.sends < 2) return;
  const { nameUnlabelledDuplicates } = await import("./search.ts");
  await nameUnlabelledDuplicates(run, job);
}
