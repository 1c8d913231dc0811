import { JobRoll, type ListedJob } from "../../job/listed_job.ts";
import { lettersOf } from "./backward_lines.ts";
import { parseEntryLine } from "./entry_line.ts";
import { linesForward } from "./forward_lines.ts";
import { openForReading } from "./ledger_file.ts";
import { lastWholeLine, rewriteLedger, type Selection } from "./rewrite.ts";
import { jobNamedIn } from "./suspects.ts";

/** Options for {@linkcode pruneLedger}. */
export interface PruneOptions {
  /** Whether a job may go. Lines that cannot be interpreted always stay. */
  readonly mayGo: (job: ListedJob) => boolean;
  /** Whether to count only, and change nothing. */
  readonly isDryRun?: boolean;
  /** Called before every job is asked for, once more if it is done again. */
  readonly onChoosing?: () => void;
}

/** What pruning came to. */
export interface PruneReport {
  readonly prunedEntries: number;
  readonly keptEntries: number;
  readonly prunedJobs: number;
  readonly prunedIds: readonly string[];
  readonly keptJobs: number;
  /** Lines that are kept because nothing is known of them. */
  readonly unreadable: number;
  readonly sizeBefore: number;
  readonly sizeAfter: number;
}

const NOTHING: PruneReport = {
  prunedEntries: 0,
  keptEntries: 0,
  prunedJobs: 0,
  prunedIds: [],
  keptJobs: 0,
  unreadable: 0,
  sizeBefore: 0,
  sizeAfter: 0,
};

/**
 * Takes jobs that may go out of the ledger, each with all of its lines. What is
 * kept is kept byte for byte and in its order.
 *
 * @throws {LedgerError} when it cannot be done; the ledger is as it was.
 */
export async function pruneLedger(
  path: string,
  options: PruneOptions & { readonly lock: () => Promise<Disposable> },
): Promise<PruneReport> {
  const { isDryRun, lock } = options;
  if (isDryRun) return wouldPrune(path, options);
  let report = NOTHING;
  const rewritten = await rewriteLedger(path, {
    lock,
    select(file, end) {
      const choice = choose(file, end, options);
      report = choice.report;
      return choice.lines.size === 0 ? undefined : selectionOf(choice);
    },
  });
  return { ...report, ...rewritten };
}

function wouldPrune(path: string, options: PruneOptions): PruneReport {
  const file = openForReading(path);
  if (file === undefined) return NOTHING;
  using _closing = file;
  const { size } = file.statSync();
  return choose(file, lastWholeLine(file, size), options).report;
}

/** What is to go. */
interface Choice {
  readonly ids: ReadonlySet<string>;
  /** Where the lines begin that go. */
  readonly lines: ReadonlySet<number>;
  readonly report: PruneReport;
}

function selectionOf({ ids, lines }: Choice): Selection {
  return {
    keeps: (line) => !lines.has(line.offset),
    keepsLate({ bytes }) {
      const id = bytes === undefined ? undefined : idOf(bytes);
      return id !== undefined && ids.has(id) ? "again" : true;
    },
  };
}

function choose(
  file: Deno.FsFile,
  end: number,
  options: PruneOptions,
): Choice {
  options.onChoosing?.();
  const roll = new JobRoll();
  const lines: Line[] = [];
  const unclear = new Set<string>();
  let unreadable = 0;
  for (const { bytes, offset, end: next } of linesForward(file, 0, end)) {
    const parsed = bytes && parseEntryLine(bytes);
    if (parsed?.type === "blank") continue;
    let id: string | undefined;
    switch (parsed?.type) {
      case "entry":
        id = parsed.entry.id;
        roll.add(parsed.entry, offset);
        break;
      case "go":
        id = parsed.entry.id;
        roll.addGo(parsed.entry, offset);
        break;
      case "newer":
        if (parsed.id !== undefined) unclear.add(parsed.id);
        unreadable++;
        break;
      default: {
        unreadable++;
        // What is known of its job tells that nothing is lost with this line.
        const named = bytes && jobNamedIn(lettersOf(bytes));
        if (named !== undefined) unclear.add(named);
      }
    }
    lines.push({ offset, length: next - offset, id });
  }
  return sortOut(
    { jobs: roll.jobs(), lines, unclear, unreadable, end },
    options,
  );
}

interface Line {
  readonly offset: number;
  readonly length: number;
  readonly id: string | undefined;
}

interface Content {
  readonly jobs: readonly ListedJob[];
  readonly lines: readonly Line[];
  /** The ids, or tokens, of lines that cannot be read. */
  readonly unclear: ReadonlySet<string>;
  readonly unreadable: number;
  readonly end: number;
}

function sortOut(content: Content, { mayGo }: PruneOptions): Choice {
  const { jobs, lines, unclear, unreadable, end } = content;
  const ids = new Set(jobs.map(({ id }) => id));
  // Jobs of one id go together, or stay.
  for (const job of jobs) {
    const isUnclear = unclear.has(job.id) ||
      (job.writer === "vers" && unclear.has(job.job.token));
    if (isUnclear || !mayGo(job)) ids.delete(job.id);
  }
  const gone = lines.filter(({ id }) => id !== undefined && ids.has(id));
  const goneBytes = gone.reduce((sum, { length }) => sum + length, 0);
  const prunedJobs = jobs.filter(({ id }) => ids.has(id)).length;
  return {
    ids,
    lines: new Set(gone.map(({ offset }) => offset)),
    report: {
      prunedEntries: gone.length,
      keptEntries: lines.length - gone.length,
      prunedJobs,
      prunedIds: [...ids],
      keptJobs: jobs.length - prunedJobs,
      unreadable,
      sizeBefore: end,
      sizeAfter: end - goneBytes,
    },
  };
}

/** Returns the id of the job that a line is about, if it says one. */
function idOf(bytes: Uint8Array): string | undefined {
  const parsed = parseEntryLine(bytes);
  switch (parsed.type) {
    case "entry":
    case "go":
      return parsed.entry.id;
    case "newer":
      return parsed.id;
    case "corrupt":
    case "blank":
      return undefined;
  }
}
