import type { Context } from "../context.ts";
import { OWN_FAILURE, UsageError } from "../output/exit_code.ts";
import { visible } from "../output/terminal_text.ts";
import {
  asksForHelp,
  findCommand,
  type FoundCommand,
  sortArguments,
  type SortedArguments,
} from "./arguments.ts";
import {
  type Command,
  type CommandInput,
  type GivenFlag,
  type Invocation,
  isHidden,
  maxArguments,
  type Mistake,
  type Routes,
  shownRoutes,
} from "./command.ts";
import {
  type FlagTable,
  type FlagValues,
  ValueError,
  type ValueFlag,
} from "./flag.ts";
import { chooseOutput, formatNamed, GLOBAL_FLAGS } from "./output_choice.ts";
import { closest } from "./suggestion.ts";

/** What a command line asks for. */
export type Request =
  | { readonly type: "version"; readonly isJson: boolean }
  /** Help on what the path leads to; on everything, if it is empty. */
  | { readonly type: "help"; readonly path: readonly string[] }
  | CommandRequest;

/** A command, and what it is to be run with. */
export interface CommandRequest
  extends Omit<CommandInput, "progress" | "routes"> {
  readonly type: "command";
  readonly command: Command;
  /** Whether it is for programs of ours alone. */
  readonly isHidden: boolean;
}

/** Options for {@linkcode parseCommandLine}. */
export interface ParseOptions {
  readonly routes: Routes;
  readonly context: Context;
}

/**
 * Returns what a command line asks for. Nothing is done and nothing printed.
 *
 * @throws {UsageError} with all mistakes of the line.
 */
export async function parseCommandLine(
  words: readonly string[],
  options: ParseOptions,
): Promise<Request> {
  const { routes, context } = options;
  if (words[0] === "help") return helpRequest(words.slice(1), routes);
  const found = findCommand(words, routes);
  const { path, route, rest } = found;
  if (!route || route.type === "group") {
    return withoutCommand(words, found, options);
  }
  const { command } = await route.load();
  const sorted = sortArguments(rest, command);
  if (sorted.asksForHelp) return { type: "help", path };

  const flags: FlagTable = { ...command.flags, ...GLOBAL_FLAGS };
  const limit = maxArguments(command);
  const { values, mistakes } = parseValues(sorted, command, flags);
  const given = new Set(sorted.flags.map(({ name }) => name));
  const all: Mistake[] = [
    ...words.filter((word) => word.includes(NO_CHARACTER)).map((word) => ({
      problem: `"${visible(word)}" is not UTF-8 text`,
    })),
    ...sorted.mistakes,
    ...sorted.args.slice(limit).map((word) => ({
      problem: mayBeSecret(command)
        ? "there is one argument too many"
        : `"${visible(word)}" is one argument too many`,
    })),
    ...mistakes,
    ...command.check?.({ flags: given, values, args: sorted.args }) ?? [],
  ];
  if (all.length > 0) throw usageError(path, command, all);

  const { output, json, quiet, local, verbose } = globalValues(values);
  const runId = context.env("VERS_RUN_ID");
  const invocation: Invocation = {
    path,
    typed: words,
    given: sorted.flags,
    output: chooseOutput({ output, json, quiet }, context),
    isLocal: local,
    isVerbose: verbose || isSet(context.env("VERS_VERBOSE")),
    ...(runId === undefined ? {} : { runId }),
  };
  return {
    type: "command",
    command,
    isHidden: isHidden(route),
    flags: values,
    args: sorted.args,
    invocation,
  };
}

/**
 * Returns what the sorted arguments of a command mean, and what is wrong with
 * them: values that mean nothing, and arguments that are missing.
 */
function parseValues(
  { flags: given, args }: Pick<SortedArguments, "flags" | "args">,
  { positionals }: Command,
  flags: FlagTable,
) {
  const meant = new Map<string, unknown[]>();
  const mistakes: Mistake[] = [];
  const required = positionals.filter(({ isOptional }) => !isOptional);
  // A job that is named is resumed as it was requested.
  const isNamed = given.some(({ name }) => name === "resume-job");
  if (args.length < required.length && !isNamed) {
    const names = required.map(({ name }) => name).join(" ");
    mistakes.push({ problem: `${names} is missing` });
  }
  for (const each of given) {
    const flag = flags[each.name];
    if (flag === undefined || flag.type === "boolean") continue;
    try {
      const meaning = flag.parse(each.value ?? "");
      meant.set(each.name, [...meant.get(each.name) ?? [], meaning]);
    } catch (error) {
      const mistake = mistakeOf(error, each, flag);
      // Of two secrets the same is said.
      if (mistakes.every(({ problem }) => problem !== mistake.problem)) {
        mistakes.push(mistake);
      }
    }
  }
  // A flag may have the name of a property that every object has.
  const values: Record<string, unknown> = Object.create(null);
  for (const [name, { type }] of Object.entries(flags)) {
    values[name] = type === "boolean"
      ? given.some((flag) => flag.name === name)
      : type === "list"
      ? meant.get(name) ?? []
      : meant.get(name)?.[0];
  }
  return { values, mistakes };
}

