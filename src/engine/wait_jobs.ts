import { Failure } from "../failure.ts";
import type { Job } from "../job/job.ts";
import type { JsonObject } from "../json.ts";
import { InterruptedError } from "../patience.ts";
import type { Engine, WorkOptions } from "./engine.ts";
import { JobError } from "./engine_error.ts";
import { runWork } from "./run_work.ts";

/** How the wait for one of several jobs ended. */
export type Outcome =
  | { readonly job: Job; readonly result: JsonObject }
  | { readonly job: Job; readonly failure: Failure };

/** How several jobs are waited for. */
export interface WaitForJobsOptions extends
  Pick<
    WorkOptions,
    "timeoutMs" | "pollIntervalMs" | "confirmWindowMs" | "adopt" | "onAccepted"
  > {
  /** Whose key this is. */
  readonly account: string;
  /**
   * Prints how every wait ended, in the order of the jobs.
   *
   * @throws {Failure} of code `undelivered`, when not all of it was taken.
   */
  readonly report: (outcomes: readonly Outcome[]) => Promise<void>;
}

/**
 * Waits for jobs of any kinds together, each as `--resume-job` does, and
 * reports all of them at once. What was printed is noted as delivered, and
 * nothing before.
 *
 * @throws {JobError} the failure of the first job, in their order, that failed.
 * @throws {InterruptedError} when a signal arrived; then nothing is printed.
 */
export async function waitForJobs(
  engine: Engine,
  jobs: readonly Job[],
  options: WaitForJobsOptions,
): Promise<void> {
  const { report, account, onAccepted, ...waiting } = options;
  const outcomes = new Map<Job, Outcome>();
  const printed = Promise.withResolvers<void>();
  printed.promise.catch(() => {});

  await Promise.all(jobs.map(async (job) => {
    const { kind, command, args, scope, inputs } = job;
    try {
      await runWork(engine, { kind, command, args, scope, account, inputs }, {
        ...waiting,
        wait: true,
        resume: { type: "job", id: job.id },
        requireLedger: false,
        onAccepted,
        deliver(result) {
          arrive({ job, result });
          return printed.promise;
        },
      });
    } catch (error) {
      if (outcomes.has(job)) throw error;
      if (error instanceof Failure) {
        arrive({ job, failure: withJobAdvice(error, job) });
      } else printed.reject(error);
    }
  }));
  await printed.promise;
  for (const outcome of inOrder()) {
    if ("failure" in outcome) throw outcome.failure;
  }

  /** The last to come has it all printed. */
  function arrive(outcome: Outcome): void {
    outcomes.set(outcome.job, outcome);
    if (outcomes.size < jobs.length) return;
    const interruption = inOrder().find(isInterruption);
    if (interruption) printed.reject(interruption.failure);
    else report(inOrder()).then(printed.resolve, printed.reject);
  }

  function inOrder(): Outcome[] {
    return jobs.flatMap((job) => outcomes.get(job) ?? []);
  }
}

/** Where a VM was deleted, waiting again would start no new one. */
function withJobAdvice(failure: Failure, job: Job): Failure {
  if (failure.code !== "not_found") return failure;
  const { code, message, cause } = failure;
  const advice = { type: "see_job", jobId: job.id } as const;
  const advised = new Failure(message, { code, advice, cause });
  return failure instanceof JobError
    ? new JobError(advised, failure.job, failure.foundBy)
    : new JobError(advised, job);
}

type FailedOutcome = Extract<Outcome, { failure: Failure }>;

function isInterruption(outcome: Outcome): outcome is FailedOutcome {
  if (!("failure" in outcome)) return false;
  const { failure } = outcome;
  const cause = failure instanceof JobError ? failure.cause : failure;
  return cause instanceof InterruptedError;
}
