import { isInFlight, type Job } from "../../job/job.ts";
import type { Command, Invocation } from "./command.ts";
import type { FlagTable } from "./flag.ts";
import { shellLine } from "./shell_words.ts";
import { flagsThatStay } from "./wait_flags.ts";

/** What stands for a secret in the words that a file holds. */
export const LEFT_OUT = "[left out]";

/** A command line, and the command that it is about. */
export interface InvokedCommand {
  readonly command: Command;
  readonly invocation: Invocation;
}

/** Whether the command submits a job, or goes on with some. */
export function hasJob({ command, invocation }: InvokedCommand): boolean {
  return namesItsJobs(invocation.path) ||
    Object.hasOwn(command.flags, "resume-job");
}

/** Whether `--wait`, or what implies it, was given. */
function isWaiting({ given, path }: Invocation): boolean {
  return namesItsJobs(path) ||
    given.some(({ name }) => name === "wait" || name === "resume-job");
}

/**
 * Returns the command line that goes on with what was cut off: the same one,
 * where that finds the job again, else one that names it. With `isByIdAlone`
 * only one that names the job finds it.
 */
export function resumeCommand(
  { command, invocation }: InvokedCommand,
  job?: Job,
  { isByIdAlone = false }: { readonly isByIdAlone?: boolean } = {},
): string | undefined {
  const { path } = invocation;
  const isSecret = invocation.given.some(({ name }) =>
    privacyOf(command.flags, name) === "secret"
  );
  const isFound = namesItsJobs(path) ||
    (job?.key !== undefined && !isByIdAlone && !isSecret &&
      isFoundAgain(invocation));
  if (job && !isFound) {
    if (!isInFlight(job) && job.status !== "complete") return undefined;
    const stay = flagsThatStay(invocation);
    return shellLine(["vers", ...path, "--resume-job", job.id, ...stay]);
  }
  if (isSecret) return undefined;
  const words = invocation.typed.filter((word) =>
    !/^--no-resume(=true)?$/.test(word)
  );
  const line = shellLine(["vers", ...words]);
  const { runId, given } = invocation;
  const isNamed = namesItsJobs(path) || hasOwnKey(invocation) ||
    given.some(({ name }) => name === "resume-job");
  return runId !== undefined && !isNamed
    ? `VERS_RUN_ID=${shellLine([runId])} ${line}`
    : line;
}

/** Whether the same words, typed again, may find the job of these. */
export function isFoundAgain(invocation: Invocation): boolean {
  return isWaiting(invocation) || hasOwnKey(invocation);
}

/** Whether the command is about jobs that it names by their ids. */
export function namesJob({ invocation: { path, given } }: InvokedCommand) {
  return namesItsJobs(path) ||
    given.some(({ name }) => name === "resume-job");
}

function hasOwnKey({ given }: Invocation): boolean {
  return given.some(({ name }) => name === "idempotency-key");
}

/** Whether the command waits for the jobs that it names: `vers jobs wait`. */
function namesItsJobs([group, name]: readonly string[]): boolean {
  return group === "jobs" && name === "wait";
}

/** Returns the words of the command as a file may hold them. */
export function storableWords(
  { command, invocation }: InvokedCommand,
): readonly string[] {
  const secrets = invocation.given.flatMap(({ name, value }) =>
    value !== undefined && value !== "" &&
      privacyOf(command.flags, name) !== undefined
      ? [value]
      : []
  );
  return invocation.typed.map((word) => {
    const secret = secrets.find((secret) =>
      word === secret || word.endsWith(`=${secret}`) ||
      // A shorthand with its value behind it.
      (/^-[^-]/.test(word) && word.endsWith(secret))
    );
    if (secret === undefined) return word;
    return word.slice(0, -secret.length) + LEFT_OUT;
  });
}

function privacyOf(flags: FlagTable, name: string) {
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  return flag === undefined || flag.type === "boolean"
    ? undefined
    : flag.privacy;
}
