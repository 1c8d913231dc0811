import type { Advice } from "../advice.ts";
import { Failure, type FailureOptions } from "../failure.ts";
import { isInFlight, type Job } from "../job/job.ts";
import type { JsonValue } from "../json.ts";
import type { UnreadableLine } from "../ledger/ledger.ts";

/** A VM that the server lists and that may be what a job asked for. */
export interface Candidate {
  readonly vmId: string;
  readonly state: string;
  readonly createdAt: string;
}

/** It is not known whether the server did what was asked. */
export class UnconfirmedError extends Failure {
  override readonly name = "UnconfirmedError";
  readonly candidates: readonly Candidate[];

  constructor(message: string, candidates: readonly Candidate[] = []) {
    super(message, { code: "unconfirmed" });
    this.candidates = candidates;
  }
}

/** A failure of a job that another process, or an earlier one, recorded. */
export class RecordedFailure extends Failure {
  override readonly name = "RecordedFailure";
  /** The request that the service refused, where that is what it was. */
  readonly requestId: string | undefined;
  /** The service's own id of it, where that differs. */
  readonly serviceRequestId: string | undefined;

  constructor(
    message: string,
    options: FailureOptions & {
      readonly requestId?: string | undefined;
      readonly serviceRequestId?: string | undefined;
    },
  ) {
    super(message, options);
    this.requestId = options.requestId;
    this.serviceRequestId = options.serviceRequestId;
  }
}

/**
 * Wraps whatever ended a command after its job was known, so that the edge
 * can say which job it was and how to resume it.
 */
export class JobError extends Failure {
  override readonly name = "JobError";
  override readonly cause: Failure;
  readonly job: Job;
  readonly foundBy: FoundBy;

  constructor(cause: Failure, job: Job, foundBy: FoundBy = "words") {
    super(cause.message, {
      code: cause.code,
      // Where the job is not found, the same command makes another one.
      retryable: cause.retryable && (foundBy !== "nothing" || !isInFlight(job)),
      cause,
    });
    this.cause = cause;
    this.job = job;
    this.foundBy = foundBy;
  }
}

/**
 * How a later command finds a job: the same one by its words; one that names
 * its id, since it is soon too old for the other; none, as it is not in the
 * ledger.
 */
export type FoundBy = "words" | "id" | "nothing";

/**
 * Whether a later command has something to resume after a command that ended
 * with this failure, and was about this job.
 */
export function isResumable(failure: Failure, job: Job | undefined): boolean {
  const { code } = failure;
  if (code === "undelivered") return true;
  // The same command would end in the same way.
  if (failure instanceof IncompleteJobError || code === "unconfirmed") {
    return false;
  }
  if (job !== undefined) return isInFlight(job);
  return code === "interrupted" || code === "timed_out";
}

/** A line of the same key that cannot be read: nothing is submitted beside it. */
export class UnreadableLineError extends Failure {
  override readonly name = "UnreadableLineError";
  readonly line: number;

  /** `action` is what a job that was named is wanted for: `resume job "…"`. */
  constructor(
    path: string | undefined,
    { line, why, isNewer }: Pick<UnreadableLine, "line" | "why" | "isNewer">,
    action?: string,
  ) {
    const where = `line ${line} of "${path}"`;
    super(
      action === undefined
        ? `Cannot submit this work: ${where} may be its job, and cannot be read: ${why}`
        : `Cannot ${action}: ${where} may be of it, and cannot be read: ${why}`,
      {
        code: isNewer ? "newer_format" : "ledger_corrupt",
        advice: {
          type: "unreadable_line",
          isNewer,
          isNamed: action !== undefined,
        },
      },
    );
    this.line = line;
  }
}

/** The job will not get there: its VM died, or was deleted. */
export class JobFailedError extends Failure {
  override readonly name = "JobFailedError";

  constructor(message: string, advice?: Advice) {
    super(message, { code: "job_failed", advice });
  }
}

/**
 * A command in a VM has ended, and the service has forgotten some of what it
 * wrote.
 */
export class OutputLostError extends Failure {
  override readonly name = "OutputLostError";
  /** What the command itself ended with. */
  readonly commandExitCode: number | undefined;

  constructor(jobId: string, exitCode: JsonValue | undefined) {
    const code = typeof exitCode === "number" ? exitCode : undefined;
    super(
      `Cannot print all output of job ${jobId}: the service has forgotten ` +
        "some of it" +
        (code === undefined
          ? ""
          : `; the command ended with exit code ${code}`),
      {
        code: "output_lost",
        advice: { type: "output_lost" },
      },
    );
    this.commandExitCode = code;
  }
}

/**
 * Some of the VMs that a job asked for are there, and some are not, or not any
 * more. The job stays as it is: the same command ends in the same way, and no
 * second batch is made.
 */
export class IncompleteJobError extends Failure {
  override readonly name = "IncompleteJobError";

  constructor(message: string) {
    super(message, { code: "job_failed" });
  }
}
