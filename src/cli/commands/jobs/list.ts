import {
  type CommandInput,
  defineCommand,
} from "../../command_line/command.ts";
import { choice, type FlagTable } from "../../command_line/flag.ts";
import { lazy } from "../../lazy.ts";
import { PAGE_FLAGS, pageOf } from "../../output/page.ts";

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

type Input = CommandInput<typeof FLAGS>;

/** `vers jobs list`: shows the jobs of the ledger. */
export const command = defineCommand({
  summary: "List jobs",
  description:
    "Lists the jobs in the local ledger, newest first, including those of\n" +
    "the Go CLI. The service is not asked.",
  flags: FLAGS,
  positionals: [],
  examples: [
    ["vers jobs list", "the newest 50 jobs"],
    ["vers jobs list --status running", "those whose VMs are on their way"],
    ["vers jobs list --limit 0 --json", "all of them, as JSON"],
  ],
  files: { ledger: "read" },
  async run(input, context) {
    const { openJobLedger, readJobs } = await lazy.jobLedger();
    const { jobTable, summaryOf } = await lazy.renderJob();
    const { flags, progress } = input;
    const { jobs } = await readJobs(openJobLedger(context), progress);
    const wanted = jobs.map(summaryOf).filter(({ status }) =>
      flags.status === undefined || status === flags.status
    );
    return {
      page: pageOf(wanted, flags),
      view: {
        text: (items) =>
          items.length === 0 ? [noneText(input)] : jobTable(items),
        id: (item) => String(item.id),
      },
    };
  },
});

function noneText({ flags }: Input): string {
  if (flags.offset) return "No more jobs.";
  return flags.status === undefined
    ? "No jobs recorded."
    : `No jobs of status ${flags.status}.`;
}
