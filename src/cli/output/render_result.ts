import type { JsonObject, JsonValue } from "../../json.ts";
import type { OutputChoice } from "../command_line/output_choice.ts";
import { jsonLine, visible } from "./terminal_text.ts";

/** How one command's result is shown to a person, and which ids it has. */
export interface ResultView {
  /** Lines for a person. */
  readonly text: (result: JsonObject) => readonly string[];
  /** All there is to print when only ids are wanted. */
  readonly ids: (result: JsonObject) => readonly string[];
}

/** Returns what stdout says about a result, with the newline at its end. */
export function renderResult(
  result: JsonObject,
  output: OutputChoice,
  view: ResultView,
): string {
  if (output.isQuiet) return linesOf(view.ids(result));
  switch (output.format) {
    case "json":
      return jsonLine(result) + "\n";
    case "text":
      return linesOf(view.text(result));
  }
}

/** Returns lines as a terminal may show them. */
export function linesOf(lines: readonly string[]): string {
  return lines.map((line) => visible(line) + "\n").join("");
}

/** Returns the texts in a field that holds one, or a list of them. */
export function textsIn(value: JsonValue | undefined): readonly string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  if (!Array.isArray(value)) return [];
  return value.flatMap((item) => typeof item === "string" ? [item] : []);
}
