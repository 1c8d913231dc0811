import { ensurePrivateFolder, folderOf } from "../../atomic_file.ts";
import type { Clock } from "../../clock.ts";
import {
  acquireFileLock,
  type FileLock,
  FileLockError,
} from "../../file_lock.ts";
import type { ListedJob } from "../../job/listed_job.ts";
import { type Inspection, inspectLines } from "./inspect.ts";
import type { FileLedger } from "./file_ledger.ts";
import { LedgerError } from "../ledger_error.ts";
import { readLedger } from "./ledger_file.ts";
import { type LedgerJobs, listJobs } from "./list_jobs.ts";
import { pruneLedger, type PruneOptions, type PruneReport } from "./prune.ts";
import { repairLedger, type RepairReport } from "./repair.ts";
import { firstTime } from "./first_time.ts";

/** Options for {@linkcode Upkeep.compact}. */
export interface CompactOptions {
  /** Whether a job may go. */
  readonly mayGo: (job: ListedJob) => boolean;
  /** Only what is older than this can go at all. */
  readonly olderThanMs: number;
}

const REPLACING_WAIT_MS = 9_000;
const DOCTOR_WAIT_MS = 5_000;

/**
 * What is done with a ledger as a whole: listing, pruning, looking what is
 * wrong with it. No command that starts a job needs it.
 */
export class Upkeep {
  readonly #ledger: FileLedger;
  readonly #clock: Clock;

  constructor(ledger: FileLedger, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /**
   * Returns every job, the Go CLI's too.
   *
   * @throws {LedgerError} when the ledger cannot be read.
   */
  jobs(): LedgerJobs {
    return this.#reading(listJobs) ??
      { jobs: [], unreadable: 0, newerIds: [] };
  }

  /**
   * Tells what every line is; `undefined` when there is no file.
   *
   * @throws {LedgerError} when the ledger cannot be read.
   */
  inspect(): Inspection | undefined {
    const now = this.#clock.now();
    return this.#reading((file, size) => inspectLines(file, size, now));
  }

  /**
   * Takes out the jobs that may go, after another process that does the same.
   *
   * @throws {LedgerError} when it cannot be done; the ledger is as it was.
   */
  async prune(options: PruneOptions): Promise<PruneReport> {
    const path = this.#path();
    const lock = () => this.#ledger.lockFile();
    if (options.isDryRun) return await pruneLedger(path, { ...options, lock });
    using _replacing = await this.#lockReplacing(REPLACING_WAIT_MS);
    return await pruneLedger(path, { ...options, lock });
  }

  /**
   * Prunes, unless another process is doing so or nothing is old enough; then
   * `undefined`. To be cheap where it has nothing to do, it goes by the first
   * line that can be dated.
   *
   * @throws {LedgerError} when it cannot be done; the ledger is as it was.
   */
  async compact(options: CompactOptions): Promise<PruneReport | undefined> {
    const { mayGo, olderThanMs } = options;
    const from = this.#reading(firstTime);
    const age = from === undefined ? 0 : this.#clock.now().getTime() - from;
    if (age <= olderThanMs) return undefined;
    const path = this.#path();
    const lock = () => this.#ledger.lockFile();
    const replacing = await this.#tryLockReplacing();
    if (replacing === undefined) return undefined;
    using _replacing = replacing;
    return await pruneLedger(path, { mayGo, lock });
  }

  /**
   * Moves lines that say nothing to a file beside the ledger.
   *
   * @throws {LedgerError} when it cannot be done; the ledger is as it was.
   */
  async repair(): Promise<RepairReport> {
    const path = this.#path();
    using _replacing = await this.#lockReplacing(REPLACING_WAIT_MS);
    return await repairLedger(path, {
      now: this.#clock.now(),
      lock: () => this.#ledger.lockFile(),
    });
  }

  /**
   * Tries whether locks hold in the ledger's folder, which must exist, and
   * returns what is wrong with them; `undefined` when nothing is.
   */
  async checkLocking(): Promise<string | undefined> {
    try {
      const path = this.#lockPath("doctor");
      let why: string | undefined;
      {
        using _first = await acquireFileLock(path, { waitMs: DOCTOR_WAIT_MS });
        why = await whyNotRefused(path);
      }
      // And it can be had again, also after somebody gave up.
      using _last = await acquireFileLock(path, { waitMs: DOCTOR_WAIT_MS });
      return why;
    } catch (error) {
      if (error instanceof FileLockError) return error.message;
      throw error;
    }
  }

  async #tryLockReplacing(): Promise<FileLock | undefined> {
    try {
      return await this.#lockReplacing(0);
    } catch (error) {
      const isHeld = error instanceof LedgerError &&
        error.cause instanceof FileLockError && error.cause.reason === "held";
      if (isHeld) return undefined;
      throw error;
    }
  }

  async #lockReplacing(waitMs: number): Promise<FileLock> {
    try {
      const lock = await acquireFileLock(this.#lockPath("prune"), { waitMs });
      lock.writeHolder(this.#clock.now());
      return lock;
    } catch (cause) {
      if (!(cause instanceof FileLockError)) throw cause;
      throw new LedgerError("replace the ledger", cause.message, { cause });
    }
  }

  /** No key's lock has such a name: those are hex digits. */
  #lockPath(name: string): string {
    const folder = `${folderOf(this.#path())}/locks`;
    try {
      ensurePrivateFolder(folder);
    } catch {
      // Opening the lock says why, if it is not there already.
    }
    return `${folder}/${name}.lock`;
  }

  #path(): string {
    const { location: path } = this.#ledger;
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
}

/** Why a lock that is held was not refused, or not for that. */
async function whyNotRefused(path: string): Promise<string | undefined> {
  try {
    const second = await acquireFileLock(path, { waitMs: 0 });
    using _second = second;
    return "two could lock the same file at once";
  } catch (error) {
    if (!(error instanceof FileLockError)) throw error;
    return error.reason === "held" ? undefined : error.message;
  }
}
