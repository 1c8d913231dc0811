import { ApiError } from "../api/api_error.ts";
import type { VmStatus } from "../api/types.ts";
import { Failure } from "../failure.ts";
import { FileLockError } from "../file_lock.ts";
import {
  type Job,
  type RunningJob,
  type SubmittedJob,
  taken,
} from "../job/job.ts";
import type { KnownOfJob } from "../ledger/ledger.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import { driverOf, type Traces } from "./kinds.ts";
import type { Engine } from "./engine.ts";
import { readNamedJob } from "./named_job.ts";
import { isOwnerKnown } from "./search.ts";
import { JOB_LABEL } from "./vm_list.ts";

/** Options for {@linkcode adoptJob}. */
export interface AdoptJobOptions {
  /** The API's origin: jobs of another one are not known here. */
  readonly scope: string;
  readonly jobId: string;
  readonly vmIds: readonly string[];
  /** How long to wait for another process that has the job. */
  readonly timeoutMs: number;
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
 */
export async function adoptJob(
  engine: Engine,
  options: AdoptJobOptions,
): Promise<Adopted> {
  const { ledger } = engine;
  const { jobId, scope, vmIds } = options;
  const named = { jobId, scope, action: `adopt for job "${jobId}"` };
  const { key } = await readNamedJob(engine, named);
  const lock = await lockForAdoption(engine, key ?? jobId, options);
  using _lock = lock;
  // What it was before the lock was had may be old by now.
  const job = await readNamedJob(engine, named);
  if (job.status !== "submitted") throw notOpen(job);
  const { traces } = driverOf(job.kind);
  if (traces === undefined) throw makesNothing(job);
  checkCount(job, vmIds, traces);
  for (const vmId of vmIds) await checkVm(engine, job, vmId);
  const running = taken(job, traces.handleOf(vmIds), engine.clock.now());
  try {
    await ledger.update(job, (known) => {
      checkFree(known);
      return { append: running, result: undefined };
    }, { vmIds });
  } catch (error) {
    throw error instanceof LedgerError ? cannotAdopt(job, error) : error;
  }
  return { job: running, notLabelled: await label(engine, running) };
}

async function lockForAdoption(
  { ledger, signal }: Engine,
  keyOrId: string,
  { jobId, timeoutMs }: AdoptJobOptions,
) {
  try {
    return await ledger.lockJob(keyOrId, { waitMs: timeoutMs, signal });
  } catch (cause) {
    if (!(cause instanceof FileLockError) && !(cause instanceof LedgerError)) {
      throw cause;
    }
    const isHeld = cause instanceof FileLockError && cause.reason === "held";
    throw new Failure(
      isHeld
        ? `Cannot adopt for job "${jobId}": another process is at work on it`
        : `Cannot adopt for job "${jobId}": ${cause.message}`,
      { code: isHeld ? "timed_out" : "general", retryable: isHeld, cause },
    );
  }
}

function checkCount(
  job: SubmittedJob,
  vmIds: readonly string[],
  traces: Traces,
): void {
  const wanted = traces.count(job);
  if (vmIds.length === wanted && new Set(vmIds).size === wanted) return;
  const ids = Array.from({ length: wanted }, () => "<vm-id>").join(" ");
  throw new Failure(
    `Cannot adopt for job "${job.id}": it asked for ${counted(wanted)}, ` +
      `and ${counted(new Set(vmIds).size)} were named`,
    { code: "usage", hint: `vers jobs adopt ${job.id} ${ids}` },
  );
}

function counted(count: number): string {
  return count === 1 ? "1 VM" : `${count} VMs`;
}

/** @throws {Failure} when the server has no such VM, or it is another's. */
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
    throw notFound(vmId, "the service has no such VM", cause);
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
      hint: `to see that job: vers jobs get ${owner}`,
    });
  }
}

function notFound(vmId: string, why: string, cause?: unknown): Failure {
  return new Failure(`Cannot adopt VM ${vmId}: ${why}`, {
    code: "not_found",
    hint: "vers status lists the VMs that there are",
    cause,
  });
}

function notOpen(job: Job): Failure {
  const vmIds = job.status === "submitted" ? undefined : job.handle?.vm_ids;
  const its = vmIds === undefined ? "" : `, with VM ${vmIds.join(", ")}`;
  return new Failure(
    `Cannot adopt for job "${job.id}": it is ${job.status}${its}`,
    {
      code: "conflict",
      hint: `to see it: vers jobs get ${job.id}`,
    },
  );
}

function makesNothing(job: SubmittedJob): Failure {
  return new Failure(
    `Cannot adopt for job "${job.id}": a ${job.kind} makes no VM`,
    { code: "usage", hint: "run its command again: that does no harm" },
  );
}

function cannotAdopt(job: SubmittedJob, cause: LedgerError): Failure {
  return new Failure(`Cannot adopt for job "${job.id}": ${cause.message}`, {
    code: "general",
    cause,
  });
}

/** Labels the VMs as the job's; returns those that could not be. */
async function label(
  { client, signal }: Engine,
  job: RunningJob,
): Promise<string[]> {
  const labels = { [JOB_LABEL]: job.token };
  const failed: string[] = [];
  for (const vmId of job.handle.vm_ids) {
    try {
      await client.setLabels(vmId, labels, { signal });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failed.push(vmId);
    }
  }
  return failed;
}
