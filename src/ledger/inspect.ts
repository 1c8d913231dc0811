import { looksStripped } from "../job/go_job.ts";
import { type ParsedLine, parseEntryLine } from "./entry_line.ts";
import { linesForward, type PlacedLine } from "./forward_lines.ts";
import { TOO_LONG } from "./long_lines.ts";

/** A line that says nothing. */
export interface BadLine {
  /** Which line of the file it is, counted from 1. */
  readonly line: number;
  /** Where it begins, in bytes. */
  readonly offset: number;
  readonly length: number;
  /** Whether it is the beginning of a line: a write that was cut off. */
  readonly isTorn: boolean;
  readonly why: string;
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
  const futureLines: FutureLine[] = [];
  const ourIds = new Set<string>();
  const goIds = new Set<string>();
  const stripped = new Map<string, number>();
  let number = 0;
  const noteFuture = (offset: number, id: string, at: string) => {
    if (!(Date.parse(at) - now.getTime() > MAX_LEAD_MS)) return;
    counts.future++;
    if (futureLines.length >= MAX_SHOWN) return;
    futureLines.push({ line: number, offset, id, at });
  };
  for (const line of linesForward(file, 0, size)) {
    number++;
    const parsed = parseLine(line);
    if (parsed.type === "corrupt") {
      counts.bad++;
      const { offset, end, isWhole } = line;
      const length = end - offset - (isWhole ? 1 : 0);
      const { isTorn, why } = parsed;
      if (badLines.length >= MAX_SHOWN) continue;
      badLines.push({ line: number, offset, length, isTorn, why });
    }
    if (parsed.type === "newer") counts.newer++;
    if (parsed.type === "entry") {
      counts.ours++;
      ourIds.add(parsed.entry.id);
      noteFuture(line.offset, parsed.entry.id, parsed.entry.at);
    }
    if (parsed.type === "go") {
      const { entry } = parsed;
      counts.go++;
      goIds.add(entry.id);
      noteFuture(line.offset, entry.id, entry.started_at);
      if (looksStripped(entry)) {
        stripped.set(entry.id, (stripped.get(entry.id) ?? 0) + 1);
      }
    }
  }
  // The Go CLI itself never writes of a job that is ours.
  for (const id of goIds) {
    if (ourIds.has(id) && !stripped.has(id)) stripped.set(id, 1);
  }
  return {
    size,
    ...counts,
    badLines,
    futureLines,
    stripped: [...stripped.values()].reduce((sum, count) => sum + count, 0),
    strippedIds: [...stripped.keys()].slice(0, MAX_SHOWN),
  };
}

/** Returns what a line of a file is; of one that is too long, that. */
export function parseLine({ bytes }: PlacedLine): ParsedLine {
  return bytes === undefined
    ? { type: "corrupt", why: TOO_LONG, isTorn: false }
    : parseEntryLine(bytes);
}
