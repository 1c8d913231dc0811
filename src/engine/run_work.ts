import { Failure } from "../failure.ts";
import type { CompleteJob, FailedJob, RunningJob } from "../job/job.ts";
import type { JsonObject } from "../json.ts";
import { type Claim, claimJob, recordedFailure } from "./claim.ts";
import { Deadline } from "./deadline.ts";
import { driverOf } from "./driver.ts";
import type { Effect, Engine, Work, WorkOptions } from "./engine.ts";
import { JobError, JobFailedError } from "./engine_error.ts";
import { Journal } from "./journal.ts";
import { labelVms } from "./label_vms.ts";
import { claimNamed } from "./named_job.ts";
import type { Run } from "./run.ts";
import { journalFailure } from "./submit.ts";
import { nameTwins } from "./twins.ts";
import { presenceOf, waitForJob } from "./waiter.ts";

/**
 * Does one command's work from the look-up to the delivered result: finds the
 * job in the ledger or makes it, waits, prints, and notes the delivery.
 *
 * Killed at any point and called again with the same work, it goes on where it
 * was.
 *
 * @throws {JobError} what ended the command after its job was known.
 * @throws {Failure} what ended it before.
 */
export async function runWork(
  engine: Engine,
  work: Work,
  options: WorkOptions,
): Promise<void> {
  const driver = driverOf(work.kind);
  const deadline = new Deadline(engine.clock, options.timeoutMs);
  using _stopping = deadline;
  const run: Run = {
    engine,
    work,
    options,
    driver,
    journal: new Journal({
      ledger: engine.ledger,
      notify: engine.notify,
      patienceMs: () => deadline.remainingMs(),
    }),
    deadline,
    signal: AbortSignal.any([engine.signal, deadline.signal]),
    job: undefined,
    passedOver: undefined,
  };
  try {
    await goThrough(run);
  } catch (error) {
    const isOurs = error instanceof Failure && !(error instanceof JobError);
    throw isOurs && run.job ? new JobError(error, run.job) : error;
  }
}

async function goThrough(run: Run): Promise<void> {
  const { resume } = run.options;
  // A job whose VM is gone leads back to the look-up, once.
  for (let mayGoBack = resume.type !== "job";; mayGoBack = false) {
    const claim = resume.type === "job"
      ? await claimNamed(run, resume.id)
      : await claimJob(run);
    const isDone = claim.type === "result"
      ? await giveAgain(run, claim, mayGoBack)
      : await seeThrough(run, claim, mayGoBack);
    if (isDone) return;
  }
}

/** Prints a stored result, if its VM is still there; else false. */
async function giveAgain(
  run: Run,
  claim: Claim & { type: "result" },
  mayGoBack: boolean,
): Promise<boolean> {
  const { engine, options, journal } = run;
  const { job, isFresh } = claim;
  run.job = job;
  const presence = isFresh
    ? { type: "there" as const }
    : await presenceOf(run, job);
  if (presence.type === "gone") {
    await journal.markGone(job, engine.clock.now());
    const error = goneError(job, presence.gone);
    if (presence.gone.length < job.handle.vm_ids.length) throw error;
    return goBack(run, job, { mayGoBack, why: "gone", error });
  }
  if (presence.type === "stopped") {
    const error = new JobFailedError(
      `VM ${
        job.handle.vm_ids.join(", ")
      } of job ${job.id} does not run any more`,
    );
    return goBack(run, job, { mayGoBack, why: "stopped", error });
  }
  engine.notify({ type: "returning", job });
  await options.onAccepted(job);
  await deliver(run, job, "returned");
  return true;
}

/** Waits for a job, prints and records; false when its VM was gone at once. */
async function seeThrough(
  run: Run,
  claim: Claim & { type: "job" },
  mayGoBack: boolean,
): Promise<boolean> {
  const { options, driver } = run;
  const { job, effect } = claim;
  const labelled = labelVms(run, job);
  const effects = await options.onAccepted(job);
  if (!options.wait) {
    const result = driver.result(job, "accepted", effects);
    await deliverAccepted(run, job, { ...result, job_id: job.id, effect });
    await labelled;
    await nameTwins(run, job);
    return true;
  }
  const waited = await waitOrRecordFailure(run, job);
  if (waited.type === "complete") {
    await labelled;
    await nameTwins(run, job);
    const result = driver.result(job, "complete", effects);
    const settled = await settle(run, {
      ...job,
      state: "complete",
      completedAt: run.engine.clock.now().toISOString(),
      result: { ...result, job_id: job.id, effect },
    });
    await deliver(run, settled, effect);
    return true;
  }
  const alive = job.handle.vm_ids.filter((id) => !waited.gone.includes(id));
  const error = goneError(job, waited.gone);
  const settled = await journalFailure(run, job, error, { isGone: true });
  if (settled.state === "complete") {
    // Another process saw it through before its VM was deleted.
    await deliver(run, settled, effect);
    return true;
  }
  const isFirstLook = effect === "attached" && waited.isFirstLook;
  if (!isFirstLook || alive.length > 0) throw error;
  return goBack(run, settled, { mayGoBack, why: "gone", error });
}

/** Options for {@linkcode goBack}. */
interface GoBackOptions {
  readonly mayGoBack: boolean;
  readonly why: "gone" | "stopped";
  /** What ends the command if it may not go back. */
  readonly error: JobFailedError;
}

/** Says what became of the job's VM, and passes the job over from now on. */
function goBack(
  run: Run,
  job: CompleteJob | FailedJob,
  { mayGoBack, why, error }: GoBackOptions,
): boolean {
  run.passedOver = job;
  if (mayGoBack) {
    run.engine.notify({ type: why, job });
    return false;
  }
  if (run.options.resume.type !== "job" || why === "stopped") throw error;
  throw new Failure(error.message, {
    code: "not_found",
    hint: "the same command without --resume-job starts a new VM",
  });
}

/** Returns the error that names which VMs are gone, and which are left. */
function goneError(
  job: RunningJob | CompleteJob,
  gone: readonly string[],
): JobFailedError {
  const alive = job.handle.vm_ids.filter((id) => !gone.includes(id));
  return new JobFailedError(
    `VM ${gone.join(", ")} of job ${job.id} is gone: it was deleted` +
      (alive.length > 0 ? `; still there: ${alive.join(", ")}` : ""),
  );
}

async function waitOrRecordFailure(run: Run, job: RunningJob) {
  try {
    return await waitForJob(run, job);
  } catch (error) {
    if (!(error instanceof JobFailedError)) throw error;
    const settled = await journalFailure(run, job, error);
    if (settled.state === "complete") return { type: "complete" as const };
    throw error;
  }
}

/** Records an outcome; the one that holds is this process's too. */
async function settle(run: Run, job: CompleteJob): Promise<CompleteJob> {
  const settled = await run.journal.settle(job);
  run.job = settled;
  if (settled.state === "failed") throw recordedFailure(settled);
  return settled;
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

/** Prints what was accepted; with that, what was asked for is done. */
async function deliverAccepted(
  run: Run,
  job: RunningJob,
  result: JsonObject,
): Promise<void> {
  await run.options.deliver(result);
  const at = run.engine.clock.now().toISOString();
  await run.journal.append({
    ...job,
    state: "complete",
    completedAt: at,
    deliveredAt: at,
    result,
  });
}
