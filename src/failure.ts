import type { Advice } from "./advice.ts";

/**
 * What went wrong, in one word that scripts can rely on. `src/cli/output/exit_code.ts`
 * gives each its exit code; texts may change, these do not.
 */
export type FailureCode =
  | "general"
  | "authentication"
  | "not_found"
  | "conflict"
  | "bad_request"
  | "usage"
  | "timed_out"
  | "declined"
  | "job_failed"
  | "unconfirmed"
  | "in_flight"
  | "not_sent"
  | "unreachable"
  | "server_error"
  | "undelivered"
  | "output_lost"
  | "ledger_required"
  | "newer_format"
  | "ledger_corrupt"
  | "interrupted";

/** What a failure carries in addition to its message. */
export interface FailureOptions {
  readonly code: FailureCode;
  /**
   * One line on what to do about it, with a command that works: for what is
   * made in `src/cli`, and what the ledger has of an earlier failure.
   */
  readonly hint?: string | undefined;
  /** What to do about it, for all others: `src/cli` has the words. */
  readonly advice?: Advice | undefined;
  /** Whether the same command may succeed if it is simply run again. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/**
 * An error that a person is meant to read.
 *
 * Its message says what could not be done and why: capital first, no full
 * stop. The hint stands apart. Anything thrown that is no `Failure` is a bug.
 */
export class Failure extends Error {
  override readonly name: string = "Failure";
  readonly code: FailureCode;
  readonly hint: string | undefined;
  readonly advice: Advice | undefined;
  readonly retryable: boolean;

  constructor(message: string, options: FailureOptions) {
    super(message, { cause: options.cause });
    this.code = options.code;
    this.hint = options.hint;
    this.advice = options.advice;
    this.retryable = options.retryable ?? false;
  }
}

/** Returns what anything that was thrown says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
