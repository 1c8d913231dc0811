import { ensurePrivateFolder } from "../../atomic_file.ts";
import type { Clock } from "../../clock.ts";
import {
  acquireFileLock,
  type FileLock,
  FileLockError,
  type LockHolder,
} from "../../file_lock.ts";
import type { JobRecord } from "../../job/record.ts";
import type { GoRecord } from "../../job/go_job.ts";
import { foldRecords, type Job, type SubmittedJob } from "../../job/job.ts";
import {
  blockIncludes,
  blocksBackwards,
  linesBackwards,
} from "./backward_lines.ts";
import { formatLine, parseEntryLine } from "./entry_line.ts";
import {
  findById,
  findByKey,
  type FindByKeyOptions,
  type KeySearch,
  type UnreadableLine,
  unreadableOf,
} from "./find_job.ts";
import {
  findGoById,
  findStripped,
  type FindStrippedOptions,
} from "./find_go_job.ts";
import { LedgerError } from "../ledger_error.ts";
import {
  appendLine,
  type FileState,
  readLedger,
  statLedger,
} from "./ledger_file.ts";
import { identityOf, type Sighting } from "./sighting.ts";

/** Where the ledger ended at one moment. */
export interface Mark {
  readonly file: FileState | undefined;
  /** RFC 3339: what counts where the file has been replaced since. */
  readonly at: string;
}

/** What an action under the ledger's lock can ask of it. */
export interface LedgerView {
  /** Returns the job of an id and token as it is now, if it is there. */
  read(job: Job): Job | undefined;
  /** Returns the id of another job that has this VM as its handle. */
  ownerOf(vmId: string, except: Job): string | undefined;
}

/** What an action under the ledger's lock decided. */
export interface Update<Result> {
  /** The job as it is to be from now on; none: nothing is written. */
  readonly append?: Job;
  readonly result: Result;
}

/** Options for {@linkcode Ledger.update}. */
export interface UpdateOptions {
  /** How long to wait for another writer, in milliseconds; at most 10 s. */
  readonly waitMs?: number;
}

/** Options for {@linkcode Ledger.lockJob}. */
export interface LockJobOptions {
  readonly waitMs: number;
  readonly signal?: AbortSignal;
  readonly onWaiting?: (holder: LockHolder | undefined) => void;
}

const LEDGER_NAME = "jobs.jsonl";
const LOCK_NAME = "jobs.lock";
const LOCKS_FOLDER = "locks";
const KEY_DIGITS = 5;
/** Jobs without a key are never asked for again: few files do for all. */
const ID_DIGITS = 3;

/**
 * With what a look at a held lock takes at every later entry, a holder that is
 * stopped holds nobody up for more than 10 s.
 */
const LOCK_WAIT_MS = 8_000;

const NOTHING_FOUND: KeySearch = {
  own: undefined,
  foreign: undefined,
  accepted: undefined,
  unreadable: undefined,
  badLines: 0,
};

const MAX_LEAD_MS = 3_600_000;

/**
 * An append-only file of entries, shared by every process of one user.
 *
 * An entry counts once its line, newline included, is on disk. Every append
 * happens under an exclusive lock on a file beside the ledger; the ledger is
 * opened after that lock is held and closed before it is released, and under
 * it nothing is awaited. A last line without a newline is a write that never
 * finished: readers skip it, unless its newline is all that it lacks, and the
 * next writer closes it off.
 */
export class Ledger {
  readonly #dir: string | undefined;
  readonly #clock: Clock;
  #lockWaitMs = LOCK_WAIT_MS;

  /** Where the ledger ended when this process opened it. */
  readonly openedAt: Mark;

  /** With `dir` undefined there is no ledger: every use of it fails. */
  constructor(options: { dir: string | undefined; clock: Clock }) {
    this.#dir = options.dir;
    this.#clock = options.clock;
    this.openedAt = this.mark();
  }

  /** The ledger's file. */
  get path(): string | undefined {
    return this.#dir === undefined ? undefined : `${this.#dir}/${LEDGER_NAME}`;
  }

  /**
   * Returns the newest job of a key.
   *
   * @throws {LedgerError} when the ledger cannot be read.
   */
  findByKey(key: string, options: FindByKeyOptions): KeySearch {
    return this.#reading((file, size) => findByKey(file, size, key, options)) ??
      NOTHING_FOUND;
  }

  /**
   * Returns the newest job of an id.
   *
   * @throws {LedgerError} when the ledger cannot be read.
   */
  findById(id: string): Sighting | undefined {
    return this.#reading((file, size) => findById(file, size, id));
  }

