import { ApiError } from "../../api/api_error.ts";
import { JobFailedError, RecordedFailure } from "../../engine/engine_error.ts";
import type { Failure } from "../../failure.ts";
import type { Job } from "../../job/job.ts";

/** What is known besides of a command that failed. */
export interface FailureHintOptions {
  /** The words that name the command: `["jobs", "list"]`. */
  readonly path: readonly string[];
  readonly job: Job | undefined;
}

/**
 * Returns what to do about a failure that does not say so itself, with a
 * command that works; nothing where there is nothing to do.
 *
 * It depends on what the ledger keeps of a failure alone: whoever is told of
 * the same one later is told the same.
 */
export function failureHint(
  failure: Failure,
  { path, job }: FailureHintOptions,
): string | undefined {
  const isRefusal = failure instanceof ApiError ||
    failure instanceof RecordedFailure;
  if (!isRefusal && !(failure instanceof JobFailedError)) return undefined;
  const { code, retryable } = failure;
  const line = ["vers", ...path].join(" ");
  switch (code) {
    case "bad_request":
      return `what the flags and arguments may be: ${line} --help`;
    case "not_found":
      return NOT_FOUND.get(path[0] ?? "") ??
        "to list the VMs there are: vers status";
    case "conflict":
      return path[0] === "deploy"
        ? "with another name it is another project: " +
          "vers deploy acme/shop --name shop-2"
        : "look how things are, and run the same command again: vers status";
    case "server_error":
      return retryable
        ? "the trouble is the service's: run the same command again in a while"
        : "this service cannot do that, now or later; what can be done " +
          "elsewhere: vers help";
    case "job_failed":
      return job &&
        `the same command starts anew; vers jobs get ${job.id} shows what ` +
          "is known of this job";
    default:
      return retryable
        ? "wait a while, then run the same command again"
        : undefined;
  }
}

/** Where to look for what a command did not find. */
const NOT_FOUND: ReadonlyMap<string, string> = new Map([
  ["run-commit", "to list the commits there are: vers commit list"],
  [
    "branch",
    "to list what can be branched: vers status, vers commit list",
  ],
  [
    "deploy",
    "see that the repository is there and that the service may read it; " +
    "the form is: vers deploy acme/shop",
  ],
]);
