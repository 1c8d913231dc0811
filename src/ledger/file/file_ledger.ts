import { ensurePrivateFolder, folderOf } from "../../atomic_file.ts";
import type { Clock } from "../../clock.ts";
import {
  acquireFileLock,
  type FileLock,
  FileLockError,
} from "../../file_lock.ts";
import type { FoundJob } from "../../job/decide.ts";
import type { GoRecord } from "../../job/go_job.ts";
import type { Job, SubmittedJob } from "../../job/job.ts";
import type {
  FindByKeyOptions,
  FindStrippedOptions,
  KeySearch,
  KnownOfJob,
  Ledger,
  LockJobOptions,
  Owners,
  UnreadableLine,
  Update,
  UpdateOptions,
} from "../ledger.ts";
import { LedgerError } from "../ledger_error.ts";
import { formatLine, skimLine } from "./entry_line.ts";
import { findById, unreadableOf } from "./find_by_id.ts";
import { findGoById, findStripped } from "./find_go_job.ts";
import { findByKey } from "./find_by_key.ts";
import { appendLine, readLedger, statLedger } from "./ledger_file.ts";
import { blocksBackwards, linesBackwards } from "./lines.ts";
import { openIntents } from "./open_intents.ts";
import { ownersOf } from "./owners.ts";
import { isSettledAfter, type Mark, type PlacedJob } from "./placed_job.ts";

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
 * The ledger as an append-only file of lines, shared by every process of one
 * user.
 *
 * An entry counts once its line, newline included, is on disk. Every append
 * happens under an exclusive lock on a file beside the ledger; the ledger is
 * opened after that lock is held and closed before it is released, and under
 * it nothing is awaited. A last line without a newline is a write that never
 * finished: readers skip it, unless its newline is all that it lacks, and the
 * next writer closes it off.
 */
export class FileLedger implements Ledger {
  readonly #dir: string | undefined;
  readonly #clock: Clock;
  #lockWaitMs = LOCK_WAIT_MS;

  /** Where the ledger ended when this process opened it. */
  readonly openedAt: Mark;

  /** With `dir` undefined there is no ledger: every use of it fails. */
  constructor(options: { dir: string | undefined; clock: Clock }) {
    this.#dir = options.dir;
    this.#clock = options.clock;
    this.openedAt = this.#mark();
  }

  /** The ledger's file. */
  get location(): string | undefined {
    return this.#dir === undefined ? undefined : `${this.#dir}/${LEDGER_NAME}`;
  }

