import type { LocalEffects } from "../../../engine/engine.ts";
import { JobError, JobFailedError } from "../../../engine/engine_error.ts";
import type { Outcome } from "../../../engine/wait_jobs.ts";
import { Failure } from "../../../failure.ts";
import type { GoRecord } from "../../../job/go_job.ts";
import type { Job } from "../../../job/job.ts";
import type { Handle } from "../../../job/record.ts";
import { type CommandInput, JOB_FILES } from "../../command_line/command.ts";
import type { FlagTable } from "../../command_line/flag.ts";
import { readPollOptions, WAIT_FLAGS } from "../../command_line/wait_flags.ts";
import type { Context } from "../../context.ts";
import type { FoundJobs } from "../../job_ledger.ts";
import { lazy } from "../../lazy.ts";
import { readNames } from "../../local_effects.ts";
import { deliverResult } from "../../output/deliver.ts";
import { openSession } from "../../session.ts";
import { defineJobCommand } from "./_job_command.ts";
import type { ListedJob } from "../../../job/listed_job.ts";
import { isJsonObject, type JsonObject } from "../../../json.ts";
import { EXIT_CODES, exitCodeFor } from "../../output/exit_code.ts";
import { type ResultView, textsIn } from "../../output/render_result.ts";

const FLAGS = {
  timeout: WAIT_FLAGS.timeout,
  "poll-interval": WAIT_FLAGS["poll-interval"],
} as const satisfies FlagTable;

type Input = CommandInput<typeof FLAGS>;

/** `vers jobs wait`: waits for jobs that are on their way. */
export const command = defineJobCommand({
  summary: "Wait for jobs",
  description:
    "Waits until every job has completed or failed, whatever their kinds,\n" +
    "and prints all results together, each as its own command would, in the\n" +
    "order of the IDs. A failed job does not end the wait for the others;\n" +
    "the first failure in that order decides the exit code.",
  flags: FLAGS,
  verb: "wait for",
  takesMany: true,
  examples: [
    ["vers jobs wait job_8f2a3b4c5d", "wait for a job"],
    ["vers jobs wait 8f2a 91bc --timeout 5m", "for two, 5 minutes at most"],
  ],
  exitCodes: [
    [3, "job not found, or its VM was deleted"],
    [6, "timed out; the jobs continue, and the same command resumes the wait"],
    [20, "a job failed"],
    [21, "unconfirmed: the VM of a job may or may not exist"],
  ],
  files: JOB_FILES,
  resuming:
    "Run the same command again to resume the wait. A result that was not\n" +
    "printed is not lost.",
  run: waitJobs,
});

async function waitJobs(
  { jobs: found }: FoundJobs,
  input: Input,
  context: Context,
): Promise<number> {
  const { waitForJobs } = await lazy.waitJobs();
  const { hasEnded, jobOfStripped } = await lazy.goJob();
  const { flags, progress, invocation: { output } } = input;
  for (const job of found) {
    const isWithoutVm = job.writer === "go" && !hasEnded(job.entry) &&
      !job.entry.result_id;
    if (isWithoutVm) throw notOurs(job.entry);
  }
  const report = (outcomes: readonly Outcome[]) =>
    deliverResult(waitReport(found, outcomes), {
      context,
      progress,
      output,
      view: WAIT_VIEW,
      isKept: true,
    });
  if (found.every((job) => job.writer === "go" && hasEnded(job.entry))) {
    await report([]);
  } else {
    const session = await openSession(input, context);
    const { settings, account, scope } = session;
    const token = crypto.randomUUID();
    const jobs = found.flatMap((listed) =>
      listed.writer === "vers"
        ? [listed.job]
        : jobOfStripped(listed.entry, { scope, account, token }) ?? []
    );
    checkScope(jobs, scope);
    await waitForJobs(session.engine, jobs, {
      account,
      ...readPollOptions(flags, settings),
      onAccepted: (job) => Promise.resolve(namesOf(job, context)),
      report,
    });
  }
  for (const job of found) {
    if (job.writer === "go" && job.entry.status === "failed") {
      throw new JobFailedError(`Job ${job.id} failed: ${job.entry.error}`);
    }
  }
  return 0;
}

function notOurs(entry: GoRecord): Failure {
  return new Failure(
    `Cannot wait for job ${entry.id}: it is ${entry.status} for the Go CLI, ` +
      "which does not record its VM",
    {
      code: "general",
      hint: "vers status lists the VMs; vers resume <vm-id> --wait waits for " +
        "one of them",
    },
  );
}

/** @throws {Failure} when jobs are of an origin that this command cannot ask. */
function checkScope(jobs: readonly Job[], scope: string): void {
  const other = jobs.find((job) => job.scope !== scope);
  if (other === undefined) return;
  throw new Failure(
    `Cannot wait for job ${other.id}: it belongs to ${other.scope}, and this ` +
      `is ${scope}`,
    {
      code: "not_found",
      hint: `set VERS_URL=${other.scope} to wait for it: ` +
        `VERS_URL=${other.scope} vers jobs wait ${other.id}`,
    },
  );
}

/** Which names stand for a job's VM; none is set here. */
function namesOf(
  job: Job & { readonly handle: Handle },
  context: Context,
): LocalEffects {
  const [vmId] = job.handle.vm_ids;
  const { alias } = job.inputs;
  const wanted = typeof alias === "string" ? alias : undefined;
  // What cannot be read names nothing.
  const names = readNames(context, { alias: wanted, head: true });
  return {
    ...(wanted !== undefined && names.alias === vmId ? { alias: wanted } : {}),
    ...(vmId !== undefined && names.head === vmId ? { head: vmId } : {}),
  };
}

/** Returns how the waits for jobs ended, in the order of the jobs. */
function waitReport(
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
const WAIT_VIEW: ResultView = {
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
