import { JobTable, type ListedJob } from "../../job/listed_job.ts";
import { parseEntryLine } from "./entry_line.ts";
import { linesForward } from "./lines.ts";

/** Every job of a ledger, and what there is besides. */
export interface LedgerJobs {
  /** The newest first. */
  readonly jobs: readonly ListedJob[];
  /** How many lines are torn or corrupt. */
  readonly unreadable: number;
  /** The ids of lines that only a newer program can read. */
  readonly newerIds: readonly string[];
}

/** Reads every job of a ledger, the Go CLI's too. */
export function listJobs(file: Deno.FsFile, size: number): LedgerJobs {
  const table = new JobTable();
  const newerIds = new Set<string>();
  let unreadable = 0;
  for (const { bytes, offset } of linesForward(file, 0, size)) {
    const parsed = parseEntryLine(bytes);
    switch (parsed.type) {
      case "entry":
        table.add(parsed.entry, offset);
        break;
      case "go":
        table.addGo(parsed.entry, offset);
        break;
      case "newer":
        if (parsed.id !== undefined) newerIds.add(parsed.id);
        break;
      case "blank":
        break;
      default:
        unreadable++;
    }
  }
  return { jobs: table.jobs(), unreadable, newerIds: [...newerIds] };
}
