import { ApiError } from "../api/api_error.ts";
import type { VersClient } from "../api/vers_client.ts";
import type { Clock } from "../clock.ts";
import { Failure } from "../failure.ts";
import { type FileLock, FileLockError } from "../file_lock.ts";
import {
  type CompleteJob,
  failed,
  type FailedJob,
  isInFlight,
  type Job,
} from "../job/job.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import { driverOf } from "./kinds.ts";
import { TimedOutError } from "./engine_error.ts";
import { JOB_LABEL } from "./vm_list.ts";

/** Options for {@linkcode cancelJob}. */
export interface CancelJobOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long to wait for another process that has the job. */
  readonly waitMs: number;
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
 * @throws {Failure} of code `conflict` when the job is complete; of code
 *   `timed_out` when another process is at work on it.
 * @throws {LedgerError} when it could not be recorded.
 */
export async function cancelJob(
  ledger: Ledger,
  named: Job,
  options: CancelJobOptions,
): Promise<Cancelled> {
  const lock = await lockJob(ledger, named, options);
  using _lock = lock;
  const outcome = await ledger.update<Cancelled | CompleteJob>(
    named,
    (known) => {
      // What it was before the lock was had may be old by now.
      const job = known.job ?? named;
      if (job.status === "complete") return { result: job };
      if (!isInFlight(job)) return { result: { job, isNew: false } };
      const error = "cancelled";
      const cancelled = failed(job, {
        error,
        result: {
          code: "job_failed",
          message: error,
          hint: "vers jobs cancel gave it up; the same command starts anew",
          retryable: false,
        },
      }, options.clock.now());
      return { append: cancelled, result: { job: cancelled, isNew: true } };
    },
  );
  if (!("status" in outcome)) return outcome;
  const vmIds = outcome.handle.vm_ids;
  throw new Failure(
    `Cannot cancel job ${outcome.id}: it is complete already`,
    {
      code: "conflict",
      hint: driverOf(outcome.kind).traces === undefined
        ? `vers jobs get ${outcome.id} shows its result`
        : `to delete what it made: vers delete ${vmIds.join(" ")}`,
    },
  );
}

async function lockJob(
  ledger: Ledger,
  job: Job,
  { waitMs, signal }: CancelJobOptions,
): Promise<FileLock> {
  try {
    return await ledger.lockJob(job.key ?? job.id, { waitMs, signal });
  } catch (error) {
    if (!(error instanceof FileLockError)) throw error;
    if (error.reason === "held") {
      throw new TimedOutError(
        `Timed out after ${waitMs / 1_000}s while waiting for another ` +
          `process that is at work on job ${job.id}`,
        error,
      );
    }
    throw new LedgerError("lock the job", error.message, { cause: error });
  }
}

/** What became of the VMs of a job that was given up. */
export interface DeletedVms {
  readonly deleted: readonly string[];
  /** Whether there may be more, which cannot be told from others. */
  readonly mayBeMore: boolean;
}

/**
 * Deletes the VMs that a job has made, as far as they can be told.
 *
 * @throws {Failure} when a VM could not be deleted.
 */
export async function deleteVmsOf(
  job: FailedJob,
  client: VersClient,
  signal: AbortSignal,
): Promise<DeletedVms> {
  const { vmIds, mayBeMore } = await vmsOf(job, client, signal);
  for (const vmId of vmIds) await deleteVm(vmId, client, signal);
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

/** A VM that is not there is as good as deleted. */
async function deleteVm(
  vmId: string,
  client: VersClient,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.deleteVm(vmId, { signal });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // A VM that is unknown is answered like one that is not ours.
    const isRefused = error.status === 403 || error.status === 404;
    if (!isRefused || !await isUnknown(vmId, client, signal)) throw error;
  }
}

async function isUnknown(
  vmId: string,
  client: VersClient,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await client.vmStatus(vmId, { signal });
    return false;
  } catch (error) {
    return error instanceof ApiError && error.status === 404;
  }
}
