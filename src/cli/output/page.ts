import type { JsonObject } from "../../json.ts";
import type { Context } from "../context.ts";
import { type FlagTable, wholeNumber } from "../command_line/flag.ts";
import type { OutputChoice } from "../command_line/output_choice.ts";
import type { Progress } from "./progress.ts";
import { linesOf } from "./render_result.ts";
import { jsonLine } from "./terminal_text.ts";

const MAX_COUNT = 2 ** 31 - 1;

/** How many items a page has by default. */
export const DEFAULT_LIMIT = 50;

/** The flags of every command that prints a list. */
export const PAGE_FLAGS = {
  limit: {
    type: "value",
    brief: "Show at most so many; 0: all",
    placeholder: "COUNT",
    fallback: String(DEFAULT_LIMIT),
    parse: wholeNumber({ min: 0, max: MAX_COUNT, example: 20 }),
  },
  offset: {
    type: "value",
    brief: "Leave out so many first",
    placeholder: "COUNT",
    fallback: "0",
    parse: wholeNumber({ min: 0, max: MAX_COUNT, example: 50 }),
  },
} as const satisfies FlagTable;

/** A part of a list. */
export interface Page {
  readonly items: readonly JsonObject[];
  /** How many items the whole list has. */
  readonly total: number;
  /** 0: all. */
  readonly limit: number;
  readonly offset: number;
}

/** Which part of a list is wanted. */
export interface PageChoice {
  readonly limit: number | undefined;
  readonly offset: number | undefined;
}

/** Returns the wanted part of a list. */
export function pageOf(items: readonly JsonObject[], choice: PageChoice): Page {
  const { limit = DEFAULT_LIMIT, offset = 0 } = choice;
  const end = limit === 0 ? items.length : offset + limit;
  return {
    items: items.slice(offset, end),
    total: items.length,
    limit,
    offset,
  };
}

/** How a list is shown. */
export interface PageView {
  /** Lines for a person; also of no items at all. */
  readonly text: (items: readonly JsonObject[]) => readonly string[];
  /** What is printed of an item when only ids are wanted. */
  readonly id: (item: JsonObject) => string;
}

/** Options for {@linkcode deliverPage}. */
export interface DeliverPageOptions {
  readonly context: Context;
  readonly progress: Progress;
  readonly output: OutputChoice;
  readonly view: PageView;
}

/**
 * Prints a part of a list: in JSON an array, or an object that says how to get
 * the rest where more follows. People see that on stderr.
 *
 * @throws {ClosedPipeError} when nobody reads it.
 */
export async function deliverPage(
  page: Page,
  options: DeliverPageOptions,
): Promise<void> {
  const { context, progress, output, view } = options;
  progress.clear();
  await context.stdout.write(renderPage(page, output, view));
  const isWhole = output.format === "json" && !output.isQuiet;
  const hint = isWhole ? undefined : pageHint(page);
  if (hint !== undefined) progress.say(hint);
}

function renderPage(page: Page, output: OutputChoice, view: PageView): string {
  if (output.isQuiet) return linesOf(page.items.map(view.id));
  switch (output.format) {
    case "json":
      return jsonLine(pageJson(page)) + "\n";
    case "text":
      return linesOf(view.text(page.items));
  }
}

/** The list itself if nothing follows; else a part, and how to get the rest. */
function pageJson(page: Page): JsonObject | readonly JsonObject[] {
  const hint = pageHint(page);
  if (hint === undefined) return page.items;
  const { items, total, limit, offset } = page;
  return {
    items,
    total,
    limit,
    offset,
    truncated: true,
    next_offset: offset + items.length,
    hint,
  };
}

/** How to see what follows; nothing if nothing does. */
function pageHint({ items, total, offset }: Page): string | undefined {
  const next = offset + items.length;
  if (next >= total) return undefined;
  return `(showing ${items.length} of ${total}; ` +
    `--offset=${next} shows the next page, --limit=0 all)`;
}

/** Returns lines of columns, each as wide as its widest text. */
export function tableLines(
  rows: readonly (readonly string[])[],
): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, text] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, text.length);
    }
  }
  return rows.map((row) =>
    row.map((text, index) => text.padEnd(widths[index] ?? 0)).join("  ")
      .trimEnd()
  );
}

/** Returns a line for each fact that is known, the values below each other. */
export function factLines(
  facts: readonly (readonly [name: string, value: unknown])[],
): readonly string[] {
  return tableLines(
    facts.flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value]] : []
    ),
  );
}
