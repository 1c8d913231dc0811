import { type Command, findRoute, type Route, type Routes } from "./command.ts";
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
  if (here.type === "group") return groupHelp(path, here.routes, here.summary);
  return commandHelp(path, (await here.load()).command);
}

/** What the exit codes mean that every command can end with. */
const EXIT_CODES: readonly (readonly [string, string])[] = [
  ["0", "done"],
  ["1", "something else went wrong"],
  ["2", "the API key is missing or not accepted"],
  ["3", "there is no such thing"],
  ["4", "conflict"],
  ["5", "the command line cannot be followed: nothing was sent or written"],
  ["6", "time ran out; nothing was given up"],
  ["7", "declined"],
  ["20", "the job failed"],
  ["21", "it cannot be told whether a request was carried out"],
  ["22", "the job is still in flight"],
  ["130, 143, 129", "ended by SIGINT, SIGTERM, SIGHUP"],
];

const VARIABLES: readonly (readonly [string, string])[] = [
  ["VERS_API_KEY", "your API key; else ~/.versrc"],
  ["VERS_URL", 'the API\'s origin, or "local"'],
  ["VERS_OUTPUT", "text or json"],
  ["VERS_RUN_ID", "one id for all commands of a run: makes each resumable"],
  ["VERS_MAX_RESUME_AGE", "how old a job may be to be gone on with"],
  ["VERS_JOBS_DIR", "where the ledger of jobs is; else ~/.vers"],
  ["VERS_STATE_DIR", "where the simulator keeps its VMs; else ~/.vers"],
];

function overview(routes: Routes): string {
  return sections([
    ["vers: Vers VMs, with a --wait that survives being killed"],
    ["usage: vers <command> [flags]"],
    ["commands:", ...columns(summaries(routes))],
    ["flags of every command:", ...flagLines(GLOBAL_FLAGS)],
    ["environment:", ...columns(VARIABLES)],
    ["exit codes:", ...columns(EXIT_CODES)],
    [
      "try it without an account:",
      "  vers run --wait --local --vm-alias my-vm",
      'more: "vers <command> --help"',
    ],
  ]);
}

function groupHelp(
  path: readonly string[],
  routes: Routes,
  summary: string,
): string {
  const line = ["vers", ...path].join(" ");
  return sections([
    [`${line}: ${lowerFirst(summary)}`],
    [`usage: ${line} <command> [flags]`],
    ["commands:", ...columns(summaries(routes))],
    [`more: "${line} <command> --help"`],
  ]);
}

function commandHelp(path: readonly string[], command: Command): string {
  const line = ["vers", ...path].join(" ");
  const own = Object.entries(command.flags)
    .filter(([name]) => !Object.hasOwn(WAIT_FLAGS, name));
  const shared = Object.entries(command.flags)
    .filter(([name]) => Object.hasOwn(WAIT_FLAGS, name));
  const { positionals, examples, exitCodes = [], resuming } = command;
  const shownArguments = positionals.map(({ name, isOptional, isList }) => {
    const shown = isList ? `${name}...` : name;
    return isOptional ? ` [${shown}]` : ` <${shown}>`;
  });
  const codes = exitCodes.map(([code, means]) =>
    [String(code), means] as const
  );
  return sections([
    [`${line}: ${lowerFirst(command.summary)}`],
    command.description.split("\n"),
    [`usage: ${line}${shownArguments.join("")} [flags]`],
    titled(
      "arguments:",
      columns(positionals.map(({ name, brief }) => [name, brief])),
    ),
    titled("flags:", flagLines(Object.fromEntries(own))),
    titled("waiting:", flagLines(Object.fromEntries(shared))),
    titled("flags of every command:", flagLines(GLOBAL_FLAGS)),
    titled("examples:", columns(examples)),
    resuming === undefined
      ? []
      : ["resuming:", ...resuming.split("\n").map((text) => `  ${text}`)],
    titled("exit codes:", columns([["0", "done"], ...codes])),
    ['The other exit codes are those of every command: see "vers help".'],
  ]);
}

function summaries(routes: Routes): (readonly [string, string])[] {
  return [...routes].map(([name, route]) =>
    [[name, ...route.aliases ?? []].join(", "), route.summary] as const
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
