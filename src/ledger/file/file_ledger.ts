import { ensurePrivateFolder } from "../../atomic_file.ts";
import type { Clock } from "../../clock.ts";
import {
  acquireFileLock,
  type FileLock,
  FileLockError,
} from "../../file_lock.ts";
import type { FoundJob } from "../../job/decide.ts";
import type { GoRecord } from "../../job/go_job.ts";
import { foldRecords, type Job, type SubmittedJob } from "../../job/job.ts";
import { type JobRecord, makesVms } from "../../job/record.ts";
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
import {
  blockIncludes,
  blocksBackwards,
  linesBackwards,
} from "./backward_lines.ts";
import { formatLine, parseEntryLine } from "./entry_line.ts";
import { findGoById, findStripped } from "./find_go_job.ts";
import { findById, findByKey, unreadableOf } from "./find_job.ts";
import { appendLine, readLedger, statLedger } from "./ledger_file.ts";
import {
  identityOf,
  isSettledAfter,
  type Mark,
  type PlacedJob,
} from "./placed_job.ts";

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

function ownersOf(
  file: Deno.FsFile,
  size: number,
  vmIds: readonly string[],
  except: Job | undefined,
): Owners {
  const owners = new Map<string, string>();
  const left = new Set(vmIds);
  for (const block of blocksBackwards(file, size)) {
    const isAnyMet = [...left].some((vmId) => blockIncludes(block, vmId));
    if (!isAnyMet) continue;
    for (const line of linesBackwards(block)) {
      const { id, vmIds } = vmsIn(line.bytes, except);
      for (const vmId of vmIds) {
        if (left.delete(vmId)) owners.set(vmId, id);
      }
    }
    if (left.size === 0) break;
  }
  return owners;
}

/** Returns the VMs that a line says its job has made; none of `except`. */
function vmsIn(
  bytes: Uint8Array,
  except: Job | undefined,
): { readonly id: string; readonly vmIds: readonly string[] } {
  const none = { id: "", vmIds: [] };
  const parsed = parseEntryLine(bytes);
  if (parsed.type === "go") {
    const { id, result_id } = parsed.entry;
    return { id, vmIds: result_id?.split(",") ?? [] };
  }
  if (parsed.type !== "entry") return none;
  const { entry } = parsed;
  if (entry.id === except?.id && entry.token === except.token) return none;
  // What was resumed, or run in, was made by another job.
  if (entry.status === "submitted" || !makesVms(entry.kind)) return none;
  return { id: entry.id, vmIds: entry.handle?.vm_ids ?? [] };
}
