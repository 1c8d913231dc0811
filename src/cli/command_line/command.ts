import type { JsonObject } from "../../json.ts";
import type { Context } from "../context.ts";
import type { Page, PageView } from "../output/page.ts";
import type { Progress } from "../output/progress.ts";
import type { FlagTable, FlagValues } from "./flag.ts";
import type { OutputChoice } from "./output_choice.ts";

/** One argument that is not a flag. */
export interface Positional {
  /** What stands for it in the help: `vm`. */
  readonly name: string;
  readonly brief: string;
  readonly isOptional?: boolean;
  /** Whether it takes all that follow; of the last one only. */
  readonly isList?: boolean;
  /** The only words that it may be. */
  readonly choices?: readonly string[];
}

/** What one command line asks for, once it was understood. */
export interface Invocation {
  /** The words that name the command: `["jobs", "list"]`. */
  readonly path: readonly string[];
  /** Everything behind `vers`, as it was typed. */
  readonly typed: readonly string[];
  /** The flags that were given, each in one spelling. */
  readonly given: readonly GivenFlag[];
  readonly output: OutputChoice;
  /** Whether `--local` was given. */
  readonly isLocal: boolean;
  /** Whether requests are to be traced on stderr. */
  readonly isVerbose: boolean;
  /** VERS_RUN_ID, if it is set: a part of what the command asks for. */
  readonly runId?: string;
}

/** A flag as it was given: `value` is missing where none was needed. */
export interface GivenFlag {
  readonly name: string;
  readonly value?: string;
}

/** What a command is run with. */
export interface CommandInput<F extends FlagTable = FlagTable> {
  readonly flags: FlagValues<F>;
  readonly args: readonly string[];
  readonly invocation: Invocation;
  /** Where to report progress. */
  readonly progress: Progress;
  /** Every command that there is, for those that are about commands. */
  readonly routes: Routes;
}

/** Something wrong with a command line: "--wiat does not exist". */
export interface Mistake {
  readonly problem: string;
  /** Arguments that work in place of it: `--timeout 10m`. */
  readonly example?: string;
}

/** What is known of a command line when mistakes are looked for. */
export interface Given {
  readonly flags: ReadonlySet<string>;
  /** What the flags mean, by name; those that mean nothing are missing. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly args: readonly string[];
}

/** A command: what it takes, what its help says, and what it does. */
export interface Command<F extends FlagTable = FlagTable> {
  /** What it does, in a few words. */
  readonly summary: string;
  /** The same at length, in lines that fit a terminal. */
  readonly description: string;
  readonly flags: F;
  readonly positionals: readonly Positional[];
  /** Whether everything behind the first argument is left as it is. */
  readonly takesRest?: boolean;
  /**
   * Whether the exit codes are those of another program: what goes wrong
   * with this one then ends with 125.
   */
  readonly passesExitCode?: boolean;
  /** Whole command lines that work, and what they do. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  /** The exit codes that mean something particular here, besides 0. */
  readonly exitCodes?: readonly (readonly [code: number, means: string])[];
  /** When an interrupted command can be resumed. */
  readonly resuming?: string;
  /** What makes the same command, run again, find its job, in one line. */
  readonly resumeKey?: string;
  /** What it does with this program's files; none of those not listed. */
  readonly files?: FileUses;
  /** Finds what is wrong between flags that are right each by itself. */
  check?(given: Given): readonly Mistake[];
  /**
   * Does it, and returns what there is to print; the exit code alone, once
   * that is done already.
   */
  run(input: CommandInput<F>, context: Context): Promise<Done> | Done;
}

/** What is to be done once a command has run. */
export type Done = Printout | Listing | number;

/** What a command has to say when it is done. */
export interface Printout {
  /** What JSON has of it. */
  readonly result: JsonObject;
  /** Lines for a person. */
  readonly text: readonly string[];
  /** All there is to print when only ids are wanted. */
  readonly ids: readonly string[];
  /** Whether the lines are printed wherever stdout goes, unless JSON was asked for. */
  readonly isBare?: boolean;
  /** What the process ends with; without it, 0. */
  readonly exitCode?: number;
}

/** A list, or a part of one, and how it is shown. */
export interface Listing {
  readonly page: Page;
  readonly view: PageView;
}

/** A file, or a folder, that commands read or write. */
export type FileName =
  | "ledger"
  | "locks"
  | "aliases"
  | "head"
  | "versToml"
  | "settings"
  | "credentials"
  | "simulated"
  | "program";

/** What a command does with which files. */
export type FileUses = Readonly<
  Partial<Record<FileName, "read" | "write" | "read, write">>
>;

/** Returns the command as it is: it ties the types of flags and `run`. */
export function defineCommand<const F extends FlagTable>(
  command: Command<F>,
): Command<F> {
  return command;
}

/** A command of the tree, loaded when it is wanted. */
export interface CommandRoute {
  readonly type: "command";
  readonly summary: string;
  readonly aliases?: readonly string[];
  /** Whether it is for programs of ours alone: no help names it. */
  readonly isHidden?: boolean;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** A word that commands stand behind: `jobs`. */
export interface GroupRoute {
  readonly type: "group";
  readonly summary: string;
  readonly aliases?: readonly string[];
  readonly routes: Routes;
  /** The command that is meant when none is named. */
  readonly fallback?: string;
}

export type Route = CommandRoute | GroupRoute;

/** What may follow a word of the command line, by name. */
export type Routes = ReadonlyMap<string, Route>;

/** Returns how many arguments a command takes at most. */
export function maxArguments(
  { takesRest, positionals }: Pick<Command, "takesRest" | "positionals">,
): number {
  const isOpen = takesRest || positionals.some(({ isList }) => isList);
  return isOpen ? Infinity : positionals.length;
}

/** Returns the arguments of a command as its usage shows them: ` <vm>`. */
export function usageOf({ positionals }: Pick<Command, "positionals">): string {
  return positionals.map(({ name, isOptional, isList }) => {
    const shown = isList ? `${name}...` : name;
    return isOptional ? ` [${shown}]` : ` <${shown}>`;
  }).join("");
}

/** Returns what help names of the words that may follow. */
export function shownRoutes(
  routes: Routes,
): readonly (readonly [string, Route])[] {
  return [...routes].filter(([, route]) => !isHidden(route));
}

/** Returns whether no help names what a word leads to. */
export function isHidden(route: Route): boolean {
  return route.type === "command" && route.isHidden === true;
}

/** Returns what a word stands for, with the name it has in full. */
export function findRoute(
  routes: Routes,
  word: string,
): readonly [name: string, route: Route] | undefined {
  const route = routes.get(word);
  if (route) return [word, route];
  return [...routes].find(([, route]) => route.aliases?.includes(word));
}

/** What a command that asks the service does with files. */
export const SERVICE_FILES = {
  credentials: "read",
  settings: "read",
  simulated: "read, write",
} as const satisfies FileUses;

/** What a command that is about one VM does with files. */
export const TARGET_FILES = {
  ...SERVICE_FILES,
  aliases: "read",
  head: "read",
} as const satisfies FileUses;

/** What a command that can be waited for does with files. */
export const JOB_FILES = {
  ...SERVICE_FILES,
  ledger: "read, write",
  locks: "read, write",
  aliases: "read, write",
  head: "read, write",
} as const satisfies FileUses;
