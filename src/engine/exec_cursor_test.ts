import { strictEqual } from "node:assert/strict";
import { CursorWatch } from "./exec_cursor.ts";

/** A number and a length, `attach`, or the number of the end. */
type Step = readonly [cursor: number, length: number] | "attach" | number;

const STORIES: readonly (readonly [string, readonly Step[], boolean])[] = [
  ["events counted, from the beginning", [[1, 9], [2, 9], 3], true],
  ["events counted from 0", ["attach", [0, 9], [1, 9], 2], true],
  ["events counted, gone on with", [[1, 9], "attach", [2, 9], 3], true],
  ["the beginning forgotten", ["attach", [4, 9], [5, 9], 6], false],
  ["the middle forgotten", [[1, 9], "attach", [4, 9], [5, 9], 6], false],
  ["all forgotten but the end", ["attach", 6], false],
  ["the end forgotten", [[1, 9], "attach", 6], false],
  ["nothing written", ["attach", 1], true],
  ["bytes counted to their end", [[9, 9], "attach", [14, 5], 14], true],
  ["bytes counted, some forgotten", ["attach", [90, 9], [95, 5], 95], false],
  ["numbers that mean something else", [
    "attach",
    [70_000, 9],
    [90_000, 9],
    91_000,
  ], true],
];

for (const [name, steps, isWhole] of STORIES) {
  Deno.test(`CursorWatch: ${name}`, () => {
    const watch = new CursorWatch();
    for (const step of steps) {
      if (step === "attach") watch.attached();
      else if (typeof step === "number") watch.ended(step);
      else watch.took(...step);
    }
    strictEqual(watch.isWhole, isWhole);
  });
}
