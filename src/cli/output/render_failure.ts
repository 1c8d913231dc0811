import { ApiError, NoAnswerError } from "../../api/api_error.ts";
import {
  type Candidate,
  type FoundBy,
  IncompleteJobError,
  isResumable,
  JobError,
  OutputLostError,
  RecordedFailure,
  UnconfirmedError,
} from "../../engine/engine_error.ts";
import { Failure, type FailureCode } from "../../failure.ts";
import { isInFlight, type Job } from "../../job/job.ts";
import type { JsonObject } from "../../json.ts";
import { FileLockError, type LockHolder } from "../../file_lock.ts";
import type { Format } from "../command_line/output_choice.ts";
import {
  type InvokedCommand,
  isFoundAgain,
  LEFT_OUT,
  namesJob,
  resumeCommand,
  withoutSecrets,
} from "../command_line/written_line.ts";
import { failureHint, hintOf } from "./failure_hint.ts";
import { type ExitCode, exitCodeFor } from "./exit_code.ts";
import { jsonLine, visible } from "./terminal_text.ts";

/** What is known of the command that ended with an error. */
export interface RenderFailureOptions {
  readonly format: Format;
  /** The command, if the line was understood. */
  readonly invoked?: InvokedCommand | undefined;
  /** The job that the command was about when it ended. */
  readonly job?: Job | undefined;
}

/** What there is to say about an error, for people and for scripts. */
interface Report {
  readonly code: FailureCode | "bug";
  readonly message: string;
  readonly cause?: string | undefined;
  /** Our id of the request, by which the service's logs can find it. */
  readonly requestId?: string | undefined;
  /** The service's own id of it, where that is another. */
  readonly serviceRequestId?: string | undefined;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;
  readonly job: Job | undefined;
  readonly resumeCommand: string | undefined;
  readonly isRetryable: boolean;
  /** How long the service asked to be left alone. */
  readonly retryAfterMs?: number | undefined;
  /** Who holds what the command waited for, if that is known. */
  readonly holder?: LockHolder | undefined;
  /** What the command in the VM ended with, whose output is not all there. */
  readonly commandExitCode?: number | undefined;
  /** VMs of which one may be what the job asked for. */
  readonly candidates: readonly Candidate[];
}

/** Returns what stderr says about an error, with the newline at its end. */
export function renderFailure(
  error: unknown,
  options: RenderFailureOptions,
): string {
  const report = withoutSecretsIn(reportOf(error, options));
  switch (options.format) {
    case "json":
      return jsonLine({ error: toJson(report) }) + "\n";
    case "text":
      return toText(report);
  }
}

/** A key that was typed in a wrong place must not end up in a log. */
function withoutSecretsIn(report: Report): Report {
  const clean = (text: string | undefined) =>
    text === undefined ? undefined : withoutSecrets(text);
  return {
    ...report,
    message: withoutSecrets(report.message),
    cause: clean(report.cause),
    hint: clean(report.hint),
    resumeCommand: clean(report.resumeCommand),
  };
}

function reportOf(error: unknown, options: RenderFailureOptions): Report {
  const failure = error instanceof JobError ? error.cause : error;
  const job = error instanceof JobError ? error.job : options.job;
  const foundBy = error instanceof JobError ? error.foundBy : "words";
  const exitCode = exitCodeFor(error, options.invoked?.command);
  if (!(failure instanceof Failure)) {
    return {
      code: "bug",
      message: `Cannot continue: ${messageOf(failure)}`,
      hint: "this is a bug in vers; " +
        "please report it with the command line and this message",
      exitCode,
      job,
      resumeCommand: resumeLine(job, options, "words"),
      isRetryable: false,
      candidates: [],
    };
  }
  return {
    code: failure.code,
    message: failure.message,
    cause: causeOf(failure),
    requestId: firstOf<ApiError | NoAnswerError | RecordedFailure>(failure, [
      ApiError,
      NoAnswerError,
      RecordedFailure,
    ])?.requestId,
    serviceRequestId:
      failure instanceof ApiError || failure instanceof RecordedFailure
        ? failure.serviceRequestId
        : undefined,
    hint: hintOf(failure) ?? settlingHint(failure, job, options) ??
      incompleteHint(failure, job, options) ??
      (foundBy === "nothing" ? lostHint(job) : undefined) ??
      failureHint(failure, {
        path: options.invoked?.invocation.path ?? [],
        job,
      }),
    exitCode,
    job,
    resumeCommand: isResumable(failure, job)
      ? resumeLine(job, options, foundBy)
      : undefined,
    isRetryable: error instanceof Failure && error.retryable,
    retryAfterMs: failure.retryable
      ? firstOf(failure, [ApiError])?.retryAfterMs
      : undefined,
    holder: firstOf(failure, [FileLockError])?.holder,
    commandExitCode: failure instanceof OutputLostError
      ? failure.commandExitCode
      : undefined,
    candidates: failure instanceof UnconfirmedError ? failure.candidates : [],
  };
}

/** The two commands that settle a submission that cannot be confirmed. */
function settlingHint(
  failure: Failure,
  job: Job | undefined,
  { invoked }: RenderFailureOptions,
): string | undefined {
  if (!(failure instanceof UnconfirmedError) || !job || !invoked) {
    return undefined;
  }
  if (job.kind === "vm.exec") {
    return "look in the VM whether it ran; to run it again: " +
      repeatCommand(job, invoked);
  }
  const { count } = job.inputs;
  const ids = Array.from(
    { length: typeof count === "number" ? count : 1 },
    (_, index) => failure.candidates[index]?.vmId ?? "<vm-id>",
  );
  const adopt = `vers jobs adopt ${job.id} ${ids.join(" ")}`;
  return `if a VM is the one: ${adopt}; if none is: ` +
    repeatCommand(job, invoked);
}

