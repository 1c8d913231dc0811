import { ApiError } from "../api/api_error.ts";
import type { VmStatus } from "../api/types.ts";
import type { VersClient } from "../api/vers_client.ts";
import { Failure } from "../failure.ts";
import type { FileLock } from "../file_lock.ts";
import {
  type CompleteJob,
  failed,
  type FailedJob,
  isInFlight,
  type Job,
  type RunningJob,
  type SubmittedJob,
  taken,
} from "../job/job.ts";
import type { KnownOfJob, Ledger } from "../ledger/ledger.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import type { Patience } from "../patience.ts";
import { deleteVm } from "./delete_vm.ts";
import type { Engine } from "./engine.ts";
import { lockJob } from "./journal.ts";
import { makesVms } from "../job/record.ts";
import { countOf, JOB_LABEL, kindOf } from "./kinds.ts";
import { readNamedJob } from "./named_job.ts";
import { isOwnerKnown } from "./search.ts";
import { storedAs } from "./send.ts";

/** Options for {@linkcode adoptJob}. */
export interface AdoptJobOptions {
  /** The API's origin: jobs of another one are not known here. */
  readonly scope: string;
  readonly jobId: string;
  readonly vmIds: readonly string[];
  readonly patience: Patience;
}

/** A job that was given its VMs. */
export interface Adopted {
  readonly job: RunningJob;
  /** VMs that could not be labelled as the job's. */
  readonly notLabelled: readonly string[];
}

/**
 * Settles a submission that could not be confirmed: the user says which VMs it
 * made. The job is in flight from then on, as if the answer had not been lost.
 *
 * @throws {Failure} when the job is not open to it, or a VM cannot be its own;
 *   then nothing was changed.
 * @throws {TimedOutError} when another process is at work on the job.
 * @throws {LedgerError} when it could not be recorded.
 */
export async function adoptJob(
  engine: Engine,
  { jobId, scope, vmIds, patience }: AdoptJobOptions,
): Promise<Adopted> {
  const { ledger } = engine;
  const named = { jobId, scope, action: `adopt for job "${jobId}"` };
  const lock = await lockNamed(
    ledger,
    await readNamedJob(engine, named),
    patience,
  );
  using _lock = lock;
  // It may have changed while this process waited for the lock.
  const job = await readNamedJob(engine, named);
  if (job.status !== "submitted") throw notOpen(job);
  const { recovery } = kindOf(job.kind);
  if (recovery === undefined) throw makesNothing(job);
  checkCount(job, vmIds);
  for (const vmId of vmIds) await checkVm(engine, job, vmId);
  const running = taken(job, recovery.handleOf(vmIds), engine.clock.now());
  await ledger.update(job, (known) => {
    checkFree(known);
    return { append: running, result: undefined };
  }, { vmIds });
  return { job: running, notLabelled: await label(engine, running) };
}

/** Options for {@linkcode cancelJob}. */
export interface CancelJobOptions extends Pick<Engine, "clock" | "hintOf"> {
  readonly patience: Patience;
}

/** A job that was given up. */
export interface Cancelled {
  readonly job: FailedJob;
  /** False for one that had failed before. */
  readonly isNew: boolean;
}

/**
 * Records that a job is given up: nothing waits for it any more and nothing
 * finds it again. The service is not told.
 *
 * @throws {Failure} of code `conflict` when the job is complete.
 * @throws {TimedOutError} when another process is at work on the job.
 * @throws {LedgerError} when it could not be recorded.
 */
export async function cancelJob(
  ledger: Ledger,
  named: Job,
  { patience, clock, hintOf }: CancelJobOptions,
): Promise<Cancelled> {
  const lock = await lockNamed(ledger, named, patience);
  using _lock = lock;
  const outcome = await ledger.update<Cancelled | CompleteJob>(
    named,
    (known) => {
      // It may have changed while this process waited for the lock.
      const job = known.job ?? named;
      if (job.status === "complete") return { result: job };
      if (!isInFlight(job)) return { result: { job, isNew: false } };
      const error = new Failure("cancelled", {
        code: "job_failed",
        advice: { type: "cancelled" },
      });
      const cancelled = failed(job, storedAs(error, { hintOf }), clock.now());
      return { append: cancelled, result: { job: cancelled, isNew: true } };
    },
  );
  if ("status" in outcome) throw isComplete(outcome);
  return outcome;
}

/** What became of the VMs of a job that was given up. */
export interface DeletedVms {
  readonly deleted: readonly string[];
  /** Whether there may be more, which cannot be distinguished from others. */
  readonly mayBeMore: boolean;
}

/**
 * Deletes the VMs that a job has made, as far as they are known.
 *
 * @throws {Failure} when a VM could not be deleted.
 */
