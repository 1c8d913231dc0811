import {
  foldGoRecords,
  type GoRecord,
  hasEnded,
  looksStripped,
} from "../../job/go_job.ts";
import type { FindStrippedOptions } from "../ledger.ts";
import { parseEntryLine } from "./entry_line.ts";
import { blocksBackwards, linesBackwards } from "./lines.ts";
import { Needle } from "./needle.ts";

/**
 * Returns what the lines of an id come to that are in the Go CLI's format: its
 * own, or ours as its prune has left them. `undefined` when there are none.
 */
export function findGoById(
  file: Deno.FsFile,
  size: number,
  id: string,
): GoRecord | undefined {
  const entries: GoRecord[] = [];
  for (const entry of goEntries(file, size, id)) {
    if (entry.id === id) entries.unshift(entry);
  }
  return entries.length === 0 ? undefined : foldGoRecords(entries);
}

/**
 * Returns the jobs of a kind that are in flight and of which the Go CLI's
 * prune has left what the Go CLI knows: no command finds them by its words.
 * The newest comes first.
 */
export function findStripped(
  file: Deno.FsFile,
  size: number,
  { kind, word, windowMs, now }: FindStrippedOptions,
): GoRecord[] {
  const ended = new Set<string>();
  const found = new Map<string, GoRecord>();
  for (const entry of goEntries(file, size, word)) {
    if (entry.kind !== kind) continue;
    if (hasEnded(entry)) ended.add(entry.id);
    const ageMs = now.getTime() - Date.parse(entry.started_at);
    const isMeant = looksStripped(entry) && !ended.has(entry.id) &&
      ageMs <= windowMs && entry.args.some((arg) => gives(arg, word));
    if (isMeant && !found.has(entry.id)) found.set(entry.id, entry);
  }
  return [...found.values()];
}

/** Whether a word is `x`, `--flag=x` or `-fx`. */
function gives(arg: string, value: string): boolean {
  if (arg === value || arg.endsWith(`=${value}`)) return true;
  return /^-[^-]/.test(arg) && arg.slice(2) === value;
}

/** Yields the Go CLI's lines from the end that have a text in them. */
function* goEntries(
  file: Deno.FsFile,
  size: number,
  text: string,
): Generator<GoRecord> {
  const needle = new Needle(JSON.stringify(text).slice(1, -1));
  for (const block of blocksBackwards(file, size)) {
    if (block.bytes === undefined || !needle.isIn(block.bytes)) continue;
    for (const { bytes } of linesBackwards(block)) {
      const parsed = parseEntryLine(bytes);
      if (parsed.type === "go") yield parsed.entry;
    }
  }
}
