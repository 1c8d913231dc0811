import { ApiError } from "../api/api_error.ts";
import type { VmList } from "../api/types.ts";
import { Failure } from "../failure.ts";
import type { CompleteJob, RunningJob, SettledJob } from "../job/job.ts";
import type { JsonObject } from "../json.ts";
import { DeletionWatch } from "./deletion.ts";
import type { SeenVm } from "./engine.ts";
import { JobFailedError } from "./engine_error.ts";
import {
  type Look,
  look,
  lookAgain,
  MOST_AT_ONCE,
  type Run,
  untilNextLook,
} from "./look.ts";
import { readVmList } from "./vm_labels.ts";

/** How a wait ended. */
export type Waited =
  /** Every VM is what was waited for. */
  | {
    readonly type: "complete";
    /** What came of it, where that is more than that the VMs run. */
    readonly result?: JsonObject;
  }
  /** Another process has recorded how the job ended. */
  | { readonly type: "settled"; readonly job: SettledJob }
  | {
    readonly type: "deleted";
    /** The VMs of the job that were deleted. */
    readonly vmIds: readonly string[];
    /** Whether none of them was seen alive by this process. */
    readonly isFirstLook: boolean;
  };

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
export function waitForJob(run: Run, job: RunningJob): Promise<Waited> {
  const { engine: { clock, notify }, kind, options, journal } = run;
  const looking = new Looking(run, job);
  const done = new Set<string>();
  let wasSeen = false;
  let hasResent = false;
  const startMs = clock.elapsedMs();
  return run.patience.poll<Waited>(async (looks) => {
    const pending = job.handle.vm_ids.filter((vmId) => !done.has(vmId));
    const { seen, deleted, missing, retryAfterMs } = await looking.at(pending);
    for (const { vmId, state, meaning } of seen) {
      wasSeen = true;
      if (meaning === "complete") done.add(vmId);
      if (meaning === "failed") {
        throw new JobFailedError(
          `VM ${vmId} will not run: its state is "${state}"`,
        );
      }
    }
    if (deleted.length > 0) {
      const [vmIds, isFirstLook] = [deleted, !wasSeen];
      return ended({ type: "deleted", vmIds, isFirstLook });
    }
    if (done.size === job.handle.vm_ids.length) {
      return ended({ type: "complete" });
    }
    const settled = await journal.outcomeOf(job);
    if (settled !== undefined) return ended({ type: "settled", job: settled });
    const asleep = seen.find(({ meaning }) => meaning === "asleep");
    if (asleep !== undefined) {
      const resendMs = kind.resendWhenAsleepMs;
      if (resendMs === undefined) throw notRunning(asleep);
      if (!hasResent && clock.elapsedMs() - startMs >= resendMs) {
        hasResent = true;
        await resend(run, job);
      }
    }
    const intervalMs = options.pollIntervalMs;
    const ms = untilNextLook(run, { looks, intervalMs, retryAfterMs });
    const unknown = missing.map((vmId) => ({ vmId, state: "unknown" }));
    const states = [...seen, ...unknown];
    notify({ type: "look", job, states, nextLookMs: ms });
    const doing = `waiting for VM ${pending.join(", ")}`;
    return { isDone: false, pause: { ms, doing } };
  });
}

function ended<Value>(value: Value) {
  return { isDone: true as const, value };
}

/** What became of the VMs of a job. */
export type Presence =
  | { readonly type: "there" }
  | { readonly type: "deleted"; readonly vmIds: readonly string[] }
  /** They exist, but do not run any more, as the job had waited for. */
  | { readonly type: "stopped" };

/**
 * Returns whether the VMs of a job are still there, so that what is known of
 * it can be given out again.
 *
 * @throws {TimedOutError} when the deadline passes before the server says.
 */
export function presenceOf(
  run: Run,
  job: RunningJob | CompleteJob,
): Promise<Presence> {
  const looking = new Looking(run, job);
  const vmIds: string[] = [];
  let unseen = job.handle.vm_ids;
  return run.patience.poll<Presence>(async (looks) => {
    const looked = await looking.at(unseen);
    vmIds.push(...looked.deleted);
    const isStopped = run.kind.isOwedOnlyRunning && job.status === "complete" &&
      looked.seen.some(({ meaning }) => meaning !== "complete");
    if (isStopped) return ended({ type: "stopped" });
    unseen = [...looked.missing, ...looked.missed];
    if (unseen.length > 0) {
      const { retryAfterMs } = looked;
      const doing = `asking whether VM ${unseen.join(", ")} still exists`;
      return lookAgain(run, { looks, retryAfterMs, doing });
    }
    return ended(
      vmIds.length === 0 ? { type: "there" } : { type: "deleted", vmIds },
    );
  });
}

/** What a VM's state means for the wait. */
type Meaning =
  | "complete"
  | "wait"
  /** It was paused: it will not come up by itself. */
  | "asleep"
  | "failed";

