import type { FileLock, LockHolder } from "../file_lock.ts";
import type { FoundJob, UnreadableJob } from "../job/decide.ts";
import type { GoRecord } from "../job/go_job.ts";
import type { Job, SubmittedJob } from "../job/job.ts";

/**
 * What the engine may ask of a ledger, whichever keeps it.
 *
 * A look-up says what is there when it is asked, and never waits for a writer.
 * What {@linkcode Ledger.append} and {@linkcode Ledger.update} have written is
 * kept when they return, whatever happens to the machine afterwards.
 *
 * Every method rejects with a `LedgerError` when the ledger cannot be used.
 */
export interface Ledger {
  /** Where it is, for messages; `undefined` where there is none. */
  readonly location: string | undefined;

  /** Returns the newest jobs of a key. */
  findByKey(key: string, options: FindByKeyOptions): Promise<KeySearch>;

  /** Returns the job of an id; with several of one id, the newest. */
  findById(id: string): Promise<Job | undefined>;

  /** Returns a line of an id that cannot be read, if there is one. */
  unreadableOf(id: string): Promise<UnreadableLine | undefined>;

  /** Returns what the Go CLI's lines of an id come to. */
  findGoById(id: string): Promise<GoRecord | undefined>;

  /**
   * Returns the jobs in flight of which the Go CLI's prune has left only what
   * the Go CLI knows.
   */
  findStripped(options: FindStrippedOptions): Promise<readonly GoRecord[]>;

  /** Returns every job whose request may or may not have been carried out. */
  openIntents(): Promise<readonly SubmittedJob[]>;

  /**
   * Returns which of these VMs are the handle of a job other than `except`,
   * and of which job: VM id → job id.
   */
  ownersOf(vmIds: readonly string[], except?: Job): Promise<Owners>;

  /** Returns a text that changes with everything that is written. */
  version(): Promise<string>;

  /** Adds what is known of a job; it is kept when this returns. */
  append(job: Job, options?: UpdateOptions): Promise<void>;

  /**
   * Decides on a job and writes, with no other writer in between. What
   * `decide` throws is thrown on; then nothing was written.
   */
  update<Result>(
    job: Job,
    decide: (known: KnownOfJob) => Update<Result>,
    options?: UpdateOptions,
  ): Promise<Result>;

  /**
   * Returns when this process holds the lock of a key, or of a job's id.
   *
   * @throws {FileLockError} when another process still holds it, or when there
   *   is no locking here.
   */
  lockJob(keyOrId: string, options: LockJobOptions): Promise<FileLock>;
}

/** VM id → id of the job that has it as its handle. */
export type Owners = ReadonlyMap<string, string>;

/** Options for {@linkcode Ledger.findByKey}. */
export interface FindByKeyOptions {
  readonly account: string;
  /** How far back a job matters, in milliseconds. */
  readonly windowMs: number;
  readonly now: Date;
}

/** The newest jobs of a key. */
export interface KeySearch {
  /** Of this account. */
  readonly own: FoundJob | undefined;
  /** Of another account, where none of this one is newer. */
  readonly foreign: FoundJob | undefined;
  /** Of this account, newer than those, and started without `--wait`. */
  readonly accepted: FoundJob | undefined;
  /** What must not be submitted beside, whatever was found. */
  readonly unreadable: UnreadableLine | undefined;
  /** How many other lines that were read are torn or corrupt. */
  readonly badLines: number;
}

/** A line that may be about a job, and cannot be read. */
export interface UnreadableLine extends UnreadableJob {
  /** Which line of the file it is, counted from 1: `sed -n 12p` shows it. */
  readonly line: number;
  /** Where it begins, in bytes. */
  readonly offset: number;
  /** What is wrong with it: "its checksum does not match". */
  readonly why: string;
}

/** Which lines {@linkcode Ledger.findStripped} looks for. */
export interface FindStrippedOptions {
  readonly kind: string;
  /** A value that one of the words of the command gives to a flag. */
  readonly word: string;
  /** How far back a job matters, in milliseconds. */
  readonly windowMs: number;
  readonly now: Date;
}

/** What is known of a job at the moment it is decided on. */
export interface KnownOfJob {
  /** The job as it is now, if it is there. */
  readonly job: Job | undefined;
  /** Whose the VMs of `UpdateOptions.vmIds` are, if another job's. */
  readonly owners: Owners;
}

/** What was decided. */
export interface Update<Result> {
  /** The job as it is to be from now on; none: nothing is written. */
  readonly append?: Job;
  readonly result: Result;
}

/** Options for {@linkcode Ledger.append} and {@linkcode Ledger.update}. */
export interface UpdateOptions {
  /** How long to wait for another writer, in milliseconds; at most 10 s. */
  readonly waitMs?: number;
  /** VMs whose owners the decision needs. */
  readonly vmIds?: readonly string[];
}

/** Options for {@linkcode Ledger.lockJob}. */
export interface LockJobOptions {
  readonly waitMs: number;
  readonly signal?: AbortSignal;
  /** Called once when another process has held the lock for a second. */
  readonly onWaiting?: (holder: LockHolder | undefined) => void;
}
