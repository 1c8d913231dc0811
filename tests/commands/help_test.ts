import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { ROUTES } from "../../src/cli/app.ts";
import { renderHelp } from "../../src/cli/command_line/help.ts";
import { EXIT_CODES } from "../../src/cli/guide/program_facts.ts";
import {
  allCommands,
  allGroups,
  type NamedCommand,
} from "../helpers/command_tree.ts";
import { needing } from "../helpers/machine.ts";
import { type ProgramResult, startProgram } from "../helpers/program.ts";
import { SAMPLE_VM } from "../helpers/sample_job.ts";
import { shellSplit } from "../helpers/shell_split.ts";

const COMMANDS = await allCommands();

/** One of each form: everything, a group, and a command that waits. */
const IN_FULL = [[], ["jobs"], ["run"]];
const OTHERS = [...allGroups(), ...COMMANDS.map(({ path }) => path)]
  .filter((path) => !IN_FULL.some((full) => full.join() === path.join()));

for (const path of IN_FULL) {
  Deno.test({
    ...needing(
      ["snapshots"],
      `the help of ${["vers", ...path].join(" ")} is what it was`,
    ),
    async fn(t) {
      await t.assertSnapshot(await renderHelp(path, ROUTES));
    },
  });
}

Deno.test({
  ...needing(
    ["snapshots"],
    "what is particular to the help of each other command is what it was",
  ),
  async fn(t) {
    const run = sectionsOf(await renderHelp(["run"], ROUTES));
    const shared = run.filter(isShared);
    strictEqual(shared.length, 3);
    for (const path of OTHERS) {
      const own = sectionsOf(await renderHelp(path, ROUTES))
        .filter((section) => !shared.includes(section)).join("\n\n");
      await t.step(path.join(" "), (t) => t.assertSnapshot(own));
    }
  },
});

function sectionsOf(help: string): string[] {
  return help.trimEnd().split("\n\n");
}

/** Whether a section of the help of run is that of other commands, too. */
function isShared(section: string): boolean {
  return /^(waiting:|global flags:|For the exit codes)/
    .test(section);
}

/** What takes longer hangs, on any machine. */
const PATIENCE_MS = 300_000;

Deno.test("no command hangs or breaks without an environment, a terminal and stdin", async () => {
  const lines = COMMANDS.flatMap((command) => bareLines(command));
  const problems: string[] = [];
  const worker = async () => {
    for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
      const problem = problemOf(await runBare(line));
      if (problem) problems.push(`vers ${line.join(" ")}: ${problem}`);
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  deepStrictEqual(problems, []);
});

/** A command with what it must be given, for the service and for `--local`. */
function bareLines({ name, path, command }: NamedCommand): string[][] {
  const [example = ""] = command.examples[0] ?? [];
  const words = shellSplit(example).slice(1);
  const line = words.length > path.length ? words : [...path];
  // It serves until it is stopped, and needs neither key nor home.
  if (name === "simulate") return [];
  const flags = Object.hasOwn(command.flags, "wait") ? ["--timeout=1ms"] : [];
  return [
    [...flags, ...line],
    ["--local", ...flags, ...line],
  ];
}

async function runBare(
  words: readonly string[],
): Promise<ProgramResult & { readonly isLate: boolean }> {
  const folder = await Deno.makeTempDir();
  await using program = await startProgram(words, { env: {}, cwd: folder });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    program.kill("SIGKILL");
  }, PATIENCE_MS);
  try {
    return { ...await program.done, isLate };
  } finally {
    clearTimeout(timer);
    await Deno.remove(folder, { recursive: true });
  }
}

const CODES = EXIT_CODES.flatMap(([codes]) => codes.split(", ")).map(Number);

function problemOf(
  { code, stderr, stdout, isLate }: ProgramResult & { isLate: boolean },
): string | undefined {
  if (isLate) return "it hung";
  if (!CODES.includes(code)) return `it ended with ${code}: ${stderr}`;
  if (/^\s+at .*:\d+:\d+/m.test(stderr)) return `a stack trace: ${stderr}`;
  if (stderr.includes('"code":"bug"')) return stderr;
  const last = stderr.trimEnd().split("\n").at(-1) ?? "";
  if (code !== 0 && stdout === "" && !isError(last, code)) return stderr;
  return undefined;
}

function isError(line: string, code: number): boolean {
  try {
    return JSON.parse(line).error.exit_code === code;
  } catch {
    return false;
  }
}

Deno.test("without a key a command says how to log in, and how to do without", async () => {
  for (const line of [["status"], ["run", "--wait"], ["pause", SAMPLE_VM]]) {
    const { code, stdout, stderr } = await runBare(line);
    deepStrictEqual([code, stdout], [2, ""], stderr);
    const { error } = JSON.parse(stderr);
    strictEqual(error.code, "authentication");
    match(error.hint, /vers login --token -/);
    match(error.hint, /--local/);
  }
});

Deno.test("nothing that helps a newcomer is loaded on the way of run", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "main.ts"],
  }).output();
  const info: {
    modules: {
      specifier: string;
      dependencies?: {
        code?: { specifier?: string };
        isDynamic?: boolean;
      }[];
    }[];
  } = JSON.parse(new TextDecoder().decode(stdout));
  const byName = new Map(info.modules.map((each) => [each.specifier, each]));
  const find = (path: string) =>
    [...byName.keys()].find((name) => name.endsWith(path)) ?? "";
  const met = new Set<string>();
  // What run loads when it is wanted counts as loaded, too.
  const open = [
    "/main.ts",
    "/cli/commands/run.ts",
    "/cli/open_engine.ts",
    "/cli/start_job.ts",
    "/cli/local_effects.ts",
  ].map(find);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (met.has(name)) continue;
    met.add(name);
    for (const { code, isDynamic } of byName.get(name)?.dependencies ?? []) {
      if (code?.specifier && !isDynamic) open.push(code.specifier);
    }
  }
  ok(met.size > 20);
  const late = /agent_context|skill|complet|explain|help\.ts|program_facts/;
  deepStrictEqual([...met].filter((name) => late.test(name)), []);
});
