import type { ListedStanding } from "../../../job/listed_job.ts";
import type { Retention } from "../../../job/retention.ts";
import type { JsonObject } from "../../../json.ts";
import {
  type CommandInput,
  defineCommand,
  type Given,
  type Mistake,
} from "../../command_line/command.ts";
import { duration, type FlagTable } from "../../command_line/flag.ts";
import { lazy } from "../../lazy.ts";
import { settingsOrNone } from "../../personal_files.ts";

const DEFAULT_AGE_MS = 7 * 24 * 3_600_000;

const FLAGS = {
  "older-than": {
    type: "value",
    brief: "Only jobs that ended, or started, longer ago than this",
    placeholder: "DURATION",
    fallback: "7d",
    parse: duration({ zero: "all", example: "7d" }),
  },
  all: { type: "boolean", brief: "Jobs of any age" },
  force: {
    type: "boolean",
    brief: "Also jobs in flight and undelivered results",
  },
  "dry-run": {
    type: "boolean",
    brief: "Print what would be removed; change nothing",
  },
} as const satisfies FlagTable;

/** `vers jobs prune`: takes old jobs out of the ledger. */
export const command = defineCommand({
  summary: "Remove old jobs from the ledger",
  description:
    "Removes jobs from the local ledger, each with all of its entries. VMs\n" +
    "are not touched. Without --force it keeps jobs in flight and\n" +
    "undelivered results that are younger than the retention setting (30d)\n" +
    "or the resume window, whichever is longer. Unreadable lines are always\n" +
    "kept: vers jobs doctor --repair moves them aside.",
  flags: FLAGS,
  positionals: [],
  examples: [
    ["vers jobs prune", "jobs that ended more than 7 days ago"],
    [
      "vers jobs prune --older-than 24h --dry-run",
      "preview: jobs older than a day",
    ],
    ["vers jobs prune --all --force", "everything"],
  ],
  files: { settings: "read", ledger: "read, write", locks: "read, write" },
  check: ({ flags }: Given): readonly Mistake[] =>
    flags.has("all") && flags.has("older-than")
      ? [{
        problem: "--all and --older-than contradict each other",
        example: "--older-than 24h",
      }]
      : [],
  async run(input: CommandInput<typeof FLAGS>, context) {
    const { openJobLedger, withLedger } = await lazy.jobLedger();
    const { isOld, protectionOf } = await lazy.jobRetention();
    const { protection } = await lazy.retention();
    const { flags, progress } = input;
    const settings = await settingsOrNone(context, progress.warn);
    const olderThanMs = flags["older-than"] ?? DEFAULT_AGE_MS;
    const retention: Retention = {
      now: context.clock.now(),
      olderThanMs: flags.all ? 0 : olderThanMs,
      ...protection(context, settings),
    };
    const isDryRun = flags["dry-run"];
    const { maintenance, path } = openJobLedger(context);
    let kept = { in_flight: 0, undelivered: 0 };
    const mayGo = (job: ListedStanding) => {
      if (!isOld(job, retention)) return false;
      const protection = flags.force ? undefined : protectionOf(job, retention);
      if (protection !== undefined) kept[protection]++;
      return protection === undefined;
    };
    const report = await withLedger(() =>
      maintenance.prune({
        mayGo,
        isDryRun,
        onChoosing: () => kept = { in_flight: 0, undelivered: 0 },
      })
    );
    const counts = {
      dry_run: isDryRun,
      pruned_entries: report.prunedEntries,
      kept_entries: report.keptEntries,
      pruned_jobs: report.prunedJobs,
      kept_jobs: report.keptJobs,
      kept_in_flight: kept.in_flight,
      kept_undelivered: kept.undelivered,
      kept_unreadable: report.unreadable,
    };
    return {
      result: {
        ...counts,
        size_before: report.sizeBefore,
        size_after: report.sizeAfter,
        ledger: path,
      },
      ids: report.prunedIds,
      text: reportLines(counts),
    };
  },
});

function reportLines(report: JsonObject): readonly string[] {
  const verb = report.dry_run ? "would prune" : "pruned";
  const { kept_in_flight, kept_undelivered, kept_unreadable } = report;
  const isProtecting = kept_in_flight !== 0 || kept_undelivered !== 0;
  return [
    `${verb} ${report.pruned_entries} entries ` +
    `(${report.kept_entries} kept), ` +
    `${report.pruned_jobs} jobs (${report.kept_jobs} kept)`,
    ...(isProtecting
      ? [
        `kept: ${kept_in_flight} in flight, ${kept_undelivered} undelivered; ` +
        "--force prunes them too",
      ]
      : []),
    ...(kept_unreadable === 0
      ? []
      : [`kept: ${kept_unreadable} unreadable; see vers jobs doctor`]),
  ];
}
