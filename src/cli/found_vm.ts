import { ApiError } from "../api/api_error.ts";
import type { Answer } from "../api/exchange.ts";
import { Failure } from "../failure.ts";
import { shellLine } from "./command_line/shell_words.ts";
import type { Target } from "./targets.ts";

/**
 * Returns what was asked about a VM.
 *
 * @throws {Failure} of code `not_found`, when there is none: it says how
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
  const fix = usedHead
    ? "; to make another HEAD: vers checkout <vm>"
    : name === undefined
    ? ""
    : `; to drop the alias: ${shellLine(["vers", "alias", "remove", name])}`;
  return new Failure(`Cannot find VM ${id}${meant}: the service has none`, {
    code: "not_found",
    hint: `to list the VMs there are: vers status${fix}`,
    cause,
  });
}
