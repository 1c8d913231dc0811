import type { FileName } from "../../src/cli/command_line/command.ts";
import { FILES } from "../../src/cli/guide/program_facts.ts";
import { preparedSandbox } from "./prepared_sandbox.ts";
import type { ProgramResult } from "./program.ts";
import type { Sandbox } from "./sandbox.ts";
import { startSimulator } from "./simulator_process.ts";

/** What a line left behind. */
export interface LineResult extends ProgramResult {
  /** The files that it wrote. */
  readonly written: readonly string[];
}

/** Runs a line in a sandbox of its own, and says how it ended. */
export async function runLine(words: readonly string[]): Promise<LineResult> {
  await using sandbox = await preparedSandbox();
  // The simulator in the program has no use for a key.
  const stdin = words[0] === "login"
    ? (await startSimulator(sandbox)).apiKey
    : undefined;
  const before = filesIn(sandbox);
  const program = await sandbox.start(words, { stdin });
  if (words[0] === "simulate") {
    await program.stdoutLine(/"url"/);
    program.kill("SIGTERM");
  }
  const result = await program.done;
  const written = [...filesIn(sandbox)].filter(([path, state]) =>
    before.get(path) !== state
  );
  return { ...result, written: written.map(([path]) => path) };
}

/** Returns the files of a sandbox by their paths, and how each one is. */
function filesIn({ home, project }: Sandbox): Map<string, string> {
  const found = new Map<string, string>();
  const look = (folder: string, shown: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) look(path, `${shown}/${name}`);
      else {
        const { size, mtime, ino } = Deno.statSync(path);
        found.set(`${shown}/${name}`, `${size} ${mtime?.getTime()} ${ino}`);
      }
    }
  };
  look(home, "~");
  look(project, ".");
  return found;
}

/** Returns what a file is to a command that says which files it uses. */
export function fileNameOf(path: string): FileName | undefined {
  if (/^~\/\.vers\/(locks\/.*|jobs\.lock)$/.test(path)) return "locks";
  const known = Object.entries(FILES).find(([, [place]]) =>
    path === place || path === `${place}.lock` ||
    (place.endsWith("/") && path.startsWith(place))
  );
  return FILE_NAMES.find((name) => name === known?.[0]);
}

const FILE_NAMES: readonly FileName[] = [
  "ledger",
  "aliases",
  "head",
  "settings",
  "credentials",
  "simulated",
];
