import {
  ApiError,
  type ForeignAnswer,
  NoAnswerError,
} from "../api/api_error.ts";
import { type LookedAt, missedLook } from "../api/server_word.ts";
import type { VersClient } from "../api/vers_client.ts";
import type { Failure } from "../failure.ts";
import type { Job } from "../job/job.ts";
import { nextLookMs } from "./backoff.ts";
import type { Deadline } from "../patience.ts";
import type { Driver } from "./kinds.ts";
import type { Engine, Work, WorkOptions } from "./engine.ts";
import type { Journal } from "./journal.ts";

/** One command on its way: what it was asked, and what it has got so far. */
export interface Run {
  readonly engine: Engine;
  readonly work: Work;
  readonly options: WorkOptions;
  readonly driver: Driver;
  readonly journal: Journal;
  readonly deadline: Deadline;
  /** Aborted by a signal of the system, and when the deadline passes. */
  readonly signal: AbortSignal;
  /** The job that this command is about, as soon as there is one. */
  job: Job | undefined;
  /** A job whose VM was found gone: it is not gone on with again. */
  passedOver: Job | undefined;
  /** What answered a request whose own answer is held to be lost. */
  lostTo: ForeignAnswer | undefined;
  /** What has been said once of a list: it is not said again. */
  readonly saidOfLists: Set<string>;
  /** Sees to it that not too much is asked for at once. */
  readonly turns: Turns;
}

/** So much is asked for at once, at most, and the rest in turn. */
export const MOST_AT_ONCE = 8;

/** Lets only so many things be done at a time; the others wait their turn. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Does it when it is its turn, and returns what it returns. */
  async take<Value>(action: () => Promise<Value>): Promise<Value> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await action();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/** What a look came to: an answer, or nothing that says anything. */
export type Look<Value> =
  | { readonly type: "answer"; readonly value: Value }
  | {
    readonly type: "missed";
    readonly error: Failure;
    /** How long the service asked to be left alone. */
    readonly retryAfterMs: number | undefined;
  };

const LAST_LOOK_MS = 1_500;

/**
 * Looks once at a list or at one VM. A limit is checked after a look, never
 * instead of one: the last look still has a moment to answer when no time is
 * left.
 *
 * @throws {ApiError} when it is the server's word on what was looked at.
 * @throws {unknown} the reason of a signal of the system.
 */
export function look<Value>(
  run: Run,
  about: LookedAt,
  read: Read<Value>,
): Promise<Look<Value>> {
  return run.turns.take(() => lookNow(run, about, read));
}

/** Asks the service for something. */
type Read<Value> = (
  client: VersClient,
  options: { readonly signal: AbortSignal },
) => Promise<Value>;

async function lookNow<Value>(
  run: Run,
  about: LookedAt,
  read: Read<Value>,
): Promise<Look<Value>> {
  const { client, clock, signal } = run.engine;
  const over = new AbortController();
  const stop = new AbortController();
  const limitMs = run.deadline.remainingMs() + LAST_LOOK_MS;
  if (Number.isFinite(limitMs)) {
    clock.sleep(limitMs, stop.signal).then(
      () => over.abort(new NoAnswerError("look", "time ran out")),
      () => {},
    );
  }
  try {
    const value = await read(client, {
      signal: AbortSignal.any([signal, over.signal]),
    });
    return { type: "answer", value };
  } catch (error) {
    const missed = missedLook(error, about);
    if (missed === undefined) throw error;
    return { type: "missed", error: missed, retryAfterMs: wantedPause(missed) };
  } finally {
    stop.abort();
  }
}

/** Returns how long an answer asks to be left alone, if it does. */
export function wantedPause(error: Failure): number | undefined {
  return error instanceof ApiError ? error.retryAfterMs : undefined;
}

/** The longest of several pauses that were asked for. */
export function longest(
  one: number | undefined,
  other: number | undefined,
): number | undefined {
  return one === undefined || other === undefined
    ? one ?? other
    : Math.max(one, other);
}

/** What decides how long it is to the next look. */
export interface NextLook {
  /** How many looks there have been. */
  readonly looks: number;
  /** Fixes the time between two looks; else it grows. */
  readonly intervalMs?: number | undefined;
  /** How long the service asked to be left alone. */
  readonly retryAfterMs?: number | undefined;
}

/** Returns how long to wait before the next look, in milliseconds. */
export function untilNextLook(run: Run, next: NextLook): number {
  return nextLookMs({ ...next, random: run.engine.random() });
}

/**
 * Returns when it is time to look again, at the deadline at the latest.
 *
 * @throws {TimedOutError} when no time is left: then nothing is waited for.
 * @throws {unknown} the reason of a signal of the system.
 */
export async function pause(
  run: Run,
  ms: number,
  doing: string,
): Promise<void> {
  const { engine: { clock, signal }, deadline } = run;
  deadline.check(doing);
  await clock.sleep(Math.min(ms, deadline.remainingMs()), signal);
}

/**
 * Returns what a look says, asked again for as long as there is time.
 *
 * @throws {TimedOutError} when the deadline passes before an answer.
 * @throws {ApiError} when it is the server's word on what was looked at.
 */
export async function lookUntilAnswered<Value>(
  run: Run,
  about: { readonly job: Job; readonly looksAt: LookedAt },
  read: Read<Value>,
): Promise<Value> {
  const { job, looksAt } = about;
  for (let looks = 1;; looks++) {
    const looked = await look(run, looksAt, read);
    if (looked.type === "answer") return looked.value;
    const { error, retryAfterMs } = looked;
    run.engine.notify({ type: "missedLook", job, error });
    const pauseMs = untilNextLook(run, { looks, retryAfterMs });
    await pause(run, pauseMs, `asking for the state of job ${job.id}`);
  }
}

/** Returns how long a send may take to show on the server. */
export function confirmWindowMs(run: Run): number {
  return run.options.confirmWindowMs ?? run.driver.confirmWindowMs;
}
