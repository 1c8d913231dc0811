import type { Mutant, Outcome } from "./stryker.ts";

/** What the mutants of some files come to. */
export interface Tally {
  files: number;
  killed: number;
  timedOut: number;
  survived: number;
  notRun: number;
}

/** Adds up what came of each file. */
export function tallyOf(outcomes: readonly Outcome[]): Tally {
  const tally = { files: 0, killed: 0, timedOut: 0, survived: 0, notRun: 0 };
  for (const outcome of outcomes) {
    tally.files++;
    if ("left" in outcome) {
      if (outcome.isLoaded) tally.notRun += outcome.left;
      else tally.survived += outcome.left;
      continue;
    }
    for (const { status } of outcome.mutants) {
      if (status === "killed") tally.killed++;
      else if (status === "timed out") tally.timedOut++;
      else if (status === "survived") tally.survived++;
      else tally.notRun++;
    }
  }
  return tally;
}

/**
 * Returns the share of the mutants that a test noticed, in percent, of those
 * that were run; a test that does not end has noticed.
 */
export function scoreOf({ killed, timedOut, survived }: Tally): number {
  const run = killed + timedOut + survived;
  return run === 0 ? 0 : 100 * (killed + timedOut) / run;
}

const HEAD = [
  "",
  "files",
  "killed",
  "timed out",
  "survived",
  "not run",
  "score",
];

/** Returns a table, a line for each target. */
export function renderTable(
  rows: readonly (readonly [name: string, tally: Tally])[],
): string {
  const cells = [
    HEAD,
    ...rows.map(([name, tally]) =>
      [
        name,
        ...[tally.files, tally.killed, tally.timedOut, tally.survived],
        tally.notRun,
        `${scoreOf(tally).toFixed(1)} %`,
      ].map(String)
    ),
  ];
  const widths = HEAD.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0))
  );
  return cells.map((row) =>
    row.map((cell, column) =>
      column === 0
        ? cell.padEnd(widths[column] ?? 0)
        : cell.padStart(widths[column] ?? 0)
    ).join("  ").trimEnd() + "\n"
  ).join("");
}

/** Returns what came of a file, with a line for each survivor. */
export function renderOutcome(file: string, outcome: Outcome): string {
  const { killed, timedOut, survived, notRun } = tallyOf([outcome]);
  const first = `${file}: ${killed} killed, ${timedOut} timed out, ` +
    `${survived} survived, ${notRun} not run\n`;
  const { why } = outcome;
  const whole = why === undefined ? first : `${first}  ${why}\n`;
  if ("left" in outcome) return whole;
  const survivors = outcome.mutants.filter(({ status }) =>
    status === "survived"
  );
  return whole +
    survivors.map((mutant) => `  ${renderMutant(file, mutant)}\n`).join("");
}

/** Returns a line for a mutant, where each text is on one line and cut short. */
function renderMutant(file: string, mutant: Mutant): string {
  const { line, column, mutator, original, replacement } = mutant;
  return `${file}:${line}:${column} ${mutator}: ` +
    `${oneLine(original)} → ${oneLine(replacement)}`;
}

const WIDTH = 120;

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > WIDTH ? `${line.slice(0, WIDTH)}…` : line;
}
