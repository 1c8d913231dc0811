import type { JobRecord } from "../../job/record.ts";
import { foldRecords, type Job } from "../../job/job.ts";
import type { FileState } from "./ledger_file.ts";

/** An entry and where its line begins. */
export interface PlacedEntry {
  readonly offset: number;
  readonly entry: JobRecord;
}

/** A job, with the entries that were read of it. */
export interface PlacedJob {
  readonly job: Job;
  readonly entries: readonly PlacedEntry[];
}

/** Returns the entries' job; several sends share an id and a token. */
export function identityOf(
  { id, token }: Pick<JobRecord, "id" | "token">,
): string {
  return `${id} ${token}`;
}

/** Returns whether nothing is written of a job before this: its first intent. */
export function isFirst(entry: JobRecord): boolean {
  return entry.status === "submitted" && entry.sends <= 1 &&
    entry.unconfirmed_at === undefined;
}

/** Returns what entries of one job come to. */
export function placedJobOf(entries: readonly PlacedEntry[]): PlacedJob {
  return { job: foldRecords(entries.map(({ entry }) => entry)), entries };
}

/** Adds a value to the list that a map has by a name, and returns the list. */
export function addTo<Name, Value>(
  lists: Map<Name, Value[]>,
  name: Name,
  value: Value,
): readonly Value[] {
  const list = lists.get(name);
  if (list) {
    list.push(value);
    return list;
  }
  const started = [value];
  lists.set(name, started);
  return started;
}

/** Where the ledger ended at one moment. */
export interface Mark {
  readonly file: FileState | undefined;
  /** RFC 3339: what counts where the file has been replaced since. */
  readonly at: string;
}

/**
 * Returns whether a job was completed, delivered, declared unconfirmed or
 * failed after a moment.
 */
export function isSettledAfter(
  { job, entries }: PlacedJob,
  { then, now }: { readonly then: Mark; readonly now: Mark },
): boolean {
  const isSameFile = then.file === undefined || (now.file !== undefined &&
    now.file.dev === then.file.dev && now.file.ino === then.file.ino &&
    now.file.size >= then.file.size);
  const isNew = ({ offset, entry }: PlacedEntry) =>
    isSameFile ? offset >= (then.file?.size ?? 0) : entry.at > then.at;
  const isFirstNew = (has: (entry: JobRecord) => boolean) => {
    const having = entries.filter(({ entry }) => has(entry));
    return having.length > 0 && having.every(isNew);
  };
  switch (job.status) {
    case "running":
      return false;
    case "submitted":
      return entries.some((placed) =>
        placed.entry.unconfirmed_at !== undefined &&
        placed.entry.sends === job.sends && isNew(placed)
      );
    case "complete":
      return isFirstNew(({ status }) => status === "complete") ||
        isFirstNew((entry) =>
          entry.status === "complete" && entry.delivered_at !== undefined
        );
    case "failed":
      return isFirstNew(({ status }) => status === "failed");
  }
}
