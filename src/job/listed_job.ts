import type { JobRecord } from "./record.ts";
import type { GoRecord } from "./go_job.ts";
import { foldGoRecords, hasEnded } from "./go_job.ts";
import { foldRecords, isInFlight, type Job } from "./job.ts";

/** A job of a ledger that this program and the Go CLI share. */
export type ListedJob =
  | { readonly writer: "vers"; readonly id: string; readonly job: Job }
  | { readonly writer: "go"; readonly id: string; readonly entry: GoRecord };

/** Returns when a job was asked for, as its line has it. */
export function startOf(listed: ListedJob): string {
  return listed.writer === "go"
    ? listed.entry.started_at
    : listed.job.started_at;
}

/** Returns when a job ended; `undefined` while it is in flight. */
export function endOf(listed: ListedJob): string | undefined {
  if (listed.writer === "go") return listed.entry.completed_at;
  return isInFlight(listed.job) ? undefined : listed.job.completed_at;
}

/**
 * Returns a job's state, in the words of the ledger; `accepted` of one in
 * flight whose command did not wait for it.
 */
export function statusOf(listed: ListedJob): string {
  if (listed.writer === "go") return listed.entry.status;
  return isAccepted(listed) ? "accepted" : listed.job.status;
}

/** Returns whether a job is in flight whose command did not wait for it. */
export function isAccepted(listed: ListedJob): boolean {
  return listed.writer === "vers" && listed.job.status === "running" &&
    listed.job.accepted_at !== undefined;
}

/** Returns whether nobody has noted yet how the job ended. */
export function isListedInFlight(listed: ListedJob): boolean {
  return listed.writer === "go"
    ? !hasEnded(listed.entry)
    : isInFlight(listed.job);
}

/** Returns whether a result is there that nobody has been given. */
export function isUndelivered(listed: ListedJob): boolean {
  if (listed.writer === "go" || listed.job.status !== "complete") return false;
  const { delivered_at, gone_at } = listed.job;
  return delivered_at === undefined && gone_at === undefined;
}

/** What is kept of the lines of one id. */
interface Lines {
  /** Where the first of them stands. */
  readonly offset: number;
  go: GoRecord | undefined;
  /** By token: the lines of the state that counts. */
  readonly ours: Map<string, JobRecord[]>;
}

/**
 * All jobs of a ledger, put together line by line.
 *
 * Of each job only the lines of the state that counts are held: what a listing
 * shows and what pruning asks depend on no others.
 */
export class JobTable {
  readonly #lines = new Map<string, Lines>();

  /** Takes one of our lines, which begins at `offset`. */
  add(entry: JobRecord, offset: number): void {
    const { ours } = this.#linesOf(entry.id, offset);
    const held = ours.get(entry.token);
    if (held === undefined) {
      ours.set(entry.token, [entry]);
      return;
    }
    const [first] = held;
    if (first === undefined || first.status === entry.status) {
      held.push(entry);
    } else if (foldRecords([first, entry]).status === entry.status) {
      ours.set(entry.token, [entry]);
    }
  }

  /** Takes one of the Go CLI's lines, which begins at `offset`. */
  addGo(entry: GoRecord, offset: number): void {
    const lines = this.#linesOf(entry.id, offset);
    lines.go = lines.go === undefined
      ? entry
      : foldGoRecords([lines.go, entry]);
  }

  /**
   * Returns the jobs, the newest first. Where both programs wrote lines of one
   * id, ours say more.
   */
  jobs(): ListedJob[] {
    const jobs: (readonly [ListedJob, number])[] = [];
    for (const [id, { go, ours, offset }] of this.#lines) {
      for (const entries of ours.values()) {
        const job = foldRecords(entries);
        jobs.push([{ writer: "vers", id, job }, offset]);
      }
      if (ours.size === 0 && go !== undefined) {
        jobs.push([{ writer: "go", id, entry: go }, offset]);
      }
    }
    return jobs.map(([listed, offset]) => ({
      listed,
      offset,
      time: Date.parse(startOf(listed)) || 0,
    })).sort((a, b) => b.time - a.time || b.offset - a.offset)
      .map(({ listed }) => listed);
  }

  #linesOf(id: string, offset: number): Lines {
    const known = this.#lines.get(id);
    if (known !== undefined) return known;
    const lines: Lines = { offset, go: undefined, ours: new Map() };
    this.#lines.set(id, lines);
    return lines;
  }
}
