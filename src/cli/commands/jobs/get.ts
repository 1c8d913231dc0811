import type { JsonValue } from "../../../json.ts";
import { lazy } from "../../lazy.ts";
import { EXIT_CODES } from "../../output/exit_code.ts";
import { textsIn } from "../../output/render_result.ts";
import { defineJobCommand } from "./_job_command.ts";

/** `vers jobs get`: shows what the ledger knows of a job. */
export const command = defineJobCommand({
  summary: "Show a job",
  description:
    "Shows what the local ledger knows about a job. The service is not\n" +
    "asked: a job shown as in flight may have completed.",
  flags: {
    "exit-status": {
      type: "boolean",
      brief: "Report the job's state as the exit code: 0, 20 or 22",
    },
  },
  verb: "show",
  examples: [
    ["vers jobs get job_8f2a3b4c5d", "show the job"],
    ["vers jobs get 8f2a --exit-status", "report its state as the exit code"],
  ],
  exitCodes: [
    [3, "job not found"],
    [20, "with --exit-status: the job failed"],
    [22, "with --exit-status: the job is still in flight"],
  ],
  files: { ledger: "read" },
  async run({ jobs: [job] }, { flags }) {
    const { detailsOf, jobLines } = await lazy.renderJob();
    const details = job === undefined ? {} : detailsOf(job);
    return {
      result: details,
      ids: textsIn(details.id),
      text: jobLines(details),
      exitCode: flags["exit-status"] ? exitCodeOf(details.status) : 0,
    };
  },
});

function exitCodeOf(status: JsonValue | undefined): number {
  if (status === "complete") return 0;
  return status === "failed" ? EXIT_CODES.job_failed : EXIT_CODES.in_flight;
}
