import type { JsonObject } from "../json.ts";
import type {
  CompleteRecord,
  FailedRecord,
  Handle,
  JobRecord,
  RunningRecord,
  SubmittedRecord,
} from "./record.ts";

interface Sent {
  /**
   * When the newest request left, by our clock. A request that the server was
   * too busy for counts as no send, and leaves again under a line of its own:
   * so of several lines of one send the last one counts.
   */
  readonly sent_at: string;
}

interface Taken {
  /** When the handle was recorded. */
  readonly running_at: string;
}

/** Its request may or may not exist on the server. */
export type SubmittedJob = SubmittedRecord & Sent;
/** The server took it and gave a handle. */
export type RunningJob = RunningRecord & Sent & Taken;
/** It reached what was waited for. */
export type CompleteJob = CompleteRecord & Sent & Taken;
/** It will not get there. */
export type FailedJob = FailedRecord & Sent;

/**
 * What the records of one id and token fold to: a record that says all that is
 * known, and when its request left.
 */
export type Job = SubmittedJob | RunningJob | CompleteJob | FailedJob;

/** A job that nothing more will happen to. */
export type SettledJob = CompleteJob | FailedJob;

/** Returns whether the job may still get somewhere. */
export function isInFlight(job: Job): job is SubmittedJob | RunningJob {
  return job.status === "submitted" || job.status === "running";
}

/** Returns the VMs of a job; none while it is not known whether it has any. */
export function vmIdsOf(job: Job): readonly string[] {
  return job.status === "submitted" ? [] : job.handle?.vm_ids ?? [];
}

/** Returns the job as it is when the server has taken it. */
export function taken(
  job: SubmittedJob,
  handle: Handle,
  now: Date,
): RunningJob {
  const running_at = now.toISOString();
  return { ...job, status: "running", ...withResultId(handle), running_at };
}

/** Returns the job as it is when it is done. */
export function completed(
  job: RunningJob,
  result: JsonObject,
  now: Date,
): CompleteJob {
  return { ...job, status: "complete", ...endOf(job, now), result };
}

/** Why a job failed. */
export interface FailureOfJob {
  readonly error: string;
  /** The failure as it was told. */
  readonly result?: JsonObject;
  /** Whether its VM was gone. */
  readonly isGone?: boolean;
}

/** Returns the job as it is when it will not get there. */
export function failed(
  job: SubmittedJob | RunningJob,
  { error, result, isGone }: FailureOfJob,
  now: Date,
): FailedJob {
  const ended = { ...endOf(job, now), error, result };
  const gone = isGone ? { gone_at: ended.completed_at } : {};
  return { ...job, status: "failed", ...ended, ...gone };
}

function withResultId(handle: Handle) {
  return { handle, result_id: handle.vm_ids.join(",") };
}

function endOf({ started_at }: Pick<Job, "started_at">, now: Date) {
  const completed_at = now.toISOString();
  return { completed_at, duration_ms: durationMs(started_at, completed_at) };
}

/** The clock may have stepped back. */
function durationMs(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}

/** Which records of a job count: those of the highest rank that it has. */
export const RANK: Readonly<Record<JobRecord["status"], number>> = {
  complete: 3,
  failed: 2,
  running: 1,
  submitted: 0,
};

/**
 * Returns what records of one job fold to, in whatever order they come:
 * `complete` over `failed` over `running` over `submitted`, the earliest
 * `completed_at`, each mark if any record has it. Of records that contradict
 * each other the one written first holds.
 *
 * @throws {RangeError} when there is no record.
 */
export function foldRecords(records: Iterable<JobRecord>): Job {
  const sorted = [...records].sort(byWeight);
  const [top] = sorted;
  if (top === undefined) {
    throw new RangeError("Cannot fold: no record is given");
  }
  const sends = Math.max(...sorted.map((record) => record.sends));
  const fewest = Math.min(...sorted.map((record) => record.sends));
  const ofNewestSend = sorted.filter((record) => record.sends === sends);
  const ofFirstSend = sorted.filter((record) => record.sends === fewest);
  const leaving = ofNewestSend.filter(({ status, unconfirmed_at }) =>
    status === "submitted" && unconfirmed_at === undefined
  );
  const same = sorted.filter(({ status }) => status === top.status);
  const started_at = earliest(sorted, "started_at") ?? top.started_at;
  const shared = {
    started_at,
    sends,
    sent_at: latest(leaving, "at") ?? earliest(ofNewestSend, "at") ?? top.at,
    server_at: latest(ofFirstSend, "server_at") ??
      earliest(sorted, "server_at"),
    accepted_at: earliest(sorted, "accepted_at"),
    unconfirmed_at: earliest(sorted, "unconfirmed_at"),
  };
  const running_at = earliest(sorted.filter(isTaken), "at") ?? top.at;
  switch (top.status) {
    case "submitted":
      return defined({ ...top, ...shared });
    case "running": {
      const taken = withResultId(top.handle);
      return defined({ ...top, ...shared, ...taken, running_at });
    }
    case "complete":
    case "failed": {
      const completed_at = earliest(same, "completed_at") ?? top.completed_at;
      const ended = {
        completed_at,
        duration_ms: durationMs(started_at, completed_at),
        gone_at: earliest(same, "gone_at"),
      };
      if (top.status === "failed") {
        const handle = firstHandle(sorted);
        const taken = handle === undefined ? {} : withResultId(handle);
        return defined({ ...top, ...shared, ...ended, ...taken });
      }
      return defined({
        ...top,
        ...shared,
        ...ended,
        ...withResultId(top.handle),
        running_at,
        delivered_at: earliest(same, "delivered_at"),
      });
    }
  }
}

/** The heaviest status first; of one status what was written first. */
function byWeight(a: JobRecord, b: JobRecord): number {
  if (a.status !== b.status) return RANK[b.status] - RANK[a.status];
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  const [textA, textB] = [JSON.stringify(a), JSON.stringify(b)];
  return textA === textB ? 0 : textA < textB ? -1 : 1;
}

function isTaken({ status }: JobRecord): boolean {
  return status === "running" || status === "complete";
}

function firstHandle(sorted: readonly JobRecord[]): Handle | undefined {
  for (const record of sorted) {
    if (record.status !== "submitted" && record.handle) return record.handle;
  }
  return undefined;
}

/** The times that records have, each where it has it. */
type Times = {
  readonly [
    Name in
      | "at"
      | "started_at"
      | "completed_at"
      | "server_at"
      | "accepted_at"
      | "unconfirmed_at"
      | "delivered_at"
      | "gone_at"
  ]?: string | undefined;
};

/** Returns the earliest of the times of a name; text breaks a tie. */
function earliest(
  records: readonly JobRecord[],
  name: keyof Times,
): string | undefined {
  return timesOf(records, name).at(0);
}

/** Returns the latest of the times of a name. */
function latest(
  records: readonly JobRecord[],
  name: keyof Times,
): string | undefined {
  return timesOf(records, name).at(-1);
}

function timesOf(records: readonly Times[], name: keyof Times): string[] {
  return records.flatMap((record) => record[name] ?? []).sort((a, b) => {
    const difference = Date.parse(a) - Date.parse(b);
    return difference !== 0 ? difference : a < b ? -1 : a > b ? 1 : 0;
  });
}

/** Takes the fields out that have no value. */
function defined<Fields extends object>(fields: Fields): Fields {
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) Reflect.deleteProperty(fields, name);
  }
  return fields;
}