  /**
   * Returns a line of an id that this program cannot read.
   *
   * @throws {LedgerError} when the ledger cannot be read.
   */
  unreadableOf(id: string): UnreadableLine | undefined {
    return this.#reading((file, size) => unreadableOf(file, size, id));
  }

  /**
   * Returns what the lines of an id come to that are in the Go CLI's format.
   *
   * @throws {LedgerError} when the ledger cannot be read.
   */
  findGoById(id: string): GoRecord | undefined {
    return this.#reading((file, size) => findGoById(file, size, id));
  }

  /**
   * Returns the jobs in flight of which the Go CLI's prune has left only what
   * the Go CLI knows.
   *
   * @throws {LedgerError} when the ledger cannot be read.
   */
  findStripped(options: FindStrippedOptions): readonly GoRecord[] {
    return this.#reading((file, size) => findStripped(file, size, options)) ??
      [];
  }

  /**
   * Returns the id of a job that has this VM as its handle, whoever made it.
   *
   * @throws {LedgerError} when the ledger cannot be read.
   */
  ownerOf(vmId: string, except?: Job): string | undefined {
    return this.#reading((file, size) => ownerOf(file, size, vmId, except));
  }

  /**
   * Returns every job whose request may or may not have been carried out.
   *
   * @throws {LedgerError} when the ledger cannot be read.
   */
  openIntents(): SubmittedJob[] {
    return this.#reading(openIntents) ?? [];
  }