/**
 * Returns what a state means for a job that is complete when its VM runs, in
 * whatever letter case the service writes it. A state that this program does
 * not know is waited out.
 */
function classify(state: string): Meaning {
  switch (state.toLowerCase()) {
    case "running":
      return "complete";
    case "paused":
    case "sleeping":
      return "asleep";
    case "dead":
      return "failed";
    default:
      return "wait";
  }
}

/** What one look at one VM says. */
type VmLook =
  | { readonly type: "seen"; readonly state: string }
  | { readonly type: "missing" }
  | { readonly type: "deleted" }
  | Look<never> & { readonly type: "missed" };

/** What one look at VMs of a job shows. */
interface JobLook {
  readonly seen: readonly (SeenVm & { readonly meaning: Meaning })[];
  readonly deleted: readonly string[];
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
  readonly #watch: DeletionWatch;

  constructor(run: Run, job: RunningJob | CompleteJob) {
    this.#run = run;
    this.#job = job;
    this.#watch = new DeletionWatch(run, job);
  }

  /** Looks once at these VMs of the job; says what was missed. */
  async at(vmIds: readonly string[]): Promise<JobLook> {
    const looks = await this.#looksAt(vmIds);
    const of = (type: VmLook["type"]) =>
      vmIds.filter((vmId) => looks.get(vmId)?.type === type);
    const seen = [...looks].flatMap(([vmId, looked]) => {
      if (looked.type !== "seen") return [];
      const { state } = looked;
      return [{ vmId, state, meaning: classify(state) }];
    });
    return {
      seen,
      deleted: of("deleted"),
      missing: of("missing"),
      missed: of("missed"),
      retryAfterMs: this.#sayMissed([...looks.values()]),
    };
  }

  /** Says what was missed; returns the longest pause that was asked for. */
  #sayMissed(looks: readonly VmLook[]): number | undefined {
    const missed = looks.filter((looked) => looked.type === "missed");
    for (const error of new Set(missed.map(({ error }) => error))) {
      this.#run.engine.notify({ type: "missedLook", job: this.#job, error });
    }
    const pauses = missed.flatMap(({ retryAfterMs }) => retryAfterMs ?? []);
    return pauses.length === 0 ? undefined : Math.max(...pauses);
  }

  async #looksAt(
    vmIds: readonly string[],
  ): Promise<ReadonlyMap<string, VmLook>> {
    const list = once(() => this.#list());
    const looks = new Map<string, VmLook>();
    // So many are asked for one by one, and more by one list.
    if (vmIds.length > MOST_AT_ONCE) {
      const looked = await list();
      for (const vmId of vmIds) {
        if (looked.type === "missed") looks.set(vmId, looked);
        else {
          const vm = looked.value.vms.find(({ vm_id }) => vm_id === vmId);
          if (vm !== undefined) looks.set(vmId, this.#seen(vmId, vm.state));
        }
      }
    }
    const left = vmIds.filter((vmId) => !looks.has(vmId));
    await Promise.all(left.map(async (vmId) => {
      looks.set(vmId, await this.#lookAt(vmId, list));
    }));
    return looks;
  }

  #list(): Promise<Look<VmList>> {
    const [run, job] = [this.#run, this.#job];
    return look(run, "list", async (client, options) => {
      return (await readVmList(run, job, client, options)).value;
    });
  }

  async #lookAt(
    vmId: string,
    list: () => Promise<Look<VmList>>,
  ): Promise<VmLook> {
    try {
      const looked = await look(this.#run, "vm", async (client, options) => {
        return (await client.vmStatus(vmId, options)).value.state;
      });
      return looked.type === "missed" ? looked : this.#seen(vmId, looked.value);
    } catch (error) {
      if (!(error instanceof ApiError && error.isNotFound)) throw error;
    }
    const isDeleted = await this.#watch.isDeleted(vmId, list);
    if (isDeleted.type === "missed") return isDeleted;
    return isDeleted.value ? { type: "deleted" } : { type: "missing" };
  }

  #seen(vmId: string, state: string): VmLook {
    this.#watch.sawAlive(vmId);
    return { type: "seen", state };
  }
}

function once<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let reading: Promise<Value> | undefined;
  return () => reading ??= read();
}

/** Sends an idempotent request again: what it asked for was undone. */
async function resend(run: Run, job: RunningJob): Promise<void> {
  const { engine, kind, patience, work } = run;
  try {
    const send = kind.prepare(job, work.secrets, run);
    await send(engine.client, { signal: patience.interrupt });
    engine.notify({ type: "resumedAgain", job });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    engine.notify({ type: "missedLook", job, error });
  }
}

function notRunning({ vmId, state }: SeenVm): Failure {
  return new Failure(`VM ${vmId} does not run: its state is "${state}"`, {
    code: "job_failed",
    advice: { type: "vm_asleep", vmId },
    retryable: true,
  });
}
