import type { Context } from "../context.ts";
import { UsageError } from "../output/exit_code.ts";
import { choice, type FlagTable } from "./flag.ts";

const FORMATS = ["text", "json"] as const;
const parseFormat = choice(FORMATS);

/** In which form a result, or an error, is printed. */
export type Format = typeof FORMATS[number];

/** Returns a value as the format that it names, if it names one. */
export function formatNamed(value: unknown): Format | undefined {
  return FORMATS.find((format) => format === value);
}

/** How a result is printed. */
export interface OutputChoice {
  readonly format: Format;
  /** Whether the format was asked for, and not taken by what stdout is. */
  readonly isExplicit: boolean;
  /** Ids only. */
  readonly isQuiet: boolean;
}

/** The flags that every command takes. */
export const GLOBAL_FLAGS = {
  output: {
    type: "value",
    brief: "Output format: text or json",
    placeholder: "FORMAT",
    fallback: "json, but text on a terminal",
    variable: "VERS_OUTPUT",
    parse: parseFormat,
  },
  json: { type: "boolean", brief: "The same as --output json" },
  quiet: { type: "boolean", brief: "Print only IDs", shorthand: "q" },
  local: {
    type: "boolean",
    brief: "Use the built-in simulator: no account, no network",
  },
  verbose: {
    type: "boolean",
    brief: "Trace requests on stderr; or VERS_VERBOSE=1",
    shorthand: "V",
  },
} as const satisfies FlagTable;

/** What the flags of {@linkcode GLOBAL_FLAGS} were given as. */
export interface GivenOutput {
  readonly output: Format | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
}

/**
 * Returns how to print: flags, else VERS_OUTPUT, else by what stdout is.
 *
 * @throws {UsageError} when VERS_OUTPUT decides, and is neither.
 */
export function chooseOutput(
  given: GivenOutput,
  context: Context,
): OutputChoice {
  const isQuiet = given.quiet;
  const asked = given.json ? "json" : given.output ?? fromVariable(context);
  if (asked !== undefined) return { format: asked, isExplicit: true, isQuiet };
  return { format: byStream(context), isExplicit: false, isQuiet };
}

/**
 * Returns how to print what is wrong with a command line that was not
 * understood: as far as it can be told from its words.
 */
export function guessFormat(
  args: readonly string[],
  context: Context,
): Format {
  for (const [index, word] of args.entries()) {
    if (word === "--") break;
    if (word === "--json") return "json";
    const [name, given = args[index + 1]] = word.split("=", 2);
    const format = name === "--output" ? formatNamed(given) : undefined;
    if (format !== undefined) return format;
  }
  try {
    const variable = context.env("VERS_OUTPUT");
    return formatNamed(variable) ?? byStream(context);
  } catch {
    // It is no text, and this is to say what is wrong.
    return byStream(context);
  }
}

function byStream(context: Context): Format {
  return context.stdout.isTerminal ? "text" : "json";
}

function fromVariable(context: Context): Format | undefined {
  const text = context.env("VERS_OUTPUT");
  if (text === undefined) return undefined;
  const format = formatNamed(text);
  if (format !== undefined) return format;
  throw new UsageError(
    `Cannot use VERS_OUTPUT: it is "${text}", but it must be text or json`,
    "set a known format, for example: VERS_OUTPUT=json vers status",
  );
}
