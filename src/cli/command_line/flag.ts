import { parseDuration } from "../../duration.ts";
import { closest } from "./suggestion.ts";
import { isUuid } from "../../uuid.ts";

/** A flag that is there or not. */
export interface BooleanFlag {
  readonly type: "boolean";
  readonly brief: string;
  readonly shorthand?: string;
}

/** What is known of the values that a parser takes. */
export interface ValueFacts {
  readonly type: "string" | "int" | "duration";
  /** The only values that are taken. */
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Whether it is a path on this machine. */
  readonly isPath?: boolean;
  /** One value that is taken. */
  readonly example: string;
}

/** A parser of values; one that has no facts takes texts. */
export interface ValueParser<T> {
  /**
   * Returns what the text means.
   *
   * @throws {ValueError} when it means nothing here.
   */
  (text: string): T;
  readonly facts?: ValueFacts;
}

/** A flag that takes a value. */
export interface ValueFlag<T> {
  readonly type: "value";
  readonly brief: string;
  readonly shorthand?: string;
  /** What stands for the value in the help: `DURATION`. */
  readonly placeholder: string;
  /** What holds without the flag, as the help says it. */
  readonly fallback?: string;
  /** The variable that is asked when the flag is not given. */
  readonly variable?: string;
  /** `unstored`: the value goes into no file. `secret`: nor into a message. */
  readonly privacy?: "unstored" | "secret";
  /** The value that means: read it from stdin, where nobody sees it. */
  readonly stdinValue?: string;
  readonly parse: ValueParser<T>;
}

/** A flag that takes a value and may be given more than once. */
export interface ListFlag<T> extends Omit<ValueFlag<T>, "type"> {
  readonly type: "list";
}

export type Flag<T = unknown> = BooleanFlag | ValueFlag<T> | ListFlag<T>;

/** Flags by their names, without dashes. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** What a flag was given as. */
export type FlagValue<F> = F extends BooleanFlag ? boolean
  : F extends ListFlag<infer T> ? readonly T[]
  : F extends ValueFlag<infer T> ? T | undefined
  : never;

/** What the flags of a table were given as. */
export type FlagValues<F extends FlagTable> = {
  readonly [N in keyof F]: FlagValue<F[N]>;
};

/** A value that means nothing where it was given. */
export class ValueError extends Error {
  override readonly name = "ValueError";
  /** What is taken instead: "a length of time such as 90s". */
  readonly wanted: string;
  /** One value that is taken. */
  readonly example: string;

  constructor(wanted: string, example: string) {
    super(`Cannot take the value: it must be ${wanted}`);
    this.wanted = wanted;
    this.example = example;
  }
}

/** Options for {@linkcode wholeNumber}. */
export interface WholeNumberOptions {
  readonly min: number;
  readonly max: number;
  /** What is counted: "MiB". */
  readonly unit?: string;
  readonly example: number;
}

/** Returns a parser of whole numbers within limits. */
export function wholeNumber(
  options: WholeNumberOptions,
): ValueParser<number> {
  const { min, max, unit, example } = options;
  const facts: ValueFacts = {
    type: "int",
    minimum: min,
    maximum: max,
    example: String(example),
  };
  return withFacts(facts, (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    const counted = unit === undefined ? "" : ` of ${unit}`;
    throw new ValueError(
      `a whole number${counted} from ${min} to ${max}, without a unit`,
      String(example),
    );
  });
}

/** Options for {@linkcode duration}. */
export interface DurationOptions {
  /** What 0 means, if it may be given. */
  readonly zero?: string;
  readonly example: string;
}

/** Returns a parser of lengths of time, in milliseconds. */
export function duration(options: DurationOptions): ValueParser<number> {
  const { zero, example } = options;
  return withFacts({ type: "duration", example }, (text) => {
    const ms = parseDuration(text);
    if (ms !== undefined && (ms > 0 || zero !== undefined)) return ms;
    throw new ValueError(
      "a duration in ms, s, m, h or d, such as 500ms, 90s or 1h30m" +
        (zero === undefined ? "" : `, or 0 for ${zero}`),
      example,
    );
  });
}

/** Returns a parser that takes one of a few words. */
export function choice<const T extends string>(
  choices: readonly [T, ...T[]],
): ValueParser<T> {
  const facts: ValueFacts = { type: "string", choices, example: choices[0] };
  return withFacts(facts, (text) => {
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    throw new ValueError(
      `one of ${choices.join(", ")}`,
      closest(text, choices) ?? choices[0],
    );
  });
}

/** Options for {@linkcode word}. */
export interface WordOptions {
  /** What it is: "a name". */
  readonly what: string;
  readonly example: string;
  readonly maxLength?: number;
  readonly mayBeEmpty?: boolean;
}

/** Returns a parser of text on one line, without control characters. */
export function word(options: WordOptions): ValueParser<string> {
  const { what, example, maxLength = 256, mayBeEmpty = false } = options;
  return withFacts({ type: "string", example }, (text) => {
    const isPlain = !/\p{Cc}/u.test(text);
    const isLongEnough = mayBeEmpty || text.trim() !== "";
    if (isPlain && isLongEnough && text.length <= maxLength) return text;
    throw new ValueError(
      `${what} of 1 to ${maxLength} characters on one line`,
      example,
    );
  });
}

/** Returns a parser that says what it takes. */
export function withFacts<T>(
  facts: ValueFacts,
  parse: (text: string) => T,
): ValueParser<T> {
  return Object.assign((text: string) => parse(text), { facts });
}

/** Words that have a meaning where an alias may stand. */
const TAKEN = [
  "list",
  "get",
  "set",
  "remove",
  "create",
  "show",
  "help",
  "head",
];
const MAX_LENGTH = 100;

/** What no one can see, tell apart, or type again: controls, blanks, joiners. */
const HIDDEN = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;
/** What stands for something else: a flag, a path, a value, an accent. */
const FOREIGN_START = /^[-.\p{M}]/u;
const FOREIGN = /[=/\\]/;

/**
 * Returns an alias in the one spelling that it is kept in: NFC.
 *
 * @throws {ValueError} when it could be taken for something else: an id, a
 *   flag, a path, HEAD, a word of a command, or another alias that looks alike.
 */
export function parseAlias(text: string): string {
  const alias = text.normalize("NFC");
  if (TAKEN.includes(alias.toLowerCase())) {
    const taken = TAKEN.join(", ");
    throw new ValueError(
      `a name that is not reserved (${taken})`,
      `my-${alias.toLowerCase()}`,
    );
  }
  const isPlain = !HIDDEN.test(alias) && !FOREIGN_START.test(alias) &&
    !FOREIGN.test(alias);
  const isOfLength = alias !== "" && alias.length <= MAX_LENGTH;
  if (isPlain && isOfLength && !isUuid(alias)) return alias;
  throw new ValueError(
    `a name of 1 to ${MAX_LENGTH} characters that is not an ID, does not start ` +
      "with - or ., and has no spaces, =, slashes or invisible characters",
    "my-vm",
  );
}

/** The parser of flags that name a VM; `example` is one that it takes. */
export function aliasName(example: string): ValueParser<string> {
  return withFacts({ type: "string", example }, parseAlias);
}
