import type { VersClient } from "../api/vers_client.ts";
import type { CommandInput } from "./command_line/command.ts";
import type { Context } from "./context.ts";
import { openSession } from "./session.ts";
import { resolveTarget, type Target } from "./targets.ts";

/** A VM that a command is about, and the way to it. */
export interface OpenedVm {
  readonly target: Target;
  readonly client: VersClient;
  readonly signal: AbortSignal;
}

/**
 * Returns the VM that `typed` stands for; HEAD's, if it is missing.
 *
 * @throws {Failure} when it stands for nothing, or there is no API key.
 */
export async function openVm(
  input: Pick<CommandInput, "invocation" | "progress">,
  options: { readonly context: Context; readonly typed: string | undefined },
): Promise<OpenedVm> {
  const { context, typed } = options;
  const { path } = input.invocation;
  const { warn } = input.progress;
  const target = resolveTarget(typed, { context, path, warn });
  const { engine: { client, signal } } = await openSession(input, context);
  return { target, client, signal };
}
