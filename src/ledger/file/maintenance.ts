import type { Clock } from "../../clock.ts";
import { type FileLock, FileLockError } from "../../file_lock.ts";
import type { ListedStanding } from "../../job/listed_job.ts";
import { type Inspection, inspectLines } from "./inspect.ts";
import type { FileLedger } from "./file_ledger.ts";
import { LedgerError } from "../ledger_error.ts";
import { skimLine } from "./entry_line.ts";
import { readLedger } from "./ledger_file.ts";
import { BLOCK_SIZE, lastWholeLine, linesForward } from "./lines.ts";
import { type LedgerJobs, listJobs } from "./list_jobs.ts";
import { pruneLedger, type PruneOptions, type PruneReport } from "./prune.ts";
import { repairLedger, type RepairReport } from "./repair.ts";

/** Options for {@linkcode Maintenance.compact}. */
export interface CompactOptions {
  /** Whether a job may go. */
  mayGo(job: ListedStanding): boolean;
  /** Only what is older than this can go at all. */
  readonly olderThanMs: number;
}

const REPLACING_WAIT_MS = 9_000;
const REPLACING_LOCK = "locks/prune.lock";
const DOCTOR_WAIT_MS = 5_000;
const DOCTOR_LOCK = "locks/doctor.lock";
/** So much of a ledger is to be old before it is rewritten without that. */
const WORTHWHILE = 1 / 4;

/**
 * What is done with a ledger as a whole: listing, pruning, looking what is
 * wrong with it. No command that starts a job needs it.
 */
export class Maintenance {
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
   * Prunes, unless another process is doing so or less than a quarter is old;
   * then `undefined`. To be cheap where it has nothing to do, it goes by the
   * lines that stand there.
   *
   * @throws {LedgerError} when it cannot be done; the ledger is as it was.
   */
  async compact(options: CompactOptions): Promise<PruneReport | undefined> {
    const { olderThanMs } = options;
    const now = this.#clock.now().getTime();
    const isOld = this.#reading((file, size) =>
      [0, size * WORTHWHILE].every((place) => {
        const time = timeAt(file, size, place);
        return time !== undefined && now - time > olderThanMs;
      })
    );
    if (!isOld) return undefined;
    const path = this.#path();
    const lock = () => this.#ledger.lockFile();
    let replacing: FileLock;
    try {
      replacing = await this.#lockReplacing(0);
    } catch (error) {
      if (isHeld(error)) return undefined;
      throw error;
    }
    using _replacing = replacing;
    return await pruneLedger(path, { ...options, lock });
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
    const lock = (waitMs: number) =>
      this.#ledger.lockNamed(DOCTOR_LOCK, { waitMs });
    try {
      let why: string | undefined;
      {
        using _first = await lock(DOCTOR_WAIT_MS);
        why = await whyNotRefused(() => lock(0));
      }
      // And it can be had again, also after somebody gave up.
      using _last = await lock(DOCTOR_WAIT_MS);
      return why;
    } catch (error) {
      if (error instanceof FileLockError) return error.message;
      throw error;
    }
  }

  async #lockReplacing(waitMs: number): Promise<FileLock> {
    try {
      const lock = await this.#ledger.lockNamed(REPLACING_LOCK, { waitMs });
      lock.writeHolder(this.#clock.now());
      return lock;
    } catch (cause) {
      if (!(cause instanceof FileLockError)) throw cause;
      throw new LedgerError("replace the ledger", cause.message, { cause });
    }
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

/** Whether another process has the lock. */
function isHeld(error: unknown): boolean {
  const cause = error instanceof LedgerError ? error.cause : error;
  return cause instanceof FileLockError && cause.reason === "held";
}

/** Why a lock that is held was not refused, or not for that. */
async function whyNotRefused(
  lock: () => Promise<FileLock>,
): Promise<string | undefined> {
  try {
    using _second = await lock();
    return "two could lock the same file at once";
  } catch (error) {
    if (!(error instanceof FileLockError)) throw error;
    return isHeld(error) ? undefined : error.message;
  }
}

/**
 * Returns when the line at a place was written, or the next one behind it that
 * can be dated, if there is one near it.
 */
function timeAt(
  file: Deno.FsFile,
  size: number,
  place: number,
): number | undefined {
  const from = lastWholeLine(file, Math.floor(place));
  const to = Math.min(size, from + BLOCK_SIZE);
  for (const { bytes } of linesForward(file, from, to)) {
    const skimmed = skimLine(bytes);
    if (skimmed.type !== "entry" && skimmed.type !== "go") continue;
    const time = Date.parse(
      skimmed.type === "entry"
        ? skimmed.entry.at
        : skimmed.entry.completed_at ?? skimmed.entry.started_at,
    );
    if (!Number.isNaN(time)) return time;
  }
  return undefined;
}
