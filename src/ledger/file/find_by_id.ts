import type { JobRecord } from "../../job/record.ts";
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

/** VM id → id of the job that has it as its handle. */
export function ownersOf(
  file: Deno.FsFile,
  size: number,
  vmIds: readonly string[],
  except: Pick<JobRecord, "id" | "token"> | undefined,
): Map<string, string> {
  const owners = new Map<string, string>();
  const left = new Map(vmIds.map((vmId) => [vmId, new Needle(vmId)]));
  for (const block of blocksBackwards(file, size)) {
    const { bytes } = block;
    const isAnyMet = bytes && left.values().some((vmId) => vmId.isIn(bytes));
    for (const line of isAnyMet ? linesBackwards(block) : []) {
      const { id, vmIds } = vmsIn(line.bytes, except);
      for (const vmId of vmIds) {
        if (left.delete(vmId)) owners.set(vmId, id);
      }
    }
    if (left.size === 0) break;
  }
  return owners;
}

/** Returns the VMs that a line says its job has made; none of `except`. */
function vmsIn(
  bytes: Uint8Array | undefined,
  except: Pick<JobRecord, "id" | "token"> | undefined,
): { readonly id: string; readonly vmIds: readonly string[] } {
  const none = { id: "", vmIds: [] };
  const parsed = parseEntryLine(bytes);
  if (parsed.type === "go") {
    const { id, result_id } = parsed.entry;
    return { id, vmIds: result_id?.split(",") ?? [] };
  }
  if (parsed.type !== "entry") return none;
  const { entry } = parsed;
  if (entry.id === except?.id && entry.token === except.token) return none;
  // What was resumed was made by another job.
  if (entry.status === "submitted" || entry.kind === "vm.resume") return none;
  return { id: entry.id, vmIds: entry.handle?.vm_ids ?? [] };
}
