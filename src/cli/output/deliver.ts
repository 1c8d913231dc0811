import { Failure, messageOf } from "../../failure.ts";
import type { JsonObject } from "../../json.ts";
import type { Context } from "../context.ts";
import type { OutputChoice } from "../command_line/output_choice.ts";
import type { Progress } from "./progress.ts";
import { renderResult, type ResultView } from "./render_result.ts";
import { ClosedPipeError } from "./sink.ts";

/** Options for {@linkcode deliverResult}. */
export interface DeliverResultOptions {
  readonly context: Context;
  readonly progress: Progress;
  readonly output: OutputChoice;
  readonly view: ResultView;
  /** Whether the result can be asked for again if it does not get through. */
  readonly isKept: boolean;
}

/**
 * Prints a result and returns when all of it was handed to the kernel.
 *
 * @throws {Failure} of code `undelivered`, when a result that is kept was not
 *   taken whole.
 * @throws {ClosedPipeError} when nobody reads a result that is not kept.
 */
export async function deliverResult(
  result: JsonObject,
  options: DeliverResultOptions,
): Promise<void> {
  const { context, progress, output, view, isKept } = options;
  progress.clear();
  try {
    await context.stdout.write(renderResult(result, output, view));
  } catch (cause) {
    if (cause instanceof ClosedPipeError && !isKept) throw cause;
    const why = messageOf(cause);
    throw new Failure(
      cause instanceof ClosedPipeError
        ? "Cannot deliver the result: nobody reads stdout any more"
        : `Cannot deliver the result: ${why}`,
      { code: isKept ? "undelivered" : "general", retryable: isKept, cause },
    );
  }
}
