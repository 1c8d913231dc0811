import type { Attempt } from "./attempt.ts";

/** What the rounds of one story came to, for one kind. */
export interface Row {
  readonly kind: string;
  readonly story: string;
  rounds: number;
  runs: number;
  kills: number;
  created: number;
  attached: number;
  recovered: number;
  returned: number;
  unconfirmed: number;
  violations: number;
}

const COLUMNS = [
  "rounds",
  "runs",
  "kills",
  "created",
  "attached",
  "recovered",
  "returned",
  "unconfirmed",
  "violations",
] as const;

/** How the columns are headed: an exit 21 is a submission unconfirmed. */
const HEADS = { unconfirmed: "exit 21" };

/** Counts what rounds came to. */
export class Tally {
  readonly #rows = new Map<string, Row>();

  /** Adds one round. */
  add(
    kind: string,
    story: string,
    round: {
      readonly attempts: readonly Attempt[];
      readonly violations: number;
    },
  ): void {
    const row = this.#row(kind, story);
    const { attempts, violations } = round;
    const effects = (effect: string) =>
      attempts.filter(({ result }) => result?.effect === effect).length;
    row.rounds++;
    row.runs += attempts.length;
    row.kills += attempts.filter(({ isKilled }) => isKilled).length;
    row.created += effects("created");
    row.attached += effects("attached");
    row.recovered += effects("recovered");
    row.returned += effects("returned");
    row.unconfirmed += attempts.filter(({ code }) => code === 21).length;
    row.violations += violations;
  }

  /** Returns the sum of all rows. */
  total(): Row {
    const total = emptyRow("all", "in all");
    for (const row of this.#rows.values()) {
      for (const column of COLUMNS) total[column] += row[column];
    }
    return total;
  }

  /** Returns a table with a line for each kind and story. */
  render(): string {
    const rows = [...this.#rows.values()].sort(byName);
    const cells = [
      ["kind", "story", ...COLUMNS.map(headOf)],
      ...[...rows, this.total()].map((row) => [
        row.kind,
        row.story,
        ...COLUMNS.map((column) => String(row[column])),
      ]),
    ];
    const widths = (cells[0] ?? []).map((_, column) =>
      Math.max(...cells.map((line) => line[column]?.length ?? 0))
    );
    return cells.map((line) => {
      const texts = line.map((cell, column) => {
        const width = widths[column] ?? 0;
        return column < 2 ? cell.padEnd(width) : cell.padStart(width);
      });
      return `${texts.join("  ").trimEnd()}\n`;
    }).join("");
  }

  #row(kind: string, story: string): Row {
    const name = `${kind} ${story}`;
    const row = this.#rows.get(name) ?? emptyRow(kind, story);
    this.#rows.set(name, row);
    return row;
  }
}

function emptyRow(kind: string, story: string): Row {
  return {
    kind,
    story,
    rounds: 0,
    runs: 0,
    kills: 0,
    created: 0,
    attached: 0,
    recovered: 0,
    returned: 0,
    unconfirmed: 0,
    violations: 0,
  };
}

function headOf(column: typeof COLUMNS[number]): string {
  return column === "unconfirmed" ? HEADS.unconfirmed : column;
}

function byName(a: Row, b: Row): number {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1;
  return 0;
}
