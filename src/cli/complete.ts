import {
  type Command,
  findRoute,
  isHidden,
  type Positional,
  type Route,
  type Routes,
} from "./command.ts";
import type { Flag, FlagTable } from "./flag.ts";
import { GLOBAL_FLAGS } from "./output_choice.ts";

/** One way to go on with a line, and what it is. */
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
  const line = await readLine(words.slice(0, -1), routes);
  return proposals(typed, line, aliases)
    .filter(({ word }) => word === PATHS.word || word.startsWith(typed));
}

/** What the words in front of the cursor are. */
interface Line {
  /** What may follow as the name of a command. */
  readonly routes: Routes | undefined;
  readonly command: Command | undefined;
  readonly flags: FlagTable;
  /** The names of the flags that were given. */
  readonly given: ReadonlySet<string>;
  /** A flag that wants the next word as its value. */
  readonly open: Flag | undefined;
  /** How many arguments that are no flags stand there. */
  readonly argCount: number;
  /** Whether nothing of what follows is ours. */
  readonly isOver: boolean;
}

async function readLine(
  words: readonly string[],
  top: Routes,
): Promise<Line> {
  let routes: Routes | undefined = top;
  let command: Command | undefined;
  let flags: FlagTable = GLOBAL_FLAGS;
  let open: Flag | undefined;
  let argCount = 0;
  let isOver = false;
  const given = new Set<string>();
  for (const word of words) {
    if (open !== undefined) {
      open = undefined;
      continue;
    }
    if (isOver || word === "--") {
      if (word !== "--") argCount++;
      isOver = true;
      continue;
    }
    if (/^-[^\d.]/.test(word)) {
      const found = flagOf(word, flags);
      if (found === undefined) continue;
      const [name, flag] = found;
      given.add(name);
      const isWhole = word.startsWith("--")
        ? word.includes("=")
        : word.length > 2;
      if (flag.type !== "boolean" && !isWhole) open = flag;
      continue;
    }
    const route: Route | undefined = routes && findRoute(routes, word)?.[1];
    if (route !== undefined) {
      routes = route.type === "group" ? route.routes : undefined;
      command = await commandOf(route);
      flags = { ...GLOBAL_FLAGS, ...command?.flags };
    } else if (routes === top && word === "help") continue;
    else {
      routes = undefined;
      argCount++;
      isOver = command?.takesRest ?? false;
    }
  }
  return { routes, command, flags, given, open, argCount, isOver };
}

/** Returns the command of a word; of a group, the one that is meant alone. */
async function commandOf(route: Route): Promise<Command | undefined> {
  if (route.type === "command") return (await route.load()).command;
  const { fallback, routes } = route;
  const inner = fallback === undefined ? undefined : routes.get(fallback);
  return inner && await commandOf(inner);
}

/** Returns the flag that a word names: the last one of several letters. */
function flagOf(
  word: string,
  flags: FlagTable,
): readonly [name: string, flag: Flag] | undefined {
  const long = /^--([^=]+)/.exec(word)?.[1];
  return Object.entries(flags).find(([name, { shorthand }]) =>
    long === undefined ? word[1] === shorthand : name === long
  );
}

function proposals(
  typed: string,
  line: Line,
  aliases: () => readonly string[],
): readonly Proposal[] {
  const { open, flags, given, routes, command, argCount, isOver } = line;
  if (open !== undefined) return valuesOf(open);
  const [, start, name] = /^(--([^=]+)=)/.exec(typed) ?? [];
  if (!isOver && start !== undefined && name !== undefined) {
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    return (flag === undefined ? [] : valuesOf(flag)).map(({ word, brief }) =>
      word === PATHS.word ? PATHS : { word: start + word, brief }
    );
  }
  if (!isOver && typed.startsWith("-")) {
    return Object.entries(flags).flatMap(([name, { brief, type }]) =>
      given.has(name) && type !== "list" ? [] : [{ word: `--${name}`, brief }]
    );
  }
  const here = routes === undefined ? [] : commandsIn(routes);
  return [...here, ...argumentsOf(command, argCount, aliases)];
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
  return [...routes].flatMap(([word, route]) =>
    isHidden(route) ? [] : [{ word, brief: route.summary }]
  );
}

function valuesOf(flag: Flag): readonly Proposal[] {
  if (flag.type === "boolean") return [];
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