export async function deleteVmsOf(
  job: FailedJob,
  client: VersClient,
  signal: AbortSignal,
): Promise<DeletedVms> {
  const { vmIds, mayBeMore } = await vmsOf(job, client, signal);
  // One that the service does not know is as good as deleted.
  for (const vmId of vmIds) await deleteVm(client, vmId, { signal });
  return { deleted: vmIds, mayBeMore };
}

async function vmsOf(
  job: FailedJob,
  client: VersClient,
  signal: AbortSignal,
): Promise<{ vmIds: readonly string[]; mayBeMore: boolean }> {
  if (job.handle) return { vmIds: job.handle.vm_ids, mayBeMore: false };
  const { value: { vms } } = await client.listVms({ signal });
  const labelled = vms.filter(({ labels }) => labels[JOB_LABEL] === job.token);
  return {
    vmIds: labelled.map(({ vm_id }) => vm_id),
    // What the request has made may show later, or bear no label at all.
    mayBeMore: labelled.length === 0,
  };
}

/** Returns the lock of a job that the user named. */
async function lockNamed(
  ledger: Ledger,
  { id, key }: Job,
  patience: Patience,
): Promise<FileLock> {
  const doing = `waiting for another process that is at work on job ${id}`;
  const lock = await lockJob(ledger, key ?? id, { patience, doing });
  if (lock.isLocked) return lock.held;
  throw new LedgerError("lock the job", lock.why);
}

function checkCount(job: SubmittedJob, vmIds: readonly string[]): void {
  const wanted = countOf(job);
  if (vmIds.length === wanted && new Set(vmIds).size === wanted) return;
  throw new Failure(
    `Cannot adopt for job "${job.id}": it asked for ${counted(wanted)}, ` +
      `and ${counted(new Set(vmIds).size)} were named`,
    {
      code: "usage",
      advice: { type: "wrong_vm_count", jobId: job.id, wanted },
    },
  );
}

function counted(count: number): string {
  return count === 1 ? "1 VM" : `${count} VMs`;
}

/** @throws {Failure} when the server has no VM of this id, or it is another's. */
async function checkVm(
  { client, signal }: Engine,
  job: SubmittedJob,
  vmId: string,
): Promise<void> {
  let vm: VmStatus;
  try {
    vm = (await client.vmStatus(vmId, { signal })).value;
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.status !== 404) throw cause;
    throw notFound(vmId, "it was not found", cause);
  }
  if (isOwnerKnown(job) && vm.owner_id !== job.account) {
    throw notFound(vmId, "it was not made with the API key of this job");
  }
  const label = vm.labels[JOB_LABEL];
  if (label !== undefined && label !== job.token) {
    throw new Failure(
      `Cannot adopt VM ${vmId}: its label says that another job made it`,
      { code: "conflict" },
    );
  }
}

/** @throws {Failure} when the job was settled meanwhile, or a VM is taken. */
function checkFree({ job: known, owners }: KnownOfJob): void {
  if (known && known.status !== "submitted") throw notOpen(known);
  for (const [vmId, owner] of owners) {
    throw new Failure(`Cannot adopt VM ${vmId}: it is that of job ${owner}`, {
      code: "conflict",
      advice: { type: "see_job", jobId: owner },
    });
  }
}

function notFound(vmId: string, why: string, cause?: unknown): Failure {
  return new Failure(`Cannot adopt VM ${vmId}: ${why}`, {
    code: "not_found",
    advice: { type: "list_vms" },
    cause,
  });
}

function notOpen(job: Job): Failure {
  const vmIds = job.status === "submitted" ? undefined : job.handle?.vm_ids;
  const its = vmIds === undefined ? "" : `, with VM ${vmIds.join(", ")}`;
  return new Failure(
    `Cannot adopt for job "${job.id}": it is ${job.status}${its}`,
    { code: "conflict", advice: { type: "see_job", jobId: job.id } },
  );
}

function makesNothing(job: SubmittedJob): Failure {
  return new Failure(
    `Cannot adopt for job "${job.id}": a ${job.kind} makes no VM`,
    {
      code: "usage",
      advice: job.kind === "vm.exec"
        ? { type: "see_output", jobId: job.id }
        : { type: "kind_makes_nothing" },
    },
  );
}

function isComplete({ id, kind, handle: { vm_ids } }: CompleteJob): Failure {
  return new Failure(`Cannot cancel job ${id}: it is complete already`, {
    code: "conflict",
    advice: makesVms(kind)
      ? { type: "delete_vms", vmIds: vm_ids }
      : { type: "see_job", jobId: id },
  });
}

/** Labels the VMs as the job's; returns those that could not be. */
async function label(
  { client, signal }: Engine,
  job: RunningJob,
): Promise<string[]> {
  const labels = { [JOB_LABEL]: job.token };
  const notLabelled: string[] = [];
  for (const vmId of job.handle.vm_ids) {
    try {
      await client.setLabels(vmId, labels, { signal });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      notLabelled.push(vmId);
    }
  }
  return notLabelled;
}
