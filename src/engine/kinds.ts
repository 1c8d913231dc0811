import type { VmMetadata } from "../api/types.ts";
import type { CallOptions } from "../api/exchange.ts";
import type { VersClient } from "../api/vers_client.ts";
import type { Handle } from "../job/record.ts";
import type { Job } from "../job/job.ts";
import type { JobKind } from "../job/job_kind.ts";
import type { JsonObject } from "../json.ts";
import { vmBranch } from "./drivers/branch.ts";
import { vmDeploy } from "./drivers/deploy.ts";
import { vmResume } from "./drivers/resume.ts";
import { vmRun } from "./drivers/run.ts";
import { vmRunCommit } from "./drivers/run_commit.ts";
import type { AdoptPolicy, LocalEffects } from "./engine.ts";

/** What a look at a VM means for the wait. */
export type Verdict =
  | "complete"
  | "wait"
  /** It was paused: it will not come up by itself. */
  | "asleep"
  | "failed";

/** Sends a request that is ready, once, and returns what the server gave. */
export type SendRequest = (
  client: VersClient,
  options: CallOptions,
) => Promise<Handle>;

/** A job that has a handle. */
export type HandledJob = Job & { readonly handle: Handle };

/** How what a lost request has made is told from what others have made. */
export interface Traces {
  /** Whether the request sets the job's label on what it makes. */
  readonly areLabelled: boolean;
  /** Whether a VM's origin is what this job's would be. */
  isOffspring(metadata: VmMetadata, job: Job): boolean;
  /** Whether VMs without the label may be taken for the job's own. */
  mayAdopt(policy: AdoptPolicy, job: Job): boolean;
  /** How many VMs the job asks for. */
  count(job: Job): number;
  /** Returns the handle for VMs that were found, not answered. */
  handleOf(vmIds: readonly string[]): Handle;
}

/** How one kind of job is submitted, observed and found again. */
export interface Driver {
  /** How long a request may take to show on the server, in milliseconds. */
  readonly confirmWindowMs: number;

  /** How long after its start a job is gone on with, unless told otherwise. */
  readonly maxResumeAgeMs: number;

  /**
   * Makes the request of a job, so that nothing but the network can keep it
   * from leaving once its line is on disk. `secrets` is what it needs and the
   * ledger may not hold.
   *
   * @throws {Failure} when something that it needs is not there.
   */
  prepare(job: Job, secrets: JsonObject | undefined): SendRequest;

  /**
   * How to find what a request has made. A kind without traces makes nothing:
   * sending it twice does no more than sending it once.
   */
  readonly traces?: Traces;

  /** Returns what a VM's state means for the wait. */
  judge(state: string): Verdict;

  /** Whether a stored result holds only while its VM runs. */
  readonly isOwedOnlyRunning?: boolean;

  /** After how long asleep the request is sent again, once; else never. */
  readonly resendWhenAsleepMs?: number;

  /** Returns the result, but for `job_id` and `effect`. */
  result(job: HandledJob, status: string, effects: LocalEffects): JsonObject;
}

const DRIVERS: Record<JobKind, Driver> = {
  "vm.run": vmRun,
  "vm.branch": vmBranch,
  "vm.deploy": vmDeploy,
  "vm.resume": vmResume,
  "vm.run_commit": vmRunCommit,
};

/** Returns the driver of a kind. */
export function driverOf(kind: JobKind): Driver {
  return DRIVERS[kind];
}
