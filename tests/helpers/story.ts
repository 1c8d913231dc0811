import { match, strictEqual } from "node:assert/strict";
import { type Program, type ProgramResult, startProgram } from "./program.ts";
import { programCommand } from "./program_command.ts";
import type { Sandbox } from "./sandbox.ts";
import type { SimulatorProcess } from "./simulator_process.ts";

/** The command that most of the tests are about. */
export const RUN = ["run", "--wait", "--vm-alias", "my-vm"];

/** Returns how many requests to make a VM the server has seen. */
export async function creations(
  simulator: SimulatorProcess,
  operation = "new_root",
): Promise<number> {
  const requests = await simulator.requests();
  return requests.filter((request) => request.operation === operation).length;
}

/** Returns the ids of the VMs that the server has; deleted ones do not count. */
export async function livingVms(
  simulator: SimulatorProcess,
): Promise<string[]> {
  const vms = await simulator.control("GET", "vms") as {
    vmId: string;
    deletedAt: string | null;
  }[];
  return vms.filter(({ deletedAt }) => !deletedAt).map(({ vmId }) => vmId);
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

/** Returns the status of each line, `delivered` where that is marked. */
export function storyOf(sandbox: Sandbox): string[] {
  return sandbox.ledgerLines().map(({ check, entry }) => {
    strictEqual(check, "good");
    return entry.delivered_at === undefined ? entry.status : "delivered";
  });
}

/** What takes longer hangs, on any machine. */
const PATIENCE_MS = 300_000;

/**
 * Returns as soon as `holds` does; it is asked every few milliseconds.
 *
 * @throws {Error} when it does not within five minutes.
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!await holds()) {
    if (performance.now() > giveUpAt) {
      throw new Error(`Waited five minutes in vain for ${holds}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
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

/** Kills a program with SIGKILL, and returns when it is gone. */
export async function killed(program: Program): Promise<void> {
  program.kill("SIGKILL");
  await program.done;
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
