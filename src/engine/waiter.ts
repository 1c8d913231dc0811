import { ApiError } from "../api/api_error.ts";
import type { CompleteJob, RunningJob } from "../job/job.ts";
import { nextLookMs } from "./backoff.ts";
import type { Verdict } from "./driver.ts";
import type { VmSighting } from "./engine.ts";
import { Failure } from "../failure.ts";
import { JobFailedError } from "./engine_error.ts";
import { GoneWatch } from "./gone.ts";
import { asMissedLook, look, type Run } from "./run.ts";

/** How a wait ended. */
export type Waited =
  /** Every VM is what was waited for. */
  | { readonly type: "complete" }
  /** VMs of the job are gone. */
  | {
    readonly type: "gone";
    readonly gone: readonly string[];
    /** Whether none of them was seen alive by this process. */
    readonly isFirstLook: boolean;
  };

/** What one look at one VM says. */
type Sight =
  | { readonly type: "seen"; readonly state: string; readonly verdict: Verdict }
  | { readonly type: "missing" }
  | { readonly type: "gone" }
  | { readonly type: "missed"; readonly error: Failure };

/**
 * Looks at the VMs of a job until all of them are what was asked for.
 *
 * It keeps nothing that the ledger does not: stopped anywhere and started
 * again, it comes to the same end. A server that cannot be reached, or is
 * busy, ends no wait before its limit.
 *
 * @throws {TimedOutError} when the deadline passes; the job goes on.
 * @throws {JobFailedError} when a VM died.
 * @throws {Failure} of code `job_failed` when a VM was paused: the job goes on.
 */
export async function waitForJob(
  run: Run,
  job: RunningJob,
): Promise<Waited> {
  const { engine, deadline, driver, options } = run;
  const { clock, notify, random } = engine;
  const watch = new GoneWatch(run, job);
  const done = new Set<string>();
  let wasSeen = false;
  let hasResent = false;
  const startMs = clock.elapsedMs();
  for (let looks = 1;; looks++) {
    const states: VmSighting[] = [];
    const gone: string[] = [];
    const asleep: string[] = [];
    let retryAfterMs: number | undefined;
    const pending = job.handle.vm_ids.filter((vmId) => !done.has(vmId));
    const sights = await Promise.all(
      pending.map(async (vmId) => ({
        vmId,
        sight: await lookAt(run, vmId, watch),
      })),
    );
    for (const { vmId, sight } of sights) {
      switch (sight.type) {
        case "seen":
          wasSeen = true;
          states.push({ vmId, state: sight.state });
          if (sight.verdict === "complete") done.add(vmId);
          if (sight.verdict === "asleep") asleep.push(vmId);
          if (sight.verdict === "failed") {
            throw new JobFailedError(
              `VM ${vmId} will not run: its state is "${sight.state}"`,
            );
          }
          break;
        case "gone":
          gone.push(vmId);
          break;
        case "missing":
          states.push({ vmId, state: "unknown" });
          break;
        case "missed":
          notify({ type: "missedLook", job, error: sight.error });
          if (sight.error instanceof ApiError) {
            retryAfterMs = sight.error.retryAfterMs;
          }
      }
    }
    if (gone.length > 0) return { type: "gone", gone, isFirstLook: !wasSeen };
    if (done.size === job.handle.vm_ids.length) return { type: "complete" };
    if (asleep.length > 0) {
      const resendMs = driver.resendWhenAsleepMs;
      if (resendMs === undefined) throw notRunning(asleep, states);
      if (!hasResent && clock.elapsedMs() - startMs >= resendMs) {
        hasResent = true;
        await resend(run, job);
      }
    }
    deadline.check(`waiting for VM ${pending.join(", ")}`);
    const pauseMs = nextLookMs({
      looks,
      random: random(),
      pollIntervalMs: options.pollIntervalMs,
      retryAfterMs,
    });
    notify({ type: "look", job, states, nextLookMs: pauseMs });
    await clock.sleep(Math.min(pauseMs, deadline.remainingMs()), engine.signal);
  }
}

/** Looks at one VM; what asking again may change is a missed look. */
async function lookAt(
  run: Run,
  vmId: string,
  watch: GoneWatch,
): Promise<Sight> {
  try {
    return await look(run, async (client, { signal }) => {
      try {
        const { value } = await client.vmStatus(vmId, { signal });
        watch.sawAlive(vmId);
        const { state } = value;
        return { type: "seen", state, verdict: run.driver.judge(state) };
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404) throw error;
      }
      return await watch.isGone(client, vmId, signal)
        ? { type: "gone" }
        : { type: "missing" };
    });
  } catch (error) {
    const missed = asMissedLook(error);
    if (missed === undefined) throw error;
    return { type: "missed", error: missed };
  }
}

/** Sends a request again that does no more when it is sent twice. */
async function resend(run: Run, job: RunningJob): Promise<void> {
  const { engine, driver, work } = run;
  try {
    await driver.submit({
      client: engine.client,
      job,
      secrets: work.secrets,
      signal: engine.signal,
    });
    engine.notify({ type: "resumedAgain", job });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    engine.notify({ type: "missedLook", job, error });
  }
}

function notRunning(
  asleep: readonly string[],
  states: readonly VmSighting[],
): Failure {
  const [vmId] = asleep;
  const state = states.find((seen) => seen.vmId === vmId)?.state;
  return new Failure(`VM ${vmId} does not run: its state is "${state}"`, {
    code: "job_failed",
    hint: `vers resume ${vmId} --wait, then run the same command again`,
    retryable: true,
  });
}

/** What became of the VMs of a complete job. */
export type Presence =
  | { readonly type: "there" }
  | { readonly type: "gone"; readonly gone: readonly string[] }
  /** They exist, but do not run any more, as the job had waited for. */
  | { readonly type: "stopped" };

/**
 * Returns whether the VMs of a complete job are still there, so that its
 * result can be given out again.
 *
 * @throws {TimedOutError} when the deadline passes before the server says.
 */
export async function presenceOf(
  run: Run,
  job: CompleteJob,
): Promise<Presence> {
  const { engine, deadline, driver } = run;
  const { clock, notify, random } = engine;
  const watch = new GoneWatch(run, job);
  const gone: string[] = [];
  let unseen = job.handle.vm_ids;
  for (let looks = 1;; looks++) {
    const still: string[] = [];
    for (const vmId of unseen) {
      const sight = await lookAt(run, vmId, watch);
      if (sight.type === "gone") {
        gone.push(vmId);
        continue;
      }
      if (sight.type === "seen") {
        const isWanted = sight.verdict === "complete" ||
          !driver.isOwedOnlyRunning;
        if (!isWanted) return { type: "stopped" };
        continue;
      }
      if (sight.type === "missed") {
        notify({ type: "missedLook", job, error: sight.error });
      }
      still.push(vmId);
    }
    if (still.length === 0) {
      return gone.length === 0 ? { type: "there" } : { type: "gone", gone };
    }
    unseen = still;
    deadline.check(`asking whether VM ${still.join(", ")} still exists`);
    const pauseMs = nextLookMs({ looks, random: random() });
    await clock.sleep(Math.min(pauseMs, deadline.remainingMs()), engine.signal);
  }
}
