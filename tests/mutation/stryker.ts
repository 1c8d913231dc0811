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
  | {
    readonly mutants: readonly Mutant[];
    /** Why some of them were not run. */
    readonly why?: string;
  }
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

const NO_TIME = "No time was left";
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
    return await leftOf(file, options, NO_TIME);
  }
  const path = `${root}/${file}`;
  const text = await Deno.readTextFile(path);
  const command = [...DENO_TEST, ...tests].join(" ");
  const { code, output } = await stryker(file, command, options);
  // Stopped in the middle, it does not put back what it changed.
  await Deno.writeTextFile(path, text);
  const mutants = await readEvents(text, root);
  if (code === 0) return { mutants };
  const why = code === undefined
    ? NO_TIME
    : `Stryker ended with ${code}:\n${output.trim()}`;
  return mutants.length > 0
    ? { mutants, why }
    : await leftOf(file, options, why);
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
  const events = `${root}/${EVENTS}`;
  await Deno.mkdir(events, { recursive: true });
  await Deno.remove(events, { recursive: true });
  await Deno.mkdir(events);
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
      // A report comes at the end alone, and the end may not come.
      reporters: ["event-recorder"],
      eventReporter: { baseDir: EVENTS },
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

const EVENTS = "stryker-events";

const STATUSES: Readonly<Record<string, Mutant["status"]>> = {
  Killed: "killed",
  Timeout: "timed out",
  Survived: "survived",
};

/** A mutant as Stryker has it; it was not run as long as it has no status. */
interface StrykerMutant {
  readonly id: string;
  readonly status?: string;
  readonly mutatorName: string;
  readonly replacement: string;
  readonly location: Readonly<Record<"start" | "end", Place>>;
}

interface Place {
  readonly line: number;
  readonly column: number;
}

/** Returns all mutants of a file, with what became of them so far. */
async function readEvents(text: string, root: string): Promise<Mutant[]> {
  const folder = `${root}/${EVENTS}`;
  const planned: StrykerMutant[] = [];
  const tested = new Map<string, StrykerMutant>();
  for (const { name } of Deno.readDirSync(folder)) {
    const event = await Deno.readTextFile(`${folder}/${name}`);
    if (name.endsWith("-onMutationTestingPlanReady.json")) {
      for (const { mutant } of JSON.parse(event).mutantPlans) {
        planned.push(mutant);
      }
    } else if (name.endsWith("-onMutantTested.json") && isWhole(event)) {
      const mutant: StrykerMutant = JSON.parse(event);
      tested.set(mutant.id, mutant);
    }
  }
  return planned.map((mutant) => {
    // A plan counts lines and columns from 0, a test from 1.
    const known = tested.get(mutant.id);
    return known === undefined
      ? mutantOf(mutant, 1, text)
      : mutantOf(known, 0, text);
  });
}

/** Whether an event was not being written when Stryker was stopped. */
function isWhole(event: string): boolean {
  return event.endsWith("}");
}

function mutantOf(
  { status = "", mutatorName, replacement, location }: StrykerMutant,
  more: number,
  text: string,
): Mutant {
  const [start, end] = [location.start, location.end].map((place) => ({
    line: place.line + more,
    column: place.column + more,
  })) as [Place, Place];
  const lines = text.split("\n").slice(start.line - 1, end.line);
  const last = lines.length - 1;
  const original = lines.map((line, index) =>
    line.slice(
      index === 0 ? start.column - 1 : 0,
      index === last ? end.column - 1 : undefined,
    )
  ).join("\n");
  return {
    status: STATUSES[status] ?? "not run",
    line: start.line,
    column: start.column,
    mutator: mutatorName,
    original,
    replacement,
  };
}
