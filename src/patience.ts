import type { Clock } from "./clock.ts";
import { TimedOutError } from "./engine/engine_error.ts";

/** The end of a command's patience, counted from the start of the process. */
export class Deadline implements Disposable {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #passed = new AbortController();
  readonly #stopped = new AbortController();

  /** With `timeoutMs` undefined it never passes. */
  constructor(clock: Clock, timeoutMs: number | undefined) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs ?? Infinity;
    if (timeoutMs !== undefined) void this.#run();
  }

  /** Aborted, with a {@linkcode TimedOutError}, when the deadline passes. */
  get signal(): AbortSignal {
    return this.#passed.signal;
  }

  /** Returns how much time is left; `Infinity` without a limit. */
  remainingMs(): number {
    return Math.max(0, this.#timeoutMs - this.#clock.elapsedMs());
  }

  /** @throws {TimedOutError} when no time is left. */
  check(doing: string): void {
    if (this.remainingMs() > 0) return;
    throw this.timedOut(doing);
  }

  /** Returns the error that says what was being done when time ran out. */
  timedOut(doing: string, cause?: unknown): TimedOutError {
    return new TimedOutError(
      `Timed out after ${this.#timeoutMs / 1_000}s while ${doing}`,
      cause,
    );
  }

  /** Stops the clock's timer; the signal is not aborted any more. */
  [Symbol.dispose](): void {
    this.#stopped.abort();
  }

  async #run(): Promise<void> {
    try {
      await this.#clock.sleep(this.remainingMs(), this.#stopped.signal);
      this.#passed.abort(this.timedOut("waiting for an answer"));
    } catch {
      // Disposed of before it passed.
    }
  }
}
