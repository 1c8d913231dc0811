import type { FindByKeyOptions, UnreadableLine } from "../ledger.ts";
import { isSound, looksSound, parseEntryLine, skimLine } from "./entry_line.ts";
import { findById } from "./find_by_id.ts";
import { type JobOfKey, JobsOfKey, type NewestJobs } from "./jobs_of_key.ts";
import { OrderWatch, timeIn } from "./line_order.ts";
import {
  type Block,
  blocksBackwards,
  type Line,
  linesBackwards,
  linesForward,
  linesFromEnd,
} from "./lines.ts";
import { Needle } from "./needle.ts";
import type { PlacedJob } from "./placed_job.ts";
import {
  remainsOf,
  type Suspect,
  Suspects,
  unreadableLineOf,
} from "./suspects.ts";

/** What a search for a key met on its way back from the end. */
export interface FoundOfKey extends NewestJobs<PlacedJob> {
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
  const needle = new Needle(key);
  const order = new OrderWatch();
  const jobs = new JobsOfKey(options.account, { holdsAll: false });
  const suspects = new Suspects(options);
  const behind = new TimeBehind();
  let isFound = false;
  for (const block of blocksBackwards(file, size)) {
    if (block.bytes !== undefined) order.note(block.bytes);
    if (order.isLost) return findAnywhere(file, size, key, options);
    const hasKey = block.bytes !== undefined && needle.isIn(block.bytes);
    for (const line of linesBackwards(block)) {
      const isMentioned = hasKey && line.bytes && needle.isIn(line.bytes);
      // Once all is found a checksum is not worth its time.
      const seems = isFound ? looksSound : isSound;
      if (line.bytes && !isMentioned && seems(line.bytes)) {
        behind.note(line.bytes);
        continue;
      }
      const remains = remainsOf(file, line, key);
      const { parsed } = remains;
      if (parsed.type === "entry") {
        const { entry } = parsed;
        behind.set(entry.at);
        if (entry.key !== key) continue;
        jobs.take({ offset: line.offset, entry });
        isFound = jobs.isFound;
        suspects.clear(entry);
        continue;
      }
      // What stands before the newest job's intent is of older ones.
      const isMeant = () => !jobs.isOwnKnown;
      suspects.take(remains, key, { isMeant, next: behind.read() });
    }
    behind.read();
    if (isFound) break;
    const mayStop = size - block.offset >= ALWAYS_READ && !jobs.isAnyOpen;
    if (mayStop && isPast(block, options)) break;
  }
  return reportOf(jobs.newest, suspects, { file, size, isOrdered: true });
}

/** Does the same where the place of a line does not say what is newer. */
function findAnywhere(
  file: Deno.FsFile,
  size: number,
  key: string,
  options: FindByKeyOptions,
): FoundOfKey {
  const needle = new Needle(key);
  const jobs = new JobsOfKey(options.account, { holdsAll: true });
  const suspects = new Suspects(options);
  for (const { bytes, offset } of linesFromEnd(file, size)) {
    if (bytes === undefined || !needle.isIn(bytes)) continue;
    const parsed = parseEntryLine(bytes);
    if (parsed.type !== "entry" || parsed.entry.key !== key) continue;
    const { entry } = parsed;
    jobs.take({ offset, entry });
    suspects.clear(entry);
  }
  const { newest } = jobs;
  for (const line of linesForward(file, 0, size)) {
    const { bytes } = line;
    if (bytes && !needle.isIn(bytes) && isSound(bytes)) continue;
    suspects.take(remainsOf(file, line, key), key, {
      isMeant: (suspect) => !isOlder(suspect, newest.own),
    });
  }
  return reportOf(newest, suspects, { file, size, isOrdered: false });
}

/** Returns what a search came to; the jobs with all of their entries. */
function reportOf(
  { own, foreign, accepted }: NewestJobs,
  suspects: Suspects,
  { file, size, isOrdered }: {
    readonly file: Deno.FsFile;
    readonly size: number;
    readonly isOrdered: boolean;
  },
): FoundOfKey {
  const placed = (job: JobOfKey | undefined) =>
    job && findById(file, size, job.id, { token: job.token, isOrdered });
  const starts = [own ?? foreign, accepted].flatMap((job) => {
    if (job === undefined) return [];
    const { id, token, firstOffset } = job;
    return isOrdered ? { id, token, firstOffset } : { id, token };
  });
  const verdict = suspects.verdict(starts);
  return {
    own: placed(own),
    foreign: placed(foreign),
    accepted: placed(accepted),
    unreadable: verdict && unreadableLineOf(file, verdict),
    badLines: suspects.badLines,
  };
}

/** Whether a line says that it is older than the intent of the newest job. */
function isOlder(
  { id, timeMs }: Suspect,
  own: JobOfKey | undefined,
): boolean {
  return own !== undefined && id !== own.id && timeMs !== undefined &&
    timeMs < Date.parse(own.latestAt);
}

/** When the next line behind was written, for one that does not say it. */
class TimeBehind {
  #time: string | undefined;
  /** The lines that were met since: few are ever looked at. */
  #met: Uint8Array[] = [];

  /** Takes note of a line that is sound. */
  note(line: Uint8Array): void {
    this.#met.push(line);
  }

  set(time: string): void {
    this.#time = time;
    this.#met = [];
  }

  /** Returns the time; to be asked before the bytes of a block are gone. */
  read(): string | undefined {
    for (const line of this.#met.reverse()) {
      const time = timeIn(line);
      if (time === undefined) continue;
      this.#time = time;
      break;
    }
    this.#met = [];
    return this.#time;
  }
}

/** Whether the block says that what stands before it is out of the window. */
function isPast(block: Block, options: FindByKeyOptions): boolean {
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

function dateOf(
  { bytes }: Line,
): { time: number; isOurs: boolean } | undefined {
  const skimmed = skimLine(bytes);
  if (skimmed.type === "entry") {
    return { time: Date.parse(skimmed.entry.at), isOurs: true };
  }
  if (skimmed.type !== "go") return undefined;
  const { completed_at, started_at } = skimmed.entry;
  const time = Date.parse(completed_at ?? started_at);
  return Number.isNaN(time) ? undefined : { time, isOurs: false };
}
