import type { Vm } from "../api/types.ts";
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
      const name = ({ vm_id: other }: Vm, isProven: boolean) => {
        const kept = job.handle.vm_ids;
        if (kept.includes(other)) return;
        const names = { kept: kept.join(", "), other };
        run.engine.notify({ type: "twin", job, ...names, isProven });
      };
      for (const vm of labelledVms(list.value.vms, job)) name(vm, true);
      for (const { vm } of unclaimed.vms) name(vm, false);
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}
