/**
 * `deno task bench:startup [FILE...]`: how large each form of the program is,
 * and how long it takes to start and to end.
 *
 * Compared are the executable and the bundle with a bare script that only
 * writes a line, each run by turns, so that what else the machine does falls
 * on all of them alike. The ratios say more than the times: they are about the
 * same on every machine.
 */
import { permissionFlags } from "../helpers/program_command.ts";
import { executableName } from "../release/compile.ts";
import { ROOT } from "../release/root.ts";

/** One way to start something. */
interface Contender {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The file that is installed for it. */
  readonly file: string;
}

/** What one start took. */
interface Took {
  readonly wallMs: number;
  /** Of the processor, for the program and for the system. */
  readonly cpuMs: number;
}

const ROUNDS = 40;

const bare = await Deno.makeTempFile({ suffix: ".js" });
await Deno.writeTextFile(
  bare,
  'Deno.stdout.writeSync(new TextEncoder().encode("vers\\n"));\n',
);
const contenders = [
  script("bare script", bare),
  script("bundle, --version", `${ROOT}dist/vers.js`, "--version"),
  script("bundle, help", `${ROOT}dist/vers.js`, "help"),
  executable("executable, --version", "--version"),
  executable("executable, help", "help"),
].filter(({ file }) => isThere(file));

try {
  await compare();
} finally {
  await Deno.remove(bare);
}

async function compare(): Promise<void> {
  const took = new Map(contenders.map(({ name }) => [name, new Array<Took>()]));
  // The first round fills the machine's own caches, and does not count.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const contender of contenders) {
      const one = await start(contender);
      if (round > 0) took.get(contender.name)?.push(one);
    }
  }
  const base = took.get("bare script") ?? [];
  await say(
    `${ROUNDS} starts each, by turns: the median time, the mean processor ` +
      "time, and both over those of the bare script\n\n",
  );
  const baseCpu = mean(base.map(({ cpuMs }) => cpuMs));
  await say(row("", "bytes", "wall ms", "ratio", "user+sys ms", "ratio"));
  for (const { name, file } of contenders) {
    const all = took.get(name) ?? [];
    const walls = all.map(({ wallMs }) => wallMs);
    const cpu = mean(all.map(({ cpuMs }) => cpuMs));
    await say(row(
      name,
      String(Deno.statSync(file).size),
      median(walls).toFixed(0),
      median(walls.map((ms, at) => ms / (base[at]?.wallMs ?? NaN))).toFixed(2),
      cpu.toFixed(0),
      (cpu / baseCpu).toFixed(2),
    ));
  }
}

function script(name: string, file: string, ...args: string[]): Contender {
  const flags = ["run", "--quiet", "--no-config", "--no-lock"];
  return {
    name,
    command: Deno.execPath(),
    args: [...flags, ...permissionFlags(), file, ...args],
    file,
  };
}

function executable(name: string, ...args: string[]): Contender {
  const file = Deno.env.get("VERS_BINARY") ||
    `${ROOT}dist/${executableName(Deno.build.target)}`;
  return { name, command: file, args, file };
}

/** Runs it to its end, and returns what that took. */
async function start({ name, command, args }: Contender): Promise<Took> {
  const before = childrenMs();
  const started_at = performance.now();
  const { code } = await new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  const wallMs = performance.now() - started_at;
  if (code !== 0) {
    throw new Error(`Cannot measure ${name}: it ended with ${code}`);
  }
  return { wallMs, cpuMs: childrenMs() - before };
}

/** The processor time of all children that have ended; Linux alone tells. */
function childrenMs(): number {
  if (Deno.build.os !== "linux") return NaN;
  const stat = Deno.readTextFileSync("/proc/self/stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[13]) + Number(fields[14]);
  return ticks * 10;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function row(name: string, ...cells: string[]): string {
  return name.padEnd(22) + cells.map((cell) => cell.padStart(13)).join("") +
    "\n";
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function say(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(text));
}
