import type { JobRecord } from "../../job/record.ts";
import { foldRecords, type Job } from "../../job/job.ts";

/** An entry and where its line begins. */
export interface PlacedEntry {
  readonly offset: number;
  readonly entry: JobRecord;
}

/** A job as the ledger shows it, with the entries that were read of it. */
export interface Sighting {
  readonly job: Job;
  readonly entries: readonly PlacedEntry[];
}

/** Returns the entries' job; several sends share an id and a token. */
export function identityOf(entry: JobRecord): string {
  return `${entry.id} ${entry.token}`;
}

/** Returns whether nothing is written of a job before this: its first intent. */
export function isFirst(entry: JobRecord): boolean {
  return entry.status === "submitted" && entry.sends <= 1 &&
    entry.unconfirmed_at === undefined;
}

/** Returns what entries of one job come to. */
export function sightingOf(entries: readonly PlacedEntry[]): Sighting {
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
