import type { JobRecord } from "../../job/record.ts";
import { identityOf, isFirst, type PlacedEntry } from "./placed_job.ts";
import type { JobStart } from "./suspects.ts";

/** What a line says of its job: that it is asked for, or came to something. */
type Mark = "intent" | "accepted" | "failed" | "complete" | "over" | "gone";

/** What is kept of the lines of one job of the key. */
export interface JobOfKey extends JobStart {
  /** Where the first line stands that was read of it. */
  readonly firstOffset: number;
  readonly account: string;
  /** What any of its lines says. */
  readonly marks: ReadonlySet<Mark>;
  /** Whether its first line of all is still to be read. */
  readonly isOpen: boolean;
  /** Where its last intent stands, or its last line where none can be read. */
  readonly lastOffset: number;
  /** When its latest intent was written, or its latest line. */
  readonly latestAt: string;
}

/** The newest jobs of a key. */
export interface NewestJobs<Found = JobOfKey> {
  /** Of this account. */
  readonly own: Found | undefined;
  /** Of another account, where none of this one is newer. */
  readonly foreign: Found | undefined;
  /** Of this account, newer than those, and started without `--wait`. */
  readonly accepted: Found | undefined;
}

/**
 * The jobs of a key that a search has met on its way back from the end.
 *
 * The one that was asked for last is the newest. Where lines do not stand in
 * the order in which they were written, neither the place of a line nor its
 * time alone says which that is. Where they contradict each other, the last one
 * counts, unless more may still come of the latest: to go on with that one
 * makes no second VM.
 */
export class JobsOfKey {
  readonly #account: string;
  readonly #holdsAll: boolean;
  readonly #jobs = new Map<string, JobOfKey>();
  #newest: NewestJobs | undefined;

  /** `holdsAll`: also jobs that are not the newest where lines are in order. */
  constructor(account: string, { holdsAll }: { readonly holdsAll: boolean }) {
    this.#account = account;
    this.#holdsAll = holdsAll;
  }

  get newest(): NewestJobs {
    return this.#newest ??= newestOf([...this.#jobs.values()], this.#account);
  }

  /** Whether the newest job of this account is known, by its intent. */
  get isOwnKnown(): boolean {
    return this.newest.own?.marks.has("intent") ?? false;
  }

  get isAnyOpen(): boolean {
    return this.#jobs.values().some(({ isOpen }) => isOpen);
  }

  /** Whether nothing that comes now can change what is the newest. */
  get isFound(): boolean {
    const { own, foreign, accepted } = this.newest;
    return this.isOwnKnown &&
      [own, foreign, accepted].every((job) => !job?.isOpen);
  }

  /** Takes an entry of the key; the last one of the file comes first. */
  take({ entry, offset }: PlacedEntry): void {
    const name = identityOf(entry);
    const one = jobOf(entry, offset);
    const known = this.#jobs.get(name);
    const job = known === undefined ? one : merged(known, one);
    this.#jobs.set(name, job);
    this.#newest = undefined;
    if (this.#holdsAll || job.isOpen) return;
    // However many there are of one key: only the newest are held.
    const { own, foreign, accepted } = this.newest;
    const isNewest = job === own || job === foreign || job === accepted;
    if (!isNewest) this.#jobs.delete(name);
  }
}

function jobOf(entry: JobRecord, offset: number): JobOfKey {
  const { id, token, account, at, status } = entry;
  const marks = new Set<Mark>();
  if (status === "submitted") marks.add("intent");
  if (entry.accepted_at !== undefined) marks.add("accepted");
  if (status === "failed") marks.add("failed");
  if (status === "complete") {
    marks.add("complete");
    if (entry.delivered_at !== undefined) marks.add("over");
    if (entry.gone_at !== undefined) marks.add("gone");
  }
  return {
    id,
    token,
    account,
    marks,
    isOpen: !isFirst(entry),
    firstOffset: offset,
    lastOffset: offset,
    latestAt: at,
  };
}

/** Returns a job with a line that stands before those known of it. */
function merged(known: JobOfKey, one: JobOfKey): JobOfKey {
  // Intents alone say when a job was asked for.
  const isAsked = known.marks.has("intent");
  const timed = isAsked || !one.marks.has("intent") ? known : one;
  const isLatest = isAsked === one.marks.has("intent") &&
    one.latestAt > known.latestAt;
  return {
    ...one,
    marks: known.marks.union(one.marks),
    lastOffset: timed.lastOffset,
    latestAt: isLatest ? one.latestAt : timed.latestAt,
  };
}

function newestOf(all: readonly JobOfKey[], account: string): NewestJobs {
  const isOf = (isOwn: boolean, isAccepted: boolean) => (job: JobOfKey) =>
    (job.account === account) === isOwn &&
    job.marks.has("accepted") === isAccepted;
  const intended = all.filter(isAsked);
  // A job whose intent was lost still is one, where no other is known.
  const jobs = intended.some(isOf(true, false)) ? intended : all;
  const own = lastOf(jobs.filter(isOf(true, false)));
  const other = lastOf(jobs.filter(isOf(false, false)));
  const unwaited = lastOf(jobs.filter(isOf(true, true)));
  // Only an intent says when a job was asked for.
  const asked = own && isAsked(own) ? own : undefined;
  const isOtherOlder = asked && other && asked.lastOffset > other.lastOffset;
  const isUnwaitedOlder = asked && unwaited && isLater(asked, unwaited);
  return {
    own,
    foreign: isOtherOlder ? undefined : other,
    accepted: isUnwaitedOlder ? undefined : unwaited,
  };
}

/** Returns the job that was asked for last. */
function lastOf(jobs: readonly JobOfKey[]): JobOfKey | undefined {
  const intended = jobs.filter(isAsked);
  let last: JobOfKey | undefined;
  let latest: JobOfKey | undefined;
  for (const job of intended.length > 0 ? intended : jobs) {
    if (!last || job.lastOffset > last.lastOffset) last = job;
    if (!latest || isLater(job, latest)) latest = job;
  }
  return last && latest && hopeOf(latest) > hopeOf(last) ? latest : last;
}

function isLater(one: JobOfKey, other: JobOfKey): boolean {
  if (one.latestAt !== other.latestAt) return one.latestAt > other.latestAt;
  return one.lastOffset > other.lastOffset;
}

function isAsked({ marks }: JobOfKey): boolean {
  return marks.has("intent");
}

/** How much is lost if a job is passed over. */
function hopeOf({ marks }: JobOfKey): number {
  if (!marks.has("complete")) return marks.has("failed") ? 0 : 3;
  return marks.has("gone") ? 0 : marks.has("over") ? 1 : 2;
}
