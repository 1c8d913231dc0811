import { ApiError } from "../api/api_error.ts";
import { missedLook } from "../api/server_word.ts";
import type { Failure } from "../failure.ts";
import type { Patience } from "../patience.ts";
import type { Engine } from "./engine.ts";
import { JobFailedError } from "./engine_error.ts";
import { MOST_AT_ONCE, untilNextLook } from "./look.ts";

/** What may be waited for of a VM that somebody made. */
export const WANTED_STATES = ["running", "paused", "deleted"] as const;

/** What is waited for. */
export type WantedState = typeof WANTED_STATES[number];

/** Options for {@linkcode waitForVms}. */
export interface WaitForVmsOptions {
  readonly wanted: WantedState;
  readonly patience: Patience;
  /** Fixes the time between two looks; else it grows. */
  readonly pollIntervalMs?: number | undefined;
  /** Called with the states after each look that was not the last. */
  readonly onLook?: (states: ReadonlyMap<string, string>) => void;
  /** Called with why a look says nothing; it is made again. */
  readonly onMissed?: (error: Failure) => void;
}

/** How often, and over how long, the service must say that there is none. */
const UNKNOWN_LOOKS = 3;
const UNKNOWN_MS = 5_000;
const LAST_LOOK_MS = 1_500;

/**
 * Looks at VMs until all of them are what is waited for, whoever made them, and
 * returns their states then. A look that says nothing ends no wait.
 *
 * @throws {ApiError} of status 404 when the service has no such VM, unless it
 *   is waited for that it is deleted.
 * @throws {JobFailedError} when a VM will never be what is waited for.
 * @throws {TimedOutError} at the deadline.
 */
export function waitForVms(
  { client, clock, random }: Engine,
  vmIds: readonly string[],
  options: WaitForVmsOptions,
): Promise<ReadonlyMap<string, string>> {
  const { wanted, patience, pollIntervalMs: intervalMs } = options;
  const states = new Map<string, string>();
  const unknown = new Map<string, { firstMs: number; looks: number }>();
  const done = new Set<string>();
  return patience.poll(async (looks) => {
    let retryAfterMs: number | undefined;
    const pending = vmIds.filter((vmId) => !done.has(vmId));
    for (let at = 0; at < pending.length; at += MOST_AT_ONCE) {
      const some = pending.slice(at, at + MOST_AT_ONCE);
      await Promise.all(some.map(lookAt));
    }
    if (done.size === vmIds.length) return { isDone: true, value: states };
    options.onLook?.(states);
    const ms = untilNextLook({ engine: { random } }, {
      looks,
      intervalMs,
      retryAfterMs,
    });
    const left = vmIds.filter((vmId) => !done.has(vmId)).join(", ");
    const doing = `waiting for VM ${left} to be ${wanted}`;
    return { isDone: false, pause: { ms, doing } };

    async function lookAt(vmId: string): Promise<void> {
      try {
        await patience.within(async (signal) => {
          const state = await stateOf(vmId, signal);
          states.set(vmId, state);
          if (isWanted(state)) done.add(vmId);
        }, { graceMs: LAST_LOOK_MS });
      } catch (thrown) {
        if (thrown instanceof JobFailedError) throw thrown;
        if (patience.interrupt.aborted) throw patience.interrupt.reason;
        const error = missedLook(thrown, "vm");
        if (error === undefined) {
          // The last look was cut by the deadline.
          if (patience.remainingMs() === 0 && !(thrown instanceof ApiError)) {
            return;
          }
          throw thrown;
        }
        options.onMissed?.(error);
        const wantedMs = error instanceof ApiError ? error.retryAfterMs : 0;
        retryAfterMs = Math.max(retryAfterMs ?? 0, wantedMs ?? 0);
      }
    }
  });

  function isWanted(state: string): boolean {
    return state === wanted || (wanted === "paused" && state === "sleeping");
  }

  /** The state of a VM; `unknown` of one that may yet show. */
  async function stateOf(vmId: string, signal: AbortSignal): Promise<string> {
    try {
      const { value } = await client.vmStatus(vmId, { signal });
      unknown.delete(vmId);
      const state = value.state.toLowerCase();
      if (state === "dead" && wanted !== "deleted") throw isDead(vmId, wanted);
      return state;
    } catch (error) {
      if (!(error instanceof ApiError && error.isNotFound)) throw error;
      return await stateOfMissing(vmId, error, signal);
    }
  }

  async function stateOfMissing(
    vmId: string,
    missing: ApiError,
    signal: AbortSignal,
  ): Promise<string> {
    if (await hasDeletionTime(vmId, signal)) {
      if (wanted === "deleted") return "deleted";
      throw missing;
    }
    const nowMs = clock.elapsedMs();
    const { firstMs, looks } = unknown.get(vmId) ??
      { firstMs: nowMs, looks: 0 };
    unknown.set(vmId, { firstMs, looks: looks + 1 });
    const isSure = looks + 1 >= UNKNOWN_LOOKS &&
      nowMs - firstMs >= UNKNOWN_MS;
    if (!isSure) return "unknown";
    if (wanted === "deleted") return "deleted";
    throw missing;
  }

  async function hasDeletionTime(
    vmId: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      const { value } = await client.vmMetadata(vmId, { signal });
      return value.deleted_at !== null;
    } catch (error) {
      if (error instanceof ApiError && error.isNotFound) return false;
      throw error;
    }
  }
}

function isDead(vmId: string, wanted: WantedState): JobFailedError {
  return new JobFailedError(
    `VM ${vmId} will not be ${wanted}: its state is "dead"`,
    { type: "list_vms" },
  );
}
