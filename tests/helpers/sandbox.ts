import { type LedgerLine, readLedgerLines } from "./ledger_lines.ts";
import { type Program, type ProgramResult, startProgram } from "./program.ts";

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
