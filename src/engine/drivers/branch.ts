import type { Job } from "../../job/job.ts";
import type { Driver } from "../kinds.ts";
import { isOffspringOfSource, mayAdoptByLineage, sourceOf } from "./lineage.ts";
import { judgeRunning } from "./judge.ts";
import { DAY_MS, SLOW_CONFIRM_MS } from "./times.ts";
import { isUuid } from "../../uuid.ts";

/** `vers branch`: VMs in the state of another VM or of a commit. */
export const vmBranch: Driver = {
  confirmWindowMs: SLOW_CONFIRM_MS,
  maxResumeAgeMs: DAY_MS,

  prepare(job) {
    const [source, count] = [sourceOf(job), countOf(job)];
    return async (client, options) => {
      const { value } = await client.branch(source, { count }, options);
      return { vm_ids: value.vm_ids };
    };
  },

  traces: {
    areLabelled: false,
    isOffspring: isOffspringOfSource,
    mayAdopt: mayAdoptByLineage,
    count: countOf,
    handleOf: (vmIds) => ({ vm_ids: vmIds }),
  },

  judge: judgeRunning,

  result: (job, status, effects) => ({
    from_id: job.source,
    from_name: aliasOf(job),
    new_ids: job.handle.vm_ids,
    new_alias: effects.alias,
    checkout_done: effects.checkout_done,
    used_head: usedHead(job) || undefined,
    status,
  }),
};

/** Whether the target was left to HEAD of a folder. */
function usedHead({ inputs }: Job): boolean {
  return typeof inputs.target === "string" && inputs.target.startsWith("HEAD:");
}

/** Returns the alias that the target was named by, if it was. */
function aliasOf(job: Job): string | undefined {
  const { target } = job.inputs;
  if (typeof target !== "string" || usedHead(job)) return undefined;
  return isUuid(target) ? undefined : target;
}

function countOf(job: Job): number {
  return typeof job.inputs.count === "number" ? job.inputs.count : 1;
}
