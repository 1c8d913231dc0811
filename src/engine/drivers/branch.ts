import type { JobBase } from "../../job/job.ts";
import type { Driver } from "../driver.ts";
import { isOffspringOfSource, sourceOf } from "./lineage.ts";
import { judgeRunning } from "./judge.ts";
import { DAY_MS, SLOW_CONFIRM_MS } from "./times.ts";

/** `vers branch`: VMs in the state of another VM or of a commit. */
export const vmBranch: Driver = {
  confirmWindowMs: SLOW_CONFIRM_MS,
  maxResumeAgeMs: DAY_MS,

  async submit({ client, job, signal }) {
    const count = countOf(job);
    const { value } = await client.branch(sourceOf(job), { count }, { signal });
    return { vm_ids: value.vm_ids };
  },

  traces: {
    areLabelled: false,
    isOffspring: isOffspringOfSource,
    mayAdopt: (policy) => policy !== "never",
    count: countOf,
    handleOf: (vmIds) => ({ vm_ids: vmIds }),
  },

  judge: judgeRunning,

  result: (job, status, effects) => ({
    from_id: job.source,
    from_name: job.inputs.from_name,
    new_ids: job.handle.vm_ids,
    new_alias: effects.alias,
    checkout_done: effects.checkout_done,
    used_head: job.inputs.used_head,
    status,
  }),
};

function countOf(job: JobBase): number {
  return typeof job.inputs.count === "number" ? job.inputs.count : 1;
}
