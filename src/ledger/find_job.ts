import type { Entry } from "../job/entry.ts";
import { foldEntries, type Job } from "../job/job.ts";
import {
  blockIncludes,
  blocksBackwards,
  type Line,
  type LineBlock,
  linesBackwards,
} from "./backward_lines.ts";
import { parseEntryLine } from "./entry_line.ts";
import { lineNumberAt } from "./forward_lines.ts";

/** An entry and where its line begins. */
export interface PlacedEntry {
  readonly offset: number;
  readonly entry: Entry;
}

/** A job as the ledger shows it, with the entries that were read of it. */
export interface Sighting {
  readonly job: Job;
  readonly entries: readonly PlacedEntry[];
}

/** A line that may be about the work that is looked for, and cannot be read. */
export interface UnreadableLine {
  /** Which line of the file it is, counted from 1: `sed -n 12p` shows it. */
  readonly line: number;
  /** Where it begins, in bytes. */
  readonly offset: number;
  /** What is wrong with it: "its checksum does not match". */
  readonly why: string;
  /** Whether nothing is wrong with it but that a newer program wrote it. */
  readonly isNewer: boolean;
  /**
   * Whether it may be of a newer job than the one that was found: then that is
   * not to be gone on with either.
   */
  readonly mayBeNewest: boolean;
}

/** What a search for a key met on its way back from the end. */
export interface KeySearch {
  /** The newest job of this account. */
  readonly own: Sighting | undefined;
  /** The newest job of another account, where none of this one is newer. */
  readonly foreign: Sighting | undefined;
  /** A newer job than those, which was started without `--wait`. */
  readonly accepted?: Sighting | undefined;
  /** What must not be submitted beside, whatever was found. */
  readonly unreadable: UnreadableLine | undefined;
  /** How many other lines that were read are torn or corrupt. */
  readonly badLines: number;
}

/** Options for {@linkcode findByKey}. */
export interface FindByKeyOptions {
  readonly account: string;
  /** How far back a job matters, in milliseconds. */
  readonly windowMs: number;
  readonly now: Date;
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
 */
export function findByKey(
  file: Deno.FsFile,
  size: number,
  key: string,
  options: FindByKeyOptions,
): KeySearch {
  const { account } = options;
  const met = new Map<string, PlacedEntry[]>();
  // Those whose first line is still to be read.
  const open = new Set<string>();
  let own: string | undefined;
  let foreign: string | undefined;
  let newer: Line | undefined;
  const found = (): KeySearch => ({
    own: own === undefined ? undefined : sightingOf(met.get(own) ?? []),
    foreign: foreign === undefined
      ? undefined
      : sightingOf(met.get(foreign) ?? []),
    unreadable: newer && newerLine(file, newer),
    badLines: 0,
  });
  for (const block of blocksBackwards(file, size)) {
    if (blockIncludes(block, key)) {
      for (const line of linesBackwards(block)) {
        if (!blockIncludes({ ...block, bytes: line.bytes }, key)) continue;
        const parsed = parseEntryLine(line.bytes);
        if (parsed.type === "newer" && parsed.key === key && !own) {
          newer ??= line;
        }
        if (parsed.type !== "entry" || parsed.entry.key !== key) continue;
        const { entry } = parsed;
        const name = identityOf(entry);
        // The newest is known: others can only be older.
        if (own !== undefined && name !== own && name !== foreign) continue;
        addTo(met, name, { offset: line.offset, entry });
        if (isFirst(entry)) open.delete(name);
        else open.add(name);
        if (entry.status === "submitted") {
          if (entry.account === account) own ??= name;
          else if (own === undefined) foreign ??= name;
        }
        const isRead = (job?: string) => job === undefined || !open.has(job);
        if (own !== undefined && isRead(own) && isRead(foreign)) return found();
      }
    }
    const mayStop = block.bytesRead >= ALWAYS_READ && open.size === 0;
    if (mayStop && isPast(block, options)) break;
  }
  // A job whose `submitted` line was lost still is a job: its newest counts.
  for (const name of own === undefined ? open : []) {
    const isOwn = met.get(name)?.[0]?.entry.account === account;
    if (isOwn) own ??= name;
    else if (own === undefined) foreign ??= name;
  }
  return found();
}

/** Finds the newest job of an id, however far back; Go's lines have none. */
export function findById(
  file: Deno.FsFile,
  size: number,
  id: string,
  token?: string,
): Sighting | undefined {
  const needle = JSON.stringify(id).slice(1, -1);
  const met = new Map<string, PlacedEntry[]>();
  for (const block of blocksBackwards(file, size)) {
    if (!blockIncludes(block, needle)) continue;
    for (const line of linesBackwards(block)) {
      const parsed = parseEntryLine(line.bytes);
      if (parsed.type !== "entry" || parsed.entry.id !== id) continue;
      const { entry } = parsed;
      if (token !== undefined && entry.token !== token) continue;
      const name = identityOf(entry);
      const entries = addTo(met, name, { offset: line.offset, entry });
      if (isFirst(entry)) return sightingOf(entries);
    }
  }
  const [newest] = met.values();
  return newest === undefined ? undefined : sightingOf(newest);
}

/** Returns a line of an id that only a newer program can read. */
export function unreadableOf(
  file: Deno.FsFile,
  size: number,
  id: string,
): UnreadableLine | undefined {
  const needle = JSON.stringify(id).slice(1, -1);
  for (const block of blocksBackwards(file, size)) {
    if (!blockIncludes(block, needle)) continue;
    for (const line of linesBackwards(block)) {
      const parsed = parseEntryLine(line.bytes);
      if (parsed.type === "newer" && parsed.id === id) {
        return newerLine(file, line);
      }
    }
  }
  return undefined;
}

function newerLine(file: Deno.FsFile, { offset }: Line): UnreadableLine {
  return {
    line: lineNumberAt(file, offset),
    offset,
    why: "it was written by a newer vers",
    isNewer: true,
    mayBeNewest: true,
  };
}

/** Whether nothing is written of a job before this: its first intent. */
function isFirst(entry: Entry): boolean {
  return entry.status === "submitted" && entry.sends <= 1 &&
    entry.unconfirmed_at === undefined;
}

/** Returns the entries' job; several sends share an id and a token. */
export function identityOf(entry: Entry): string {
  return `${entry.id} ${entry.token}`;
}

function sightingOf(entries: readonly PlacedEntry[]): Sighting {
  return { job: foldEntries(entries.map(({ entry }) => entry)), entries };
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
    if (dated.isOurs) ours = (ours ?? true) && isOld;
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

function addTo<Name, Value>(
  lists: Map<Name, Value[]>,
  name: Name,
  value: Value,
): readonly Value[] {
  const list = lists.get(name);
  if (list) {
    list.push(value);
    return list;
  }
  const started = [value];
  lists.set(name, started);
  return started;
}
