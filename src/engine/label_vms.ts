import { Failure } from "../failure.ts";
import type { RunningJob } from "../job/job.ts";
import { look, pause, type Run, untilNextLook } from "./look.ts";
import { JOB_LABEL } from "./vm_list.ts";

const TRIES = 3;
const INTERVAL_MS = 1_000;

/**
 * Labels the VMs of a job whose request could not: so that no other job takes
 * them for its own. It never fails; what could not be labelled is said.
 */
export async function labelVms(run: Run, job: RunningJob): Promise<void> {
  const { traces } = run.driver;
  if (traces === undefined || traces.areLabelled) return;
  await Promise.all(job.handle.vm_ids.map(async (vmId) => {
    try {
      await label(run, job, vmId);
    } catch (error) {
      // A process that was told to end has no more to say.
      if (!(error instanceof Failure) || error.code === "interrupted") return;
      run.engine.notify({ type: "notLabelled", job, vmId });
    }
  }));
}

async function label(run: Run, job: RunningJob, vmId: string): Promise<void> {
  const labels = { [JOB_LABEL]: job.token };
  for (let looks = 1;; looks++) {
    const looked = await look(
      run,
      "vm",
      (client, options) => client.setLabels(vmId, labels, options),
    );
    if (looked.type === "answer") return;
    const { error, retryAfterMs } = looked;
    if (looks >= TRIES) throw error;
    const intervalMs = INTERVAL_MS;
    const pauseMs = untilNextLook(run, { looks, intervalMs, retryAfterMs });
    await pause(run, pauseMs, `labelling VM ${vmId}`);
  }
}
