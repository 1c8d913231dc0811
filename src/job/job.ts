import type { JsonObject } from "../json.ts";
import type { Entry, Handle, Names } from "./entry.ts";
import type { JobKind } from "./job_kind.ts";

/** What is known of a job in every state. Times are RFC 3339. */
export interface JobBase {
  readonly id: string;
  readonly kind: JobKind;
  readonly command: string;
  readonly args: readonly string[];
  readonly startedAt: string;
  /**
   * When the newest request left, by our clock. A request that the server was
   * too busy for counts as no send, and leaves again under a line of its own:
   * so of several lines of one send the last one counts.
   */
  readonly submittedAt: string;
  readonly key?: string;
  readonly scope: string;
  readonly account: string;
  readonly token: string;
  readonly inputs: JsonObject;
  readonly source?: string;
  /** What alias and HEAD stood for when the job was asked for. */
  readonly names?: Names;
  /** How often the request has left. */
  readonly sends: number;
  /** The server's clock just before the first request that counts. */
  readonly serverAt?: string;
  /** When its id was printed by a command that did not wait for it. */
  readonly acceptedAt?: string;
  /** When exit 21 was given. */
  readonly unconfirmedAt?: string;
}

/** Its request may or may not exist on the server. */
export interface SubmittedJob extends JobBase {
  readonly state: "submitted";
}

/** The server took it and gave a handle. */
export interface RunningJob extends JobBase {
  readonly state: "running";
  readonly handle: Handle;
  /** When the handle was recorded. */
  readonly runningAt: string;
}

/** It reached what was waited for. */
export interface CompleteJob extends JobBase {
  readonly state: "complete";
  readonly handle: Handle;
  readonly runningAt: string;
  readonly completedAt: string;
  readonly result: JsonObject;
  readonly deliveredAt?: string;
  /** When its VM was found gone afterwards. */
  readonly goneAt?: string;
}

/** It will not get there. */
export interface FailedJob extends JobBase {
  readonly state: "failed";
  readonly handle?: Handle;
  readonly completedAt: string;
  readonly error: string;
  readonly result?: JsonObject;
  /** Set when it failed because its VM was gone. */
  readonly goneAt?: string;
}

/** What the entries of one id and token fold to. */
export type Job = SubmittedJob | RunningJob | CompleteJob | FailedJob;

/** A job that nothing more will happen to. */
export type SettledJob = CompleteJob | FailedJob;

/** Returns whether the job may still get somewhere. */
export function isInFlight(job: Job): job is SubmittedJob | RunningJob {
  return job.state === "submitted" || job.state === "running";
}

const RANK: Record<Entry["status"], number> = {
  complete: 3,
  failed: 2,
  running: 1,
  submitted: 0,
};

/**
 * Returns what entries of one job fold to, in whatever order they come:
 * `complete` over `failed` over `running` over `submitted`, the earliest
 * `completed_at`, each mark if any entry has it. Of entries that contradict
 * each other the one written first holds.
 *
 * @throws {RangeError} when there is no entry.
 */
export function foldEntries(entries: Iterable<Entry>): Job {
  const sorted = [...entries].sort(byWeight);
  const top = sorted[0];
  if (top === undefined) throw new RangeError("Cannot fold: no entry is given");
  const base = foldBase(top, sorted);
  switch (top.status) {
    case "submitted":
      return { ...base, state: "submitted" };
    case "running":
      return {
        ...base,
        state: "running",
        handle: top.handle,
        runningAt: earliest(sorted, (entry) => handleTime(entry)) ?? top.at,
      };
    case "complete": {
      const same = sorted.filter((entry) => entry.status === "complete");
      return {
        ...base,
        state: "complete",
        handle: top.handle,
        runningAt: earliest(sorted, (entry) => handleTime(entry)) ?? top.at,
        completedAt: earliest(same, (entry) => entry.completed_at) ??
          top.completed_at,
        result: top.result,
        ...mark("deliveredAt", earliest(same, (entry) => entry.delivered_at)),
        ...mark("goneAt", earliest(same, (entry) => entry.gone_at)),
      };
    }
    case "failed": {
      const same = sorted.filter((entry) => entry.status === "failed");
      const handle = firstHandle(sorted);
      return {
        ...base,
        state: "failed",
        completedAt: earliest(same, (entry) => entry.completed_at) ??
          top.completed_at,
        error: top.error,
        ...(top.result === undefined ? {} : { result: top.result }),
        ...(handle === undefined ? {} : { handle }),
        ...mark("goneAt", earliest(same, (entry) => entry.gone_at)),
      };
    }
  }
}

