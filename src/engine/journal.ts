import { Failure } from "../failure.ts";
import { type FileLock, FileLockError } from "../file_lock.ts";
import {
  type CompleteJob,
  isInFlight,
  type Job,
  type SettledJob,
} from "../job/job.ts";
import type {
  KnownOfJob,
  Ledger,
  LockJobOptions,
  Update,
} from "../ledger/ledger.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import type { Patience } from "../patience.ts";
import type { Notice } from "./engine.ts";

/** What the journal needs of its surroundings. */
export interface JournalOptions {
  readonly ledger: Ledger;
  readonly notify: (notice: Notice) => void;
  /** Returns how long to wait for another writer, in milliseconds. */
  readonly patienceMs: () => number;
}

/**
 * The ledger, for those who must continue without it.
 *
 * The ledger never costs a user their VM: what cannot be written is reported once,
 * and the command continues. Every entry repeats what is known, so the next one
 * that can be written stands for those that could not.
 */
export class Journal {
  readonly #ledger: Ledger;
  readonly #notify: (notice: Notice) => void;
  readonly #patienceMs: () => number;
  #isSaid = false;
  /** What the ledger was when it was last asked for an outcome. */
  #readVersion: string | undefined;

  constructor(options: JournalOptions) {
    this.#ledger = options.ledger;
    this.#notify = options.notify;
    this.#patienceMs = options.patienceMs;
  }

  /** Writes what is known of a job; returns whether it is on disk. */
  async append(job: Job): Promise<boolean> {
    const waitMs = this.#patienceMs();
    return await this.#orSay(job, async () => {
      await this.#ledger.append(job, { waitMs });
      return true;
    }) ?? false;
  }

  /**
   * Writes the outcome of a job, unless it has one already, and returns the
   * job with the outcome that holds.
   */
  async settle(job: SettledJob): Promise<SettledJob> {
    const settled = await this.update<SettledJob>(job, ({ job: known }) => {
      return known?.status === "complete" || known?.status === "failed"
        ? { result: known }
        : { append: job, result: job };
    });
    return settled ?? job;
  }

  /**
   * Returns the job with its outcome, if another process has recorded one
   * since this was last asked. Where nothing was written, nothing is read,
   * unless it is asked `isAnew`.
   */
  async outcomeOf(
    job: Job,
    { isAnew = false }: { readonly isAnew?: boolean } = {},
  ): Promise<SettledJob | undefined> {
    const known = await this.#orNone(async () => {
      const version = await this.#ledger.version();
      if (version === this.#readVersion && !isAnew) return undefined;
      this.#readVersion = version;
      return await this.#find(job);
    });
    return known === undefined || isInFlight(known) ? undefined : known;
  }

  /**
   * Writes what is known of a job again, if nothing of it is left: another
   * program may have rewritten the ledger without what it does not know.
   */
  async restore(job: Job): Promise<void> {
    await this.update(
      job,
      ({ job: known }) =>
        known === undefined
          ? { append: job, result: undefined }
          : { result: undefined },
    );
  }

  /** Notes that the result of a complete job reached its reader. */
  async markDelivered(job: CompleteJob, at: Date): Promise<void> {
    await this.#markComplete(job, "delivered_at", at);
  }

  /** Notes that the VM of a complete job was found deleted. */
  async markDeleted(job: CompleteJob, at: Date): Promise<void> {
    await this.#markComplete(job, "gone_at", at);
  }

  /** Decides on a job and writes in one step; `undefined` when it cannot. */
  async update<Result>(
    job: Job,
    decide: (known: KnownOfJob) => Update<Result>,
    { vmIds }: { readonly vmIds?: readonly string[] } = {},
  ): Promise<Result | undefined> {
    const options = { waitMs: this.#patienceMs(), ...(vmIds && { vmIds }) };
    return await this.#orSay(
      job,
      () => this.#ledger.update(job, decide, options),
    );
  }

  /** Whether an entry of the job is in the ledger, and can be read. */
  async isKept(job: Job): Promise<boolean> {
    return await this.#orNone(() => this.#find(job)) !== undefined;
  }

  /** Reports, once, that this job cannot be resumed, and why. */
  lose(why: string): void {
    this.#say({ why, isKept: false });
  }

  #say(loss: { readonly why: string; readonly isKept: boolean }): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    this.#notify({ type: "noLedger", ...loss });
  }

  async #orSay<Result>(
    job: Job,
    write: () => Promise<Result>,
  ): Promise<Result | undefined> {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      // What cannot be written may yet be read.
      this.#say({ why: error.message, isKept: await this.isKept(job) });
      return undefined;
    }
  }

  async #orNone<Result>(
    read: () => Promise<Result | undefined>,
  ): Promise<Result | undefined> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof LedgerError) return undefined;
      throw error;
    }
  }

  async #find(job: Job): Promise<Job | undefined> {
    const found = await this.#ledger.findById(job.id);
    return found?.token === job.token ? found : undefined;
  }

  async #markComplete(
    job: CompleteJob,
    field: "delivered_at" | "gone_at",
    at: Date,
  ): Promise<void> {
    await this.update(job, ({ job: read }) => {
      if (read?.status === "failed") return { result: undefined };
      const known = read?.status === "complete" ? read : job;
      return known[field] === undefined
        ? {
          append: { ...known, [field]: at.toISOString() },
          result: undefined,
        }
        : { result: undefined };
    });
  }
}

/** Returns the failure of a command that insists on a ledger. */
export function ledgerRequired(why: string): Failure {
  return new Failure(`Cannot keep this job in the ledger: ${why}`, {
    code: "ledger_required",
    advice: { type: "ledger_required" },
  });
}

/** A job's lock, or why it cannot be taken. */
export type JobLock =
  | { readonly isLocked: true; readonly held: FileLock }
  | {
    readonly isLocked: false;
    readonly held: undefined;
    readonly why: string;
  };

/**
 * Returns the lock of a key or of a job's id, once this process holds it.
 *
 * @throws {TimedOutError} when another process still holds it at the deadline.
 */
export async function lockJob(
  ledger: Ledger,
  keyOrId: string,
  { patience, doing, onWaiting }:
    & { readonly patience: Patience; readonly doing: string }
    & Pick<LockJobOptions, "onWaiting">,
): Promise<JobLock> {
  try {
    const held = await patience.fileLock(
      (options) =>
        ledger.lockJob(keyOrId, {
          ...options,
          ...(onWaiting && { onWaiting }),
        }),
      { doing },
    );
    return { isLocked: true, held };
  } catch (error) {
    const isNoLocking = error instanceof FileLockError ||
      error instanceof LedgerError;
    if (!isNoLocking) throw error;
    return { isLocked: false, held: undefined, why: error.message };
  }
}
