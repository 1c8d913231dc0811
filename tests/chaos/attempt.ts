import { type Program, startProgram } from "../helpers/program.ts";
import type { ProgramCommand } from "../helpers/program_command.ts";
import { type CallPoint, killingAt, tracingTo } from "./strace.ts";

/** When a program is killed, if it has not ended by then. */
export type Kill =
  | { readonly type: "never" }
  /** So long after its start. */
  | { readonly type: "after"; readonly ms: number }
  /** As soon as this is so. */
  | { readonly type: "when"; readonly holds: () => Promise<boolean> }
  /** In front of one of its own system calls. */
  | { readonly type: "at"; readonly point: CallPoint };

/** What one run of a command came to. */
export interface Attempt {
  readonly args: readonly string[];
  /** Whether the suite has killed it. */
  readonly isKilled: boolean;
  /** Whether it had to be killed, because it came to no end. */
  readonly isStuck: boolean;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The result that it printed whole, if it did. */
  readonly result: Result | undefined;
}

/** What a waiting command prints, as far as the suite looks at it. */
export interface Result {
  readonly job_id: string;
  readonly effect: string;
  readonly status: string;
  readonly vm_id?: string;
  readonly new_ids?: readonly string[];
}

/** Options for {@linkcode attempt}. */
export interface AttemptOptions {
  readonly command: ProgramCommand;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Begins the names of files that it may leave beside its own. */
  readonly notes: string;
  readonly kill: Kill;
  /** Whether its calls are written to `<notes>.trace`. */
  readonly isTraced?: boolean;
  /** Called with the program as soon as it runs. */
  readonly onStart?: (program: Program) => void;
}

/** A command that takes longer than this is stuck, on any machine. */
const STUCK_MS = 300_000;
const LOOK_MS = 3;

/** Returns the file to which a command that is traced writes its result. */
export function stdoutOf(notes: string): string {
  return `${notes}.out`;
}

/** Runs a command to its end, or until it is killed. */
export async function attempt(options: AttemptOptions): Promise<Attempt> {
  const { args, kill, notes, cwd, isTraced = false } = options;
  const wrapper = kill.type === "at"
    ? killingAt(kill.point)
    : isTraced
    ? tracingTo(`${notes}.trace`)
    : undefined;
  const program = await startProgram(args, {
    cwd,
    env: wrapper ? { ...options.env, PATH: "/usr/bin:/bin" } : options.env,
    command: wrapper
      ? wrapped(options.command, wrapper, notes)
      : options.command,
  });
  options.onStart?.(program);
  const end = async () => {
    if (wrapper) await killInside(program, notes);
    else program.kill("SIGKILL");
  };
  const isKilled = await killed(program, kill, end);
  const { code, signal, stderr, stdout: piped } = await program.done;
  const isPlanned = kill.type === "after" || kill.type === "when";
  const stdout = wrapper ? readText(stdoutOf(notes)) : piped;
  return {
    args,
    isKilled: isKilled || (kill.type === "at" && signal === "SIGKILL"),
    isStuck: isKilled && !isPlanned,
    code,
    stdout,
    stderr,
    result: resultIn(stdout),
  };
}

/** Returns whether the program was killed; it may end by itself before that. */
async function killed(
  program: Program,
  kill: Kill,
  end: () => Promise<void>,
): Promise<boolean> {
  let isOver = false;
  const done = program.done.then(() => isOver = true);
  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      void done.then(() => (clearTimeout(timer), resolve()));
    });
  if (kill.type === "after") {
    await sleep(kill.ms);
  } else if (kill.type === "when") {
    while (!isOver && !await kill.holds()) await sleep(LOOK_MS);
  } else {
    await sleep(STUCK_MS);
  }
  if (isOver) return false;
  await end();
  return true;
}

/** A shell says which process it becomes, and where its result goes. */
function wrapped(
  { executable, args }: ProgramCommand,
  wrapper: readonly string[],
  notes: string,
): ProgramCommand {
  const [strace = "", ...words] = wrapper;
  const script = `echo $$ >"$0.pid"; exec "$@" >"${stdoutOf("$0")}"`;
  return {
    executable: strace,
    args: [...words, "sh", "-c", script, notes, executable, ...args],
  };
}

/** Kills the program itself: strace, left alone, would let go of it. */
async function killInside(program: Program, notes: string): Promise<void> {
  let isOver = false;
  void program.done.then(() => isOver = true);
  while (!isOver) {
    const pid = Number(readText(`${notes}.pid`));
    if (pid > 0) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself in the meantime.
      }
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function resultIn(stdout: string): Result | undefined {
  if (!/^\{.*\}\n$/.test(stdout)) return undefined;
  return JSON.parse(stdout);
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
