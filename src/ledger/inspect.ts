import { looksStripped } from "../job/go_job.ts";
import { type ParsedLine, parseEntryLine } from "./entry_line.ts";
import { linesForward, type PlacedLine } from "./forward_lines.ts";

/** A line that says nothing. */
export interface BadLine {
  /** Where it begins, in bytes. */
  readonly offset: number;
  readonly length: number;
  /** Whether it is the beginning of a line: a write that was cut off. */
  readonly isTorn: boolean;
  readonly why: string;
}

/** A line whose time is still to come. */
export interface FutureLine {
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
  const noteFuture = (offset: number, id: string, at: string) => {
    if (!(Date.parse(at) - now.getTime() > MAX_LEAD_MS)) return;
    counts.future++;
    if (futureLines.length < MAX_SHOWN) futureLines.push({ offset, id, at });
  };
  for (const line of linesForward(file, 0, size)) {
    if (line.bytes?.length === 0) continue;
    const bad = badLineOf(line);
    if (bad !== undefined) {
      counts.bad++;
      if (badLines.length < MAX_SHOWN) badLines.push(bad);
      continue;
    }
    const parsed = parse(line);
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

const CLOSING_BRACE = 125;

/** Returns what is bad about a line; nothing of one that says something. */
export function badLineOf(line: PlacedLine): BadLine | undefined {
  const { offset, bytes, isWhole } = line;
  const length = line.end - offset - (isWhole ? 1 : 0);
  if (length === 0) return undefined;
  if (bytes === undefined) {
    return { offset, length, isTorn: false, why: "it is longer than 1 MiB" };
  }
  const parsed = parseEntryLine(bytes);
  if (parsed.type !== "corrupt") return undefined;
  const isTorn = !isWhole || bytes[bytes.length - 1] !== CLOSING_BRACE;
  const why = isTorn ? "it was cut off" : parsed.why;
  return { offset, length, isTorn, why };
}

function parse({ bytes }: PlacedLine): ParsedLine {
  return bytes === undefined
    ? { type: "corrupt", why: "it is too long" }
    : parseEntryLine(bytes);
}
