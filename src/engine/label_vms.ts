import { Failure } from "../failure.ts";
import type { RunningJob } from "../job/job.ts";
import { asMissedLook, look, type Run } from "./run.ts";
import { JOB_LABEL } from "./search.ts";

const TRIES = 3;
const PAUSE_MS = 1_000;

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
  const { clock, signal } = run.engine;
  for (let tries = 1;; tries++) {
    try {
      const labels = { [JOB_LABEL]: job.token };
      await look(
        run,
        (client, options) => client.setLabels(vmId, labels, options),
      );
      return;
    } catch (error) {
      if (tries >= TRIES || !asMissedLook(error)) throw error;
    }
    run.deadline.check(`labelling VM ${vmId}`);
    await clock.sleep(Math.min(PAUSE_MS, run.deadline.remainingMs()), signal);
  }
}
