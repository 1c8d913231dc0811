import { Failure } from "../failure.ts";
import type { RunningJob } from "../job/job.ts";
import { look, type Run } from "./run.ts";
import { JOB_LABEL } from "./search.ts";

/**
 * Labels the VMs of a job whose request could not: so that no other job takes
 * them for its own. It never fails; what could not be labelled is said.
 */
export async function labelVms(run: Run, job: RunningJob): Promise<void> {
  const { traces } = run.driver;
  if (traces === undefined || traces.areLabelled) return;
  const labels = { [JOB_LABEL]: job.token };
  await Promise.all(job.handle.vm_ids.map(async (vmId) => {
    try {
      await look(
        run,
        (client, options) => client.setLabels(vmId, labels, options),
      );
    } catch (error) {
      // What is not ours to name here ends the command where it waits.
      if (!(error instanceof Failure)) return;
      run.engine.notify({ type: "notLabelled", job, vmId });
    }
  }));
}
