import type { JobRecord } from "../../job/record.ts";
import type { FindByKeyOptions, UnreadableLine } from "../ledger.ts";
import {
  blocksBackwards,
  lettersOf,
  type Line,
  type LineBlock,
  linesBackwards,
} from "./backward_lines.ts";
import { isSound, isUtf8, looksSound, parseEntryLine } from "./entry_line.ts";
import { findUnordered, type JobName } from "./find_unordered.ts";
import { lineNumberAt } from "./forward_lines.ts";
import { OrderWatch, timeIn } from "./line_order.ts";
import { LongLines } from "./long_lines.ts";
import { MetJobs, type NewestJobs } from "./met_jobs.ts";
import {
  addTo,
  identityOf,
  isFirst,
  type PlacedEntry,
  type PlacedJob,
  placedJobOf,
} from "./placed_job.ts";
import {
  type JobStart,
  NEWER,
  type Remains,
  type Suspect,
  suspectOf,
  Suspects,
  type Verdict,
} from "./suspects.ts";

/** What a search for a key met on its way back from the end. */
export interface FoundOfKey extends NewestJobs {
  readonly unreadable: UnreadableLine | undefined;
  readonly badLines: number;
}

/** How much is always read, whatever the lines say of their age. */
export const ALWAYS_READ = 256 * 1024;

/**
 * Finds the newest job of a key, reading backwards from the end.
 *
 * The first `submitted` line of the key names the job. Its first line of all
 * may stand before that: the search goes on to it, so that what is found is
 * what the whole file says. The search stops only when at least 256 KiB were
 * read, no job that was met waits for its first line, and every line of ours in
 * the block is older than the window by its `at`; where a block has the Go
 * CLI's lines alone, when all that can be dated are. Lines that are corrupt,
 * too long or from the future have no vote.
 *
 * Where lines do not stand in the order in which they were written, all of the
 * file is read.
 */
export function findByKey(
  file: Deno.FsFile,
  size: number,
  key: string,
  options: FindByKeyOptions,
): FoundOfKey {
  const order = new OrderWatch();
  const jobs = new MetJobs(options.account);
  const suspects = new Suspects(options);
  let badLines = 0;
  let next: string | undefined;
  const note = (remains: Remains) => {
    // What stands before the newest job's intent is of older ones.
    const suspect = jobs.own === undefined && suspectOf(remains, key);
    const isTaken = suspect && suspects.take(suspect, next);
    const isBad = remains.parsed.type === "corrupt" && remains.isWhole;
    if (!isTaken && isBad) badLines++;
  };
  const long = new LongLines(key, note);
  for (const block of blocksBackwards(file, size, long.take)) {
    const letters = lettersOf(block.bytes);
    order.note(letters);
    if (order.isLost) return findAnywhere(file, size, key, options);
    long.end();
    const hasKey = letters.includes(key);
    const isText = isUtf8(block.bytes);
    for (const line of linesBackwards(block)) {
      const at = line.offset - block.offset;
      const text = letters.slice(at, at + line.bytes.length);
      const isMentioned = hasKey && text.includes(key);
      // Once all is found a checksum is not worth its time.
      const seems = jobs.isFound ? looksSound : isSound;
      if (!isMentioned && seems(line.bytes, text)) {
        next = timeIn(text) ?? next;
        continue;
      }
      const parsed = parseEntryLine(line.bytes);
      if (parsed.type === "entry") {
        const { entry } = parsed;
        next = entry.at;
        if (entry.key === key) {
          jobs.take({ offset: line.offset, entry });
          if (hasEnded(entry)) suspects.settle(entry);
        }
      } else {
        const { offset, isWhole } = line;
        const isLineText = isText || isUtf8(line.bytes);
        note({ offset, text, isWhole, parsed, isUtf8: isLineText });
      }
    }
    if (jobs.isFound) break;
    const mayStop = block.bytesRead >= ALWAYS_READ && !jobs.isAnyOpen;
    if (mayStop && isPast(block, options)) break;
  }
  long.end();
  const newest = jobs.newest();
  const { own, foreign, accepted } = newest;
  const verdict = suspects.verdict([own ?? foreign, accepted].flatMap(nameOf));
  return reportOf(file, { ...newest, verdict, badLines });
}

function nameOf(placed: PlacedJob | undefined): JobStart[] {
  if (placed === undefined) return [];
  const { job: { id, token }, entries } = placed;
  const firstOffset = Math.min(...entries.map(({ offset }) => offset));
  return [{ id, token, firstOffset }];
}

/** Does the same where the place of a line does not say what is newer. */
function findAnywhere(
  file: Deno.FsFile,
  size: number,
  key: string,
  options: FindByKeyOptions,
): FoundOfKey {
  const found = findUnordered(file, size, key, options);
  const sight = (name: JobName | undefined) =>
    name &&
    findById(file, size, name.id, { token: name.token, isUnordered: true });
  return reportOf(file, {
    ...found,
    own: sight(found.own),
    foreign: sight(found.foreign),
    accepted: sight(found.accepted),
  });
}

