/** What a command is started with. */
export interface ShellInput {
  /** The program and its arguments; `bash -c` runs a script. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  readonly workingDir: string;
  /** When it starts, in milliseconds since 1970. */
  readonly startedAt?: number;
}

/** A piece of output. */
export interface ShellOutput {
  /** How long after the start. */
  readonly afterMs: number;
  readonly stream: "stdout" | "stderr";
  readonly bytes: Uint8Array;
}

/** All that a command does, from its start to its end. */
export interface ShellRun {
  readonly output: readonly ShellOutput[];
  readonly exitCode: number;
  readonly endsAfterMs: number;
}

const PIECE_BYTES = 1_024;
/** What one command may write; it is held in memory. */
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

/**
 * Returns what a command does in a VM that is not there: the same for the
 * same input. Of a shell it knows words, quotes, `;`, `&&`, newlines, `>&2` and
 * a comment on a line of its own; of programs `bash` and `sh` (with `-c`, or a
 * script on stdin), `cd`, `echo`, `cat`, `ls`, `pwd`, `env`, `printenv`, `seq`,
 * `noise`, `sleep`, `date`, `true`, `false` and `exit`.
 */
export function runInFakeShell(input: ShellInput): ShellRun {
  return new FakeShell(input).run([
    { words: input.command, onlyAfterSuccess: false },
  ]);
}

function isShell(program: string): boolean {
  return /^(.*\/)?(ba)?sh$/.test(program);
}

/** One command of a script. */
interface Step {
  readonly words: readonly string[];
  readonly onlyAfterSuccess: boolean;
}

/** Splits a script into its commands, and those into words. */
function parseScript(script: string): Step[] {
  const steps: Step[] = [];
  let words: string[] = [];
  let onlyAfterSuccess = false;
  const end = (next: boolean) => {
    if (words.length > 0) steps.push({ words, onlyAfterSuccess });
    words = [];
    onlyAfterSuccess = next;
  };
  for (
    const [token] of script.replaceAll(/^\s*#.*$/gm, "").matchAll(
      /&&|;|\n|(?:'[^']*'|"[^"]*"|\\.|>&2|[^\s;&'"\\])+/g,
    )
  ) {
    if (token === "&&" || token === ";" || token === "\n") end(token === "&&");
    else words.push(unquote(token));
  }
  end(false);
  return steps;
}

function unquote(token: string): string {
  return token.replace(
    /'([^']*)'|"([^"]*)"|\\(.)/g,
    (_, single, double, escaped) => single ?? double ?? escaped,
  );
}

class FakeShell {
  readonly #input: ShellInput;
  readonly #output: ShellOutput[] = [];
  #nowMs = 0;
  #written = 0;
  #stdin: string;
  #folder: string;

  constructor(input: ShellInput) {
    this.#input = input;
    this.#stdin = input.stdin;
    this.#folder = input.workingDir;
  }

  run(steps: readonly Step[]): ShellRun {
    const exitCode = this.#steps(steps);
    return { output: this.#output, exitCode, endsAfterMs: this.#nowMs };
  }

  #steps(steps: readonly Step[]): number {
    let exitCode = 0;
    for (const { words, onlyAfterSuccess } of steps) {
      if (onlyAfterSuccess && exitCode !== 0) continue;
      const isRedirected = words.includes(">&2");
      const [program = "", ...args] = words.filter((word) => word !== ">&2");
      if (program === "exit") {
        exitCode = Number(args[0] ?? exitCode) & 0xff;
        break;
      }
      const stream = isRedirected ? "stderr" : "stdout";
      exitCode = this.#step(program, args, stream);
    }
    return exitCode;
  }

  /** What a shell does is the script that it is given, or that it reads. */
  #shell(args: readonly string[]): number {
    const at = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
    if (at >= 0) return this.#steps(parseScript(args[at + 1] ?? ""));
    const script = this.#stdin;
    this.#stdin = "";
    return this.#steps(parseScript(script));
  }

  #step(
    program: string,
    args: readonly string[],
    stream: "stdout" | "stderr",
  ): number {
    const { env } = this.#input;
    const [first = ""] = args;
    if (isShell(program)) return this.#shell(args);
    switch (program) {
      case "cd":
        this.#folder = first.startsWith("/") ? first : `/root/${first}`;
        return 0;
      case "ls":
        return this.#write(stream, "app\nREADME.md\n");
      case "env":
        return this.#write(
          stream,
          Object.entries(env).map(([name, value]) => `${name}=${value}\n`)
            .join(""),
        );
      case "date":
        // When it was started tells one run from another.
        return this.#write(stream, `${this.#input.startedAt ?? 0}\n`);
      case "echo": {
        const isBare = first === "-n";
        const text = args.slice(isBare ? 1 : 0).join(" ");
        return this.#write(stream, text + (isBare ? "" : "\n"));
      }
      case "cat": {
        const text = this.#stdin;
        this.#stdin = "";
        return this.#write(stream, text);
      }
      case "pwd":
        return this.#write(stream, this.#folder + "\n");
      case "printenv": {
        const value = env[first];
        return value === undefined ? 1 : this.#write(stream, value + "\n");
      }
      case "seq":
        return this.#write(stream, numbers(Number(args[0]), Number(args[1])));
      case "noise":
        return this.#write(
          stream,
          noise(Number(args[0]), Number(args[1] ?? 1)),
        );
      case "sleep":
        this.#nowMs += Math.max(0, Number(first) || 0) * 1_000;
        return 0;
      case "true":
        return 0;
      case "false":
        return 1;
      default:
        this.#write("stderr", `bash: line 1: ${program}: command not found\n`);
        return 127;
    }
  }

  #write(stream: "stdout" | "stderr", content: string | Uint8Array): number {
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    this.#written += bytes.length;
    if (this.#written > MAX_OUTPUT_BYTES) return 1;
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      this.#output.push({
        afterMs: this.#nowMs,
        stream,
        bytes: bytes.subarray(at, at + PIECE_BYTES),
      });
    }
    return 0;
  }
}

function numbers(first: number, last: number): string {
  let text = "";
  for (let i = first; i <= last && text.length < MAX_OUTPUT_BYTES; i++) {
    text += `${i}\n`;
  }
  return text;
}

/** Bytes of every value, in an order that a seed decides. */
function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(length || 0, MAX_OUTPUT_BYTES));
  let state = (seed || 1) >>> 0;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
