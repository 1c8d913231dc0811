import type { VmMetadata } from "../../api/types.ts";
import type { JobBase } from "../../job/job.ts";

/**
 * Returns the VM or commit that the job starts from.
 *
 * @throws {RangeError} when the command gave none, which is a bug of it.
 */
export function sourceOf(job: JobBase): string {
  if (job.source === undefined) {
    throw new RangeError(`Job ${job.id} of kind ${job.kind} has no source`);
  }
  return job.source;
}

/** Whether a VM was made from what the job starts from. */
export function isOffspringOfSource(
  metadata: VmMetadata,
  job: JobBase,
): boolean {
  return job.source !== undefined &&
    (metadata.grandparent_vm_id === job.source ||
      metadata.parent_commit_id === job.source);
}
