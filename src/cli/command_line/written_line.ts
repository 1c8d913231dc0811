import { isInFlight, type Job } from "../../job/job.ts";
import type { Command, Invocation } from "./command.ts";
import type { FlagTable } from "./flag.ts";
import { flagsThatStay } from "./wait_flags.ts";
import type { CommandRequest } from "./parse.ts";
import { visible } from "../output/terminal_text.ts";

/** Words that a POSIX shell takes as they are. */
const PLAIN = /^[A-Za-z0-9_/:@%+.,-][A-Za-z0-9_/:=@%+.,-]*$/;

/** Returns a command line that a POSIX shell splits into these words again. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}

function shellWord(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What stands for a secret in the words that a file holds. */
export const LEFT_OUT = "[left out]";

/** A command line, and the command that it is about. */
export interface InvokedCommand {
  readonly command: Command;
  readonly invocation: Invocation;
}

/** Whether the command submits a job, or resumes some. */
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
 * Returns the command line that resumes what was interrupted: the same one,
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

/** `NPM_TOKEN=abc`, alone or in a line of shell, but not `NPM_TOKEN=$X`. */
const ASSIGNMENT =
  /(?:^|[^A-Za-z0-9_])([A-Za-z0-9_]*(?:KEY|TOKEN|SECRET|PASSW(?:OR)?D|CREDENTIAL)[A-Za-z0-9_]*)=(?=[^\s$"']|["'][^$"'])/i;

/**
 * Returns warnings of what a command line shows to every user of the machine,
 * and ought not to: a key as the value of a flag that takes one, and variables
 * that are named like a secret. The secrets themselves are not in them.
 */
export function exposedSecrets(
  { command, invocation }: Pick<CommandRequest, "command" | "invocation">,
): readonly string[] {
  const warnings = invocation.given.flatMap(({ name, value }) => {
    const flag = Object.hasOwn(command.flags, name)
      ? command.flags[name]
      : undefined;
    if (flag === undefined || flag.type === "boolean" || value === undefined) {
      return [];
    }
    if (flag.privacy !== "secret") return [];
    const { stdinValue } = flag;
    if (stdinValue !== undefined) {
      if (value === stdinValue) return [];
      const line = ["vers", ...invocation.path, `--${name}`, stdinValue];
      return [
        `warning: the value of --${name} ${SEEN}; ${line.join(" ")} reads it ` +
        "from stdin",
      ];
    }
    const variable = ASSIGNMENT.exec(value)?.[1];
    return variable === undefined ? [] : [
      `warning: ${visible(variable)} in --${name} ${SEEN}`,
    ];
  });
  return [...new Set(warnings)];
}

const SEEN = "is on the command line, where every user of this machine can " +
  "see it, and may be kept in the shell's history";

/** A key of the service: its id, and what is not to be shown of it. */
const KEY = /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})[0-9a-f]{64}/gi;
/** But for what a hint of ours has in its place. */
const USER_OF_URL = /:\/\/(?!USER:PASSWORD@)[^/@\s"']+@/g;

/** Returns text without the keys and passwords that may have been typed. */
export function withoutSecrets(text: string): string {
  return text.replace(KEY, "$1…").replace(USER_OF_URL, "://…@");
}
