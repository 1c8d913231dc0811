import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { testContext } from "../../../tests/helpers/test_context.ts";
import { deliverPage, pageOf, tableLines } from "./page.ts";
import { Progress } from "./progress.ts";

const ITEMS = ["a", "b", "c", "d", "e"].map((id) => ({ id }));

async function printed(
  choice: { limit?: number; offset?: number },
  { format = "json", isQuiet = false }: {
    format?: "json" | "text";
    isQuiet?: boolean;
  } = {},
) {
  await using context = await testContext();
  const { limit, offset } = choice;
  await deliverPage(pageOf(ITEMS, { limit, offset }), {
    context,
    progress: new Progress(context),
    output: { format, isExplicit: true, isQuiet },
    view: {
      id: ({ id }) => String(id),
      text: (items) => items.map(({ id }) => `item ${id}`),
    },
  });
  await context.stderr.flush();
  return { out: context.out(), err: context.err() };
}

for (
  const [choice, ids] of [
    [{}, "abcde"],
    [{ limit: 0 }, "abcde"],
    [{ limit: 5 }, "abcde"],
    [{ limit: 2, offset: 3 }, "de"],
    [{ offset: 4 }, "e"],
    [{ offset: 9 }, ""],
  ] as const
) {
  Deno.test(`deliverPage() of ${JSON.stringify(choice)}, with nothing behind it, prints an array`, async () => {
    const { out, err } = await printed(choice);
    deepStrictEqual(JSON.parse(out), [...ids].map((id) => ({ id })));
    strictEqual(err, "");
  });
}

Deno.test("deliverPage() prints how to go on where more follows", async () => {
  const { out } = await printed({ limit: 2, offset: 1 });
  deepStrictEqual(JSON.parse(out), {
    items: [{ id: "b" }, { id: "c" }],
    total: 5,
    limit: 2,
    offset: 1,
    truncated: true,
    next_offset: 3,
    hint: "(showing 2 of 5; --offset=3 shows the next page, --limit=0 all)",
  });
});

Deno.test("deliverPage() tells people on stderr how to go on", async () => {
  const hint = "(showing 1 of 5; --offset=1 shows the next page, " +
    "--limit=0 all)\n";
  deepStrictEqual(await printed({ limit: 1 }, { format: "text" }), {
    out: "item a\n",
    err: hint,
  });
  deepStrictEqual(await printed({ limit: 1 }, { isQuiet: true }), {
    out: "a\n",
    err: hint,
  });
});

Deno.test("tableLines() makes columns as wide as they must be", () => {
  deepStrictEqual(tableLines([["A", "LONG"], ["value", "b"]]), [
    "A      LONG",
    "value  b",
  ]);
});
