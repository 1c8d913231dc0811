import type {
  CompleteRecord,
  FailedRecord,
  RunningRecord,
  SubmittedRecord,
} from "../../src/job/record.ts";

/** A VM id, for tests that need just one. */
export const VM_ID = "5b1c0a7e-9d3f-4f0a-8a55-0c1d2e3f4a5b";

/** A key as `fingerprint()` gives them. */
export const KEY = "0123456789abcdef0123456789abcdef";

/** Whose jobs the entries below are. */
export const ACCOUNT = "11111111-2222-4333-8444-555555555555";

/** What the entries below have in common. */
export const BASE: Omit<SubmittedRecord, "status"> = {
  v: 2,
  id: "job_8f2a3b4c5d",
  kind: "vm.run",
  command: "vers run --wait --vm-alias my-vm",
  args: ["run", "--wait", "--vm-alias", "my-vm"],
  started_at: "2026-01-05T09:00:00.000Z",
  at: "2026-01-05T09:00:00.000Z",
  key: KEY,
  scope: "https://api.vers.sh",
  account: ACCOUNT,
  token: "0f0e0d0c-0b0a-4908-8706-050403020100",
  inputs: { "vm-alias": "my-vm" },
  sends: 1,
};

/** Returns an entry of a request that is about to leave. */
export function submitted(
  changes: Partial<SubmittedRecord> = {},
): SubmittedRecord {
  return { ...BASE, status: "submitted", ...changes };
}

/** Returns an entry of a job that the server took. */
export function running(changes: Partial<RunningRecord> = {}): RunningRecord {
  return {
    ...BASE,
    status: "running",
    handle: { vm_ids: [VM_ID] },
    result_id: VM_ID,
    ...changes,
  };
}

/** Returns an entry of a job that got what it waited for. */
export function complete(
  changes: Partial<CompleteRecord> = {},
): CompleteRecord {
  return {
    ...BASE,
    status: "complete",
    handle: { vm_ids: [VM_ID] },
    result_id: VM_ID,
    completed_at: "2026-01-05T09:00:30.000Z",
    duration_ms: 30_000,
    result: { vm_id: VM_ID, status: "complete" },
    ...changes,
  };
}

/** Returns an entry of a job that will not get there. */
export function failed(changes: Partial<FailedRecord> = {}): FailedRecord {
  return {
    ...BASE,
    status: "failed",
    completed_at: "2026-01-05T09:00:30.000Z",
    duration_ms: 30_000,
    error: "Cannot wait for the VM: it is dead",
    ...changes,
  };
}
