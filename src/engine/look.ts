import {
  ApiError,
  type ForeignAnswer,
  NoAnswerError,
} from "../api/api_error.ts";
import { type LookedAt, missedLook } from "../api/server_word.ts";
import type { VersClient } from "../api/vers_client.ts";
import type { Failure } from "../failure.ts";
import type { Job } from "../job/job.ts";
import type { Patience, Polled } from "../patience.ts";
import type { Engine, Work, WorkOptions } from "./engine.ts";
import type { ExecStream } from "./exec.ts";
import type { Journal } from "./journal.ts";
import type { Kind } from "./kinds.ts";

/** One command on its way: what it was asked, and what it has got so far. */
export interface Run {
  readonly engine: Engine;
  readonly work: Work;
  readonly options: WorkOptions;
  readonly kind: Kind;
  readonly journal: Journal;
  readonly patience: Patience;
  /** The job that this command is about, as soon as there is one. */
  job: Job | undefined;
  /** A job whose VM was found deleted: it is not resumed again. */
  passedOver: Job | undefined;
  /** What answered a request whose own answer is held to be lost. */
  lostTo: ForeignAnswer | undefined;
  /** The command of a job of kind `vm.exec`, once the service has taken it. */
  exec: ExecStream | undefined;
  /** What was reported once of a list: it is not reported again. */
  readonly reported: Set<string>;
  /** Sees to it that not too much is asked for at once. */
  readonly turns: Turns;
}

/** So much is asked for at once, at most, and the rest in turn. */
export const MOST_AT_ONCE = 8;

/** Lets only so many things be done at a time; the others wait their turn. */
export class Turns {
  #free = MOST_AT_ONCE;
  readonly #waiting: (() => void)[] = [];

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

/** The last look still has a moment to answer when no time is left. */
const LAST_LOOK_MS = 1_500;

/** Asks the service for something. */
type Read<Value> = (
  client: VersClient,
  options: { readonly signal: AbortSignal },
) => Promise<Value>;

/**
 * Looks once at a list or at one VM.
 *
 * @throws {ApiError} when it is the server's word on what was looked at.
 * @throws {unknown} the reason of a signal of the system.
 */
export function look<Value>(
  { engine: { client }, patience, turns }: Run,
  about: LookedAt,
  read: Read<Value>,
): Promise<Look<Value>> {
  const graceMs = LAST_LOOK_MS;
  const reason = () => new NoAnswerError("look", "time ran out");
  return turns.take(() =>
    patience.within(async (signal): Promise<Look<Value>> => {
      try {
        return { type: "answer", value: await read(client, { signal }) };
      } catch (thrown) {
        const error = missedLook(thrown, about);
        if (error === undefined) throw thrown;
        const retryAfterMs = error instanceof ApiError
          ? error.retryAfterMs
          : undefined;
        return { type: "missed", error, retryAfterMs };
      }
    }, { graceMs, reason })
  );
}

/** What decides how long it is to the next look. */
export interface NextLook {
  /** How many looks there have been. */
  readonly looks: number;
  /** Fixes the time between two looks; else it grows. */
  readonly intervalMs?: number | undefined;
  /** How long the service asked to be left alone; of several, the longest. */
  readonly retryAfterMs?: number | undefined;
}

const FIRST_MS = 500;
const GROWTH = 1.5;
const LONGEST_MS = 5_000;
const JITTER = 0.2;
const LONGEST_RETRY_AFTER_MS = 60_000;

/**
 * Returns how long to wait before the next look, in milliseconds.
 *
 * Every look of a job honours `Retry-After` here, up to a minute.
 */
export function untilNextLook(
  { engine }: { readonly engine: Pick<Engine, "random"> },
  { looks, intervalMs, retryAfterMs }: NextLook,
): number {
  const grown = Math.min(FIRST_MS * GROWTH ** (looks - 1), LONGEST_MS);
  const jittered = grown * (1 + JITTER * (2 * engine.random() - 1));
  return Math.max(
    intervalMs ?? jittered,
    Math.min(retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS),
  );
}

/** Returns that a reading is repeated, and when. */
export function lookAgain(
  run: Run,
  next: NextLook & { readonly doing: string },
): Polled<never> {
  const { doing } = next;
  return { isDone: false, pause: { ms: untilNextLook(run, next), doing } };
}

/**
 * Returns what a look says, asked again for as long as there is time.
 *
 * @throws {TimedOutError} when the deadline passes before an answer.
 * @throws {ApiError} when it is the server's word on what was looked at.
 */
export function lookUntilAnswered<Value>(
  run: Run,
  { job, looksAt }: { readonly job: Job; readonly looksAt: LookedAt },
  read: Read<Value>,
): Promise<Value> {
  return run.patience.poll<Value>(async (looks) => {
    const looked = await look(run, looksAt, read);
    if (looked.type === "answer") return { isDone: true, value: looked.value };
    const { error, retryAfterMs } = looked;
    run.engine.notify({ type: "missedLook", job, error });
    const doing = `asking for the state of job ${job.id}`;
    return lookAgain(run, { looks, retryAfterMs, doing });
  });
}

/** Returns how long a send may take to show on the server. */
export function confirmWindowMs(run: Run): number {
  return run.options.confirmWindowMs ?? run.kind.confirmWindowMs;
}
