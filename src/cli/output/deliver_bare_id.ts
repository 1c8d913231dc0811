import type { JsonObject } from "../../json.ts";
import type { CommandInput } from "../command_line/command.ts";
import type { Context } from "../context.ts";
import { deliverResult } from "./deliver.ts";

/** Options for {@linkcode deliverBareId}. */
export interface DeliverBareIdOptions {
  readonly input: Pick<CommandInput, "invocation" | "progress">;
  readonly context: Context;
  /** What is printed when JSON was asked for. */
  readonly result: JsonObject;
}

/**
 * Prints an id alone, whatever stdout is, unless JSON was asked for: so that
 * a script can take it as it is.
 *
 * @throws {ClosedPipeError} when nobody reads it.
 */
export async function deliverBareId(
  id: string,
  { input, context, result }: DeliverBareIdOptions,
): Promise<void> {
  const { invocation: { output }, progress } = input;
  await deliverResult(result, {
    context,
    progress,
    output: output.isExplicit ? output : { ...output, format: "text" },
    isKept: false,
    view: { ids: () => [id], text: () => [id] },
  });
}
