import type { Context } from "../context.ts";
import { UsageError } from "../output/exit_code.ts";
import { choice, type FlagTable } from "./flag.ts";

/** How a result is printed. */
export interface OutputChoice {
  readonly format: "text" | "json";
  /** Whether the format was asked for, and not taken by what stdout is. */
  readonly isExplicit: boolean;
  /** Ids only. */
  readonly isQuiet: boolean;
}

const FORMATS = ["text", "json"] as const;
const parseFormat = choice(FORMATS);

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
  readonly output: "text" | "json" | undefined;
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
): "text" | "json" {
  for (const [index, word] of args.entries()) {
    if (word === "--") break;
    if (word === "--json" || word === "--output=json") return "json";
    if (word === "--output=text") return "text";
    const next = args[index + 1];
    if (word === "--output" && (next === "json" || next === "text")) {
      return next;
    }
  }
  try {
    const variable = context.env("VERS_OUTPUT");
    return FORMATS.find((format) => format === variable) ?? byStream(context);
  } catch {
    // It is no text, and this is to say what is wrong.
    return byStream(context);
  }
}

function byStream(context: Context): "text" | "json" {
  return context.stdout.isTerminal ? "text" : "json";
}

function fromVariable(context: Context): "text" | "json" | undefined {
  const text = context.env("VERS_OUTPUT");
  if (text === undefined) return undefined;
  const format = FORMATS.find((format) => format === text);
  if (format !== undefined) return format;
  throw new UsageError(
    `Cannot use VERS_OUTPUT: it is "${text}", but it must be text or json`,
    "set a known format, for example: VERS_OUTPUT=json vers status",
  );
}