/** Returns the entry that says all that is known of a job, written at `at`. */
export function entryOf(job: Job, at: string): Entry {
  const base = {
    id: job.id,
    kind: job.kind,
    command: job.command,
    args: job.args,
    started_at: job.startedAt,
    at,
    ...mark("key", job.key),
    scope: job.scope,
    account: job.account,
    token: job.token,
    inputs: job.inputs,
    ...mark("source", job.source),
    ...(job.names === undefined ? {} : { names: job.names }),
    sends: job.sends,
    ...mark("server_at", job.serverAt),
    ...mark("accepted_at", job.acceptedAt),
    ...mark("unconfirmed_at", job.unconfirmedAt),
  };
  switch (job.state) {
    case "submitted":
      return { ...base, status: "submitted" };
    case "running":
      return {
        ...base,
        status: "running",
        handle: job.handle,
        result_id: resultIdOf(job.handle),
      };
    case "complete":
      return {
        ...base,
        status: "complete",
        handle: job.handle,
        result_id: resultIdOf(job.handle),
        completed_at: job.completedAt,
        duration_ms: durationMs(job),
        result: job.result,
        ...mark("delivered_at", job.deliveredAt),
        ...mark("gone_at", job.goneAt),
      };
    case "failed":
      return {
        ...base,
        status: "failed",
        ...(job.handle === undefined
          ? {}
          : { handle: job.handle, result_id: resultIdOf(job.handle) }),
        completed_at: job.completedAt,
        duration_ms: durationMs(job),
        error: job.error,
        ...(job.result === undefined ? {} : { result: job.result }),
        ...mark("gone_at", job.goneAt),
      };
  }
}

function foldBase(top: Entry, sorted: readonly Entry[]): JobBase {
  const sends = Math.max(...sorted.map((entry) => entry.sends));
  const newestSend = sorted.filter((entry) => entry.sends === sends);
  const fewest = Math.min(...sorted.map((entry) => entry.sends));
  const firstSend = sorted.filter((entry) => entry.sends === fewest);
  const submitted = newestSend.filter((entry) =>
    entry.status === "submitted" && entry.unconfirmed_at === undefined
  );
  return {
    id: top.id,
    kind: top.kind,
    command: top.command,
    args: top.args,
    startedAt: earliest(sorted, (entry) => entry.started_at) ?? top.started_at,
    submittedAt: latest(submitted, (entry) => entry.at) ??
      earliest(newestSend, (entry) => entry.at) ?? top.at,
    ...mark("key", top.key),
    scope: top.scope,
    account: top.account,
    token: top.token,
    inputs: top.inputs,
    ...mark("source", top.source),
    ...(top.names === undefined ? {} : { names: top.names }),
    sends,
    ...mark("serverAt", latest(firstSend, (entry) => entry.server_at)),
    ...mark("acceptedAt", earliest(sorted, (entry) => entry.accepted_at)),
    ...mark(
      "unconfirmedAt",
      earliest(sorted, (entry) => entry.unconfirmed_at),
    ),
  };
}

/** The heaviest status first; of one status what was written first. */
function byWeight(a: Entry, b: Entry): number {
  if (a.status !== b.status) return RANK[b.status] - RANK[a.status];
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  const [textA, textB] = [JSON.stringify(a), JSON.stringify(b)];
  return textA === textB ? 0 : textA < textB ? -1 : 1;
}

function handleTime(entry: Entry): string | undefined {
  return entry.status === "running" || entry.status === "complete"
    ? entry.at
    : undefined;
}

function firstHandle(sorted: readonly Entry[]): Handle | undefined {
  for (const entry of sorted) {
    if (entry.status !== "submitted" && entry.handle) return entry.handle;
  }
  return undefined;
}

/** Returns the earliest of the times that `pick` finds; text breaks a tie. */
function earliest<E extends Entry>(
  entries: readonly E[],
  pick: (entry: E) => string | undefined,
): string | undefined {
  let best: string | undefined;
  for (const entry of entries) {
    const time = pick(entry);
    if (time === undefined) continue;
    if (best === undefined || isBefore(time, best)) best = time;
  }
  return best;
}

/** Returns the latest of the times that `pick` finds. */
function latest(
  entries: readonly Entry[],
  pick: (entry: Entry) => string | undefined,
): string | undefined {
  let best: string | undefined;
  for (const time of entries.map(pick)) {
    if (time === undefined) continue;
    if (best === undefined || isBefore(best, time)) best = time;
  }
  return best;
}

function isBefore(a: string, b: string): boolean {
  const [timeA, timeB] = [Date.parse(a), Date.parse(b)];
  return timeA === timeB ? a < b : timeA < timeB;
}

function resultIdOf(handle: Handle): string {
  return handle.vm_ids.join(",");
}

function durationMs(job: SettledJob): number {
  return Math.max(0, Date.parse(job.completedAt) - Date.parse(job.startedAt));
}

/** A field where there is a value for it, and no field where there is none. */
function mark<Name extends string>(
  name: Name,
  value: string | undefined,
): { readonly [N in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as {
    [N in Name]?: string;
  };
}
