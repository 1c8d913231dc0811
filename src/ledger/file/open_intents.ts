import { foldRecords, type SubmittedJob } from "../../job/job.ts";
import type { JobRecord } from "../../job/record.ts";
import { parseEntryLine, skimLine } from "./entry_line.ts";
import { linesForward, linesFromEnd } from "./lines.ts";
import { addTo, identityOf } from "./placed_job.ts";

/**
 * Returns every job of which no line says more than that its request was about
 * to leave; the newest comes first.
 *
 * Of most jobs a later line says more, and nothing of them is held. What is
 * left is looked at again, to the start: a file may have been sorted.
 */
export function openIntents(file: Deno.FsFile, size: number): SubmittedJob[] {
  const left = new Set<string>();
  for (const { bytes } of linesForward(file, 0, size)) {
    const skimmed = skimLine(bytes);
    if (skimmed.type !== "entry") continue;
    const name = identityOf(skimmed.entry);
    if (skimmed.entry.status === "submitted") left.add(name);
    else left.delete(name);
  }
  const records = new Map<string, JobRecord[]>();
  for (const { bytes } of left.size === 0 ? [] : linesFromEnd(file, size)) {
    const skimmed = skimLine(bytes);
    if (skimmed.type !== "entry") continue;
    const name = identityOf(skimmed.entry);
    const parsed = left.has(name) ? parseEntryLine(bytes) : undefined;
    if (parsed?.type === "entry") addTo(records, name, parsed.entry);
  }
  return [...records.values()].map(foldRecords)
    .filter((job) => job.status === "submitted");
}
