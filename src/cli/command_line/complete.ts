import { findCommand, type Placement, sortArguments } from "./arguments.ts";
import {
  type Command,
  type Positional,
  type Routes,
  shownRoutes,
} from "./command.ts";
import type { Flag, FlagTable } from "./flag.ts";
import { GLOBAL_FLAGS } from "./output_choice.ts";

/** One way to complete a line, and what it is. */
export interface Proposal {
  readonly word: string;
  readonly brief: string;
}

/** Stands for every path: the shell proposes those itself. */
export const PATHS: Proposal = { word: ":files", brief: "" };

/** What proposals are made from. */
export interface CompleteOptions {
  readonly routes: Routes;
  /** Returns the aliases of VMs; asked only when one may come next. */
  readonly aliases: () => readonly string[];
}

/**
 * Returns what the last of these words may become: the words of a line behind
 * `vers`, up to the cursor. Where a new word begins, the last is empty.
 */
export async function complete(
  words: readonly string[],
  { routes, aliases }: CompleteOptions,
): Promise<readonly Proposal[]> {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const place = before[0] === "help"
    ? helpPlace(before.slice(1), routes)
    : await placeBehind(before, routes);
  return proposals(typed, place, aliases)
    .filter(({ word }) => word === PATHS.word || word.startsWith(typed));
}

/** What a word may be, by what stands in front of it. */
interface Place {
  /** The commands that may be named there. */
  readonly routes: Routes | undefined;
  readonly command: Command | undefined;
  /** What the parser would take a plain word for. */
  readonly as: Placement | undefined;
  /** The names of the flags that were given. */
  readonly given: ReadonlySet<string>;
}

/** Stands for the word that is asked about; nothing that anybody types. */
const CURSOR = "\0";

/**
 * Returns what a word behind these is. The parser itself is asked, with a word
 * in that place: so the two never differ in which word is a flag's value.
 */
async function placeBehind(
  before: readonly string[],
  top: Routes,
): Promise<Place> {
  const { route, rest, stray, insteadOf } = findCommand(
    [...before, CURSOR],
    top,
  );
  const command = route?.type === "command"
    ? (await route.load()).command
    : undefined;
  const { flags, last } = sortArguments(rest, command ?? NO_COMMAND);
  const given = new Set(flags.map(({ name }) => name));
  if (command !== undefined) {
    const mayBeNamed = last?.type === "argument" && last.index === 0;
    return {
      routes: mayBeNamed ? insteadOf : undefined,
      command,
      as: last,
      given,
    };
  }
  // A word where a command is wanted, and that is none, ends all guessing.
  const here = route?.type === "group" ? route.routes : top;
  const routes = stray === CURSOR ? here : undefined;
  return { routes, command, as: last, given };
}

const NO_COMMAND = { flags: {}, positionals: [] };

/** Behind `help` there are only the names of commands. */
function helpPlace(before: readonly string[], top: Routes): Place {
  const { route, stray } = findCommand([...before, CURSOR], top);
  const here = route?.type === "group" ? route.routes : top;
  return {
    routes: stray === CURSOR ? here : undefined,
    command: undefined,
    as: undefined,
    given: new Set(),
  };
}

function proposals(
  typed: string,
  { routes, command, as, given }: Place,
  aliases: () => readonly string[],
): readonly Proposal[] {
  const flags: FlagTable = { ...GLOBAL_FLAGS, ...command?.flags };
  const isBehindFlags = as?.type === "argument" && as.isBehindFlags;
  if (!isBehindFlags && typed.startsWith("-")) {
    const [, start, name = ""] = /^(--([^=]+)=)/.exec(typed) ?? [];
    if (start !== undefined) {
      const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
      return valuesOf(flag).map(({ word, brief }) =>
        word === PATHS.word ? PATHS : { word: start + word, brief }
      );
    }
    return Object.entries(flags).flatMap(([name, { brief, type }]) =>
      given.has(name) && type !== "list" ? [] : [{ word: `--${name}`, brief }]
    );
  }
  if (as?.type === "value") return valuesOf(as.flag);
  const here = routes === undefined ? [] : commandsIn(routes);
  const index = as?.type === "argument" ? as.index : 0;
  return [...here, ...argumentsOf(command, index, aliases)];
}

function argumentsOf(
  command: Command | undefined,
  argCount: number,
  aliases: () => readonly string[],
): readonly Proposal[] {
  if (command === undefined) return [];
  // The words behind a command of another program are that program's.
  if (command.takesRest && argCount > 0) return [];
  const { positionals } = command;
  const last = positionals.at(-1);
  const positional = positionals[argCount] ?? (last?.isList ? last : undefined);
  return positional === undefined ? [] : argumentsFor(positional, aliases);
}

function commandsIn(routes: Routes): readonly Proposal[] {
  return shownRoutes(routes)
    .map(([word, { summary }]) => ({ word, brief: summary }));
}

function valuesOf(flag: Flag | undefined): readonly Proposal[] {
  if (flag === undefined || flag.type === "boolean") return [];
  const { isPath, choices = [] } = flag.parse.facts ?? {};
  return isPath ? [PATHS] : choices.map((word) => ({ word, brief: "" }));
}

function argumentsFor(
  { name, choices }: Positional,
  aliases: () => readonly string[],
): readonly Proposal[] {
  if (choices !== undefined) {
    return choices.map((word) => ({ word, brief: "" }));
  }
  const isVm = name.split("|").some((kind) =>
    kind === "vm" || kind === "alias"
  );
  return isVm
    ? aliases().map((word) => ({ word, brief: "alias of a VM" }))
    : [];
}
