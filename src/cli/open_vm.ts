import type { CommandInput, Positional } from "./command_line/command.ts";
import type { VersClient } from "../api/vers_client.ts";
import type { Context } from "./context.ts";
import { openSession } from "./session.ts";
import { resolveTarget, type Target } from "./targets.ts";
import { ApiError } from "../api/api_error.ts";
import type { Answer } from "../api/exchange.ts";
import { Failure } from "../failure.ts";
import { shellLine } from "./command_line/written_line.ts";

/** The VM that a command is about, where it may be left out. */
export const VM_POSITIONAL: Positional = {
  name: "vm",
  brief: "Id or alias; default: HEAD of this folder",
  isOptional: true,
};

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

/**
 * Returns what was asked about a VM.
 *
 * @throws {Failure} of code `not_found`, when there is no such VM: it says how
 *   the VM was meant, and what to do about that.
 */
export async function foundVm<T>(
  asked: Promise<Answer<T>>,
  target: Target,
): Promise<T> {
  try {
    return (await asked).value;
  } catch (error) {
    if (error instanceof ApiError && error.isNotFound) {
      throw noSuchVm(target, error);
    }
    throw error;
  }
}

/** Returns the failure for a VM that is not there. */
export function noSuchVm(target: Target, cause?: unknown): Failure {
  const { id, name, usedHead } = target;
  const meant = usedHead
    ? " (HEAD of this folder)"
    : name === undefined
    ? ""
    : ` (alias ${JSON.stringify(name)})`;
  const mend = usedHead
    ? "; to make another HEAD: vers checkout <vm>"
    : name === undefined
    ? ""
    : `; to drop the alias: ${shellLine(["vers", "alias", "remove", name])}`;
  return new Failure(`Cannot find VM ${id}${meant}: the service has none`, {
    code: "not_found",
    hint: `to list the VMs there are: vers status${mend}`,
    cause,
  });
}
