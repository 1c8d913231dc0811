import { Failure } from "../../failure.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../output/exit_code.ts";

/** Options for {@linkcode confirm}. */
export interface ConfirmOptions {
  /** What is about to happen: "delete 2 VMs". */
  readonly action: string;
  /** The command line that does it without being asked. */
  readonly line: string;
}

/**
 * Returns when the person at the terminal has agreed.
 *
 * @throws {Failure} of code `declined`, when not.
 * @throws {UsageError} when nobody can be asked.
 */
export async function confirm(
  context: Context,
  { action, line }: ConfirmOptions,
): Promise<void> {
  const { stdin, stderr } = context;
  if (!stdin.isTerminal || !stderr.isTerminal) {
    throw new UsageError(
      `Cannot ${action}: nobody is there to confirm it`,
      `to do it without being asked: ${line}`,
    );
  }
  await stderr.write("Proceed [y/N]: ");
  const answer = (await readLine(context)).trim().toLowerCase();
  if (answer === "y" || answer === "yes") return;
  throw new Failure(`Cannot ${action}: it was declined`, {
    code: "declined",
    hint: `nothing was done; to do it without being asked: ${line}`,
  });
}

async function readLine({ stdin }: Context): Promise<string> {
  const decoder = new TextDecoder();
  const piece = new Uint8Array(256);
  let text = "";
  while (!text.includes("\n")) {
    const taken = await stdin.read(piece);
    if (taken === null) break;
    text += decoder.decode(piece.subarray(0, taken), { stream: true });
  }
  return text.split("\n")[0] ?? "";
}