  async findByKey(key: string, options: FindByKeyOptions): Promise<KeySearch> {
    const search = await this.#read((file, size) =>
      findByKey(file, size, key, options)
    );
    if (search === undefined) return NOTHING_FOUND;
    const found = (placed: PlacedJob | undefined) =>
      placed && this.#foundJob(placed);
    return {
      ...search,
      own: found(search.own),
      foreign: found(search.foreign),
      accepted: found(search.accepted),
    };
  }

  findById(id: string): Promise<Job | undefined> {
    return this.#read((file, size) => findById(file, size, id)?.job);
  }

  unreadableOf(id: string): Promise<UnreadableLine | undefined> {
    return this.#read((file, size) => unreadableOf(file, size, id));
  }

  findGoById(id: string): Promise<GoRecord | undefined> {
    return this.#read((file, size) => findGoById(file, size, id));
  }

  async findStripped(
    options: FindStrippedOptions,
  ): Promise<readonly GoRecord[]> {
    const found = await this.#read((file, size) =>
      findStripped(file, size, options)
    );
    return found ?? [];
  }

  async openIntents(): Promise<readonly SubmittedJob[]> {
    return await this.#read(openIntents) ?? [];
  }

  ownersOf(vmIds: readonly string[], except?: Job): Promise<Owners> {
    return Promise.try(() => this.#ownersOf(vmIds, except));
  }

  version(): Promise<string> {
    return Promise.try(() => {
      const { file } = this.#mark();
      return file === undefined ? "" : `${file.dev} ${file.ino} ${file.size}`;
    });
  }

  async append(job: Job, { waitMs }: UpdateOptions = {}): Promise<void> {
    const path = this.#path();
    using _lock = await this.#lock(waitMs ?? Infinity);
    this.#append(path, job);
  }

  async update<Result>(
    job: Job,
    decide: (known: KnownOfJob) => Update<Result>,
    { waitMs, vmIds = [] }: UpdateOptions = {},
  ): Promise<Result> {
    const path = this.#path();
    using _lock = await this.#lock(waitMs ?? Infinity);
    const { id, token } = job;
    const known = readLedger(
      path,
      (file, size) => findById(file, size, id, { token }),
    );
    const owners = this.#ownersOf(vmIds, job);
    const { append, result } = decide({ job: known?.job, owners });
    if (append !== undefined) this.#append(path, append);
    return result;
  }

  async lockJob(keyOrId: string, options: LockJobOptions): Promise<FileLock> {
    const [, idDigits] = /^job_(.*)$/s.exec(keyOrId) ?? [];
    const name = idDigits?.slice(0, ID_DIGITS) ?? keyOrId.slice(0, KEY_DIGITS);
    statLedger(this.#path());
    const lock = await this.lockNamed(`${LOCKS_FOLDER}/${name}.lock`, options);
    lock.writeHolder(this.#clock.now());
    return lock;
  }

  /**
   * Returns when this process holds a lock in the ledger's folder.
   *
   * @throws {FileLockError} when another process still holds it, or when there
   *   is no locking here.
   */
  lockNamed(name: string, options: LockJobOptions): Promise<FileLock> {
    const path = `${folderOf(this.#path())}/${name}`;
    try {
      ensurePrivateFolder(folderOf(path));
    } catch {
      // Opening the lock says why, if it is not there already.
    }
    return acquireFileLock(path, options);
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

  #mark(): Mark {
    const at = this.#clock.now().toISOString();
    try {
      return { file: statLedger(this.#path()), at };
    } catch {
      return { file: undefined, at };
    }
  }

  #foundJob(placed: PlacedJob): FoundJob {
    const isSettledSinceStart = isSettledAfter(placed, {
      then: this.openedAt,
      now: this.#mark(),
    });
    return { job: placed.job, isSettledSinceStart };
  }

  #ownersOf(vmIds: readonly string[], except: Job | undefined): Owners {
    if (vmIds.length === 0) return new Map();
    const owners = readLedger(
      this.#path(),
      (file, size) => ownersOf(file, size, vmIds, except),
    );
    return owners ?? new Map();
  }

  #append(path: string, job: Job): void {
    appendLine(path, formatLine({ ...job, at: this.#nextTime() }));
  }

  async #lock(patienceMs: number): Promise<FileLock> {
    const waitMs = Math.min(patienceMs, this.#lockWaitMs);
    try {
      // What is not to be used is not to be locked either.
      statLedger(this.#path());
      return await this.lockNamed(LOCK_NAME, { waitMs });
    } catch (cause) {
      if (!(cause instanceof FileLockError)) throw cause;
      // Who was waited for in vain is not waited for at every entry.
      if (cause.reason === "held") this.#lockWaitMs = 0;
      throw new LedgerError("lock the ledger", cause.message, { cause });
    }
  }

  #path(): string {
    const { location: path } = this;
    if (path === undefined) {
      throw new LedgerError("use a ledger", "there is no home folder");
    }
    return path;
  }

  #read<Result>(
    read: (file: Deno.FsFile, size: number) => Result,
  ): Promise<Result | undefined> {
    return Promise.try(() => readLedger(this.#path(), read));
  }

  /**
   * Returns the time for the next entry: now, or that of our last entry where
   * it is later by an hour at most, so that a small step of the clock does not
   * put entries out of order.
   */
  #nextTime(): string {
    const now = this.#clock.now().getTime();
    const last = readLedger(this.#path(), lastTime) ?? now;
    return new Date(last > now && last - now <= MAX_LEAD_MS ? last : now)
      .toISOString();
  }
}

/** Returns when the last entry of ours in the last block was written. */
function lastTime(file: Deno.FsFile, size: number): number | undefined {
  for (const block of blocksBackwards(file, size)) {
    for (const { bytes } of linesBackwards(block)) {
      const skimmed = skimLine(bytes);
      if (skimmed.type === "entry") return Date.parse(skimmed.entry.at);
    }
    return undefined;
  }
  return undefined;
}
