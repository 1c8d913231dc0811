import * as z from "zod/mini";
import { type RunningJob, taken } from "./job.ts";
import { FORMAT_VERSION, isJobKind } from "./record.ts";

/**
 * A line as the Go CLI writes it: no version, no key, no handle, no checksum.
 *
 * https://github.com/hdresearch/vers-cli has it in `internal/jobs/ledger.go`.
 */
export const GO_RECORD = z.object({
  id: z.string(),
  kind: z.string(),
  command: z.string(),
  args: z.nullable(z.array(z.string())),
  started_at: z.string(),
  status: z.string(),
  completed_at: z.optional(z.nullable(z.string())),
  duration_ms: z.optional(z.number()),
  result_id: z.optional(z.string()),
  error: z.optional(z.string()),
});

/** What such a line says. */
export interface GoRecord {
  readonly id: string;
  readonly kind: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly started_at: string;
  readonly status: string;
  readonly completed_at?: string;
  readonly duration_ms?: number;
  readonly result_id?: string;
  readonly error?: string;
}

/**
 * Returns what the Go CLI's lines of one id come to, in the order of the file:
 * the last one, but none over one that says how the job ended.
 *
 * @throws {RangeError} when there is no line.
 */
export function foldGoRecords(entries: Iterable<GoRecord>): GoRecord {
  let folded: GoRecord | undefined;
  for (const entry of entries) {
    const isOver = folded !== undefined && hasEnded(folded);
    if (!isOver || hasEnded(entry)) folded = entry;
  }
  if (folded === undefined) throw new RangeError("Cannot fold: no line given");
  return folded;
}

/** Returns whether a line of the Go CLI says how its job ended. */
export function hasEnded(entry: GoRecord): boolean {
  return entry.status === "complete" || entry.status === "failed";
}

/**
 * Returns whether a line without a version looks like one of ours from which
 * the Go CLI's prune has dropped the fields that it does not know: a state the
 * Go CLI never writes, a VM before the job has ended, or a time in whole
 * milliseconds, where the Go CLI has finer ones.
 */
export function looksStripped(entry: GoRecord): boolean {
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
  entry: GoRecord,
  owner: StrippedOwner,
): RunningJob | undefined {
  const { id, kind, command, args, started_at, result_id } = entry;
  if (hasEnded(entry) || !result_id || !isJobKind(kind)) return undefined;
  const job = {
    id,
    kind,
    command,
    args,
    started_at,
    status: "submitted",
    v: FORMAT_VERSION,
    at: started_at,
    ...owner,
    inputs: {},
    sends: 1,
    sent_at: started_at,
  } as const;
  const handle = { vm_ids: result_id.split(",") };
  return taken(job, handle, new Date(started_at));
}
