import { isListedInFlight, statusOf } from "../../../job/listed_job.ts";
import {
  type CommandInput,
  defineCommand,
} from "../../command_line/command.ts";
import type { Context } from "../../context.ts";
import { deliverResult } from "../../output/deliver.ts";
import { EXIT_CODES } from "../../output/exit_code.ts";
import type { FlagTable } from "../../command_line/flag.ts";

const FLAGS = {
  "exit-status": {
    type: "boolean",
    brief: "Say in the exit code how the job stands: 0, 20 or 22",
  },
} as const satisfies FlagTable;

/** `vers jobs get`: shows what the ledger knows of a job. */
export const command = defineCommand({
  summary: "Show a job",
  description: "Shows what this machine's ledger knows of a job. Nothing is\n" +
    "asked of the service: a job that is in flight may have got there.",
  flags: FLAGS,
  positionals: [{
    name: "job",
    brief: "The job's id, or as much of its beginning as no other has",
  }],
  examples: [
    ["vers jobs get job_8f2a3b4c5d", "show the job"],
    ["vers jobs get 8f2a --exit-status", "and how it stands, as exit code"],
  ],
  exitCodes: [
    [3, "there is no such job"],
    [20, "with --exit-status: the job failed"],
    [22, "with --exit-status: the job is still in flight"],
  ],
  files: { ledger: "read" },
  run: getJob,
});

async function getJob(
  input: CommandInput<typeof FLAGS>,
  context: Context,
): Promise<number> {
  const { findJob, openJobLedger, readJobs } = await import(
    "./_job_ledger.ts"
  );
  const { detailsOf, jobLines } = await import("../../output/render_job.ts");
  const { flags, args, progress, invocation } = input;
  const jobLedger = openJobLedger(context);
  const job = findJob(await readJobs(jobLedger, progress), args[0] ?? "", {
    verb: "show",
    path: invocation.path,
    ledgerPath: jobLedger.path,
  });
  await deliverResult(detailsOf(job), {
    context,
    progress,
    output: invocation.output,
    view: { text: jobLines, ids: () => [job.id] },
    isKept: false,
  });
  if (!flags["exit-status"] || statusOf(job) === "complete") return 0;
  return isListedInFlight(job) ? EXIT_CODES.in_flight : EXIT_CODES.job_failed;
}
