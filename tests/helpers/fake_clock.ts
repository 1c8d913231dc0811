import type { Clock } from "../../src/clock.ts";

/** Options for {@linkcode FakeClock}. */
export interface FakeClockOptions {
  /** The wall clock's first time; a day in January 2026 by default. */
  readonly start?: string | undefined;
  /** Whether time passes by itself as soon as all there is sleeps. */
  readonly autoAdvance?: boolean | undefined;
}

/**
 * A clock on which an hour's wait takes a moment.
 *
 * Time stands still while something is done, and leaps to the end of the
 * earliest sleep when nothing is: so two sleeps at once end in the order of
 * their ends. What is done besides sleeping is done by the real machine, and
 * the clock cannot see it: see `patience` below.
 */
export class FakeClock implements Clock {
  /** How long each sleep took that was not cut short, in order of their ends. */
  readonly sleeps: number[] = [];
  /** Called when time has passed, before those who slept go on. */
  onAdvance: ((clock: FakeClock) => void) | undefined;

  #wallMs: number;
  #elapsedMs = 0;
  readonly #autoAdvance: boolean;
  readonly #sleepers = new Set<Sleeper>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: FakeClockOptions = {}) {
    const { start = "2026-01-05T09:00:00.000Z", autoAdvance = true } = options;
    this.#wallMs = Date.parse(start);
    this.#autoAdvance = autoAdvance;
  }

  now(): Date {
    return new Date(this.#wallMs);
  }

  elapsedMs(): number {
    return this.#elapsedMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (ms <= 0) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { ms, endMs: this.#elapsedMs + ms, wake: resolve };
    const onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#sleepers.add(sleeper);
    this.#schedule();
    try {
      await promise;
      this.sleeps.push(ms);
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#sleepers.delete(sleeper);
      this.#schedule();
    }
  }

  /** Moves the wall clock alone, as an administrator or a time server does. */
  stepWall(ms: number): void {
    this.#wallMs += ms;
  }

  /** Lets time pass, and wakes whose sleep is over by then. */
  advance(ms: number): void {
    this.#wallMs += ms;
    this.#elapsedMs += ms;
    this.onAdvance?.(this);
    const due = [...this.#sleepers]
      .filter(({ endMs }) => endMs <= this.#elapsedMs)
      .sort((a, b) => a.endMs - b.endMs);
    for (const sleeper of due) {
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    this.#schedule();
  }

  /** Sees to it that time goes on when nobody has anything to do. */
  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const first = this.#firstSleeper();
    if (!this.#autoAdvance || first === undefined) return;
    this.#leapAfter(patience(first.ms), first);
  }

  /** Leaps to the end of a sleep when the event loop went round that often. */
  #leapAfter(rounds: number, first: Sleeper): void {
    this.#timer = setTimeout(() => {
      if (rounds > 1) this.#leapAfter(rounds - 1, first);
      else this.advance(first.endMs - this.#elapsedMs);
    }, 1);
  }

  #firstSleeper(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (first === undefined || sleeper.endMs < first.endMs) first = sleeper;
    }
    return first;
  }
}

/** Somebody who sleeps on the clock. */
interface Sleeper {
  readonly ms: number;
  /** When the sleep is over, counted as `elapsedMs()` is. */
  readonly endMs: number;
  readonly wake: () => void;
}

/**
 * Returns how often the event loop goes round before a sleep ends. When a long
 * one is the first to end, it is the limit of something that is being done
 * right now on the real machine, and that gets the time to be done: not in
 * milliseconds, of which a busy machine leaves it fewer, but in turns.
 */
function patience(ms: number): number {
  return ms >= 8_000 ? 100 : 1;
}
