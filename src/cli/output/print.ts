import type { Listing, Printout } from "../command_line/command.ts";
import { deliverResult, type DeliverResultOptions } from "./deliver.ts";
import { deliverPage } from "./page.ts";

/**
 * Prints what a command has to say, and returns the exit code.
 *
 * @throws {ClosedPipeError} when nobody reads it.
 */
export async function print(
  said: Printout | Listing,
  options: Pick<DeliverResultOptions, "context" | "progress" | "output">,
): Promise<number> {
  if ("page" in said) {
    await deliverPage(said.page, { ...options, view: said.view });
    return 0;
  }
  const { result, text, ids, isBare = false, exitCode = 0 } = said;
  const { output } = options;
  await deliverResult(result, {
    ...options,
    output: isBare && !output.isExplicit
      ? { ...output, format: "text" }
      : output,
    isKept: false,
    view: { ids: () => ids, text: () => text },
  });
  return exitCode;
}
