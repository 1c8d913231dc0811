import type { JsonObject } from "../../../json.ts";
import type { RepairReport } from "../../../ledger/repair.ts";
import { type CommandInput, defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { EXIT_CODES } from "../../failure.ts";
import type { FlagTable } from "../../flag.ts";
import type { Diagnosis } from "../../ledger_checks.ts";
import type { ResultView } from "../../render_result.ts";

const FLAGS = {
  repair: {
    type: "boolean",
    brief: "Move torn and corrupt lines to a file beside the ledger",
  },
} as const satisfies FlagTable;

/** `vers jobs doctor`: finds out what is wrong with the ledger. */
export const command = defineCommand({
  summary: "Find out what is wrong with the ledger",
  description: "Looks at this machine's ledger of jobs: whether it can be\n" +
    "read, written and locked, and which of its lines cannot be read, with\n" +
    "their places in bytes. With --repair it moves such lines to the file\n" +
    "jobs.jsonl.bad-<time>; all others stay as they are.",
  flags: FLAGS,
  positionals: [],
  examples: [
    ["vers jobs doctor", "look"],
    ["vers jobs doctor --json", "everything that was found, for scripts"],
    ["vers jobs doctor --repair", "and move bad lines away"],
  ],
  exitCodes: [[1, "something is wrong"]],
  files: { settings: "read", ledger: "read, write", locks: "read, write" },
  run: examine,
});

async function examine(
  { flags, progress, invocation: { output } }: CommandInput<typeof FLAGS>,
  context: Context,
): Promise<number> {
  const { openJobLedger, withLedger } = await import("../../job_ledger.ts");
  const { diagnose } = await import("../../ledger_checks.ts");
  const { deliverResult } = await import("../../deliver.ts");
  const jobLedger = openJobLedger(context);
  const repaired = flags.repair
    ? await withLedger(() => jobLedger.upkeep.repair())
    : undefined;
  const diagnosis = await diagnose(jobLedger, context);
  const isFine = diagnosis.checks.every(({ status }) => status !== "problem");
  const { path } = jobLedger;
  await deliverResult(toJson(diagnosis, { path, isFine, repaired }), {
    context,
    progress,
    output,
    view: viewOf(diagnosis, { path, isFine, repaired }),
    isKept: false,
  });
  return isFine ? 0 : EXIT_CODES.general;
}

interface Findings {
  readonly path: string;
  readonly isFine: boolean;
  readonly repaired: RepairReport | undefined;
}

function toJson(
  { checks, lines, file }: Diagnosis,
  { path, isFine, repaired }: Findings,
): JsonObject {
  return {
    ok: isFine,
    ledger: {
      path,
      exists: file !== undefined,
      size: file?.size,
      mode: file?.mode === null || file === undefined
        ? undefined
        : (file.mode & 0o7777).toString(8).padStart(4, "0"),
      uid: file?.uid,
      gid: file?.gid,
    },
    checks: checks.map(({ name, status, detail }) => ({
      name,
      status,
      detail,
    })),
    lines: lines && {
      ours: lines.ours,
      go: lines.go,
      newer: lines.newer,
      bad: lines.bad,
      future: lines.future,
      stripped: lines.stripped,
    },
    bad_lines: lines?.badLines.map(({ offset, length, isTorn, why }) => ({
      offset,
      length,
      kind: isTorn ? "torn" : "corrupt",
      why,
    })),
    future_lines: lines?.futureLines.map(({ offset, id, at }) => ({
      offset,
      id,
      at,
    })),
    stripped_jobs: lines?.strippedIds,
    repaired: repaired && { moved: repaired.moved, path: repaired.path },
  };
}

function viewOf(
  { checks, lines }: Diagnosis,
  { path, isFine, repaired }: Findings,
): ResultView {
  const { badLines = [], futureLines = [], bad = 0, future = 0 } = lines ?? {};
  return {
    ids: () => [path],
    text: () => [
      `ledger: ${path}`,
      ...(repaired === undefined ? [] : [
        repaired.path === undefined
          ? "repaired: there was nothing to move"
          : `repaired: ${repaired.moved} bad lines are in ${repaired.path}`,
      ]),
      ...checks.map(({ name, status, detail }) =>
        `${status.padEnd(7)}  ${name}: ${detail}`
      ),
      ...badLines.map(({ offset, length, isTorn, why }) =>
        `  at byte ${offset}: ${isTorn ? "torn" : "corrupt"}, ` +
        `${length} bytes: ${why}`
      ),
      ...moreOf(bad - badLines.length, "bad"),
      ...futureLines.map(({ offset, id, at }) =>
        `  at byte ${offset}: from the future: job ${id}, ${at}`
      ),
      ...moreOf(future - futureLines.length, "future"),
      isFine ? "The ledger is fine" : "Something is wrong with the ledger",
    ],
  };
}

function moreOf(count: number, what: string): readonly string[] {
  return count > 0 ? [`  and ${count} more ${what} lines`] : [];
}
