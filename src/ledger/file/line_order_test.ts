import { strictEqual } from "node:assert/strict";
import { submitted } from "../../../tests/helpers/entries.ts";
import { goLine, timeAt } from "../../../tests/helpers/ledger_parts.ts";
import { joinBytes } from "../../bytes.ts";
import { formatLine } from "./entry_line.ts";
import { OrderWatch, timeIn } from "./line_order.ts";

/** Returns a block of lines that were written at these milliseconds. */
function block(...times: readonly number[]): Uint8Array {
  return joinBytes(
    times.map((ms) => formatLine(submitted({ at: timeAt(ms) }))),
  );
}

const go = new TextEncoder().encode(goLine(timeAt(0)));

for (
  const { name, blocks, isLost } of [
    { name: "lines in order", blocks: [block(1, 2, 2, 3)], isLost: false },
    {
      name: "a line before an older one",
      blocks: [block(1, 3, 2)],
      isLost: true,
    },
    {
      name: "blocks in order",
      blocks: [block(1, 2), block(2, 3)],
      isLost: false,
    },
    {
      name: "a block before an older one",
      blocks: [block(3, 4), block(1, 2)],
      isLost: true,
    },
    {
      name: "a block before an older one, with others' lines between",
      blocks: [block(3, 4), go, block(1, 2)],
      isLost: true,
    },
    { name: "no line of ours", blocks: [go, new Uint8Array()], isLost: false },
  ]
) {
  Deno.test(`OrderWatch finds of ${name} that order is ${isLost ? "lost" : "kept"}`, () => {
    const watch = new OrderWatch();
    for (const bytes of blocks.toReversed()) watch.note(bytes);
    strictEqual(watch.isLost, isLost);
  });
}

Deno.test("timeIn() gives when a line of ours was written, and nothing of others", () => {
  strictEqual(timeIn(block(7)), timeAt(7));
  strictEqual(timeIn(go), undefined);
  const odd = submitted({ at: timeAt(7), args: ['"v":2,"at":"no time"'] });
  strictEqual(timeIn(formatLine(odd)), timeAt(7));
});
