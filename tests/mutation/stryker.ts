import { spawn } from "node:child_process";
import { once } from "node:events";

/** One change of the program, and whether a test noticed it. */
export interface Mutant {
  readonly status: "killed" | "timed out" | "survived" | "not run";
  readonly line: number;
  readonly column: number;
  /** What kind of change it is, in Stryker's words. */
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
}

/** What came of a file: its mutants, or how many were not run and why. */
export type Outcome =
  | { readonly mutants: readonly Mutant[] }
  | {
    readonly left: number;
    readonly why: string;
    /** Whether a test loads the file: what none loads, all survives. */
    readonly isLoaded: boolean;
  };

/** How a file is mutated. */
export interface StrykerOptions {
  /** A copy of the project: its files are changed in place. */
  readonly root: string;
  readonly concurrency: number;
  /** When it must be over, in ms since the epoch. */
  readonly deadline: number;
}

// It is not in deno.json: no other task needs its hundred packages.
const STRYKER = "npm:@stryker-mutator/core@10.1.1";

const DENO_TEST = [
  ...["deno", "test", "-A", "-q", "--no-check", "--fail-fast"],
  ...["--preload", "tests/mutation/without_shrinking.ts"],
];

/** Mutates one file, and runs the tests once for each change. */
export async function mutate(
  file: string,
  tests: readonly string[],
  options: StrykerOptions,
): Promise<Outcome> {
  const { root, deadline } = options;
  if (tests.length === 0) {
    const left = await countMutants(file, options);
    return { left, why: "No test loads it", isLoaded: false };
  }
  if (Date.now() >= deadline) {
    return await leftOf(file, options, "No time was left");
  }
  const path = `${root}/${file}`;
  const text = await Deno.readTextFile(path);
  const command = [...DENO_TEST, ...tests].join(" ");
  const { code, output } = await stryker(file, command, options);
  // Stopped in the middle, it does not put back what it changed.
  await Deno.writeTextFile(path, text);
  if (code === 0) return { mutants: await readReport(file, text, root) };
  const why = code === undefined
    ? "No time was left"
    : `Stryker ended with ${code}:\n${output.trim()}`;
  return await leftOf(file, options, why);
}

async function leftOf(
  file: string,
  options: StrykerOptions,
  why: string,
): Promise<Outcome> {
  return { left: await countMutants(file, options), why, isLoaded: true };
}

/** Only counts the mutants of a file: it runs no test. */
async function countMutants(
  file: string,
  options: StrykerOptions,
): Promise<number> {
  const { output } = await stryker(
    file,
    "deno eval 0",
    { ...options, concurrency: 1, deadline: Date.now() + 120_000 },
    ["--dryRunOnly"],
  );
  const [, count] = /with (\d+) mutant/.exec(output) ?? [];
  if (count === undefined) throw new Error(`Cannot count: ${output}`);
  return Number(count);
}

/** Runs Stryker; no exit code when its time was over. */
async function stryker(
  file: string,
  command: string,
  { root, concurrency, deadline }: StrykerOptions,
  flags: readonly string[] = [],
): Promise<{ code?: number; output: string }> {
  await Deno.writeTextFile(
    `${root}/stryker.json`,
    JSON.stringify({
      testRunner: "command",
      commandRunner: { command },
      mutate: [file],
      concurrency,
      inPlace: true,
      disableTypeChecks: false,
      plugins: [],
      reporters: ["json"],
      jsonReporter: { fileName: "stryker-report.json" },
      allowConsoleColors: false,
      // A busy machine must not be taken for a loop without an end.
      timeoutMS: 20_000,
      timeoutFactor: 2,
    }),
  );
  const args = ["run", "-q", "-A", "--no-config", "--no-lock", STRYKER, "run"];
  const child = spawn(Deno.execPath(), [...args, "stryker.json", ...flags], {
    cwd: root,
    // With a group of its own, so that its tests end with it.
    detached: true,
    env: { ...Deno.env.toObject(), NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => output += data);
  }
  let isOver = false;
  let isInterrupted = false;
  function end() {
    isOver = true;
    if (child.pid) Deno.kill(-child.pid, "SIGKILL");
  }
  function interrupt() {
    isInterrupted = true;
    end();
  }
  const timer = setTimeout(end, Math.max(0, deadline - Date.now()));
  Deno.addSignalListener("SIGINT", interrupt);
  const [code] = await once(child, "close");
  Deno.removeSignalListener("SIGINT", interrupt);
  clearTimeout(timer);
  if (isInterrupted) throw new Error("Interrupted");
  return isOver ? { output } : { code: Number(code), output };
}

const STATUSES: Readonly<Record<string, Mutant["status"]>> = {
  Killed: "killed",
  Timeout: "timed out",
  Survived: "survived",
};

async function readReport(
  file: string,
  text: string,
  root: string,
): Promise<Mutant[]> {
  const report = await Deno.readTextFile(`${root}/stryker-report.json`);
  const lines = text.split("\n");
  // A file in which nothing can be changed is not in it.
  const mutants = JSON.parse(report).files[file]?.mutants ?? [];
  return mutants.map((mutant: {
    status: string;
    mutatorName: string;
    replacement: string;
    location: Record<"start" | "end", { line: number; column: number }>;
  }): Mutant => {
    const { start, end } = mutant.location;
    const inside = lines.slice(start.line - 1, end.line);
    const last = inside.length - 1;
    const original = inside.map((line, index) =>
      line.slice(
        index === 0 ? start.column - 1 : 0,
        index === last ? end.column - 1 : undefined,
      )
    ).join("\n");
    return {
      status: STATUSES[mutant.status] ?? "not run",
      line: start.line,
      column: start.column,
      mutator: mutant.mutatorName,
      original,
      replacement: mutant.replacement,
    };
  });
}