/** Returns what a search came to, with the number of the line in its way. */
function reportOf(
  file: Deno.FsFile,
  { verdict, ...found }: Omit<FoundOfKey, "unreadable"> & {
    readonly verdict: Verdict | undefined;
  },
): FoundOfKey {
  return { ...found, unreadable: verdict && lineOf(file, verdict) };
}

function lineOf(
  file: Deno.FsFile,
  { suspect, mayBeNewest }: Verdict,
): UnreadableLine {
  const { offset, why, isNewer } = suspect;
  const line = lineNumberAt(file, offset);
  return { line, offset, why, isNewer, mayBeNewest };
}

/** Options for {@linkcode findById}. */
export interface FindByIdOptions {
  /** Which of the jobs that may have the id; else the newest. */
  readonly token?: string;
  /** Whether the lines are known to stand in no order. */
  readonly isUnordered?: boolean;
}

/** Finds the newest job of an id, however far back; Go's lines have none. */
export function findById(
  file: Deno.FsFile,
  size: number,
  id: string,
  { token, isUnordered = false }: FindByIdOptions = {},
): PlacedJob | undefined {
  const needle = JSON.stringify(id).slice(1, -1);
  const met = new Map<string, PlacedEntry[]>();
  const order = new OrderWatch();
  let first: string | undefined;
  for (const block of blocksBackwards(file, size)) {
    const letters = lettersOf(block.bytes);
    order.note(letters);
    if (letters.includes(needle)) {
      for (const line of linesBackwards(block)) {
        const parsed = parseEntryLine(line.bytes);
        if (parsed.type !== "entry" || parsed.entry.id !== id) continue;
        const { entry } = parsed;
        if (token !== undefined && entry.token !== token) continue;
        const name = identityOf(entry);
        addTo(met, name, { offset: line.offset, entry });
        if (isFirst(entry)) first ??= name;
      }
    }
    // What is out of order may have a line of the job anywhere.
    if (first !== undefined && !isUnordered && !order.isLost) break;
  }
  const newest = met.get(first ?? "") ?? met.values().next().value;
  return newest === undefined ? undefined : placedJobOf(newest);
}

/**
 * Returns a line for which it cannot be told what became of a job: one that
 * only a newer program can read, or, where none of its lines can be read, one
 * that holds its id or is no text.
 */
export function unreadableOf(
  file: Deno.FsFile,
  size: number,
  id: string,
): UnreadableLine | undefined {
  let isKnown = false;
  let newest: Suspect | undefined;
  const note = (remains: Remains) => newest ??= suspectOf(remains, id);
  const long = new LongLines(id, note);
  for (const block of blocksBackwards(file, size, long.take)) {
    long.end();
    const letters = lettersOf(block.bytes);
    const isText = isUtf8(block.bytes);
    if (isText && !letters.includes(id)) continue;
    for (const { offset, bytes, isWhole } of linesBackwards(block)) {
      const parsed = parseEntryLine(bytes);
      if (parsed.type === "entry" || parsed.type === "go") {
        isKnown ||= parsed.entry.id === id;
      }
      if (parsed.type === "newer" && parsed.id === id) {
        const suspect = { offset, why: NEWER, isNewer: true };
        return lineOf(file, { suspect, mayBeNewest: true });
      }
      if (parsed.type !== "corrupt") continue;
      const text = lettersOf(bytes);
      const isUtf8Line = isText || isUtf8(bytes);
      note({ offset, text, isWhole, parsed, isUtf8: isUtf8Line });
    }
  }
  long.end();
  return isKnown || newest === undefined
    ? undefined
    : lineOf(file, { suspect: newest, mayBeNewest: true });
}

function hasEnded({ status }: JobRecord): boolean {
  return status === "complete" || status === "failed";
}

/** Whether the block says that what stands before it is out of the window. */
function isPast(block: LineBlock, options: FindByKeyOptions): boolean {
  const { windowMs, now } = options;
  let ours: boolean | undefined;
  let theirs: boolean | undefined;
  let isTheirsAlone = true;
  for (const line of linesBackwards(block)) {
    const dated = dateOf(line);
    if (dated === undefined) continue;
    if (dated.isOurs) isTheirsAlone = false;
    const age = now.getTime() - dated.time;
    if (age < 0) continue;
    const isOld = age > windowMs;
    // One of ours that is young decides.
    if (dated.isOurs && !isOld) return false;
    if (dated.isOurs) ours = true;
    else theirs = (theirs ?? true) && isOld;
  }
  return ours ?? (isTheirsAlone && theirs === true);
}

function dateOf(line: Line): { time: number; isOurs: boolean } | undefined {
  const parsed = parseEntryLine(line.bytes);
  if (parsed.type === "entry") {
    return { time: Date.parse(parsed.entry.at), isOurs: true };
  }
  if (parsed.type !== "go") return undefined;
  const { completed_at, started_at } = parsed.entry;
  const time = Date.parse(completed_at ?? started_at);
  return Number.isNaN(time) ? undefined : { time, isOurs: false };
}
