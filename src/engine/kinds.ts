import type { CallOptions } from "../api/exchange.ts";
import type {
  CommitSource,
  DeployRequest,
  VmConfig,
  VmMetadata,
} from "../api/types.ts";
import type { VersClient } from "../api/vers_client.ts";
import { Failure } from "../failure.ts";
import type { CompleteJob, Job, RunningJob, SubmittedJob } from "../job/job.ts";
import type { Handle, JobKind } from "../job/record.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { isUuid } from "../uuid.ts";
import type { AdoptPolicy, LocalEffects } from "./engine.ts";
import type { Run } from "./look.ts";
import type { RecoverOptions } from "./recover.ts";
import type { Accepted } from "./send.ts";
import type { Waited } from "./wait.ts";

/** The label that ties a VM to the job that made it; its value is the token. */
export const JOB_LABEL = "vers-job";

/** Sends a request that is ready, once, and returns what the server gave. */
export type SendRequest = (
  client: VersClient,
  options: CallOptions,
) => Promise<Handle>;

/** A job that has a handle. */
export type HandledJob = Job & { readonly handle: Handle };

/** How one kind of job is sent, and found again on the server. */
export interface Kind {
  /** How long a request may take to show on the server, in milliseconds. */
  readonly confirmWindowMs: number;

  /** How long after its start a job is resumed, unless told otherwise. */
  readonly maxResumeAgeMs: number;

  /**
   * Makes the request of a job, so that nothing but the network can keep it
   * from leaving once its line is on disk. `secrets` is what it needs and the
   * ledger may not hold.
   *
   * @throws {Failure} when something that it needs is not there.
   */
  prepare(
    job: SubmittedJob | RunningJob,
    secrets: JsonObject | undefined,
    run: Run,
  ): SendRequest;

  /**
   * How to find what a request has made whose answer was lost. A kind without
   * it makes nothing, and is idempotent: it is sent again.
   */
  readonly recovery?: Recovery;

  /** Finds out what became of a lost request in a way of its own. */
  recover?(
    run: Run,
    intent: SubmittedJob,
    options: RecoverOptions,
  ): Promise<Accepted>;

  /** Waits for something else than that the job's VMs run. */
  wait?(run: Run, job: RunningJob): Promise<Waited>;

  /**
   * Brings again what was given out besides the stored result. That result
   * then does not hang on whether the VM is still there.
   */
  giveAgain?(run: Run, job: CompleteJob): Promise<void>;

  /** Whether the same words, typed again, are other work each time. */
  readonly isOneOff?: boolean;

  /** Whether a stored result holds only while its VM runs. */
  readonly isOwedOnlyRunning?: boolean;

  /** After how long asleep the request is sent again, once; else never. */
  readonly resendWhenAsleepMs?: number;

  /** Returns the result, but for `job_id` and `effect`. */
  result(job: HandledJob, status: string, effects: LocalEffects): JsonObject;
}

