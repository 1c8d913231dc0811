import { looksStripped } from "../../job/go_job.ts";
import { type ParsedLine, skimLine } from "./entry_line.ts";
import { type Line, linesForward } from "./lines.ts";

/** A line that says nothing, and those behind it that do so likewise. */
export interface BadLine {
  /** Which line of the file it is, counted from 1. */
  readonly line: number;
  /** The last of them. */
  readonly lastLine: number;
  /** Where it begins, in bytes. */
  readonly offset: number;
  /** How long they are, without the last newline. */
  readonly length: number;
  /** Whether it is the beginning of a line: a write that was cut off. */
  readonly isTorn: boolean;
  readonly why: string;
}

/** A line that a newer version of this program wrote. */
export interface NewerLine {
  readonly line: number;
  readonly offset: number;
  readonly id: string | undefined;
}

/** A line whose time is still to come. */
export interface FutureLine {
  readonly line: number;
  readonly offset: number;
  readonly id: string;
  readonly at: string;
}

/** What the lines of a ledger are. */
export interface Inspection {
  readonly size: number;
  readonly ours: number;
  readonly go: number;
  /** Lines that a newer version of this program wrote. */
  readonly newer: number;
  /** The first of the newer lines. */
  readonly newerLines: readonly NewerLine[];
  readonly bad: number;
  /** The first of the bad lines. */
  readonly badLines: readonly BadLine[];
  readonly future: number;
  /** The first of the future lines. */
  readonly futureLines: readonly FutureLine[];
  /** How many lines look as if the Go CLI's prune had cut them down. */
  readonly stripped: number;
  /** The first of the ids of those. */
  readonly strippedIds: readonly string[];
}

const MAX_SHOWN = 100;
const MAX_LEAD_MS = 3_600_000;

/** Reads every line of a ledger and tells what it is. */
export function inspectLines(
  file: Deno.FsFile,
  size: number,
  now: Date,
): Inspection {
  const counts = { ours: 0, go: 0, newer: 0, bad: 0, future: 0 };
  const badLines: BadLine[] = [];
  const newerLines: NewerLine[] = [];
  const futureLines: FutureLine[] = [];
  const ourIds = new Set<string>();
  const goIds = new Set<string>();
  const stripped = new Map<string, number>();
  let number = 0;
  for (const line of linesForward(file, 0, size)) {
    const place = { line: ++number, offset: line.offset };
    const skimmed = skimLine(line.bytes);
    if (skimmed.type === "blank") continue;
    if (skimmed.type === "corrupt") {
      counts.bad++;
      addBad(badLines, number, line, skimmed);
      continue;
    }
    if (skimmed.type === "newer") {
      counts.newer++;
      show(newerLines, { ...place, id: skimmed.id });
      continue;
    }
    const { id } = skimmed.entry;
    let at: string;
    if (skimmed.type === "entry") {
      counts.ours++;
      ourIds.add(id);
      ({ at } = skimmed.entry);
    } else {
      counts.go++;
      goIds.add(id);
      at = skimmed.entry.started_at;
      const isStripped = looksStripped(skimmed.entry);
      if (isStripped) stripped.set(id, (stripped.get(id) ?? 0) + 1);
    }
    if (Date.parse(at) - now.getTime() > MAX_LEAD_MS) {
      counts.future++;
      show(futureLines, { ...place, id, at });
    }
  }
  // The Go CLI itself never writes of a job that is ours.
  for (const id of goIds) {
    if (ourIds.has(id) && !stripped.has(id)) stripped.set(id, 1);
  }
  return {
    size,
    ...counts,
    newerLines,
    badLines,
    futureLines,
    stripped: [...stripped.values()].reduce((sum, count) => sum + count, 0),
    strippedIds: [...stripped.keys()].slice(0, MAX_SHOWN),
  };
}

/** Adds to what is shown, of which there are never too many. */
function show<Item>(shown: Item[], item: Item): void {
  if (shown.length < MAX_SHOWN) shown.push(item);
}

function addBad(
  badLines: BadLine[],
  number: number,
  { offset, end, isWhole }: Line,
  { isTorn, why }: ParsedLine & { readonly type: "corrupt" },
): void {
  const last = badLines.at(-1);
  const isSame = last?.lastLine === number - 1 && last.why === why &&
    last.isTorn === isTorn;
  if (!isSame && badLines.length >= MAX_SHOWN) return;
  const first = isSame ? last : { line: number, offset, isTorn, why };
  const length = end - first.offset - (isWhole ? 1 : 0);
  badLines.splice(isSame ? -1 : badLines.length, 1, {
    ...first,
    lastLine: number,
    length,
  });
}
