import { parseDuration } from "../../duration.ts";
import { ValueError, type ValueFacts, type ValueParser } from "./flag.ts";
import { closest } from "./suggestion.ts";

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
      "a length of time in ms, s, m, h or d, such as 500ms, 90s or 1h30m" +
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
