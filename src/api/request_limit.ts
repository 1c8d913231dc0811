import type { Clock } from "../clock.ts";

/** The time that a request had is over. */
export class LimitPassedError extends Error {
  override readonly name = "LimitPassedError";

  constructor(limitMs: number) {
    super(`no answer within ${limitMs / 1_000} s`);
  }
}

/** Options for {@linkcode RequestLimit}. */
export interface RequestLimitOptions {
  readonly limitMs: number;
  /** The caller's own signal. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What ends a request early: its time, or its caller.
 *
 * Dispose of it when the request is over; then nothing runs on, and nothing
 * is left on the caller's signal.
 */
export class RequestLimit implements Disposable {
  readonly #clock: Clock;
  readonly #end: (reason: unknown) => void;
  readonly #working = new AbortController();
  #sleeping = new AbortController();
  /** What rejects those who race now; those who did keep nothing alive. */
  readonly #racing = new Set<(reason: unknown) => void>();
  #over: { readonly reason: unknown } | undefined;
  readonly #caller: AbortSignal | undefined;
  readonly #onAbort: () => void;

  constructor(clock: Clock, options: RequestLimitOptions) {
    const { limitMs, signal } = options;
    this.#clock = clock;
    this.#end = (reason) => {
      this.#over ??= { reason };
      for (const reject of this.#racing) reject(reason);
      this.#working.abort(reason);
    };
    this.#caller = signal;
    this.#onAbort = () => this.#end(signal?.reason);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
    this.restart(limitMs);
  }

  /** Gives the request `limitMs` from now on, for one whose answer goes on. */
  restart(limitMs: number): void {
    this.#sleeping.abort();
    this.#sleeping = new AbortController();
    this.#clock.sleep(limitMs, this.#sleeping.signal).then(
      () => this.#end(new LimitPassedError(limitMs)),
      () => {}, // The request was over first.
    );
  }

  /** Stops the time: what is done now is not the other side's to hurry. */
  pause(): void {
    this.#sleeping.abort();
  }

  /** Aborted when the request must end, for whoever carries it out. */
  get signal(): AbortSignal {
    return this.#working.signal;
  }

  /**
   * Returns what `work` resolves to.
   *
   * @throws {LimitPassedError} when time is up first.
   * @throws {unknown} the reason of the caller's signal, unchanged, when that
   *   is aborted; else what `work` threw.
   */
  async race<T>(work: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (this.#over) reject(this.#over.reason);
    this.#racing.add(reject);
    work.then(resolve, reject);
    try {
      return await promise;
    } catch (error) {
      // An abort also breaks the connection: the reason is what counts.
      if (this.signal.aborted) throw this.signal.reason;
      throw error;
    } finally {
      this.#racing.delete(reject);
    }
  }

  /** Lets go of the time and of the caller's signal. */
  [Symbol.dispose](): void {
    this.#caller?.removeEventListener("abort", this.#onAbort);
    this.#sleeping.abort();
  }
}
