import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { renderResult, type ResultView, textsIn } from "./render_result.ts";

const view: ResultView = {
  ids: (result) => textsIn(result.ids),
  text: (result) => [`made ${textsIn(result.ids).length}`, "tip: \x1b[1mlook"],
};
const result = { ids: ["a", "b"], status: "complete", head: undefined };

for (
  const [format, isQuiet, text] of [
    ["json", false, '{"ids":["a","b"],"status":"complete"}\n'],
    ["text", false, "made 2\ntip: \\x1b[1mlook\n"],
    ["json", true, "a\nb\n"],
    ["text", true, "a\nb\n"],
  ] as const
) {
  Deno.test(`renderResult() as ${format}${isQuiet ? ", quiet" : ""}`, () => {
    const output = { format, isExplicit: true, isQuiet };
    strictEqual(renderResult(result, output, view), text);
  });
}

Deno.test("textsIn() takes one text, or those of a list", () => {
  deepStrictEqual(textsIn("a"), ["a"]);
  deepStrictEqual(textsIn(["a", 1, "b"]), ["a", "b"]);
  deepStrictEqual(textsIn(undefined), []);
  deepStrictEqual(textsIn(null), []);
});
