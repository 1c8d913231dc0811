import { JobError } from "../../engine/engine_error.ts";
import { Failure, type FailureCode } from "../../failure.ts";
import { InterruptedError } from "../../patience.ts";

/** The exit codes of this program. */
export type ExitCode =
  | 0
  | 1
  | 2
  | 3
  | 4
  | 5
  | 6
  | 7
  | 20
  | 21
  | 22
  | 124
  | 125
  | 129
  | 130
  | 143;

/** The exit code of each failure; of an interruption, that of Ctrl-C. */
export const EXIT_CODES: Record<FailureCode, ExitCode> = {
  general: 1,
  authentication: 2,
  not_found: 3,
  conflict: 4,
  bad_request: 5,
  usage: 5,
  timed_out: 6,
  declined: 7,
  job_failed: 20,
  unconfirmed: 21,
  in_flight: 22,
  not_sent: 1,
  unreachable: 1,
  server_error: 1,
  undelivered: 1,
  output_lost: 1,
  ledger_required: 1,
  newer_format: 1,
  ledger_corrupt: 1,
  interrupted: 130,
};

const SIGNAL_CODES: Record<InterruptedError["signal"], ExitCode> = {
  SIGINT: 130,
  SIGTERM: 143,
  SIGHUP: 129,
};

/** The exit code of a failure, where the others are another program's. */
export const OWN_FAILURE: ExitCode = 125;

/** The failures that have a code of their own even there. */
const OWN_FAILURES: ReadonlyMap<FailureCode, ExitCode> = new Map([
  ["timed_out", 124],
  ["unconfirmed", EXIT_CODES.unconfirmed],
  ["output_lost", EXIT_CODES.output_lost],
]);

/**
 * Returns what the process is to end with after this error. `command` is the
 * one that was run, if the line was understood.
 */
export function exitCodeFor(
  error: unknown,
  command?: { readonly passesExitCode?: boolean },
): ExitCode {
  if (error instanceof JobError) return exitCodeFor(error.cause, command);
  if (error instanceof InterruptedError) return SIGNAL_CODES[error.signal];
  if (command?.passesExitCode) {
    return error instanceof Failure
      ? OWN_FAILURES.get(error.code) ?? OWN_FAILURE
      : OWN_FAILURE;
  }
  if (error instanceof UsageError) return error.exitCode;
  return error instanceof Failure ? EXIT_CODES[error.code] : 1;
}

/**
 * Returns what a process ends with that passes on how another one ended. More
 * than a byte does not fit; and it must not look like success.
 */
export function passedOn(exitCode: number): number {
  return exitCode >= 0 && exitCode <= 255 ? exitCode : exitCode & 0xff || 255;
}

/** A command line, or a setting, that cannot be followed as it is. */
export class UsageError extends Failure {
  override readonly name = "UsageError";
  readonly exitCode: ExitCode;

  constructor(
    message: string,
    hint: string,
    { exitCode = EXIT_CODES.usage }: { readonly exitCode?: ExitCode } = {},
  ) {
    super(message, { code: "usage", hint });
    this.exitCode = exitCode;
  }
}
