import { DESCRIPTION, EXIT_CODES, VARIABLES } from "../guide/program_facts.ts";
import {
  type Command,
  findRoute,
  type GroupRoute,
  type Route,
  type Routes,
  shownRoutes,
  usageOf,
} from "./command.ts";
import type { Flag, FlagTable } from "./flag.ts";
import { GLOBAL_FLAGS } from "./output_choice.ts";
import { WAIT_FLAGS } from "./wait_flags.ts";

/** Returns the help on what the path leads to; on everything, if it is empty. */
export async function renderHelp(
  path: readonly string[],
  routes: Routes,
): Promise<string> {
  let here: Route | undefined;
  for (const word of path) {
    const inner: Routes = here === undefined
      ? routes
      : here.type === "group"
      ? here.routes
      : new Map();
    here = findRoute(inner, word)?.[1] ?? here;
  }
  if (here === undefined) return overview(routes);
  if (here.type === "group") return groupHelp(path, here);
  return commandHelp(path, (await here.load()).command);
}

function overview(routes: Routes): string {
  return sections([
    [`vers: ${DESCRIPTION}`],
    ["usage: vers <command> [flags]"],
    ["commands:", ...columns(summaries(routes))],
    ["global flags:", ...flagLines(GLOBAL_FLAGS)],
    ["environment:", ...columns(VARIABLES)],
    ["exit codes:", ...columns(EXIT_CODES)],
    [
      "try it without an account:",
      "  vers run --wait --local --vm-alias my-vm",
      'more: "vers <command> --help"; for agents: "vers skill"',
    ],
  ]);
}

function groupHelp(
  path: readonly string[],
  { routes, summary, fallback }: GroupRoute,
): string {
  const line = ["vers", ...path].join(" ");
  return sections([
    [`${line}: ${lowerFirst(summary)}`],
    [`usage: ${line} <command> [flags]`],
    ["commands:", ...columns(summaries(routes))],
    fallback === undefined
      ? []
      : [`Without a command, "${line}" is "${line} ${fallback}".`],
    [`more: "${line} <command> --help"`],
  ]);
}

function commandHelp(path: readonly string[], command: Command): string {
  const line = ["vers", ...path].join(" ");
  const waiting = new Set<Flag>(Object.values(WAIT_FLAGS));
  const flags = Object.entries(command.flags);
  const own = flags.filter(([, flag]) => !waiting.has(flag));
  const shared = flags.filter(([, flag]) => waiting.has(flag));
  const { positionals, examples, exitCodes = [], resuming } = command;
  const usage = usageOf(command);
  const codes = exitCodes.map(([code, means]) =>
    [String(code), means] as const
  );
  return sections([
    [`${line}: ${lowerFirst(command.summary)}`],
    command.description.split("\n"),
    [
      command.takesRest
        ? `usage: ${line} [flags]${usage}`
        : `usage: ${line}${usage} [flags]`,
    ],
    titled(
      "arguments:",
      columns(positionals.map(({ name, brief }) => [name, brief])),
    ),
    titled("flags:", flagLines(Object.fromEntries(own))),
    titled("waiting:", flagLines(Object.fromEntries(shared))),
    titled("global flags:", flagLines(GLOBAL_FLAGS)),
    titled("examples:", columns(examples)),
    resuming === undefined
      ? []
      : ["resuming:", ...resuming.split("\n").map((text) => `  ${text}`)],
    titled("exit codes:", columns([["0", "done"], ...codes])),
    [
      command.passesExitCode
        ? "All other exit codes are those of the command that was run."
        : 'For the exit codes of every command, see "vers help".',
    ],
  ]);
}

function summaries(routes: Routes): (readonly [string, string])[] {
  return shownRoutes(routes).map(
    ([name, route]) =>
      [[name, ...route.aliases ?? []].join(", "), route.summary] as const,
  );
}

function flagLines(flags: FlagTable): string[] {
  return columns(
    Object.entries(flags).map(([name, flag]) =>
      [flagUsage(name, flag), flagText(flag)] as const
    ),
  );
}

function flagUsage(name: string, flag: Flag): string {
  const long = flag.shorthand === undefined
    ? `--${name}`
    : `-${flag.shorthand}, --${name}`;
  return flag.type === "boolean" ? long : `${long} ${flag.placeholder}`;
}

function flagText(flag: Flag): string {
  if (flag.type === "boolean") return flag.brief;
  const { brief, fallback, variable } = flag;
  const notes = [
    ...(fallback === undefined ? [] : [`default: ${fallback}`]),
    ...(variable === undefined ? [] : [`or ${variable}`]),
    ...(flag.type === "list" ? ["may be repeated"] : []),
  ];
  return notes.length === 0 ? brief : `${brief} (${notes.join("; ")})`;
}

const MAX_LEFT = 28;
const MAX_LINE = 80;

/** Lines of two columns; a left side that is too wide has a line of its own. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const widths = rows.map(([left]) => left.length)
    .filter((width) => width <= MAX_LEFT);
  const width = Math.max(0, ...widths);
  const indent = " ".repeat(width + 4);
  return rows.flatMap(([left, right]) => {
    const [first = "", ...more] = wrap(right, MAX_LINE - indent.length);
    const rest = more.map((line) => indent + line);
    return left.length > width
      ? [`  ${left}`, indent + first, ...rest]
      : [`  ${left.padEnd(width)}  ${first}`, ...rest];
  });
}

/** Splits text between words into lines of at most `width` characters. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines];
}

function sections(parts: readonly (readonly string[])[]): string {
  return parts.filter((part) => part.length > 0)
    .map((part) => part.join("\n") + "\n").join("\n");
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text)
    ? text.slice(0, 1).toLowerCase() + text.slice(1)
    : text;
}