/** @throws {unknown} the error, if it is not about the value. */
function mistakeOf(
  error: unknown,
  { name, value = "" }: GivenFlag,
  { privacy }: Pick<ValueFlag<unknown>, "privacy">,
): Mistake {
  if (!(error instanceof ValueError)) throw error;
  const shown = privacy === "secret" ? "not usable" : `"${visible(value)}"`;
  return {
    problem: `--${name} is ${shown}, but it must be ${error.wanted}`,
    example: `--${name} ${error.example}`,
  };
}

/** What the runtime puts in the place of bytes that are not text. */
const NO_CHARACTER = "\ufffd";

/** Narrows what parsing put there by the types of the global flags. */
function globalValues(
  values: Readonly<Record<string, unknown>>,
): FlagValues<typeof GLOBAL_FLAGS> {
  const { output, json, quiet, local, verbose } = values;
  return {
    output: formatNamed(output),
    json: json === true,
    quiet: quiet === true,
    local: local === true,
    verbose: verbose === true,
  };
}

/** Whether a variable that turns something on does so. */
function isSet(text: string | undefined): boolean {
  return text !== undefined && text !== "0" && text !== "false";
}

function helpRequest(words: readonly string[], routes: Routes): Request {
  const found = findCommand(words, routes);
  if (found.stray !== undefined) throw noSuchCommand(found, routes);
  return { type: "help", path: found.path };
}

/** A line that names no command: help, the version, or a mistake. */
function withoutCommand(
  words: readonly string[],
  found: FoundCommand,
  { routes }: ParseOptions,
): Request {
  const { path, rest } = found;
  const isHelp = asksForHelp(rest);
  if (found.stray === "help" && path.length > 0) return { type: "help", path };
  if (found.stray !== undefined) throw noSuchCommand(found, routes);
  if (path.length === 0 && words.includes("--version")) {
    const isJson = words.includes("--json") || words.includes("--output=json");
    return { type: "version", isJson };
  }
  if (isHelp || words.length === path.length) return { type: "help", path };
  const line = ["vers", ...path].join(" ");
  const { mistakes } = sortArguments(rest, { flags: {}, positionals: [] });
  const problems = mistakes.map(({ problem }) => visible(problem) + "; ");
  throw new UsageError(
    `Cannot run "${line}" alone: ${problems.join("")}no command is named`,
    `add a command; "${line} --help" lists them; ` +
      "for example: vers run --wait --vm-alias my-vm",
  );
}

function noSuchCommand(found: FoundCommand, routes: Routes): UsageError {
  const { path, stray = "" } = found;
  let here = routes;
  for (const name of path) {
    const route = here.get(name);
    if (route?.type === "group") here = route.routes;
  }
  const line = ["vers", ...path].join(" ");
  const names = shownRoutes(here).map(([name]) => name);
  const meant = closest(stray, names);
  return new UsageError(
    `Cannot run "${line} ${visible(stray)}": unknown command` +
      (meant === undefined ? "" : `; did you mean ${line} ${meant}?`),
    `commands: ${names.join(", ")}; ` +
      `for example: ${line} ${meant ?? names[0] ?? ""} --help`,
  );
}

/** Whether a stray word may be what belongs behind a flag for secrets. */
function mayBeSecret({ flags, positionals }: Command): boolean {
  return positionals.length === 0 &&
    Object.values(flags).some((flag) =>
      flag.type !== "boolean" && flag.privacy === "secret"
    );
}

/** All that is wrong with one command line, as one error. */
function usageError(
  path: readonly string[],
  command: Command,
  mistakes: readonly Mistake[],
): UsageError {
  const line = ["vers", ...path].join(" ");
  const problems = mistakes.map(({ problem }) => problem);
  const example = mistakes.find(({ example }) => example !== undefined)
    ?.example;
  const whole = example === undefined
    ? command.examples[0]?.[0] ?? `${line} --help`
    : `${line} ${example}`;
  return new UsageError(
    `Cannot run "${line}": ${problems.join("; ")}`,
    `for example: ${whole}; "${line} --help" lists its flags and arguments`,
    command.passesExitCode ? { exitCode: OWN_FAILURE } : {},
  );
}
