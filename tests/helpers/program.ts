import { match, strictEqual } from "node:assert/strict";
import { LineReader } from "./line_reader.ts";
import {
  baseEnvironment,
  type ProgramCommand,
  programCommand,
} from "./program_command.ts";

/** Options for {@linkcode startProgram}. */
export interface StartProgramOptions {
  /** The whole environment, but for what Deno itself needs to start. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The folder that it is started in; this process's own by default. */
  readonly cwd?: string | undefined;
  /** What it can read from stdin; nothing by default. */
  readonly stdin?: string | undefined;
  /** What to start; the program under test by default. */
  readonly command?: ProgramCommand | undefined;
}

/** What a program left behind. */
export interface ProgramResult {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs, or did. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** Resolves when it has ended and all of its output was read. */
  readonly done: Promise<ProgramResult>;
  /** Returns the first line of stdout that matches, as soon as it is there. */
  stdoutLine(pattern: RegExp): Promise<string>;
  /**
   * Returns the first line of stderr that matches, or the `nth`, as soon as it
   * is there.
   */
  stderrLine(pattern: RegExp, nth?: number): Promise<string>;
  /** Sends a signal; a program that has ended does not mind. */
  kill(signal: Deno.Signal): void;
  /** Kills it if it still runs, and returns when it is gone. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the program under test as a process of its own, and returns it. */
export async function startProgram(
  args: readonly string[],
  options: StartProgramOptions = {},
): Promise<Program> {
  const command = options.command ?? programCommand();
  const child = new Deno.Command(command.executable, {
    args: [...command.args, ...args],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    clearEnv: true,
    env: { ...await baseEnvironment(), ...options.env },
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdout = new LineReader(child.stdout, "stdout");
  const stderr = new LineReader(child.stderr, "stderr");
  let hasEnded = false;
  const done = finish();
  // A test that fails first leaves it to nobody to await this.
  done.catch(() => {});

  return {
    pid: child.pid,
    done,
    stdoutLine: (pattern) => stdout.line(pattern),
    stderrLine: (pattern, nth) => stderr.line(pattern, nth),
    kill,
    async [Symbol.asyncDispose]() {
      kill("SIGKILL");
      await done;
    },
  };

  function kill(signal: Deno.Signal) {
    if (hasEnded) return;
    try {
      child.kill(signal);
    } catch (error) {
      // It ended by itself in the meantime; on Windows that is "not permitted".
      const isOver = error instanceof TypeError ||
        error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.PermissionDenied;
      if (!isOver) throw error;
    }
  }

  async function finish(): Promise<ProgramResult> {
    const writing = options.stdin === undefined
      ? undefined
      : writeAll(child.stdin, options.stdin);
    const status = await child.status;
    hasEnded = true;
    await writing;
    return {
      code: status.code,
      signal: status.signal,
      stdout: await stdout.text,
      stderr: await stderr.text,
    };
  }
}

async function writeAll(
  stream: WritableStream<Uint8Array<ArrayBuffer>>,
  text: string,
): Promise<void> {
  const writer = stream.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // It did not want to read all of it.
  }
}

/** Returns the result that a command printed: one line of JSON, no more. */
export function resultOf(result: ProgramResult) {
  strictEqual(result.code, 0, result.stderr);
  match(result.stdout, /^\{.*\}\n$/);
  return JSON.parse(result.stdout);
}

/** Returns the error that a command printed: the last line of its stderr. */
export function errorOf(result: ProgramResult) {
  strictEqual(result.stdout, "");
  const last = result.stderr.trimEnd().split("\n").at(-1) ?? "";
  match(last, /^\{"error":/, result.stderr);
  const { error } = JSON.parse(last);
  strictEqual(error.exit_code, result.code);
  return error;
}

/** Kills a program with SIGKILL, and returns when it is gone. */
export async function killed(program: Program): Promise<void> {
  program.kill("SIGKILL");
  await program.done;
}
