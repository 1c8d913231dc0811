import { Failure } from "../failure.ts";
import type { RunningJob } from "../job/job.ts";
import { look, type Run } from "./run.ts";
import { labelledVms, unclaimedVms } from "./search.ts";
import { searchOf } from "./search_options.ts";

/**
 * Names the VMs that this job has made besides its handle: a request that was
 * sent twice may have been carried out twice. One look; what it misses is no
 * reason to fail a job that is done.
 */
export async function nameTwins(run: Run, job: RunningJob): Promise<void> {
  const { traces } = run.driver;
  if (job.sends < 2 || traces === undefined) return;
  try {
    await look(run, async (client, { signal }) => {
      const list = await client.listVms({ signal });
      const options = searchOf(run, job, traces, list, signal);
      const unclaimed = await unclaimedVms(options);
      const kept = job.handle.vm_ids.join(", ");
      for (const vm of [...labelledVms(list.value, job), ...unclaimed.vms]) {
        if (job.handle.vm_ids.includes(vm.vm_id)) continue;
        run.engine.notify({ type: "twin", job, kept, other: vm.vm_id });
      }
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}
