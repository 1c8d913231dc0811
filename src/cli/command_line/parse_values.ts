import {
  ArgumentParseError,
  buildApplication,
  buildCommand,
  run,
  text_en,
  UnsatisfiedPositionalError,
} from "@stricli/core";
import type { SortedArguments } from "./arguments.ts";
import type { Command, GivenFlag, Mistake } from "./command.ts";
import {
  type FlagTable,
  type FlagValues,
  type ListFlag,
  ValueError,
  type ValueFlag,
} from "./flag.ts";
import { visible } from "../output/terminal_text.ts";

/** What the flags and arguments of a command line mean. */
export interface ParsedValues {
  readonly values: FlagValues<FlagTable>;
  readonly mistakes: readonly Mistake[];
}

/**
 * Parses the sorted arguments of a command: which values mean something, and
 * whether all is there that must be. Nothing is printed.
 *
 * @throws {Error} whatever is no mistake of the command line.
 */
export async function parseValues(
  sorted: SortedArguments,
  command: Command,
  flags: FlagTable,
): Promise<ParsedValues> {
  const values: Record<string, unknown> = Object.create(null);
  const mistakes: Mistake[] = [];
  const bugs: unknown[] = [];
  const silent = { write: () => {} };
  const note = (error: unknown) => {
    const mistake = mistakeOf(error, flags);
    if (mistake) mistakes.push(mistake);
    else bugs.push(error);
    return "";
  };
  const given = gatherLists(sorted.flags, flags);
  const application = buildApplication(
    buildCommand<Record<string, string>, string[]>({
      docs: { brief: command.summary },
      parameters: {
        flags: flagParameters(flags, given, values),
        positional: positionalParameters(command, sorted),
      },
      func: () => {},
    }),
    {
      name: "vers",
      scanner: { caseStyle: "original", allowArgumentEscapeSequence: true },
      localization: {
        text: {
          ...text_en,
          exceptionWhileParsingArguments: note,
          exceptionWhileRunningCommand: note,
          exceptionWhileLoadingCommandContext: note,
          exceptionWhileLoadingCommandFunction: note,
        },
      },
    },
    // Its own --help and --helpAll, with their letters, are not wanted.
    {},
  );
  const words = [...given.flatMap(wordsOf), "--", ...sorted.args];
  await run(application, words, {
    process: { stdout: silent, stderr: silent, env: {} },
  });
  if (bugs.length > 0) throw bugs[0];
  for (const [name, flag] of Object.entries(flags)) {
    values[name] ??= flag.type === "boolean"
      ? false
      : flag.type === "list"
      ? []
      : undefined;
  }
  return { values, mistakes };
}

/** Puts the values of a flag that may be repeated into one: a JSON array. */
function gatherLists(
  given: readonly GivenFlag[],
  flags: FlagTable,
): GivenFlag[] {
  const isList = ({ name }: GivenFlag) => flags[name]?.type === "list";
  const lists = new Map<string, string[]>();
  for (const { name, value = "" } of given.filter(isList)) {
    lists.set(name, [...lists.get(name) ?? [], value]);
  }
  return [
    ...given.filter((flag) => !isList(flag)),
    ...[...lists].map(([name, texts]) => ({
      name,
      value: JSON.stringify(texts),
    })),
  ];
}

/**
 * The flags as the library wants them. All are texts to it; what they mean
 * goes into `values`. A name that every object has must not be one of them.
 */
function flagParameters(
  flags: FlagTable,
  given: readonly GivenFlag[],
  values: Record<string, unknown>,
) {
  const table: Record<string, {
    readonly kind: "parsed";
    readonly brief: string;
    readonly parse: (text: string) => string;
  }> = Object.create(null);
  for (const { name } of given) {
    const flag = flags[name];
    if (!flag) continue;
    table[name] = {
      kind: "parsed",
      brief: flag.brief,
      parse(text) {
        if (flag.type === "boolean") values[name] = true;
        else if (flag.type === "value") values[name] = valueOf(flag, text);
        else values[name] = listOf(text).map((text) => valueOf(flag, text));
        return text;
      },
    };
  }
  return table;
}

function listOf(text: string): string[] {
  const texts: unknown = JSON.parse(text);
  return Array.isArray(texts) ? texts.map(String) : [];
}

function positionalParameters(command: Command, sorted: SortedArguments) {
  const { positionals } = command;
  // A job that is named is gone on with as it was asked for.
  const isNamed = sorted.flags.some(({ name }) => name === "resume-job");
  const required = positionals.filter((positional) =>
    !positional.isOptional && !isNamed
  );
  const isOpen = command.takesRest ||
    positionals.some((positional) => positional.isList);
  return {
    kind: "array",
    parameter: {
      brief: positionals.map(({ brief }) => brief).join("; "),
      placeholder: required.map(({ name }) => name).join(" "),
      parse: String,
    },
    minimum: required.length,
    ...(isOpen ? {} : { maximum: positionals.length }),
  } as const;
}

/** A flag in the words that the library takes for it, whatever its value. */
function wordsOf({ name, value = "true" }: GivenFlag): string[] {
  return /^.+$/.test(value) ? [`--${name}=${value}`] : [`--${name}`, value];
}

/** A value that was typed and means nothing, and why. */
class TypedValueError extends Error {
  override readonly name = "TypedValueError";
  readonly typed: string;
  override readonly cause: ValueError;

  constructor(typed: string, cause: ValueError) {
    super(cause.message, { cause });
    this.typed = typed;
    this.cause = cause;
  }
}

function valueOf(flag: ValueFlag<unknown> | ListFlag<unknown>, text: string) {
  try {
    return flag.parse(text);
  } catch (error) {
    throw error instanceof ValueError
      ? new TypedValueError(text, error)
      : error;
  }
}

function mistakeOf(error: unknown, flags: FlagTable): Mistake | undefined {
  if (error instanceof UnsatisfiedPositionalError) {
    return { problem: `${error.placeholder} is missing` };
  }
  if (!(error instanceof ArgumentParseError)) return undefined;
  const { externalFlagNameOrPlaceholder: name, exception } = error;
  if (!(exception instanceof TypedValueError)) return undefined;
  const { typed, cause: { wanted, example } } = exception;
  const flag = flags[name];
  const isSecret = flag && flag.type !== "boolean" &&
    flag.privacy === "secret";
  const shown = isSecret ? "not usable" : `"${visible(typed)}"`;
  return {
    problem: `--${name} is ${shown}, but it must be ${wanted}`,
    example: `--${name} ${example}`,
  };
}
