import { JobError } from "../../../engine/engine_error.ts";
import type { Outcome } from "../../../engine/wait_jobs.ts";
import type { GoRecord } from "../../../job/go_job.ts";
import type { ListedJob } from "../../../job/listed_job.ts";
import { isJsonObject, type JsonObject } from "../../../json.ts";
import { EXIT_CODES, exitCodeFor } from "../../output/exit_code.ts";
import { type ResultView, textsIn } from "../../output/render_result.ts";

/** Returns how the waits for jobs ended, in the order of the jobs. */
export function waitReport(
  jobs: readonly ListedJob[],
  outcomes: readonly Outcome[],
): JsonObject {
  const byId = new Map(outcomes.map((outcome) => [outcome.job.id, outcome]));
  return {
    jobs: jobs.flatMap((listed) => {
      const outcome = byId.get(listed.id);
      if (outcome !== undefined) return [reportOf(outcome)];
      return listed.writer === "go" ? [goReport(listed.entry)] : [];
    }),
  };
}

/** How the report is shown. */
export const WAIT_VIEW: ResultView = {
  ids: (report) => jobsIn(report).flatMap(({ vm_ids }) => textsIn(vm_ids)),
  text: (report) =>
    jobsIn(report).map(({ job_id, status, vm_ids, error }) => {
      const vmIds = textsIn(vm_ids).join(", ");
      const what = isJsonObject(error)
        ? String(error.message)
        : vmIds === ""
        ? ""
        : `VM ${vmIds}`;
      return `${job_id} ${status}` + (what === "" ? "" : `: ${what}`);
    }),
};

function reportOf(outcome: Outcome): JsonObject {
  const { id, kind } = outcome.job;
  if ("result" in outcome) {
    const { result } = outcome;
    return {
      job_id: id,
      kind,
      status: "complete",
      exit_code: 0,
      vm_ids: [...textsIn(result.vm_id), ...textsIn(result.new_ids)],
      result,
    };
  }
  const { failure } = outcome;
  const job = failure instanceof JobError ? failure.job : outcome.job;
  const { code, message, retryable } = failure;
  return {
    job_id: id,
    kind,
    status: job.status,
    exit_code: exitCodeFor(failure),
    vm_ids: job.status === "submitted" ? [] : job.handle?.vm_ids ?? [],
    error: { code, message, retryable },
  };
}

function goReport(entry: GoRecord): JsonObject {
  const isComplete = entry.status === "complete";
  return {
    job_id: entry.id,
    kind: entry.kind,
    status: entry.status,
    exit_code: isComplete ? 0 : EXIT_CODES.job_failed,
    vm_ids: entry.result_id?.split(",") ?? [],
    error: isComplete ? undefined : {
      code: "job_failed",
      message: entry.error ?? "the Go CLI recorded no reason",
      retryable: false,
    },
  };
}

function jobsIn({ jobs }: JsonObject): readonly JsonObject[] {
  return Array.isArray(jobs) ? jobs.filter(isJsonObject) : [];
}
