import type { CommitSource } from "../../api/types.ts";
import type { JobBase } from "../../job/job.ts";
import type { Driver } from "../driver.ts";
import { isOffspringOfSource, sourceOf } from "./lineage.ts";
import { judgeRunning } from "./judge.ts";
import { DAY_MS, SLOW_CONFIRM_MS } from "./times.ts";

/** `vers run-commit`: a VM in the state of a commit. */
export const vmRunCommit: Driver = {
  confirmWindowMs: SLOW_CONFIRM_MS,
  maxResumeAgeMs: DAY_MS,

  async submit({ client, job, signal }) {
    const { value } = await client.fromCommit(commitOf(job), { signal });
    return { vm_ids: value.vm_ids };
  },

  traces: {
    areLabelled: false,
    isOffspring: isOffspringOfSource,
    mayAdopt: (policy) => policy !== "never",
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

/** A reference is sent as it was typed: the service knows what it stands for. */
function commitOf(job: JobBase): CommitSource {
  const { ref } = job.inputs;
  return typeof ref === "string" ? { ref } : { commit_id: sourceOf(job) };
}
