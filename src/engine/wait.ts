import { ApiError } from "../api/api_error.ts";
import type { VmList } from "../api/types.ts";
import { Failure } from "../failure.ts";
import type { CompleteJob, RunningJob, SettledJob } from "../job/job.ts";
import type { Verdict } from "./kinds.ts";
import type { VmSighting } from "./engine.ts";
import { JobFailedError } from "./engine_error.ts";
import { GoneWatch } from "./deletion.ts";
import {
  longest,
  type Look,
  look,
  MOST_AT_ONCE,
  pause,
  type Run,
  untilNextLook,
} from "./look.ts";
import { readVmList } from "./vm_list.ts";

/** How a wait ended. */
export type Waited =
  /** Every VM is what was waited for. */
  | { readonly type: "complete" }
  /** Another process has recorded how the job ended. */
  | { readonly type: "settled"; readonly job: SettledJob }
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
  | Look<never> & { readonly type: "missed" };

/**
 * Looks at the VMs of a job until all of them are what was asked for.
 *
 * It keeps nothing that the ledger does not: stopped anywhere and started
 * again, it comes to the same end. A server that cannot be reached, or is
 * busy, and whatever answers in its place, end no wait before its limit.
 *
 * @throws {TimedOutError} when the deadline passes; the job goes on.
 * @throws {JobFailedError} when a VM died.
 * @throws {Failure} of code `job_failed` when a VM was paused: the job goes on.
 */
export async function waitForJob(run: Run, job: RunningJob): Promise<Waited> {
  const { engine, driver, options, journal } = run;
  const { clock, notify } = engine;
  const looking = new Looking(run, job);
  const done = new Set<string>();
  let wasSeen = false;
  let hasResent = false;
  const startMs = clock.elapsedMs();
  for (let looks = 1;; looks++) {
    const pending = job.handle.vm_ids.filter((vmId) => !done.has(vmId));
    const round = await looking.at(pending);
    for (const { vmId, state, verdict } of round.seen) {
      wasSeen = true;
      if (verdict === "complete") done.add(vmId);
      if (verdict === "failed") {
        throw new JobFailedError(
          `VM ${vmId} will not run: its state is "${state}"`,
        );
      }
    }
    if (round.gone.length > 0) {
      return { type: "gone", gone: round.gone, isFirstLook: !wasSeen };
    }
    if (done.size === job.handle.vm_ids.length) return { type: "complete" };
    const settled = await journal.outcomeOf(job);
    if (settled !== undefined) return { type: "settled", job: settled };
    const asleep = round.seen.find(({ verdict }) => verdict === "asleep");
    if (asleep !== undefined) {
      const resendMs = driver.resendWhenAsleepMs;
      if (resendMs === undefined) throw notRunning(asleep);
      if (!hasResent && clock.elapsedMs() - startMs >= resendMs) {
        hasResent = true;
        await resend(run, job);
      }
    }
    const pauseMs = untilNextLook(run, {
      looks,
      intervalMs: options.pollIntervalMs,
      retryAfterMs: round.retryAfterMs,
    });
    const states = [
      ...round.seen,
      ...round.missing.map((vmId) => ({ vmId, state: "unknown" })),
    ];
    notify({ type: "look", job, states, nextLookMs: pauseMs });
    await pause(run, pauseMs, `waiting for VM ${pending.join(", ")}`);
  }
}

/** What became of the VMs of a job. */
export type Presence =
  | { readonly type: "there" }
  | { readonly type: "gone"; readonly gone: readonly string[] }
  /** They exist, but do not run any more, as the job had waited for. */
  | { readonly type: "stopped" };

/**
 * Returns whether the VMs of a job are still there, so that what is known of
 * it can be given out again.
 *
 * @throws {TimedOutError} when the deadline passes before the server says.
 */
export async function presenceOf(
  run: Run,
  job: RunningJob | CompleteJob,
): Promise<Presence> {
  const looking = new Looking(run, job);
  const gone: string[] = [];
  let unseen = job.handle.vm_ids;
  for (let looks = 1;; looks++) {
    const round = await looking.at(unseen);
    gone.push(...round.gone);
    const isStopped = run.driver.isOwedOnlyRunning &&
      job.status === "complete" &&
      round.seen.some(({ verdict }) => verdict !== "complete");
    if (isStopped) return { type: "stopped" };
    unseen = [...round.missing, ...round.missed];
    if (unseen.length === 0) {
      return gone.length === 0 ? { type: "there" } : { type: "gone", gone };
    }
    const { retryAfterMs } = round;
    const pauseMs = untilNextLook(run, { looks, retryAfterMs });
    const doing = `asking whether VM ${unseen.join(", ")} still exists`;
    await pause(run, pauseMs, doing);
  }
}

