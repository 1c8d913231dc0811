import type { Context } from "./context.ts";
import { UsageError } from "./output/exit_code.ts";
import { shellLine } from "./command_line/written_line.ts";

/** A variable that names a folder and cannot be followed. */
export interface FolderProblem {
  readonly variable: string;
  /** What it is, and why that is bad: `not UTF-8 text`. */
  readonly what: string;
  /** What to write instead: `VERS_JOBS_DIR=/data/jobs`. */
  readonly instead: string;
}

/** The folder that a variable names, as far as it can be told. */
interface NamedFolder {
  /** Without a slash at its end; of `/` nothing is left. */
  readonly path: string | undefined;
  readonly problem?: FolderProblem;
}

/** Returns the user's own folder; there may be none. */
export function homeFolder(context: Context): string | undefined {
  return namedHome(context).path;
}

/** Returns the folder of this program's files; none without a home. */
export function stateFolder(context: Context): string | undefined {
  const home = homeFolder(context);
  return home === undefined ? undefined : `${home}/.vers`;
}

/** Returns the ledger's folder: VERS_JOBS_DIR, else `~/.vers`. */
export function ledgerFolder(context: Context): string | undefined {
  const named = namedFolder(context, "VERS_JOBS_DIR");
  return named === undefined ? stateFolder(context) : named.path;
}

/** Returns the folder of the simulator: that of VERS_STATE_DIR, else `~/.vers`. */
export function simulatorFolder(context: Context): string | undefined {
  const named = namedFolder(context, "VERS_STATE_DIR");
  return named === undefined ? stateFolder(context) : named.path;
}

/** Options for {@linkcode checkFolders}. */
export interface CheckFoldersOptions {
  /** Whether the command submits a job, or resumes one. */
  readonly hasJob: boolean;
  /** Whether it works on the simulator in this program. */
  readonly isLocal: boolean;
  readonly warn: (text: string) => void;
}

/**
 * Sees to it that the folders which the environment names are the same
 * wherever the program is started. For a command that has a job this must be
 * so: it would not find the job again. The others warn and continue.
 *
 * @throws {UsageError} naming what to write instead.
 */
export function checkFolders(
  context: Context,
  { hasJob, isLocal, warn }: CheckFoldersOptions,
): void {
  const jobs = namedFolder(context, "VERS_JOBS_DIR");
  const state = isLocal ? namedFolder(context, "VERS_STATE_DIR") : undefined;
  const home = namedHome(context);
  const isHomeNeeded = jobs === undefined || (isLocal && state === undefined);
  const problems = [jobs?.problem, state?.problem, home.problem];
  for (const problem of problems) {
    if (problem === undefined) continue;
    const { variable, what, instead } = problem;
    if (hasJob && (problem !== home.problem || isHomeNeeded)) {
      throw new UsageError(
        `Cannot use ${variable}: it is ${what}`,
        `nothing was sent; write ${instead}`,
      );
    }
    warn(`warning: ${variable} is ${what}; write ${instead}`);
  }
}

function namedHome(context: Context): NamedFolder {
  const isWindows = context.platform === "windows";
  const variable = isWindows ? "USERPROFILE" : "HOME";
  const example = isWindows ? "C:\\Users\\ada" : "/home/ada";
  const text = readVariable(context, variable);
  if (text === undefined) return { path: undefined };
  if (text === NOT_TEXT) {
    const problem = notText(variable, `${variable}=${example}`);
    return { path: undefined, problem };
  }
  if (!isAbsolute(text, context)) {
    const problem = notAbsolute(variable, text, `${variable}=${example}`);
    return { path: undefined, problem };
  }
  // Accounts that have no home are often given one of these.
  const isNoPlace = !isWindows && /^\/+(dev|proc|sys)(\/|$)/.test(text);
  return { path: isNoPlace ? undefined : withoutSlash(text) };
}

/** Returns the folder that a variable names; `undefined` if it is not set. */
function namedFolder(
  context: Context,
  variable: string,
): NamedFolder | undefined {
  const given = readVariable(context, variable);
  const example = context.platform === "windows" ? "C:\\vers" : "/var/lib/vers";
  if (given === NOT_TEXT) {
    const problem = notText(variable, `${variable}=${example}`);
    return { path: undefined, problem };
  }
  const text = given?.trimEnd();
  if (text === undefined || text === "") return undefined;
  if (isAbsolute(text, context)) return { path: withoutSlash(text) };
  const home = homeFolder(context);
  if (isInHome(text, context)) {
    if (home !== undefined) return { path: withoutSlash(home + text.slice(1)) };
    const what = `${JSON.stringify(text)}, and there is no home folder`;
    const instead = `${variable}=${example}`;
    return { path: undefined, problem: { variable, what, instead } };
  }
  const better = betterPath(text, context) ?? example;
  const instead = `${variable}=${shellPath(better)}`;
  return {
    path: withoutSlash(text),
    problem: notAbsolute(variable, text, instead),
  };
}

const NOT_TEXT = Symbol("not text");

function readVariable(
  context: Context,
  variable: string,
): string | undefined | typeof NOT_TEXT {
  try {
    return context.env(variable);
  } catch (error) {
    if (error instanceof UsageError) return NOT_TEXT;
    throw error;
  }
}

function notText(variable: string, instead: string): FolderProblem {
  return { variable, what: "not UTF-8 text", instead };
}

function notAbsolute(
  variable: string,
  text: string,
  instead: string,
): FolderProblem {
  const shown = JSON.stringify(text.slice(0, 200));
  const what = `${shown}, which is not an absolute path, and so another ` +
    "folder wherever vers is started";
  return { variable, what, instead };
}

/** On Windows a path is absolute that begins with a drive or a server. */
function isAbsolute(path: string, { platform }: Context): boolean {
  return platform === "windows"
    ? /^([A-Za-z]:[\\/]|[\\/]{2}[^\\/])/.test(path)
    : path.startsWith("/");
}

function isInHome(path: string, { platform }: Context): boolean {
  return path.startsWith("~/") ||
    (platform === "windows" && path.startsWith("~\\"));
}

function withoutSlash(path: string): string {
  return path.replace(/[\\/]+$/, "");
}

/** Returns the path that was probably meant. */
function betterPath(text: string, context: Context): string | undefined {
  const bare = /^(["'])(.*)\1$/.exec(text)?.[2] ?? text;
  const inHome = bare.replace(
    /^(\$HOME|\$\{HOME\}|%USERPROFILE%)(?=[\\/])/,
    "~",
  );
  if (isAbsolute(inHome, context) || isInHome(inHome, context)) return inHome;
  if (!/^[\w.][\w. \\/-]*$/.test(inHome)) return undefined;
  try {
    return `${withoutSlash(context.cwd())}/${inHome.replace(/^\.[\\/]/, "")}`;
  } catch {
    return undefined;
  }
}

/** A path as a shell takes it: the home folder is the shell's to put in. */
function shellPath(path: string): string {
  return path.startsWith("~/")
    ? `~/${shellLine([path.slice(2)])}`
    : shellLine([path]);
}
