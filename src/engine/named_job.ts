import { Failure } from "../failure.ts";
import { jobOfStripped } from "../job/go_job.ts";
import type { Job } from "../job/job.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import { UnreadableLineError } from "./engine_error.ts";
import type { Engine, Work } from "./engine.ts";

/**
 * Returns the job that the user named, if this command resumes such jobs.
 *
 * @throws {Failure} when it does not, or there is none.
 */
export async function readJob(
  { engine, work: { kind, scope, account } }: {
    readonly engine: Engine;
    readonly work: Work;
  },
  id: string,
): Promise<Job> {
  const action = `resume job "${id}"`;
  const named = { jobId: id, scope, account, action };
  const job = await readNamedJob(engine, named);
  if (job.kind !== kind) {
    throw new Failure(
      `Cannot resume job "${id}": it is of kind ${job.kind}, and this command resumes ${kind}`,
      {
        code: "usage",
        advice: {
          type: "other_command",
          command: commandOf(job.kind),
          jobId: id,
        },
      },
    );
  }
  return job;
}

/** Options for {@linkcode readNamedJob}. */
export interface ReadNamedJobOptions {
  readonly jobId: string;
  /** The API's origin. */
  readonly scope: string;
  /**
   * Whose key this is, where a job in flight is wanted that the Go CLI's prune
   * has stripped: nothing else says whose that is.
   */
  readonly account?: string;
  /** What it is wanted for, after "Cannot": `resume job "…"`. */
  readonly action: string;
}

/**
 * Returns the job that the user named, as it is now.
 *
 * @throws {Failure} of code `not_found` when there is none at this origin; of
 *   code `general` when the ledger cannot be read; of code `newer_format` or
 *   `ledger_corrupt` when a line of the job cannot be read.
 */
export async function readNamedJob(
  { ledger }: Engine,
  { jobId, scope, account, action }: ReadNamedJobOptions,
): Promise<Job> {
  let job: Job | undefined;
  try {
    const unreadable = await ledger.unreadableOf(jobId);
    if (unreadable) {
      throw new UnreadableLineError(ledger.location, unreadable, action);
    }
    job = await ledger.findById(jobId);
    if (job === undefined && account !== undefined) {
      const stripped = await ledger.findGoById(jobId);
      const token = crypto.randomUUID();
      job = stripped && jobOfStripped(stripped, { scope, account, token });
    }
  } catch (cause) {
    if (!(cause instanceof LedgerError)) throw cause;
    throw new Failure(`Cannot ${action}: ${cause.message}`, {
      code: "general",
      cause,
    });
  }
  if (job?.scope === scope) return job;
  const where = job === undefined
    ? `it was not found in "${ledger.location}"`
    : `it belongs to ${job.scope}, and this is ${scope}`;
  throw new Failure(`Cannot ${action}: ${where}`, {
    code: "not_found",
    advice: job === undefined
      ? { type: "job_id_form" }
      : { type: "other_origin", scope: job.scope },
  });
}

/** Returns the command that makes jobs of a kind: `run-commit`. */
export function commandOf(kind: Job["kind"]): string {
  return kind.slice("vm.".length).replaceAll("_", "-");
}
