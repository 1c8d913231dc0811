import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { ROUTES } from "../../src/cli/app.ts";
import { agentContext } from "../../src/cli/guide/agent_context.ts";
import type { Command } from "../../src/cli/command_line/command.ts";
import { parseCommandLine } from "../../src/cli/command_line/parse.ts";
import { SKILL } from "../../src/cli/guide/skill_text.ts";
import { allCommands, type NamedCommand } from "../helpers/command_tree.ts";
import {
  fileNameOf,
  type LineResult,
  runLine,
} from "../helpers/line_result.ts";
import type { ProgramResult } from "../helpers/program.ts";
import { linesInMarkdown, shellSplit } from "../helpers/shell_split.ts";
import { testContext } from "../helpers/test_context.ts";

const COMMANDS = await allCommands();

/** Lines that end with another code than 0 in the prepared sandbox. */
const OTHER_CODES: readonly (readonly [line: RegExp, code: number])[] = [
  // There is no terminal to ask on.
  [/^vers delete my-vm$/, 5],
  // The jobs there are in flight, and have their VMs.
  [/^vers jobs get 8f2a --exit-status$/, 22],
  [/^vers jobs adopt /, 4],
  // The example's key is none.
  [/^vers login --token YOUR_KEY$/, 2],
  // The simulator's shell has few commands.
  [/^vers exec --detach /, 0],
  [/^vers exec .*\b(make|uname)\b/, 127],
  // Nobody listens where the releases should be, and it is no executable.
  [/^vers upgrade/, 1],
  [/^vers simulate/, 143],
];

/** How many lines are run at once: most of them wait most of the time. */
const AT_ONCE = 4;

/** Runs lines, and returns what is wrong with their ends. */
async function problemsOf(
  lines: readonly (readonly string[])[],
  isWrong: (result: LineResult, line: string) => boolean,
): Promise<string[]> {
  const left = [...lines];
  const problems: string[] = [];
  const worker = async () => {
    for (let words = left.shift(); words; words = left.shift()) {
      const result = await runLine(words);
      const line = ["vers", ...words].join(" ");
      if (!isWrong(result, line) && !isBug(result)) continue;
      problems.push(
        `${line}: ${result.code} ${result.stderr} ${result.written}`,
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return problems;
}

/** Whether it ended as no program should: with a mistake of its own. */
function isBug({ stderr }: ProgramResult): boolean {
  return /^\s+at .*:\d+:\d+|"code":"bug"/m.test(stderr);
}

function isOtherEnd({ code }: ProgramResult, line: string): boolean {
  const other = OTHER_CODES.find(([pattern]) => pattern.test(line));
  return code !== (other?.[1] ?? 0);
}

function wordsOf(line: string): string[] {
  const [vers, ...words] = shellSplit(line);
  strictEqual(vers, "vers");
  return words;
}

Deno.test("every example of agent-context works, and writes no file that it does not name", async () => {
  const commands = new Map(
    COMMANDS.flatMap(({ command }) =>
      command.examples.map(([line]) => [line, command] as const)
    ),
  );
  const lines = [...commands.keys()];
  deepStrictEqual(linesIn(await agentContext(ROUTES)), lines);
  const byWords = new Map(
    [...commands].map(([line, command]) => [
      ["vers", ...wordsOf(line)].join(" "),
      command,
    ]),
  );
  const writesMore = ({ written }: LineResult, line: string) =>
    written.some((path) => {
      const name = fileNameOf(path);
      const use = name && byWords.get(line)?.files?.[name];
      return !use?.includes("write");
    });
  const problems = await problemsOf(
    lines.map(wordsOf),
    (result, line) => isOtherEnd(result, line) || writesMore(result, line),
  );
  deepStrictEqual(problems, []);
});

Deno.test("every command line in the SKILL.md is one that works", async () => {
  const lines = linesInMarkdown(SKILL);
  ok(lines.length > 10);
  deepStrictEqual(await problemsOf(lines.map(wordsOf), isOtherEnd), []);
});

Deno.test("every flag of agent-context is taken by a process", async () => {
  const lines: string[][] = [];
  for (const named of COMMANDS) lines.push(...await linesWithEachFlag(named));
  // The job that is named is one of `run`; other commands say so.
  const isRefused = ({ code, stderr }: ProgramResult) =>
    code === 5 && !stderr.includes("it is of kind vm.run");
  deepStrictEqual(await problemsOf(lines, isRefused), []);
});

/** Returns the lines of every example in the description of a command. */
function linesIn(described: unknown): string[] {
  if (typeof described !== "object" || described === null) return [];
  if (Array.isArray(described)) return described.flatMap(linesIn);
  return Object.entries(described).flatMap(([name, value]) =>
    name === "command" && typeof value === "string" &&
      "description" in described
      ? [value]
      : linesIn(value)
  );
}

/**
 * Returns command lines in which each flag stands, with the value that
 * agent-context has for it; as many in one line as go together.
 */
async function linesWithEachFlag(
  { path, command }: NamedCommand,
): Promise<string[][]> {
  const lines: string[][] = [];
  let open = Object.entries(command.flags).map(([name, flag]) => ({
    name,
    word: flag.type === "boolean"
      ? `--${name}`
      : `--${name}=${flag.parse.facts?.example}`,
  }));
  while (open.length > 0) {
    let line: string[] | undefined;
    const left: typeof open = [];
    for (const flag of open) {
      const tried = await lineWith(line, flag, { path, command });
      if (tried === undefined) left.push(flag);
      else line = tried;
    }
    const [first] = left;
    if (left.length === open.length) {
      throw new Error(`No line of ${path.join(" ")} takes --${first?.name}`);
    }
    if (line !== undefined) lines.push(line);
    open = left;
  }
  return lines;
}

/** Returns a line with one more flag, if there is one that is understood. */
async function lineWith(
  line: readonly string[] | undefined,
  { name, word }: { name: string; word: string },
  { path, command }: Pick<NamedCommand, "path" | "command">,
): Promise<string[] | undefined> {
  const args = argumentsOf(command);
  const candidates = line !== undefined
    ? [[...path, word, ...line.slice(path.length)]]
    : [
      [...path, word, ...args],
      [...path, word, "--wait", ...args],
      [...path, word],
      ...command.examples.map(([example]) => [
        ...path,
        word,
        ...shellSplit(example).slice(path.length + 1)
          .filter((each) => !each.startsWith(`--${name}`)),
      ]),
    ];
  for (const words of candidates) {
    if (await isUnderstood(words)) return words;
  }
  return undefined;
}

/** Arguments that some example of the command has. */
function argumentsOf({ positionals, examples }: Command): string[] {
  const needed = positionals.filter(({ isOptional }) => !isOptional).length;
  if (needed === 0) return [];
  const words = shellSplit(examples[0]?.[0] ?? "").slice(1);
  return words.filter((word) => !word.startsWith("-")).slice(-needed);
}

async function isUnderstood(words: readonly string[]): Promise<boolean> {
  await using context = await testContext();
  try {
    await parseCommandLine(words, { routes: ROUTES, context });
    return true;
  } catch {
    return false;
  }
}
