import type {
  CompleteJob,
  FailedJob,
  JobBase,
  RunningJob,
  SubmittedJob,
} from "../../src/job/job.ts";

export const SAMPLE_VM = "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e";
export const OTHER_VM = "77777777-7c1e-4c55-9d0e-2f6a3b4c5d6e";

const BASE: JobBase = {
  id: "job_8f2a3b4c5d",
  kind: "vm.run",
  command: "vers run --wait --vm-alias my-vm",
  args: ["run", "--wait", "--vm-alias", "my-vm"],
  startedAt: "2026-01-05T09:00:00.000Z",
  submittedAt: "2026-01-05T09:00:00.000Z",
  key: "0123456789abcdef0123456789abcdef",
  scope: "https://api.vers.sh",
  account: "00000000-0000-4000-8000-000000000001",
  token: "11111111-1111-4111-8111-111111111111",
  inputs: { alias: "my-vm" },
  sends: 1,
};

/** Returns a job whose request may or may not have happened. */
export function submittedJob(fields: Partial<JobBase> = {}): SubmittedJob {
  return { ...BASE, ...fields, state: "submitted" };
}

/** Returns the same job without a key: no command finds it by itself. */
export function keyless<J extends JobBase>(job: J): Omit<J, "key"> {
  const { key: _, ...rest } = job;
  return rest;
}

/** Returns a job that has a VM. */
export function runningJob(fields: Partial<JobBase> = {}): RunningJob {
  return {
    ...BASE,
    ...fields,
    state: "running",
    handle: { vm_ids: [SAMPLE_VM] },
    runningAt: "2026-01-05T09:00:01.000Z",
  };
}

/** Returns a job that is done. */
export function completeJob(fields: Partial<JobBase> = {}): CompleteJob {
  return {
    ...runningJob(fields),
    state: "complete",
    completedAt: "2026-01-05T09:00:10.000Z",
    result: { vm_id: SAMPLE_VM, status: "complete" },
  };
}

/** Returns a job that came to nothing. */
export function failedJob(fields: Partial<JobBase> = {}): FailedJob {
  return {
    ...BASE,
    ...fields,
    state: "failed",
    completedAt: "2026-01-05T09:00:10.000Z",
    error: "the VM is dead",
  };
}