/** How the VMs of a lost request are distinguished from those of others. */
export interface Recovery {
  /** Whether the request sets the job's label on what it makes. */
  readonly isLabelled: boolean;
  /** Whether a VM's lineage is what this job's would be. */
  hasLineage(metadata: VmMetadata, job: Job): boolean;
  /** Whether VMs without the label may be taken for the job's own. */
  mayAdopt(policy: AdoptPolicy, job: Job): boolean;
  /** Returns the handle for VMs that were found, not answered. */
  handleOf(vmIds: readonly string[]): Handle;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Requests without a label are carried out in up to a minute. */
const SLOW_CONFIRM_MS = 75_000;

function hasNoParent(metadata: VmMetadata): boolean {
  const { parent_commit_id: commitId, grandparent_vm_id: vmId } = metadata;
  return commitId === null && vmId === null;
}

const BY_SOURCE: Recovery = {
  isLabelled: false,
  hasLineage(metadata, { source }) {
    const { parent_commit_id: commitId, grandparent_vm_id: vmId } = metadata;
    // Where the source is not known, anything that has one may be the job's.
    if (source === undefined) return !hasNoParent(metadata);
    return [vmId, commitId].includes(source.toLowerCase());
  },
  mayAdopt: (policy, job) => policy !== "never" && job.source !== undefined,
  handleOf: (vmIds) => ({ vm_ids: vmIds }),
};

/** `vers run`: a new VM, found again by the label that it is made with. */
const RUN: Kind = {
  confirmWindowMs: 15_000,
  maxResumeAgeMs: DAY_MS,
  prepare(job) {
    const config = configOf(job);
    return async (client, options) => {
      const { value } = await client.newRoot(config, options);
      return { vm_ids: value.vm_ids };
    };
  },
  recovery: {
    isLabelled: true,
    hasLineage: hasNoParent,
    mayAdopt: () => false,
    handleOf: (vmIds) => ({ vm_ids: vmIds }),
  },
  result: (job, status, effects) => ({
    vm_id: job.handle.vm_ids[0],
    status,
    alias: effects.alias,
    head: effects.head,
  }),
};

function configOf({ inputs, token }: Job): VmConfig {
  return {
    ...numbersIn({
      mem_size_mib: inputs.mem_size_mib,
      vcpu_count: inputs.vcpu_count,
      fs_size_mib: inputs.fs_size_vm_mib,
    }),
    ...textsIn({ image_name: inputs.rootfs, kernel_name: inputs.kernel }),
    labels: { [JOB_LABEL]: token },
  };
}

/** `vers branch`: VMs in the state of another VM or of a commit. */
const BRANCH: Kind = {
  confirmWindowMs: SLOW_CONFIRM_MS,
  maxResumeAgeMs: DAY_MS,
  prepare(job) {
    const [source, count] = [sourceOf(job), countOf(job)];
    return async (client, options) => {
      const { value } = await client.branch(source, { count }, options);
      return { vm_ids: value.vm_ids };
    };
  },
  recovery: BY_SOURCE,
  result: (job, status, effects) => ({
    from_id: job.source,
    from_name: aliasOf(job),
    new_ids: job.handle.vm_ids,
    new_alias: effects.alias,
    checkout_done: effects.checkout_done,
    used_head: usesHead(job) || undefined,
    status,
  }),
};

/** Whether the target was left to HEAD of a folder. */
function usesHead({ inputs }: Job): boolean {
  return typeof inputs.target === "string" && inputs.target.startsWith("HEAD:");
}

/** Returns the alias that the target was named by, if it was. */
function aliasOf(job: Job): string | undefined {
  const { target } = job.inputs;
  if (typeof target !== "string" || usesHead(job)) return undefined;
  return isUuid(target) ? undefined : target;
}

/** `vers run-commit`: a VM in the state of a commit. */
const RUN_COMMIT: Kind = {
  confirmWindowMs: SLOW_CONFIRM_MS,
  maxResumeAgeMs: DAY_MS,
  prepare(job) {
    const commit = commitOf(job);
    return async (client, options) => {
      const { value } = await client.fromCommit(commit, options);
      return { vm_ids: value.vm_ids };
    };
  },
  recovery: BY_SOURCE,
  result: (job, status, effects) => ({
    ...RUN.result(job, status, effects),
    commit_key: job.inputs.commit,
  }),
};

/**
 * What a reference stood for is sent, where that is known: so that a lost VM
 * can be recognised by it, though the tag may move. Else the service must know.
 */
function commitOf(job: Job): CommitSource {
  if (job.source !== undefined) return { commit_id: job.source };
  const { commit } = job.inputs;
  if (typeof commit === "string") return { ref: commit };
  throw new RangeError(`Job ${job.id} of kind ${job.kind} has no commit`);
}

/** `vers deploy`: a VM that a repository is deployed to. */
const DEPLOY: Kind = {
  confirmWindowMs: SLOW_CONFIRM_MS,
  // The repository may have moved on since.
  maxResumeAgeMs: HOUR_MS,
  prepare(job, secrets) {
    const request = deploymentOf(job, secrets);
    return async (client, options) => {
      const { value } = await client.deploy(request, options);
      return {
        vm_ids: [value.vm_id],
        project_id: value.project_id,
        deploy_status: value.status,
      };
    };
  },
  recovery: {
    isLabelled: false,
    hasLineage: hasNoParent,
    // A deployed VM has no lineage: any new VM of ours looks like it.
    mayAdopt: (policy) => policy === "always",
    // Nothing reads a project back.
    handleOf: (vmIds) => ({
      vm_ids: vmIds,
      project_id: null,
      deploy_status: null,
    }),
  },
  result: (job, status, effects) => ({
    project_id: job.handle.project_id ?? null,
    vm_id: job.handle.vm_ids[0],
    status,
    deploy_status: job.handle.deploy_status ?? null,
    head: effects.head,
  }),
};

function deploymentOf(
  job: Job,
  secrets: JsonObject | undefined,
): DeployRequest {
  const { repo, name, branch, working_dir } = job.inputs;
  if (typeof repo !== "string") {
    throw new RangeError(`Job ${job.id} of kind ${job.kind} has no repo`);
  }
  const settings = textsIn({
    install_command: secretOf(job, secrets, "install"),
    build_command: secretOf(job, secrets, "build"),
    run_command: secretOf(job, secrets, "run"),
    working_directory: working_dir,
  });
  return {
    repo,
    ...textsIn({ name, branch }),
    ...(Object.keys(settings).length > 0 ? { settings } : {}),
  };
}

/**
 * Returns a command that the ledger has only a hash of.
 *
 * @throws {Failure} when it was given to an earlier process and not to us.
 */
function secretOf(
  job: Job,
  secrets: JsonObject | undefined,
  name: "install" | "build" | "run",
): JsonValue | undefined {
  const value = secrets?.[name];
  if (value !== undefined || job.inputs[name] === undefined) return value;
  throw new Failure(
    `Cannot send the request of job ${job.id} again: the ledger does not keep its --${name} command`,
    { code: "general", advice: { type: "secret_not_stored" } },
  );
}

/** `vers resume`: a VM that was paused runs again. */
const RESUME: Kind = {
  confirmWindowMs: SLOW_CONFIRM_MS,
  maxResumeAgeMs: DAY_MS,
  prepare(job) {
    const vmId = sourceOf(job);
    return async (client, options) => {
      await client.setState(vmId, "Running", options);
      return { vm_ids: [vmId] };
    };
  },
  isOwedOnlyRunning: true,
  resendWhenAsleepMs: 30_000,
  result: (job, status) => ({
    state: "Running",
    vm_id: job.handle.vm_ids[0],
    status,
  }),
};

/** `vers exec`: a command in a VM, found again by the id that it is given. */
const EXEC: Kind = {
  confirmWindowMs: SLOW_CONFIRM_MS,
  maxResumeAgeMs: DAY_MS,
  isOneOff: true,
  prepare(job, _, run) {
    const vmId = sourceOf(job);
    return async (_, { signal = run.patience.signal }) => {
      const { startExec } = await import("./exec_job.ts");
      await startExec(run, job, signal);
      return { vm_ids: [vmId] };
    };
  },
  async recover(run, intent, options) {
    const { recoverExec } = await import("./exec_job.ts");
    return await recoverExec(run, intent, options);
  },
  async wait(run, job) {
    const { waitForExec } = await import("./exec_job.ts");
    return await waitForExec(run, job);
  },
  async giveAgain(run, job) {
    const { readOutputAgain } = await import("./exec_job.ts");
    await readOutputAgain(run, job);
  },
  result: (job, status) => ({
    job_id: job.id,
    exec_id: job.token,
    vm_id: job.handle.vm_ids[0],
    status,
  }),
};

const KINDS: Readonly<Record<JobKind, Kind>> = {
  "vm.run": RUN,
  "vm.branch": BRANCH,
  "vm.run_commit": RUN_COMMIT,
  "vm.deploy": DEPLOY,
  "vm.resume": RESUME,
  "vm.exec": EXEC,
};

/** Returns how jobs of a kind are sent and found again. */
export function kindOf(kind: JobKind): Kind {
  return KINDS[kind];
}

/** Returns how many VMs a job asks for. */
export function countOf({ inputs: { count } }: Job): number {
  return typeof count === "number" ? count : 1;
}

/**
 * Returns the VM or commit that the job starts from.
 *
 * @throws {RangeError} when the command gave none, which is a bug of it.
 */
export function sourceOf(job: Job): string {
  if (job.source === undefined) {
    throw new RangeError(`Job ${job.id} of kind ${job.kind} has no source`);
  }
  return job.source;
}

/**
 * Returns the VM that a command runs in, of which a line that the Go CLI's
 * prune has stripped knows nothing but the handle.
 */
export function vmOfExec(job: Job): string {
  const vmId = job.status === "submitted" ? undefined : job.handle?.vm_ids[0];
  return vmId ?? sourceOf(job);
}

type Fields = Readonly<Record<string, JsonValue | undefined>>;

/** Returns the fields that are texts. */
function textsIn<T extends Fields>(fields: T): { [Name in keyof T]?: string } {
  return only(fields, (value) => typeof value === "string");
}

/** Returns the fields that are numbers. */
function numbersIn<T extends Fields>(
  fields: T,
): { [Name in keyof T]?: number } {
  return only(fields, (value) => typeof value === "number");
}

function only<T extends Fields, Value>(
  fields: T,
  isMeant: (value: unknown) => value is Value,
): { [Name in keyof T]?: Value } {
  const meant = Object.entries(fields).filter(([, value]) => isMeant(value));
  return Object.fromEntries(meant) as { [Name in keyof T]?: Value };
}
