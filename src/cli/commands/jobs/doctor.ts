import type { JsonObject } from "../../../json.ts";
import type { RepairReport } from "../../../ledger/file/repair.ts";
import {
  type CommandInput,
  defineCommand,
} from "../../command_line/command.ts";
import type { FlagTable } from "../../command_line/flag.ts";
import { lazy } from "../../lazy.ts";
import { EXIT_CODES } from "../../output/exit_code.ts";
import { diagnose, type Diagnosis } from "./_ledger_checks.ts";

const FLAGS = {
  repair: {
    type: "boolean",
    brief: "Move unreadable lines to a file beside the ledger",
  },
} as const satisfies FlagTable;

/** `vers jobs doctor`: finds out what is wrong with the ledger. */
export const command = defineCommand({
  summary: "Check the ledger for problems",
  description:
    "Checks whether the local ledger can be read, written and locked, and\n" +
    "lists the lines that cannot be read. With --repair it moves those\n" +
    "lines, including those of a newer vers, to the file\n" +
    "jobs.jsonl.bad-<time>; all others stay as they are.",
  flags: FLAGS,
  positionals: [],
  examples: [
    ["vers jobs doctor", "check the ledger"],
    ["vers jobs doctor --json", "print all findings, for scripts"],
    ["vers jobs doctor --repair", "move bad lines aside"],
  ],
  exitCodes: [[1, "a problem was found"]],
  files: { settings: "read", ledger: "read, write", locks: "read, write" },
  async run({ flags }: CommandInput<typeof FLAGS>, context) {
    const { openJobLedger, withLedger } = await lazy.jobLedger();
    const jobLedger = openJobLedger(context);
    const repaired = flags.repair
      ? await withLedger(() => jobLedger.maintenance.repair())
      : undefined;
    const diagnosis = await diagnose(jobLedger, context);
    const isFine = diagnosis.checks.every(({ status }) => status !== "problem");
    const { path } = jobLedger;
    return {
      result: toJson(diagnosis, { path, isFine, repaired }),
      ids: [path],
      text: toLines(diagnosis, { path, isFine, repaired }),
      exitCode: isFine ? 0 : EXIT_CODES.general,
    };
  },
});

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
    checks: checks.map((check) => ({ ...check })),
    lines: lines && {
      ours: lines.ours,
      go: lines.go,
      newer: lines.newer,
      bad: lines.bad,
      future: lines.future,
      stripped: lines.stripped,
    },
    bad_lines: lines?.badLines.map((bad) => ({
      line: bad.line,
      last_line: bad.lastLine,
      offset: bad.offset,
      length: bad.length,
      kind: bad.isTorn ? "torn" : "corrupt",
      why: bad.why,
    })),
    newer_lines: lines?.newerLines.map((line) => ({ ...line })),
    future_lines: lines?.futureLines.map((line) => ({ ...line })),
    stripped_jobs: lines?.strippedIds,
    repaired: repaired && {
      moved: repaired.moved,
      newer: repaired.newer,
      all: repaired.isAll,
      path: repaired.path,
    },
  };
}

function toLines(
  { checks, lines }: Diagnosis,
  { path, isFine, repaired }: Findings,
): readonly string[] {
  const { badLines = [], newerLines = [], futureLines = [] } = lines ?? {};
  const { bad = 0, newer = 0, future = 0 } = lines ?? {};
  const shown = badLines.reduce(
    (sum, { line, lastLine }) => sum + lastLine + 1 - line,
    0,
  );
  return [
    `ledger: ${path}`,
    ...(repaired === undefined ? [] : repairText(repaired, path)),
    ...checks.map(({ name, status, detail }) =>
      `${status.padEnd(7)}  ${name}: ${detail}`
    ),
    ...badLines.map((lines) =>
      `${placeOf(lines)}: ${lines.isTorn ? "torn" : "corrupt"}, ` +
      `${lines.length} bytes: ${lines.why}`
    ),
    ...moreOf(bad - shown, "bad"),
    ...newerLines.map((line) =>
      `${placeOf(line)}: of a newer vers: job ${line.id ?? "unknown"}`
    ),
    ...moreOf(newer - newerLines.length, "newer"),
    ...futureLines.map((line) =>
      `${placeOf(line)}: from the future: job ${line.id}, ${line.at}`
    ),
    ...moreOf(future - futureLines.length, "future"),
    isFine ? "The ledger is fine" : "Something is wrong with the ledger",
  ];
}

/** Which lines of the file these are, and where. */
interface Place {
  readonly line: number;
  readonly lastLine?: number;
  readonly offset: number;
}

function placeOf({ line, lastLine = line, offset }: Place): string {
  const which = line === lastLine
    ? `line ${line}`
    : `lines ${line} to ${lastLine}`;
  return `  ${which}, at byte ${offset}`;
}

/** Returns what a repair did, and what to do if that was not wanted. */
function repairText(
  { path: aside, moved, newer, isAll }: RepairReport,
  path: string,
): readonly string[] {
  if (aside === undefined) return ["repaired: there was nothing to set aside"];
  const what = isAll
    ? `not one line could be read: the whole ledger, ${moved} lines, is`
    : `${moved} ${moved === 1 ? "line is" : "lines are"}`;
  const ofNewer = newer === 0
    ? ""
    : `; ${newer} of a newer vers, which misses them`;
  return [
    `repaired: ${what} in ${aside}${ofNewer}`,
    "the same command does not find their jobs any more; vers status lists " +
    "all VMs",
    `to put them back: cat "${aside}" >> "${path}"`,
  ];
}

function moreOf(count: number, what: string): readonly string[] {
  return count > 0 ? [`  and ${count} more ${what} lines`] : [];
}
