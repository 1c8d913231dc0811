import { strictEqual } from "node:assert/strict";
import { programCommand } from "./program_command.ts";
import {
  killed,
  type Program,
  type ProgramResult,
  startProgram,
} from "./program.ts";
import { until } from "./until.ts";
import { type LedgerLine, readLedgerLines } from "./ledger_lines.ts";

/** Options for {@linkcode Sandbox.start}. */
export interface SandboxStartOptions {
  /** Added to the sandbox's environment, and over it. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
  readonly stdin?: string | undefined;
}

/**
 * A user of the program: a home folder, a project folder and an environment
 * of their own. When it is disposed of, its processes and folders are gone.
 */
export class Sandbox implements AsyncDisposable {
  /** The user's home; the ledger is in its `.vers`. */
  readonly home: string;
  /** Where programs are started by default: an empty project folder. */
  readonly project: string;
  /** Every program's environment; a test may add to it. */
  readonly env: Record<string, string>;
  readonly #root: string;
  readonly #programs = new Set<Program>();

  private constructor(root: string) {
    this.#root = root;
    this.home = `${root}/home`;
    this.project = `${root}/project`;
    this.env = { HOME: this.home, USERPROFILE: this.home };
  }

  /** Returns a new sandbox in a new folder. */
  static async create(): Promise<Sandbox> {
    const made = await Deno.makeTempDir({ prefix: "vers_test_" });
    const sandbox = new Sandbox(await Deno.realPath(made));
    await Deno.mkdir(sandbox.home);
    await Deno.mkdir(sandbox.project);
    return sandbox;
  }

  /** Starts the program under test, and returns it while it runs. */
  async start(
    args: readonly string[],
    options: SandboxStartOptions = {},
  ): Promise<Program> {
    const program = await startProgram(args, {
      cwd: options.cwd ?? this.project,
      env: { ...this.env, ...options.env },
      stdin: options.stdin,
    });
    this.#programs.add(program);
    return program;
  }

  /** Runs the program under test to its end. */
  async run(
    args: readonly string[],
    options: SandboxStartOptions = {},
  ): Promise<ProgramResult> {
    const program = await this.start(args, options);
    return await program.done;
  }

  /** Returns the ledger's lines, each checked; none when there is no file. */
  ledgerLines(): LedgerLine[] {
    return readLedgerLines(`${this.home}/.vers/jobs.jsonl`);
  }

  /** Kills every program that still runs. */
  killAll(): void {
    for (const program of this.#programs) program.kill("SIGKILL");
  }

  /** Kills what still runs, and removes the folders. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program[Symbol.asyncDispose]();
    await Deno.remove(this.#root, { recursive: true });
  }
}

/** The command that most of the tests are about. */
export const RUN = ["run", "--wait", "--vm-alias", "my-vm"];

/** Returns the status of each line, `delivered` where that is marked. */
export function storyOf(sandbox: Sandbox): string[] {
  return sandbox.ledgerLines().map(({ check, entry }) => {
    strictEqual(check, "good");
    return entry.delivered_at === undefined ? entry.status : "delivered";
  });
}

/** Starts a command and kills it as soon as its VM's id is on disk. */
export async function killedMidPoll(
  sandbox: Sandbox,
  args: readonly string[] = RUN,
): Promise<void> {
  const program = await sandbox.start(args);
  await program.stderrLine(/accepted/);
  await until(() => storyOf(sandbox).includes("running"));
  await killed(program);
}

/** Gives the sandbox's user these settings. */
export async function writeSettings(
  sandbox: Sandbox,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  await Deno.mkdir(`${sandbox.home}/.vers`, { recursive: true });
  await Deno.writeTextFile(
    `${sandbox.home}/.vers/settings.jsonc`,
    JSON.stringify(settings),
  );
}

/**
 * Runs a line of sh in which `$VERS` is the program under test; for what only
 * a shell can do with a program's output.
 */
export async function runInShell(
  sandbox: Sandbox,
  line: string,
): Promise<ProgramResult> {
  const { executable, args } = programCommand();
  const quoted = [executable, ...args].map((word) => `'${word}'`).join(" ");
  const program = await startProgram([], {
    cwd: sandbox.project,
    env: { ...sandbox.env, PATH: "/usr/bin:/bin" },
    command: {
      executable: "/bin/sh",
      args: ["-c", line.replaceAll("$VERS", quoted)],
    },
  });
  return await program.done;
}
