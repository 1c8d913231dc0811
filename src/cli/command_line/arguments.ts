import {
  type Command,
  findRoute,
  type GivenFlag,
  type Mistake,
  type Route,
  type Routes,
} from "./command.ts";
import type { Flag } from "./flag.ts";
import { GLOBAL_FLAGS } from "./output_choice.ts";
import { closest } from "./suggestion.ts";

/** Where the words of a command line lead. */
export interface FoundCommand {
  /** The names of what was found, in full. */
  readonly path: readonly string[];
  /** The last of them; none if the line names no command. */
  readonly route: Route | undefined;
  /** The words that are left, those in front of the command first. */
  readonly rest: readonly string[];
  /** A word that stood where a command is wanted, but is none. */
  readonly stray?: string;
  /** The commands that might have been named, where one was only assumed. */
  readonly insteadOf?: Routes;
}

/**
 * Returns the command that a line is about. Flags may stand in front of it:
 * they are moved behind.
 */
export function findCommand(
  words: readonly string[],
  routes: Routes,
): FoundCommand {
  const front: string[] = [];
  let mayTakeNext = false;
  for (const [index, word] of words.entries()) {
    if (word === "--") break;
    const found = findRoute(routes, word);
    if (found) {
      const [name, route] = found;
      const rest = [...front, ...words.slice(index + 1)];
      if (route.type === "command") return { path: [name], route, rest };
      const inner = findCommand(rest, route.routes);
      if (inner.route || inner.stray === undefined) {
        return withFallback(name, route, inner);
      }
      return route.fallback === undefined
        ? { ...inner, path: [name, ...inner.path], route }
        : withFallback(name, route, { path: [], route: undefined, rest });
    }
    if (isFlagLike(word)) {
      front.push(word);
      mayTakeNext = !word.includes("=") && !isGlobalBoolean(word);
    } else if (mayTakeNext) {
      front.push(word);
      mayTakeNext = false;
    } else {
      return { path: [], route: undefined, rest: words, stray: word };
    }
  }
  return { path: [], route: undefined, rest: words };
}

function withFallback(
  name: string,
  group: Route & { type: "group" },
  inner: FoundCommand,
): FoundCommand {
  if (inner.route) return { ...inner, path: [name, ...inner.path] };
  const fallback = group.fallback === undefined
    ? undefined
    : group.routes.get(group.fallback);
  if (!fallback || group.fallback === undefined || asksForHelp(inner.rest)) {
    return { ...inner, path: [name], route: group };
  }
  return {
    ...inner,
    path: [name, group.fallback],
    route: fallback,
    insteadOf: group.routes,
  };
}

/** Returns whether one of the words is `--help` or `-h`. */
export function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  const ours = end < 0 ? words : words.slice(0, end);
  return ours.some((word) => word === "--help" || word === "-h");
}

/** What one word behind a command is. */
export type Placement =
  | { readonly type: "flag" }
  /** The value of a flag; of one that is not known, the flag is missing. */
  | { readonly type: "value"; readonly flag: Flag | undefined }
  | {
    readonly type: "argument";
    /** How many arguments stand before it. */
    readonly index: number;
    /** Whether a flag could not stand in its place. */
    readonly isBehindFlags: boolean;
  };

/** The words behind a command, each as what it is. */
export interface SortedArguments {
  readonly flags: readonly GivenFlag[];
  readonly args: readonly string[];
  readonly mistakes: readonly Mistake[];
  readonly asksForHelp: boolean;
  /** What the last of the words is; missing where there are none. */
  readonly last: Placement | undefined;
}

/**
 * Sorts the words behind a command into flags and arguments. Of a flag that
 * stands alone one is enough; what is not known, has no value, or comes twice
 * is a mistake and left out, so that all the others can be found too.
 */
