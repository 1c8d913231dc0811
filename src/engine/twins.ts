import { ApiError } from "../api/api_error.ts";
import type { RunningJob } from "../job/job.ts";
import { look, type Run } from "./look.ts";
import { unclaimedVms } from "./search.ts";
import { searchOf } from "./search_options.ts";
import { nameDuplicate, readVmList } from "./vm_list.ts";

/**
 * Names the VMs that this job has made besides its handle: a request that was
 * sent twice may have been carried out twice. One look; what it misses is no
 * reason to fail a job that is done.
 */
export async function nameTwins(run: Run, job: RunningJob): Promise<void> {
  const { traces } = run.driver;
  if (job.sends < 2 || traces === undefined) return;
  try {
    await look(run, "list", async (client, { signal }) => {
      const list = await readVmList(run, job, client, { signal });
      const options = searchOf(run, job, traces, list, signal);
      const { vms } = await unclaimedVms(options);
      const own = job.handle.vm_ids;
      for (const { vm: { vm_id: other } } of vms) {
        if (own.includes(other)) continue;
        nameDuplicate(run, job, { own, other, isUnproven: true });
      }
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}
