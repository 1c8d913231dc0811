import { ApiError } from "../api/api_error.ts";
import { JobFailedError, RecordedFailure } from "../engine/engine_error.ts";
import type { Failure } from "../failure.ts";
import type { Job } from "../job/job.ts";

/** What is known besides of a command that failed. */
export interface FailureHintOptions {
  /** The words that name the command: `["jobs", "list"]`. */
  readonly path: readonly string[];
  readonly job: Job | undefined;
}

/**
 * Returns what to do about a failure that does not say so itself, with a
 * command that works; nothing where there is nothing to do.
 */
export function failureHint(
  failure: Failure,
  { path, job }: FailureHintOptions,
): string | undefined {
  if (failure instanceof ApiError) return hintForStatus(failure.status, path);
  const isOfJob = failure instanceof JobFailedError ||
    failure instanceof RecordedFailure;
  if (isOfJob && job) {
    return `the same command starts anew; vers jobs get ${job.id} shows what ` +
      "is known of this job";
  }
  return undefined;
}

function hintForStatus(
  status: number,
  path: readonly string[],
): string | undefined {
  const line = ["vers", ...path].join(" ");
  switch (status) {
    case 400:
    case 422:
      return `what the flags and arguments may be: ${line} --help`;
    case 404:
      return NOT_FOUND.get(path[0] ?? "") ??
        "to list the VMs there are: vers status";
    case 409:
      return path[0] === "deploy"
        ? "with another name it is another project: " +
          "vers deploy acme/shop --name shop-2"
        : "look how things are, and run the same command again: vers status";
    case 429:
      return "wait a while, then run the same command again";
    case 501:
      return "this service cannot do that, now or later; what can be done " +
        "elsewhere: vers help";
    default:
      return status >= 500
        ? "the trouble is the service's: run the same command again in a while"
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
