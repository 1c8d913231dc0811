import type { VmMetadata } from "../../api/types.ts";
import type { Job } from "../../job/job.ts";
import type { AdoptPolicy } from "../engine.ts";

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
 * Whether a VM was made from what the job starts from. Where that is not
 * known, any VM that was made from something may have been.
 */
export function isOffspringOfSource(
  metadata: VmMetadata,
  job: Job,
): boolean {
  const { parent_commit_id: commitId, grandparent_vm_id: vmId } = metadata;
  if (job.source === undefined) return commitId !== null || vmId !== null;
  return vmId === job.source || commitId === job.source;
}

/** Whether VMs may be taken for the job's own by what they were made from. */
export function mayAdoptByLineage(policy: AdoptPolicy, job: Job): boolean {
  return policy !== "never" && job.source !== undefined;
}
