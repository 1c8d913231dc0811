import type { GoEntry } from "./entry.ts";
import type { RunningJob } from "./job.ts";
import { isJobKind } from "./job_kind.ts";

/**
 * Returns what the Go CLI's lines of one id come to, in the order of the file:
 * the last one, but none over one that says how the job ended.
 *
 * @throws {RangeError} when there is no line.
 */
export function foldGoEntries(entries: Iterable<GoEntry>): GoEntry {
  let folded: GoEntry | undefined;
  for (const entry of entries) {
    const isOver = folded !== undefined && hasEnded(folded);
    if (!isOver || hasEnded(entry)) folded = entry;
  }
  if (folded === undefined) throw new RangeError("Cannot fold: no line given");
  return folded;
}

/** Returns whether a line of the Go CLI says how its job ended. */
export function hasEnded(entry: GoEntry): boolean {
  return entry.status === "complete" || entry.status === "failed";
}

/**
 * Returns whether a line without a version looks like one of ours from which
 * the Go CLI's prune has dropped the fields that it does not know: a state the
 * Go CLI never writes, a VM before the job has ended, or a time in whole
 * milliseconds, where the Go CLI has finer ones.
 */
export function looksStripped(entry: GoEntry): boolean {
  if (entry.status === "running") return true;
  if (!hasEnded(entry) && entry.result_id !== undefined) return true;
  return /\.\d{3}Z$/.test(entry.started_at);
}

/** Whose job a stripped line is taken for: it does not say itself. */
export interface StrippedOwner {
  readonly scope: string;
  readonly account: string;
  /** A new mark for the job: its own is lost. */
  readonly token: string;
}

/**
 * Returns the job in flight that a stripped line still stands for: its VMs are
 * known, and nothing of what was asked for. `undefined` when it has none, or
 * has ended.
 */
export function jobOfStripped(
  entry: GoEntry,
  owner: StrippedOwner,
): RunningJob | undefined {
  const { id, kind, command, args, started_at, result_id } = entry;
  if (hasEnded(entry) || !result_id || !isJobKind(kind)) return undefined;
  return {
    state: "running",
    id,
    kind,
    command,
    args,
    startedAt: started_at,
    submittedAt: started_at,
    ...owner,
    inputs: {},
    sends: 1,
    handle: { vm_ids: result_id.split(",") },
    runningAt: started_at,
  };
}
