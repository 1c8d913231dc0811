import { type Program, type ProgramResult, startProgram } from "./program.ts";
import { programCommand } from "./program_command.ts";
import type { Sandbox } from "./sandbox.ts";

/**
 * Starts the program under test by another one, which begins with the words of
 * `wrapper` and is given the program as its last ones: strace and its like.
 */
export function startWrapped(
  sandbox: Sandbox,
  wrapper: readonly string[],
  args: readonly string[],
): Promise<Program> {
  const { executable, args: ownArgs } = programCommand();
  const [command = "", ...before] = [...wrapper, executable];
  return startProgram(args, {
    cwd: sandbox.project,
    env: { ...sandbox.env, PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    command: { executable: command, args: [...before, ...ownArgs] },
  });
}

/** Runs the program under test to its end by another one. */
export async function runWrapped(
  sandbox: Sandbox,
  wrapper: readonly string[],
  args: readonly string[],
): Promise<ProgramResult> {
  const program = await startWrapped(sandbox, wrapper, args);
  return await program.done;
}
