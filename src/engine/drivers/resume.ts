import type { Driver } from "../driver.ts";
import { judgeRunning } from "./judge.ts";
import { sourceOf } from "./lineage.ts";
import { DAY_MS, SLOW_CONFIRM_MS } from "./times.ts";

/** `vers resume`: a VM that was paused runs again. */
export const vmResume: Driver = {
  confirmWindowMs: SLOW_CONFIRM_MS,
  maxResumeAgeMs: DAY_MS,

  async submit({ client, job, signal }) {
    const vmId = sourceOf(job);
    await client.setState(vmId, "Running", { signal });
    return { vm_ids: [vmId] };
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
