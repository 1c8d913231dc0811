import { type LedgerLine, readLedgerLines } from "../helpers/ledger_lines.ts";
import {
  type Program,
  type ProgramResult,
  startProgram,
} from "../helpers/program.ts";
import type { ProgramCommand } from "../helpers/program_command.ts";
import { Sandbox, writeSettings } from "../helpers/sandbox.ts";
import { type Attempt, attempt, type Kill } from "./attempt.ts";
import { durableSize, parseTrace } from "./strace.ts";
import type { Server } from "./server.ts";

/** How long, in all users, a request may take to show on the server. */
export const CONFIRM_WINDOW_MS = 700;

/** Options for {@linkcode User.attempt}. */
export interface UserAttemptOptions {
  readonly kill?: Kill;
  readonly isTraced?: boolean;
  readonly onStart?: (program: Program) => void;
}

/**
 * One user, whose commands are killed: a home, a project folder, a ledger, and
 * all that their commands came to so far.
 */
export class User implements AsyncDisposable {
  readonly server: Server;
  readonly sandbox: Sandbox;
  readonly attempts: Attempt[] = [];
  /** What went wrong that cannot be seen any more when all is over. */
  readonly violations: string[] = [];
  /** Whether a last line may have been torn. */
  hasLostPower = false;
  readonly #command: ProgramCommand;
  readonly #programs = new Set<Program>();
  #entries: readonly string[] = [];
  #started = 0;

  private constructor(
    server: Server,
    sandbox: Sandbox,
    command: ProgramCommand,
  ) {
    this.server = server;
    this.sandbox = sandbox;
    this.#command = command;
    sandbox.env.VERS_URL = server.url;
    sandbox.env.VERS_API_KEY = server.simulator.apiKey;
  }

  /** Returns a user who has run nothing yet, and has these settings besides. */
  static async create(
    server: Server,
    command: ProgramCommand,
    settings: Readonly<Record<string, string>>,
  ): Promise<User> {
    const sandbox = await Sandbox.create();
    await writeSettings(sandbox, {
      confirm_window: `${CONFIRM_WINDOW_MS}ms`,
      ...settings,
    });
    return new User(server, sandbox, command);
  }

  get ledgerPath(): string {
    return `${this.sandbox.home}/.vers/jobs.jsonl`;
  }

  /** Where the next command leaves its notes. */
  get nextNotes(): string {
    return `${this.sandbox.home}/attempt${this.#started + 1}`;
  }

  /** Runs a command to its end, or until it is killed. */
  async attempt(
    args: readonly string[],
    options: UserAttemptOptions = {},
  ): Promise<Attempt> {
    const notes = this.nextNotes;
    this.#started++;
    const made = await attempt({
      command: this.#command,
      args,
      cwd: this.sandbox.project,
      env: this.sandbox.env,
      notes,
      kill: options.kill ?? { type: "never" },
      isTraced: options.isTraced ?? false,
      onStart: (program) => {
        this.#programs.add(program);
        options.onStart?.(program);
      },
    });
    this.attempts.push(made);
    this.checkKept();
    return made;
  }

  /** Runs a command that is no work itself, to its end. */
  async run(args: readonly string[]): Promise<ProgramResult> {
    const { sandbox: { project, env } } = this;
    const command = this.#command;
    const program = await startProgram(args, { cwd: project, env, command });
    this.#programs.add(program);
    const result = await program.done;
    this.checkKept();
    return result;
  }

  /** Returns the ledger's lines, each checked. */
  lines(): LedgerLine[] {
    return readLedgerLines(this.ledgerPath);
  }

  /** Whether the ledger knows that one of these commands had its result. */
  isDelivered(by: readonly Attempt[] = this.attempts): boolean {
    const printed = new Set(by.map(({ result }) => result?.job_id));
    return this.lines().some(({ check, entry }) =>
      check === "good" && entry.delivered_at !== undefined &&
      printed.has(entry.id)
    );
  }

  /** Notes as a violation every entry that was there and is not any more. */
  checkKept(): void {
    const now = this.#goodTexts();
    const lost = this.#entries.filter((text, index) => now[index] !== text);
    for (const text of lost) this.violations.push(`an entry is lost: ${text}`);
    this.#entries = now;
  }

  /**
   * Does to the ledger what a power cut does: takes away what a traced command
   * has written and not synced, or `share` of it.
   */
  cutPower(notes: string, sizeBefore: number, share: number): void {
    const calls = parseTrace(Deno.readTextFileSync(`${notes}.trace`));
    const size = this.ledgerSize();
    const durable = durableSize(calls, this.ledgerPath, sizeBefore);
    if (durable >= size) return;
    this.hasLostPower = true;
    const kept = durable + Math.floor((size - durable) * share);
    Deno.truncateSync(this.ledgerPath, kept);
    this.#entries = this.#goodTexts();
  }

  /** Returns the ledger's size in bytes. */
  ledgerSize(): number {
    try {
      return Deno.statSync(this.ledgerPath).size;
    } catch {
      return 0;
    }
  }

  /** Changes the text of the ledger as other programs do; all lines stay. */
  edit(change: (text: string) => string): void {
    if (this.ledgerSize() === 0) return;
    const text = Deno.readTextFileSync(this.ledgerPath);
    // A last line that was torn is not to be taken for a whole one.
    const end = text.lastIndexOf("\n") + 1;
    const edited = change(text.slice(0, end)) + text.slice(end);
    Deno.writeTextFileSync(this.ledgerPath, edited);
    this.#entries = this.#goodTexts();
  }

  /** Puts other lines into the ledger; nothing is lost by that. */
  rewrite(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\n`).join("");
    Deno.writeTextFileSync(this.ledgerPath, text);
    this.#entries = this.#goodTexts();
  }

  /** Kills what still runs, and removes the folders. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program[Symbol.asyncDispose]();
    await this.sandbox[Symbol.asyncDispose]();
  }

  #goodTexts(): string[] {
    return this.lines().filter(({ check }) => check === "good")
      .map(({ text }) => text);
  }
}
