import type { CommitSource } from "../../api/types.ts";
import type { Job } from "../../job/job.ts";
import type { Driver } from "../kinds.ts";
import { isOffspringOfSource, mayAdoptByLineage } from "./lineage.ts";
import { judgeRunning } from "./judge.ts";
import { DAY_MS, SLOW_CONFIRM_MS } from "./times.ts";

/** `vers run-commit`: a VM in the state of a commit. */
export const vmRunCommit: Driver = {
  confirmWindowMs: SLOW_CONFIRM_MS,
  maxResumeAgeMs: DAY_MS,

  prepare(job) {
    const commit = commitOf(job);
    return async (client, options) => {
      const { value } = await client.fromCommit(commit, options);
      return { vm_ids: value.vm_ids };
    };
  },

  traces: {
    areLabelled: false,
    isOffspring: isOffspringOfSource,
    mayAdopt: mayAdoptByLineage,
    count: () => 1,
    handleOf: (vmIds) => ({ vm_ids: vmIds }),
  },

  judge: judgeRunning,

  result: (job, status, effects) => ({
    vm_id: job.handle.vm_ids[0],
    status,
    alias: effects.alias,
    head: effects.head,
    commit_key: job.inputs.commit,
  }),
};

/**
 * What a reference stood for is sent, where that is known: so that a lost VM
 * can be told by it, though the tag may move. Else the service must know.
 */
function commitOf(job: Job): CommitSource {
  if (job.source !== undefined) return { commit_id: job.source };
  const { commit } = job.inputs;
  if (typeof commit === "string") return { ref: commit };
  throw new RangeError(`Job ${job.id} of kind ${job.kind} has no commit`);
}
