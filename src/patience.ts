import type { Clock } from "./clock.ts";
import { Failure } from "./failure.ts";
import { type FileLock, FileLockError } from "./file_lock.ts";

/** The process was told to stop; the job, if there is one, goes on. */
export class InterruptedError extends Failure {
  override readonly name = "InterruptedError";
  readonly signal: "SIGINT" | "SIGTERM" | "SIGHUP";

  constructor(signal: "SIGINT" | "SIGTERM" | "SIGHUP") {
    super(`Interrupted by ${signal}`, { code: "interrupted", retryable: true });
    this.signal = signal;
  }
}

/** `--timeout` passed. Nothing was given up, and nothing is a failure. */
export class TimedOutError extends Failure {
  override readonly name = "TimedOutError";

  constructor(message: string, cause?: unknown) {
    super(message, { code: "timed_out", retryable: true, cause });
  }
}

/** What one reading of {@linkcode Patience.poll} came to. */
export type Polled<Value> =
  | { readonly isDone: true; readonly value: Value }
  /** Without a pause the next reading is made at once, whatever the time. */
  | { readonly isDone: false; readonly pause?: Pause };

/** A pause between two readings. */
export interface Pause {
  readonly ms: number;
  /** What is done meanwhile, for the error of one who runs out of time. */
  readonly doing: string;
}

/** Options for {@linkcode Patience}. */
export interface PatienceOptions {
  readonly clock: Clock;
  /** Aborted when a signal of the system arrives. */
  readonly interrupt: AbortSignal;
  /** Counted from the start of the process; `undefined`: no limit. */
  readonly timeoutMs?: number | undefined;
}

/** Options for {@linkcode Patience.fileLock}. */
export interface LockOptions {
  /** What is waited for, after "Timed out after 10s while". */
  readonly doing: string;
  /** A limit of this lock's own, in milliseconds. */
  readonly limitMs?: number | undefined;
}

/**
 * How long a command waits, for whatever it waits for: until its deadline, or
 * until it is interrupted.
 *
 * Dispose of it when the command is done; then its deadline never passes.
 */
export class Patience implements Disposable {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #passed = new AbortController();
  readonly #stopped = new AbortController();

  /** Aborted when a signal of the system arrives. */
  readonly interrupt: AbortSignal;
  /** Aborted then, and with a {@linkcode TimedOutError} at the deadline. */
  readonly signal: AbortSignal;

  constructor({ clock, interrupt, timeoutMs }: PatienceOptions) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs ?? Infinity;
    this.interrupt = interrupt;
    this.signal = AbortSignal.any([interrupt, this.#passed.signal]);
    if (timeoutMs !== undefined) void this.#run();
  }

  /** Returns how much time is left; `Infinity` without a limit. */
  remainingMs(): number {
    return Math.max(0, this.#timeoutMs - this.#clock.elapsedMs());
  }

  /** Returns the error that says what was being done when time ran out. */
  timedOut(doing: string, cause?: unknown): TimedOutError {
    return new TimedOutError(
      `Timed out after ${this.#timeoutMs / 1_000}s while ${doing}`,
      cause,
    );
  }

  /**
   * Returns after `ms`, at the deadline at the latest.
   *
   * @throws {TimedOutError} when no time is left: then nothing is waited for.
   * @throws {unknown} the reason of a signal of the system.
   */
  async sleep(ms: number, doing: string): Promise<void> {
    const remainingMs = this.remainingMs();
    if (remainingMs === 0) throw this.timedOut(doing);
    await this.#clock.sleep(Math.min(ms, remainingMs), this.interrupt);
  }

  /**
   * Reads, and sleeps, and reads again, until it is done, and returns what was
   * read last. `read` is told how many times it has been called, this included.
   *
   * The deadline is looked at after a reading, never instead of one: a process
   * that was stopped through its deadline still sees what has come meanwhile.
   *
   * @throws {TimedOutError} when a reading was the last that there is time for.
   * @throws {unknown} the reason of a signal of the system, or what `read`
   *   threw.
   */
  async poll<Value>(
    read: (times: number) => Promise<Polled<Value>>,
  ): Promise<Value> {
    for (let times = 1;; times++) {
      const polled = await read(times);
      if (polled.isDone) return polled.value;
      const { pause } = polled;
      if (pause) await this.sleep(pause.ms, pause.doing);
    }
  }

  /**
   * Does something that may take until `graceMs` after the deadline, with a
   * signal that is aborted then, for the reason that is given.
   */
  async within<Value>(
    action: (signal: AbortSignal) => Promise<Value>,
    { graceMs = 0, reason }: {
      readonly graceMs?: number;
      readonly reason?: () => unknown;
    } = {},
  ): Promise<Value> {
    const over = new AbortController();
    const done = new AbortController();
    const limitMs = this.remainingMs() + graceMs;
    if (Number.isFinite(limitMs)) {
      this.#clock.sleep(limitMs, done.signal).then(
        () => over.abort(reason?.()),
        () => {}, // It was done first.
      );
    }
    try {
      return await action(AbortSignal.any([this.interrupt, over.signal]));
    } finally {
      done.abort();
    }
  }

  /**
   * Returns a file lock, once this process holds it; `acquire` is told how long
   * to wait for it.
   *
   * @throws {TimedOutError} when another process still holds it then.
   * @throws {FileLockError} when there is no locking here.
   * @throws {unknown} the reason of a signal of the system.
   */
  async fileLock(
    acquire: (
      options: { readonly waitMs: number; readonly signal: AbortSignal },
    ) => Promise<FileLock>,
    { doing, limitMs = Infinity }: LockOptions,
  ): Promise<FileLock> {
    const waitMs = Math.min(this.remainingMs(), limitMs);
    try {
      return await acquire({ waitMs, signal: this.interrupt });
    } catch (error) {
      const isHeld = error instanceof FileLockError && error.reason === "held";
      throw isHeld ? this.timedOut(doing, error) : error;
    }
  }

  /** Stops the timer; the deadline does not pass any more. */
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
