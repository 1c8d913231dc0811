import type { UnreadableLine } from "../ledger.ts";
import { isUtf8, parseEntryLine } from "./entry_line.ts";
import { isInOrder } from "./line_order.ts";
import { blocksBackwards, linesBackwards } from "./lines.ts";
import { Needle } from "./needle.ts";
import {
  addTo,
  identityOf,
  isFirst,
  type PlacedEntry,
  type PlacedJob,
  placedJobOf,
} from "./placed_job.ts";
import {
  NEWER,
  remainsOf,
  type Suspect,
  suspectOf,
  unreadableLineOf,
} from "./suspects.ts";

/** Options for {@linkcode findById}. */
export interface FindByIdOptions {
  /** Which of the jobs that may have the id; else the newest. */
  readonly token?: string;
  /** Whether the lines stand in their order, if that is known. */
  readonly isOrdered?: boolean;
}

/** Finds the newest job of an id, however far back; Go's lines have none. */
export function findById(
  file: Deno.FsFile,
  size: number,
  id: string,
  options: FindByIdOptions = {},
): PlacedJob | undefined {
  const { token } = options;
  const needle = new Needle(JSON.stringify(id).slice(1, -1));
  const met = new Map<string, PlacedEntry[]>();
  let first: string | undefined;
  let { isOrdered } = options;
  for (const block of blocksBackwards(file, size)) {
    const isMet = block.bytes !== undefined && needle.isIn(block.bytes);
    for (const { offset, bytes } of isMet ? linesBackwards(block) : []) {
      const parsed = parseEntryLine(bytes);
      if (parsed.type !== "entry" || parsed.entry.id !== id) continue;
      const { entry } = parsed;
      if (token !== undefined && entry.token !== token) continue;
      const name = identityOf(entry);
      addTo(met, name, { offset, entry });
      if (isFirst(entry)) first ??= name;
    }
    if (first === undefined || block.offset === 0) continue;
    // What is out of order may have a line of the job anywhere.
    isOrdered ??= isInOrder(file, block.offset, size);
    if (isOrdered) break;
  }
  const newest = met.get(first ?? "") ?? met.values().next().value;
  return newest === undefined ? undefined : placedJobOf(newest);
}

/**
 * Returns a line for which it cannot be told what became of a job: one that
 * only a newer program can read, or, where none of its lines can be read, one
 * that holds its id or is no text.
 */
export function unreadableOf(
  file: Deno.FsFile,
  size: number,
  id: string,
): UnreadableLine | undefined {
  const needle = new Needle(id);
  let isKnown = false;
  let newest: Suspect | undefined;
  for (const block of blocksBackwards(file, size)) {
    const { bytes } = block;
    if (bytes && !needle.isIn(bytes) && isUtf8(bytes)) continue;
    for (const line of linesBackwards(block)) {
      const remains = remainsOf(file, line, id);
      const { parsed } = remains;
      if (parsed.type === "entry" || parsed.type === "go") {
        isKnown ||= parsed.entry.id === id;
      }
      if (parsed.type === "newer" && parsed.id === id) {
        const suspect = { offset: line.offset, why: NEWER, isNewer: true };
        return unreadableLineOf(file, { suspect, mayBeNewest: true });
      }
      if (parsed.type === "corrupt") newest ??= suspectOf(remains, id);
    }
  }
  return isKnown || newest === undefined
    ? undefined
    : unreadableLineOf(file, { suspect: newest, mayBeNewest: true });
}