  /** Returns where the ledger ends now; it is not read. */
  mark(): Mark {
    const at = this.#clock.now().toISOString();
    try {
      return { file: statLedger(this.#path()), at };
    } catch {
      return { file: undefined, at };
    }
  }

  /**
   * Whether the job was completed, delivered, declared unconfirmed or failed
   * after this process opened the ledger.
   */
  isSettledSinceOpened(sighting: Sighting): boolean {
    const { job, entries } = sighting;
    const mark = this.openedAt;
    const now = this.mark().file;
    const isSameFile = mark.file === undefined || (now !== undefined &&
      now.dev === mark.file.dev && now.ino === mark.file.ino &&
      now.size >= mark.file.size);
    const isNew = (offset: number, at: string) =>
      isSameFile ? offset >= (mark.file?.size ?? 0) : at > mark.at;
    const isFirstNew = (has: (entry: Sighting["entries"][0]) => boolean) => {
      const having = entries.filter(has);
      return having.length > 0 &&
        having.every(({ offset, entry }) => isNew(offset, entry.at));
    };
    switch (job.status) {
      case "running":
        return false;
      case "submitted":
        return entries.some(({ offset, entry }) =>
          entry.unconfirmed_at !== undefined && entry.sends === job.sends &&
          isNew(offset, entry.at)
        );
      case "complete":
        return isFirstNew(({ entry }) => entry.status === "complete") ||
          isFirstNew(({ entry }) =>
            entry.status === "complete" && entry.delivered_at !== undefined
          );
      case "failed":
        return isFirstNew(({ entry }) => entry.status === "failed");
    }
  }

  /**
   * Decides and writes in one step, with no other writer in between.
   *
   * Returns when what was decided on is on disk.
   *
   * @throws {LedgerError} when it could not be written, or the lock not had.
   */
  async update<Result>(
    decide: (view: LedgerView) => Update<Result>,
    options: UpdateOptions = {},
  ): Promise<Result> {
    const path = this.#path();
    using _lock = await this.#lock(options.waitMs ?? Infinity);
    const { append, result } = decide({
      read: (job) =>
        this.#reading((file, size) =>
          findById(file, size, job.id, { token: job.token })
        )?.job,
      ownerOf: (vmId, except) => this.ownerOf(vmId, except),
    });
    if (append !== undefined) {
      appendLine(path, formatLine({ ...append, at: this.#nextTime() }));
    }
    return result;
  }

  /**
   * Adds one entry that says all that is known of a job; returns when it is on
   * disk.
   *
   * @throws {LedgerError} when it could not be written, or the lock not had.
   */
  append(job: Job, options: UpdateOptions = {}): Promise<void> {
    return this.update(() => ({ append: job, result: undefined }), options);
  }

  /**
   * Returns when this process holds the lock of a key, or of a job's id.
   *
   * @throws {FileLockError} when another process still holds it, or when there
   *   is no locking here.
   * @throws {LedgerError} when what lies at the ledger's name is not to be used.
   */
  async lockJob(keyOrId: string, options: LockJobOptions): Promise<FileLock> {
    const [, idDigits] = /^job_(.*)$/s.exec(keyOrId) ?? [];
    const name = idDigits?.slice(0, ID_DIGITS) ?? keyOrId.slice(0, KEY_DIGITS);
    const lock = await this.#lockFile(`${LOCKS_FOLDER}/${name}.lock`, options);
    lock.writeHolder(this.#clock.now());
    return lock;
  }

  /**
   * Returns when this process holds the lock under which the ledger's file is
   * written. Nothing may be awaited under it.
   *
   * @throws {LedgerError} when the lock cannot be had.
   */
  lockFile(): Promise<FileLock> {
    return this.#lock(Infinity);
  }

  async #lock(patienceMs: number): Promise<FileLock> {
    const waitMs = Math.min(patienceMs, this.#lockWaitMs);
    try {
      return await this.#lockFile(LOCK_NAME, { waitMs });
    } catch (cause) {
      if (!(cause instanceof FileLockError)) throw cause;
      // Who was waited for in vain is not waited for at every entry.
      if (cause.reason === "held") this.#lockWaitMs = 0;
      throw new LedgerError("lock the ledger", cause.message, { cause });
    }
  }

  #lockFile(name: string, options: LockJobOptions): Promise<FileLock> {
    const path = this.#path();
    const file = `${this.#dir}/${name}`;
    try {
      ensurePrivateFolder(file.slice(0, file.lastIndexOf("/")));
    } catch {
      // Opening the lock says why, if it is not there already.
    }
    // What is not to be used is not to be locked either.
    statLedger(path);
    return acquireFileLock(file, options);
  }

  #path(): string {
    const { path } = this;
    if (path === undefined) {
      throw new LedgerError("use a ledger", "there is no home folder");
    }
    return path;
  }

  #reading<Result>(
    read: (file: Deno.FsFile, size: number) => Result,
  ): Result | undefined {
    return readLedger(this.#path(), read);
  }

  /**
   * Returns the time for the next entry: now, or that of our last entry where
   * it is later by an hour at most, so that a small step of the clock does not
   * put entries out of order.
   */
  #nextTime(): string {
    const now = this.#clock.now().getTime();
    const last = this.#reading(lastTime) ?? now;
    return new Date(last > now && last - now <= MAX_LEAD_MS ? last : now)
      .toISOString();
  }
}

/** Returns when the last entry of ours in the last block was written. */
function lastTime(file: Deno.FsFile, size: number): number | undefined {
  for (const block of blocksBackwards(file, size)) {
    for (const line of linesBackwards(block)) {
      const parsed = parseEntryLine(line.bytes);
      if (parsed.type === "entry") return Date.parse(parsed.entry.at);
    }
    return undefined;
  }
  return undefined;
}

function openIntents(file: Deno.FsFile, size: number): SubmittedJob[] {
  const intents = new Map<string, JobRecord[]>();
  // By their lines before an intent, too: a file may have been sorted.
  const accepted = new Set<string>();
  for (const block of blocksBackwards(file, size)) {
    for (const line of linesBackwards(block)) {
      const parsed = parseEntryLine(line.bytes);
      if (parsed.type !== "entry") continue;
      const name = identityOf(parsed.entry);
      if (parsed.entry.status !== "submitted") accepted.add(name);
      else if (!accepted.has(name)) {
        intents.set(name, [...intents.get(name) ?? [], parsed.entry]);
      }
    }
  }
  return [...intents].filter(([name]) => !accepted.has(name))
    .map(([, entries]) => foldRecords(entries))
    .filter((job) => job.status === "submitted");
}

function ownerOf(
  file: Deno.FsFile,
  size: number,
  vmId: string,
  except: Job | undefined,
): string | undefined {
  for (const block of blocksBackwards(file, size)) {
    if (!blockIncludes(block, vmId)) continue;
    for (const line of linesBackwards(block)) {
      const parsed = parseEntryLine(line.bytes);
      if (parsed.type === "go") {
        const ids = parsed.entry.result_id?.split(",") ?? [];
        if (ids.includes(vmId)) return parsed.entry.id;
      }
      if (parsed.type !== "entry") continue;
      const { entry } = parsed;
      if (entry.id === except?.id && entry.token === except.token) continue;
      // What was resumed was made by another job.
      if (entry.status === "submitted" || entry.kind === "vm.resume") continue;
      if (entry.handle?.vm_ids.includes(vmId)) return entry.id;
    }
  }
  return undefined;
}
