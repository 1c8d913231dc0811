import { isJsonObject, type JsonObject } from "../../json.ts";
import {
  type CommandInput,
  defineCommand,
  findRoute,
  isHidden,
  type Route,
  type Routes,
  shownRoutes,
} from "../command_line/command.ts";
import type { FlagTable } from "../command_line/flag.ts";
import { closest } from "../command_line/suggestion.ts";
import { lazy } from "../lazy.ts";
import { UsageError } from "../output/exit_code.ts";
import { jsonLine, visible } from "../output/terminal_text.ts";

const FLAGS = {
  pretty: { type: "boolean", brief: "Indent the JSON, for people" },
} as const satisfies FlagTable;

/** `vers agent-context`: all of this program as one JSON object. */
export const command = defineCommand({
  summary: "Describe every command to an agent, as JSON",
  description:
    "Prints what an agent needs to know about this program, as one JSON\n" +
    "object, whatever stdout is: commands, flags with their types, choices\n" +
    "and defaults, exit codes, variables, files, examples, and what makes\n" +
    "each command resumable. It needs no key, no network and no home\n" +
    "folder. With a command it describes only that one; -q prints names\n" +
    "alone.",
  flags: FLAGS,
  positionals: [{
    name: "command",
    brief: "The words of one command: jobs list; else it is about all",
    isOptional: true,
    isList: true,
  }],
  examples: [
    ["vers agent-context", "describe all of it"],
    ["vers agent-context run --pretty", "describe one command"],
    ["vers agent-context jobs list", "describe one of a group"],
  ],
  files: {},
  async run(
    { flags, args, invocation, routes }: CommandInput<typeof FLAGS>,
    context,
  ) {
    const { agentContext } = await lazy.agentContext();
    const description = await agentContext(narrowed(routes, args));
    const { commands } = description;
    const text = invocation.output.isQuiet
      ? namesIn(isJsonObject(commands) ? commands : {}).join("\n")
      : flags.pretty
      ? JSON.stringify(description, null, 2)
      : jsonLine(description);
    await context.stdout.write(text + "\n");
    return 0;
  },
});

/** Returns the commands that the words lead to. */
function narrowed(routes: Routes, words: readonly string[]): Routes {
  const [word, ...rest] = words;
  if (word === undefined) return routes;
  const found = findRoute(routes, word);
  if (found === undefined || isHidden(found[1])) throw noSuch(word, routes);
  const [name, route] = found;
  if (route.type === "command") {
    if (rest[0] !== undefined) throw noSuch(rest[0], new Map());
    return new Map<string, Route>([[name, route]]);
  }
  const inner = narrowed(route.routes, rest);
  return new Map<string, Route>([[name, { ...route, routes: inner }]]);
}

function noSuch(word: string, routes: Routes): UsageError {
  const names = shownRoutes(routes).map(([name]) => name);
  const meant = closest(word, names);
  return new UsageError(
    `Cannot describe "${visible(word)}": unknown command` +
      (meant === undefined ? "" : `; did you mean ${meant}?`),
    names.length === 0
      ? "remove that word; for example: vers agent-context run"
      : `commands: ${names.join(", ")}; for example: vers agent-context run`,
  );
}

function namesIn(commands: JsonObject, path = ""): string[] {
  return Object.entries(commands).flatMap(([name, described]) => {
    if (!isJsonObject(described)) return [];
    const { subcommands } = described;
    return isJsonObject(subcommands)
      ? namesIn(subcommands, `${path}${name} `)
      : [path + name];
  });
}
