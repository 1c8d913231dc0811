import type { VersClient } from "../api/vers_client.ts";
import { ApiError, NoAnswerError, NotSentError } from "../api/api_error.ts";
import type { Failure } from "../failure.ts";
import type { Job } from "../job/job.ts";
import { nextLookMs } from "./backoff.ts";
import type { Deadline } from "./deadline.ts";
import type { Driver } from "./driver.ts";
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
}

/** Returns the failure, if asking again may well help; else `undefined`. */
export function asMissedLook(error: unknown): Failure | undefined {
  if (error instanceof NoAnswerError || error instanceof NotSentError) {
    return error;
  }
  return error instanceof ApiError && error.isTransient ? error : undefined;
}

const LAST_LOOK_MS = 1_500;

/**
 * Returns what a read says. A limit is checked after a look, never instead of
 * one: the last look still has a moment to answer when no time is left.
 *
 * @throws {unknown} what the read threw; a look that the limit cut is a
 *   missed one, a {@linkcode NoAnswerError}.
 */
export async function look<Value>(
  run: Run,
  read: (
    client: VersClient,
    options: { readonly signal: AbortSignal },
  ) => Promise<Value>,
): Promise<Value> {
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
    return await read(client, {
      signal: AbortSignal.any([signal, over.signal]),
    });
  } finally {
    stop.abort();
  }
}

/**
 * Returns what a read says, asked again for as long as there is time.
 *
 * @throws {TimedOutError} when the deadline passes before an answer.
 * @throws {Failure} an answer that asking again will not change.
 */
export async function lookUntilAnswered<Value>(
  run: Run,
  job: Job,
  read: Parameters<typeof look<Value>>[1],
): Promise<Value> {
  const { clock, signal, notify, random } = run.engine;
  for (let looks = 1;; looks++) {
    let retryAfterMs: number | undefined;
    try {
      return await look(run, read);
    } catch (error) {
      const missed = asMissedLook(error);
      if (missed === undefined) throw error;
      notify({ type: "missedLook", job, error: missed });
      if (missed instanceof ApiError) retryAfterMs = missed.retryAfterMs;
    }
    run.deadline.check(`asking for the state of job ${job.id}`);
    const pauseMs = nextLookMs({ looks, random: random(), retryAfterMs });
    await clock.sleep(Math.min(pauseMs, run.deadline.remainingMs()), signal);
  }
}

/** Returns how long a send may take to show on the server. */
export function confirmWindowMs(run: Run): number {
  return run.options.confirmWindowMs ?? run.driver.confirmWindowMs;
}