/** What one look at all VMs of a job shows. */
interface Round {
  readonly seen: readonly (VmSighting & { readonly verdict: Verdict })[];
  readonly gone: readonly string[];
  /** VMs that do not show, and may yet. */
  readonly missing: readonly string[];
  /** VMs of which nothing was heard. */
  readonly missed: readonly string[];
  /** The longest pause that the service asked for. */
  readonly retryAfterMs: number | undefined;
}

/** Looks at the VMs of one job, again and again. */
class Looking {
  readonly #run: Run;
  readonly #job: RunningJob | CompleteJob;
  readonly #watch: GoneWatch;

  constructor(run: Run, job: RunningJob | CompleteJob) {
    this.#run = run;
    this.#job = job;
    this.#watch = new GoneWatch(run, job);
  }

  /** Looks once at these VMs of the job; says what was missed. */
  async at(vmIds: readonly string[]): Promise<Round> {
    const sights = await this.#sights(vmIds);
    const of = (type: Sight["type"]) =>
      vmIds.filter((vmId) => sights.get(vmId)?.type === type);
    let retryAfterMs: number | undefined;
    const said = new Set<Failure>();
    for (const sight of sights.values()) {
      if (sight.type !== "missed") continue;
      retryAfterMs = longest(retryAfterMs, sight.retryAfterMs);
      if (said.has(sight.error)) continue;
      said.add(sight.error);
      const notice = { job: this.#job, error: sight.error };
      this.#run.engine.notify({ type: "missedLook", ...notice });
    }
    const seen = [...sights].flatMap(([vmId, sight]) =>
      sight.type === "seen"
        ? [{ vmId, state: sight.state, verdict: sight.verdict }]
        : []
    );
    return {
      seen,
      gone: of("gone"),
      missing: of("missing"),
      missed: of("missed"),
      retryAfterMs,
    };
  }

  async #sights(
    vmIds: readonly string[],
  ): Promise<ReadonlyMap<string, Sight>> {
    const list = once(() => this.#list());
    const sights = new Map<string, Sight>();
    // So many are asked for one by one, and more by one list.
    if (vmIds.length > MOST_AT_ONCE) {
      const looked = await list();
      for (const vmId of vmIds) {
        if (looked.type === "missed") sights.set(vmId, looked);
        else {
          const vm = looked.value.vms.find(({ vm_id }) => vm_id === vmId);
          if (vm !== undefined) sights.set(vmId, this.#seen(vmId, vm.state));
        }
      }
    }
    const left = vmIds.filter((vmId) => !sights.has(vmId));
    await Promise.all(left.map(async (vmId) => {
      sights.set(vmId, await this.#lookAt(vmId, list));
    }));
    return sights;
  }

  #list(): Promise<Look<VmList>> {
    return look(this.#run, "list", async (client, options) => {
      const { value } = await readVmList(
        this.#run,
        this.#job,
        client,
        options,
      );
      return value;
    });
  }

  async #lookAt(
    vmId: string,
    list: () => Promise<Look<VmList>>,
  ): Promise<Sight> {
    try {
      const looked = await look(this.#run, "vm", async (client, options) => {
        return (await client.vmStatus(vmId, options)).value.state;
      });
      return looked.type === "missed" ? looked : this.#seen(vmId, looked.value);
    } catch (error) {
      if (!(error instanceof ApiError && error.isNotFound)) throw error;
    }
    const isGone = await this.#watch.isGone(vmId, list);
    if (isGone.type === "missed") return isGone;
    return isGone.value ? { type: "gone" } : { type: "missing" };
  }

  #seen(vmId: string, state: string): Sight {
    this.#watch.sawAlive(vmId);
    return { type: "seen", state, verdict: this.#run.driver.judge(state) };
  }
}

function once<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let reading: Promise<Value> | undefined;
  return () => reading ??= read();
}

/** Sends a request again that does no more when it is sent twice. */
async function resend(run: Run, job: RunningJob): Promise<void> {
  const { engine, driver, work } = run;
  const { client, signal } = engine;
  try {
    await driver.prepare(job, work.secrets)(client, { signal });
    engine.notify({ type: "resumedAgain", job });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    engine.notify({ type: "missedLook", job, error });
  }
}

function notRunning({ vmId, state }: VmSighting): Failure {
  return new Failure(`VM ${vmId} does not run: its state is "${state}"`, {
    code: "job_failed",
    hint: `vers resume ${vmId} --wait, then run the same command again`,
    retryable: true,
  });
}
