import { statusOf } from "../../../job/listed_job.ts";
import {
  type CommandInput,
  defineCommand,
} from "../../command_line/command.ts";
import type { Context } from "../../context.ts";
import { choice, type FlagTable } from "../../command_line/flag.ts";
import {
  deliverPage,
  PAGE_FLAGS,
  pageOf,
  type PageView,
} from "../../output/page.ts";

const FLAGS = {
  status: {
    type: "value",
    brief: "Only jobs of this status: submitted, running, accepted (started " +
      "without --wait), complete or failed",
    placeholder: "STATUS",
    parse: choice(["submitted", "running", "accepted", "complete", "failed"]),
  },
  ...PAGE_FLAGS,
} as const satisfies FlagTable;

/** `vers jobs list`: shows the jobs of the ledger. */
export const command = defineCommand({
  summary: "List jobs",
  description: "Lists the jobs in this machine's ledger, the newest first,\n" +
    "those of the Go CLI too. Nothing is asked of the service.",
  flags: FLAGS,
  positionals: [],
  examples: [
    ["vers jobs list", "the newest 50 jobs"],
    ["vers jobs list --status running", "those whose VMs are on their way"],
    ["vers jobs list --limit 0 --json", "all of them, as JSON"],
  ],
  files: { ledger: "read" },
  run: listJobs,
});

async function listJobs(
  input: CommandInput<typeof FLAGS>,
  context: Context,
): Promise<number> {
  const { openJobLedger, readJobs } = await import("./_job_ledger.ts");
  const { jobTable, summaryOf } = await import("../../output/render_job.ts");
  const { flags, progress, invocation: { output } } = input;
  const { jobs } = await readJobs(openJobLedger(context), progress);
  const wanted = jobs.filter((job) =>
    flags.status === undefined || statusOf(job) === flags.status
  );
  const view: PageView = {
    text: (items) => items.length === 0 ? [noneText(input)] : jobTable(items),
    id: (item) => String(item.id),
  };
  await deliverPage(pageOf(wanted.map(summaryOf), flags), {
    context,
    progress,
    output,
    view,
  });
  return 0;
}

function noneText({ flags }: CommandInput<typeof FLAGS>): string {
  if (flags.offset) return "No more jobs.";
  return flags.status === undefined
    ? "No jobs recorded."
    : `No jobs of status ${flags.status}.`;
}
