import type { JobRecord } from "./record.ts";
import { foldGoRecords, type GoRecord, hasEnded } from "./go_job.ts";
import { foldRecords, type Job, RANK } from "./job.ts";

/** A job of a ledger that this program and the Go CLI share. */
export type ListedJob =
  | { readonly writer: "vers"; readonly id: string; readonly job: Job }
  | { readonly writer: "go"; readonly id: string; readonly entry: GoRecord };

/** What of one of our jobs says how it stands. */
export interface Standing extends Pick<JobRecord, "token" | "status"> {
  readonly started_at: string;
  readonly completed_at?: string | undefined;
  readonly accepted_at?: string | undefined;
  readonly delivered_at?: string | undefined;
  readonly gone_at?: string | undefined;
}

/** A listed job, or as much of it as pruning asks for. */
export type ListedStanding =
  | { readonly writer: "vers"; readonly id: string; readonly job: Standing }
  | { readonly writer: "go"; readonly id: string; readonly entry: GoRecord };

/** Returns when a job was asked for, as its line has it. */
export function startOf(listed: ListedStanding): string {
  return listed.writer === "go"
    ? listed.entry.started_at
    : listed.job.started_at;
}

/** Returns when a job ended; `undefined` while it is in flight. */
export function endOf(listed: ListedStanding): string | undefined {
  if (listed.writer === "go") return listed.entry.completed_at;
  return isListedInFlight(listed) ? undefined : listed.job.completed_at;
}

/**
 * Returns a job's state, in the words of the ledger; `accepted` of one in
 * flight whose command did not wait for it.
 */
export function statusOf(listed: ListedStanding): string {
  if (listed.writer === "go") return listed.entry.status;
  return isAccepted(listed) ? "accepted" : listed.job.status;
}

/** Returns whether a job is in flight whose command did not wait for it. */
export function isAccepted(listed: ListedStanding): boolean {
  return listed.writer === "vers" && listed.job.status === "running" &&
    listed.job.accepted_at !== undefined;
}

/** Returns whether nobody has noted yet how the job ended. */
export function isListedInFlight(listed: ListedStanding): boolean {
  if (listed.writer === "go") return !hasEnded(listed.entry);
  const { status } = listed.job;
  return status === "submitted" || status === "running";
}

/** Returns whether a result is there that nobody has been given. */
export function isUndelivered(listed: ListedStanding): boolean {
  if (listed.writer === "go" || listed.job.status !== "complete") return false;
  const { delivered_at, gone_at } = listed.job;
  return delivered_at === undefined && gone_at === undefined;
}

/** Returns how a job stands that lines say this of, in whatever order. */
export function foldStandings(one: Standing, other: Standing): Standing {
  const by = RANK[one.status] - RANK[other.status];
  if (by !== 0) return by > 0 ? one : other;
  return {
    token: one.token,
    status: one.status,
    started_at: earlier(one.started_at, other.started_at) ?? one.started_at,
    completed_at: earlier(one.completed_at, other.completed_at),
    accepted_at: earlier(one.accepted_at, other.accepted_at),
    delivered_at: earlier(one.delivered_at, other.delivered_at),
    gone_at: earlier(one.gone_at, other.gone_at),
  };
}

function earlier(
  one: string | undefined,
  other: string | undefined,
): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Date.parse(other) < Date.parse(one) ? other : one;
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
    } else if (RANK[entry.status] > RANK[first.status]) {
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
