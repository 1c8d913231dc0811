import type { Driver } from "../kinds.ts";
import { judgeRunning } from "./judge.ts";
import { sourceOf } from "./lineage.ts";
import { DAY_MS, SLOW_CONFIRM_MS } from "./times.ts";

/** `vers resume`: a VM that was paused runs again. */
export const vmResume: Driver = {
  confirmWindowMs: SLOW_CONFIRM_MS,
  maxResumeAgeMs: DAY_MS,

  prepare(job) {
    const vmId = sourceOf(job);
    return async (client, options) => {
      await client.setState(vmId, "Running", options);
      return { vm_ids: [vmId] };
    };
  },

  judge: judgeRunning,

  isOwedOnlyRunning: true,
  resendWhenAsleepMs: 30_000,

  result: (job, status) => ({
    state: "Running",
    vm_id: job.handle.vm_ids[0],
    status,
  }),
};
