import type { JsonObject } from "../../json.ts";
import { VERSION } from "../../version.ts";
import {
  type Command,
  type CommandRoute,
  type FileName,
  type GroupRoute,
  maxArguments,
  type Route,
  type Routes,
  shownRoutes,
  usageOf,
} from "../command_line/command.ts";
import type { Flag, FlagTable } from "../command_line/flag.ts";
import { GLOBAL_FLAGS } from "../command_line/output_choice.ts";
import { EXIT_CODES as CODES_OF_FAILURES } from "../output/exit_code.ts";
import {
  DESCRIPTION,
  EXIT_CODES,
  FILES,
  FOLDER_VARIABLES,
  JOBS,
  MORE_VARIABLES,
  VARIABLES,
} from "./program_facts.ts";

/** The version of the shape; what is only added to it leaves it as it is. */
const SCHEMA_VERSION = "1";

/** How many arguments a command takes that takes any number. */
const ANY_NUMBER = -1;

/**
 * Returns all that an agent needs to know of this program, in the shape of the
 * Go CLI's `agent-context`, with more in it. It is made from the commands
 * themselves: there is no second list of them.
 */
export async function agentContext(routes: Routes): Promise<JsonObject> {
  return {
    schema_version: SCHEMA_VERSION,
    cli: { name: "vers", version: VERSION, description: DESCRIPTION },
    commands: await describeRoutes(routes),
    global_flags: describeFlags(GLOBAL_FLAGS),
    output: {
      result: "stdout, nothing else; one line of JSON",
      default: "json, but text on a terminal",
      error: "the last line of stderr with JSON output: " +
        '{"error":{"code","message","hint","exit_code","retryable",…}}',
      progress: "stderr",
    },
    exit_codes: Object.fromEntries(
      EXIT_CODES.flatMap(([codes, means]) =>
        codes.split(", ").map((code) => [code, means])
      ),
    ),
    error_codes: { ...CODES_OF_FAILURES },
    environment: Object.fromEntries([...VARIABLES, ...MORE_VARIABLES]),
    files: describeFiles(),
    jobs: JOBS,
    available_profiles: [],
    feedback: { local_path: "", endpoint_configured: false },
  };
}

async function describeRoutes(routes: Routes): Promise<JsonObject> {
  const described: Record<string, JsonObject> = {};
  for (const [name, route] of shownRoutes(routes)) {
    described[name] = await describeRoute(name, route);
  }
  return described;
}

async function describeRoute(name: string, route: Route): Promise<JsonObject> {
  if (route.type === "group") return await describeGroup(name, route);
  const { command } = await route.load();
  return describeCommand(name, route, command);
}

async function describeGroup(
  name: string,
  { summary, aliases, fallback, routes }: GroupRoute,
): Promise<JsonObject> {
  return {
    use: name,
    short: summary,
    ...(aliases === undefined ? {} : { aliases }),
    args: { min: 0, max: ANY_NUMBER },
    async: false,
    async_resume_supported: false,
    flags: {},
    ...(fallback === undefined ? {} : { default_subcommand: fallback }),
    subcommands: await describeRoutes(routes),
  };
}

function describeCommand(
  name: string,
  { aliases }: CommandRoute,
  command: Command,
): JsonObject {
  const { positionals, flags, examples, exitCodes = [], files = {} } = command;
  const { resuming, resumeKey, passesExitCode } = command;
  const max = maxArguments(command);
  const isAsync = Object.hasOwn(flags, "wait");
  return {
    use: name + usageOf(command),
    short: command.summary,
    long: command.description.replaceAll(/(?<!\n)\n(?!\n)/g, " "),
    ...(aliases === undefined ? {} : { aliases }),
    args: {
      min: positionals.filter(({ isOptional }) => !isOptional).length,
      max: max === Infinity ? ANY_NUMBER : max,
    },
    arguments: positionals.map((positional) => ({
      name: positional.name,
      usage: positional.brief,
      required: !positional.isOptional,
      repeatable: positional.isList ?? false,
      enum: positional.choices,
    })),
    async: isAsync,
    async_resume_supported: isAsync && resumeKey !== undefined,
    ...(resumeKey === undefined ? {} : { resume_key: resumeKey }),
    ...(resuming === undefined
      ? {}
      : { resuming: resuming.replaceAll("\n", " ") }),
    flags: describeFlags(flags),
    examples: examples.map(([line, does]) => ({
      command: line,
      description: does,
    })),
    exit_codes: Object.fromEntries(
      [[0, "done"], ...exitCodes].map(([code, means]) => [String(code), means]),
    ),
    ...(passesExitCode ? { passes_exit_code: true } : {}),
    files: Object.fromEntries(
      Object.entries(FILES).flatMap(([file, [path]]) => {
        const use = isFileName(file) ? files[file] : undefined;
        return use === undefined ? [] : [[path, use]];
      }),
    ),
  };
}

function describeFlags(flags: FlagTable): JsonObject {
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) =>
      [`--${name}`, describeFlag(flag)] as const
    ),
  );
}

function describeFlag(flag: Flag): JsonObject {
  const { shorthand, brief } = flag;
  const short = shorthand === undefined ? {} : { shorthand: `-${shorthand}` };
  if (flag.type === "boolean") {
    return {
      ...short,
      type: "bool",
      default: "false",
      usage: brief,
      required: false,
    };
  }
  const { fallback = "", variable, privacy, placeholder, parse } = flag;
  const { type = "string", choices, minimum, maximum, example } = parse.facts ??
    {};
  return {
    ...short,
    type: flag.type === "list" ? `${type}Array` : type,
    default: fallback,
    usage: brief,
    required: false,
    placeholder,
    ...(choices === undefined ? {} : { enum: choices }),
    minimum,
    maximum,
    example,
    env: variable,
    ...(flag.type === "list" ? { repeatable: true } : {}),
    ...(privacy === undefined ? {} : { sensitive: true }),
  };
}

function describeFiles(): JsonObject {
  return Object.fromEntries(
    Object.entries(FILES).map(([name, [path, holds]]) => {
      const variable = isFileName(name) ? FOLDER_VARIABLES[name] : undefined;
      return [path, {
        holds,
        ...(variable === undefined ? {} : { dir_override_env: variable }),
      }];
    }),
  );
}

function isFileName(name: string): name is FileName {
  return Object.hasOwn(FILES, name);
}