/** What may be done where not all VMs of a job are there. */
function incompleteHint(
  failure: Failure,
  job: Job | undefined,
  { invoked }: RenderFailureOptions,
): string | undefined {
  if (!(failure instanceof IncompleteJobError) || !job || !invoked) {
    return undefined;
  }
  const again = `to make all of them again: ${repeatCommand(job, invoked)}`;
  return isInFlight(job)
    ? `${again}; to give the job up: vers jobs cancel ${job.id}`
    : again;
}

/** Returns the command that makes the VMs of a job again, as far as it is kept. */
function repeatCommand(job: Job, invoked: InvokedCommand): string {
  // The words of a command that names its job are those of another one.
  const isNamed = job.command !== "" && namesJob(invoked);
  const line = isNamed ? job.command : resumeCommand(invoked);
  return line === undefined || line.includes(LEFT_OUT)
    ? "the command that started it, with --no-resume"
    : withNoResume(line, job);
}

/** What stands behind the words of `exec` belongs to its command. */
function withNoResume(line: string, { kind }: Job): string {
  return kind === "vm.exec"
    ? line.replace(/ (exec|execute)(?= )/, " $1 --no-resume")
    : `${line} --no-resume`;
}

/** What to do about a job in flight that no later command finds. */
function lostHint(job: Job | undefined): string | undefined {
  if (job === undefined || !isInFlight(job)) return undefined;
  return job.status === "running"
    ? "the job is not in the ledger: the same command makes another VM; to " +
      `look at this one: vers get ${job.handle.vm_ids[0]}`
    : "the job is not in the ledger: the same command may make another VM; " +
      "to see whether there is one: vers status";
}

function resumeLine(
  job: Job | undefined,
  { invoked }: RenderFailureOptions,
  foundBy: FoundBy,
): string | undefined {
  if (foundBy === "nothing" || !invoked) return undefined;
  if (!job && !isFoundAgain(invoked.invocation)) return undefined;
  return resumeCommand(invoked, job, { isByIdAlone: foundBy === "id" });
}

function toText(report: Report): string {
  const { message, cause, requestId, hint, resumeCommand } = report;
  const lines = [`error: ${visible(message)}`];
  if (cause !== undefined) lines.push(`caused by: ${visible(cause)}`);
  if (requestId !== undefined) {
    const theirs = report.serviceRequestId;
    const more = theirs === undefined ? "" : ` (to the service: ${theirs})`;
    lines.push(visible(`request: ${requestId}${more}`));
  }
  if (report.holder !== undefined) {
    const { pid, since } = report.holder;
    lines.push(visible(`held by: pid ${pid}, since ${since}`));
  }
  for (const { vmId, state, createdAt } of report.candidates) {
    lines.push(`it may be: VM ${visible(`${vmId} (${state}, ${createdAt})`)}`);
  }
  if (hint !== undefined) lines.push(`hint: ${visible(hint)}`);
  if (resumeCommand !== undefined && !hint?.includes(resumeCommand)) {
    lines.push(`hint: to resume: ${visible(resumeCommand)}`);
  }
  return lines.join("\n") + "\n";
}

function toJson(report: Report): JsonObject {
  const { job } = report;
  const handle = job && job.status !== "submitted" ? job.handle : undefined;
  const toResume = report.resumeCommand === undefined
    ? undefined
    : `to resume: ${report.resumeCommand}`;
  return {
    code: report.code,
    message: report.message,
    hint: report.hint ?? toResume,
    exit_code: report.exitCode,
    command_exit_code: report.commandExitCode,
    job_id: job?.id,
    vm_ids: handle?.vm_ids,
    resume_command: report.resumeCommand,
    retryable: report.isRetryable || report.resumeCommand !== undefined,
    retry_after_ms: report.retryAfterMs,
    holder: report.holder && {
      pid: report.holder.pid,
      since: report.holder.since,
    },
    request_id: report.requestId,
    service_request_id: report.serviceRequestId,
    candidates: report.candidates.length === 0
      ? undefined
      : report.candidates.map(({ vmId, state, createdAt }) => ({
        vm_id: vmId,
        state,
        created_at: createdAt,
      })),
  };
}

/** The failure, or the first cause of it, that is of one of these classes. */
function firstOf<Class extends Error>(
  failure: Failure,
  classes: readonly (new (...args: never[]) => Class)[],
): Class | undefined {
  const isMeant = (error: Error): error is Class =>
    classes.some((one) => error instanceof one);
  for (let at: unknown = failure; at instanceof Error; at = at.cause) {
    if (isMeant(at)) return at;
  }
  return undefined;
}

/** The first cause that says something which the message does not. */
function causeOf(failure: Failure): string | undefined {
  for (let at = failure.cause; at instanceof Error; at = at.cause) {
    // The message already says that somebody holds a lock.
    if (at instanceof FileLockError) return undefined;
    const text = at.message.trim();
    if (text !== "" && !failure.message.includes(text)) return text;
  }
  return undefined;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.name}: ${error.message}`;
}