export function sortArguments(
  words: readonly string[],
  command: Pick<Command, "flags" | "positionals" | "takesRest">,
): SortedArguments {
  const known = new Map<string, Flag>(
    Object.entries({ ...GLOBAL_FLAGS, ...command.flags }),
  );
  const flags: GivenFlag[] = [];
  const args: string[] = [];
  const mistakes: Mistake[] = [];
  let asksForHelp = false;
  let last: Placement | undefined;

  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "--") {
      last = { type: "flag" };
      takeRest(words.slice(i + 1));
      break;
    }
    if (!isFlagLike(word)) {
      last = argument(false);
      args.push(word);
      if (!command.takesRest) continue;
      takeRest(words.slice(i + 1));
      break;
    }
    last = { type: "flag" };
    if (word === "--help" || word === "-h") asksForHelp = true;
    else if (word.startsWith("--")) i += takeLong(word, words[i + 1]);
    else i += takeShort(word, words[i + 1]);
  }
  return { flags, args, mistakes, asksForHelp, last };

  function argument(isBehindFlags: boolean): Placement {
    return { type: "argument", index: args.length, isBehindFlags };
  }

  function takeRest(rest: readonly string[]): void {
    for (const word of rest) {
      last = argument(true);
      args.push(word);
    }
  }

  /** Each of the following returns how many of the next words it took. */
  function takeLong(word: string, next: string | undefined): number {
    const [name, value] = split(word.slice(2));
    const flag = known.get(name);
    return flag ? take(name, flag, value, next) : strange(name, value, next);
  }

  function takeShort(word: string, next: string | undefined): number {
    for (let at = 1; at < word.length; at++) {
      const letter = word.slice(at, at + 1);
      const found = [...known].find(([, flag]) => flag.shorthand === letter);
      const rest = word.slice(at + 1);
      if (!found) {
        mistakes.push({ problem: `-${letter} does not exist` });
        return rest === "" && ownsNext(next) ? takeUnknown() : 0;
      }
      const [name, flag] = found;
      if (flag.type !== "boolean") {
        const value = rest === "" ? undefined : rest.replace(/^=/, "");
        return take(name, flag, value, next);
      }
      if (rest.startsWith("=")) return take(name, flag, rest.slice(1), next);
      take(name, flag, undefined, next);
    }
    return 0;
  }

  function take(
    name: string,
    flag: Flag,
    value: string | undefined,
    next: string | undefined,
  ): number {
    if (flag.type === "boolean") {
      const isGiven = flags.some((flag) => flag.name === name);
      if (value !== undefined && value !== "true" && value !== "false") {
        mistakes.push({
          problem: `--${name} takes no value`,
          example: `--${name}`,
        });
      } else if (!isGiven && value !== "false") flags.push({ name });
      return 0;
    }
    const isNext = value === undefined && next !== undefined &&
      !isFlagLike(next) && next !== "--";
    const text = isNext ? next : value;
    const earlier = flags.find((flag) => flag.name === name);
    if (text === undefined) {
      const looksLikeFlag = next !== undefined && next !== "--" &&
        isFlagLike(next) && !known.has(split(next.slice(2))[0]);
      mistakes.push({
        problem: `--${name} needs a value` +
          (looksLikeFlag
            ? ` (one that begins with - is written --${name}=${next})`
            : ""),
      });
    } else if (earlier && flag.type === "value" && earlier.value !== text) {
      mistakes.push({ problem: `--${name} is given twice` });
    } else if (!earlier || flag.type === "list") {
      flags.push({ name, value: text });
    }
    if (isNext) last = { type: "value", flag };
    return isNext ? 1 : 0;
  }

  function takeUnknown(): number {
    last = { type: "value", flag: undefined };
    return 1;
  }

  function strange(
    name: string,
    value: string | undefined,
    next: string | undefined,
  ): number {
    const meant = closest(name, known.keys());
    const positive = name.replace(/^no-/, "");
    const isNegated = positive !== name &&
      known.get(positive)?.type === "boolean";
    mistakes.push({
      problem: `--${name} does not exist` +
        (isNegated
          ? `: omit --${positive}`
          : meant === undefined
          ? ""
          : `; did you mean --${meant}?`),
    });
    const flag = meant === undefined ? undefined : known.get(meant);
    if (value !== undefined || isNegated || flag?.type === "boolean") return 0;
    return ownsNext(next, flag !== undefined) ? takeUnknown() : 0;
  }

  /**
   * Returns whether the next word belongs to a flag that is not known: it does
   * where it can be nothing else, a value or one argument too many.
   */
  function ownsNext(next: string | undefined, takesValue = false): boolean {
    if (next === undefined || next === "--" || isFlagLike(next)) return false;
    return takesValue || command.positionals.length === 0;
  }
}

/** A dash alone and a negative number are values. */
function isFlagLike(word: string): boolean {
  return /^-[^\d.]/.test(word) && word !== "--";
}

function isGlobalBoolean(word: string): boolean {
  if (word === "--help" || word === "-h" || word === "--version") return true;
  return Object.entries<Flag>(GLOBAL_FLAGS).some(([name, flag]) =>
    flag.type === "boolean" &&
    (word === `--${name}` || word === `-${flag.shorthand}`)
  );
}

function split(text: string): [name: string, value: string | undefined] {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
