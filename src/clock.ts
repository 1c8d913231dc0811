/** Time: what it is, how much has passed, and waiting for it to pass. */
export interface Clock {
  /** Returns the wall clock's time. It may step, back and forth. */
  now(): Date;

  /** Returns the milliseconds since this process started. It never steps. */
  elapsedMs(): number;

  /**
   * Resolves after `ms` milliseconds; at once when `ms` is 0 or less.
   *
   * @throws {unknown} the signal's reason, as soon as it is aborted.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A timer for longer than this would fire at once; it is 24 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => new Date(),

  elapsedMs: () => performance.now(),

  sleep(ms, signal) {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, Math.min(ms, LONGEST_TIMER_MS));
      function onAbort() {
        clearTimeout(timer);
        reject(signal?.reason);
      }
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  },
};
