import {
  completed,
  type CompleteJob,
  failed,
  type FailedJob,
  type Job,
  type RunningJob,
  type SubmittedJob,
  taken,
} from "../../src/job/job.ts";

export const SAMPLE_VM = "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e";
export const OTHER_VM = "77777777-7c1e-4c55-9d0e-2f6a3b4c5d6e";

const BASE: SubmittedJob = {
  v: 2,
  status: "submitted",
  at: "2026-01-05T09:00:00.000Z",
  id: "job_8f2a3b4c5d",
  kind: "vm.run",
  command: "vers run --wait --vm-alias my-vm",
  args: ["run", "--wait", "--vm-alias", "my-vm"],
  started_at: "2026-01-05T09:00:00.000Z",
  sent_at: "2026-01-05T09:00:00.000Z",
  key: "0123456789abcdef0123456789abcdef",
  scope: "https://api.vers.sh",
  account: "00000000-0000-4000-8000-000000000001",
  token: "11111111-1111-4111-8111-111111111111",
  inputs: { alias: "my-vm" },
  sends: 1,
};

/** What every job has, whatever its state. */
type Fields = Partial<Omit<SubmittedJob, "status">>;

/** Returns a job whose request may or may not have happened. */
export function submittedJob(fields: Fields = {}): SubmittedJob {
  return { ...BASE, ...fields };
}

/** Returns the same job without a key: no command finds it by itself. */
export function keyless<J extends Job>(job: J): Omit<J, "key"> {
  const { key: _, ...rest } = job;
  return rest;
}

/** Returns a job that has a VM. */
export function runningJob(fields: Fields = {}): RunningJob {
  const now = new Date("2026-01-05T09:00:01.000Z");
  return taken(submittedJob(fields), { vm_ids: [SAMPLE_VM] }, now);
}

const ENDED = new Date("2026-01-05T09:00:10.000Z");

/** Returns a job that is done. */
export function completeJob(fields: Fields = {}): CompleteJob {
  const result = { vm_id: SAMPLE_VM, status: "complete" };
  return completed(runningJob(fields), result, ENDED);
}

/** Returns a job that came to nothing. */
export function failedJob(fields: Fields = {}): FailedJob {
  return failed(submittedJob(fields), { error: "the VM is dead" }, ENDED);
}
