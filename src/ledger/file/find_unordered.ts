import type { JobRecord } from "../../job/record.ts";
import { BLOCK_SIZE, lettersOf } from "./backward_lines.ts";
import { isSound, isUtf8, parseEntryLine } from "./entry_line.ts";
import { linesForward, readBlock } from "./forward_lines.ts";
import { LongLines } from "./long_lines.ts";
import { identityOf } from "./placed_job.ts";
import {
  type JobStart,
  type Remains,
  type Suspect,
  suspectOf,
  Suspects,
  type Verdict,
  type Window,
} from "./suspects.ts";

/** Which job it is: an id may be that of several. */
export type JobName = Pick<JobStart, "id" | "token">;

/** What a search of all of a file came to. */
export interface UnorderedSearch {
  readonly own: JobName | undefined;
  readonly foreign: JobName | undefined;
  readonly accepted: JobName | undefined;
  readonly verdict: Verdict | undefined;
  readonly badLines: number;
}

/** Options for {@linkcode findUnordered}. */
export interface FindUnorderedOptions extends Window {
  readonly account: string;
}

/**
 * Finds the newest job of a key in a file whose lines do not stand in the order
 * in which they were written: sorted by a program, or written on both sides of
 * a clock that was set back.
 *
 * Then neither the place of a line nor its time alone says what is newer. Where
 * they contradict each other, the last one counts, unless more may still come of
 * the latest: to go on with that one makes no second VM.
 */
export function findUnordered(
  file: Deno.FsFile,
  size: number,
  key: string,
  options: FindUnorderedOptions,
): UnorderedSearch {
  const jobs = readJobs(file, size, key);
  const { account } = options;
  const newest = (isOwn: boolean, isAccepted: boolean) =>
    newestOf(
      jobs.filter((job) =>
        (job.account === account) === isOwn && job.isAccepted === isAccepted
      ),
    );
  const own = newest(true, false);
  const other = newest(false, false);
  const unwaited = newest(true, true);
  const foreign = own && other && own.lastOffset > other.lastOffset
    ? undefined
    : other;
  const accepted = own && unwaited && own.latestAt > unwaited.latestAt
    ? undefined
    : unwaited;
  const suspects = new Suspects(options);
  for (const job of jobs) {
    if (job.isComplete || job.isFailed) suspects.settle(job);
  }
  let badLines = 0;
  readRemains(file, size, key, (remains) => {
    const suspect = suspectOf(remains, key);
    const isTaken = suspect && !isOlder(suspect, own) &&
      suspects.take(suspect, undefined);
    const isBad = remains.parsed.type === "corrupt" && remains.isWhole;
    if (!isTaken && isBad) badLines++;
  });
  const found = [own ?? foreign, accepted].filter((job) => job !== undefined);
  const verdict = suspects.verdict(found);
  return { own, foreign, accepted, verdict, badLines };
}

/** What is kept of the lines of one job of the key. */
interface JobTally extends JobName {
  readonly account: string;
  readonly hasIntent: boolean;
  /** Where its last intent stands, or its last line where none can be read. */
  readonly lastOffset: number;
  /** When its latest intent was written, or its latest line. */
  readonly latestAt: string;
  /** Whether it was started without `--wait`. */
  readonly isAccepted: boolean;
  readonly isFailed: boolean;
  readonly isComplete: boolean;
  readonly isGone: boolean;
  /** Whether its result was given to somebody. */
  readonly isOver: boolean;
}

function readJobs(file: Deno.FsFile, size: number, key: string): JobTally[] {
  const tallies = new Map<string, JobTally>();
  for (const { bytes, offset } of linesForward(file, 0, size)) {
    if (bytes === undefined || !lettersOf(bytes).includes(key)) continue;
    const parsed = parseEntryLine(bytes);
    if (parsed.type !== "entry" || parsed.entry.key !== key) continue;
    const { entry } = parsed;
    const name = identityOf(entry);
    tallies.set(name, added(tallies.get(name), entry, offset));
  }
  return [...tallies.values()];
}

function added(
  tally: JobTally | undefined,
  entry: JobRecord,
  offset: number,
): JobTally {
  const { id, token, account, at, status } = entry;
  const hasIntent = status === "submitted";
  const isComplete = status === "complete";
  const one: JobTally = {
    id,
    token,
    account,
    hasIntent,
    lastOffset: offset,
    latestAt: at,
    isAccepted: entry.accepted_at !== undefined,
    isFailed: status === "failed",
    isComplete,
    isGone: isComplete && entry.gone_at !== undefined,
    isOver: isComplete && entry.delivered_at !== undefined,
  };
  if (tally === undefined) return one;
  // Intents alone say when a job was asked for.
  const timed = tally.hasIntent && !hasIntent
    ? tally
    : hasIntent && !tally.hasIntent
    ? one
    : {
      lastOffset: offset,
      latestAt: at > tally.latestAt ? at : tally.latestAt,
    };
  return {
    ...one,
    hasIntent: hasIntent || tally.hasIntent,
    lastOffset: timed.lastOffset,
    latestAt: timed.latestAt,
    isAccepted: one.isAccepted || tally.isAccepted,
    isFailed: one.isFailed || tally.isFailed,
    isComplete: one.isComplete || tally.isComplete,
    isGone: one.isGone || tally.isGone,
    isOver: one.isOver || tally.isOver,
  };
}

function newestOf(jobs: readonly JobTally[]): JobTally | undefined {
  const intended = jobs.filter(({ hasIntent }) => hasIntent);
  let last: JobTally | undefined;
  let latest: JobTally | undefined;
  for (const job of intended.length > 0 ? intended : jobs) {
    const isBehind = (other: JobTally) => job.lastOffset > other.lastOffset;
    if (!last || isBehind(last)) last = job;
    const isLatest = !latest || job.latestAt > latest.latestAt ||
      (job.latestAt === latest.latestAt && isBehind(latest));
    if (isLatest) latest = job;
  }
  return last && latest && hopeOf(latest) > hopeOf(last) ? latest : last;
}

/** How much is lost if a job is passed over. */
function hopeOf({ isFailed, isComplete, isGone, isOver }: JobTally): number {
  if (isComplete) return isGone ? 0 : isOver ? 1 : 2;
  return isFailed ? 0 : 3;
}

/** Whether a line says that it is older than the intent of the newest job. */
function isOlder(
  { id, timeMs }: Suspect,
  own: JobTally | undefined,
): boolean {
  return own !== undefined && id !== own.id && timeMs !== undefined &&
    timeMs < Date.parse(own.latestAt);
}

/** Calls `note` with every line that cannot be read, or may not be. */
function readRemains(
  file: Deno.FsFile,
  size: number,
  key: string,
  note: (remains: Remains) => void,
): void {
  const long = new LongLines(key, note);
  for (const { bytes, offset, end, isWhole } of linesForward(file, 0, size)) {
    if (bytes === undefined) {
      for (let to = end; to > offset; to -= BLOCK_SIZE) {
        const from = Math.max(offset, to - BLOCK_SIZE);
        const part = readBlock(file, from, to);
        long.take({ offset: from, bytes: part, isEnd: to === end });
      }
      long.end();
      continue;
    }
    const text = lettersOf(bytes);
    if (!text.includes(key) && isSound(bytes, text)) continue;
    const parsed = parseEntryLine(bytes);
    note({ offset, text, isWhole, parsed, isUtf8: isUtf8(bytes) });
  }
}
