import { RANK } from "../../job/job.ts";
import { JobTable, type ListedJob, startOf } from "../../job/listed_job.ts";
import { parseEntryLine, skimLine } from "./entry_line.ts";
import { readLedger } from "./ledger_file.ts";
import { lastWholeLine, linesForward, readAt } from "./lines.ts";
import { addTo } from "./placed_job.ts";
import { rewriteLedger, type Selection } from "./rewrite.ts";
import { jobNamedIn } from "./suspects.ts";

/** Options for {@linkcode pruneLedger}. */
export interface PruneOptions {
  /** Whether a job may go. Lines that cannot be interpreted always stay. */
  readonly mayGo: (job: ListedJob) => boolean;
  /** Whether to count only, and change nothing. */
  readonly isDryRun?: boolean;
  /** So many bytes of a ledger have no more jobs than are held at a time. */
  readonly bytesAPass?: number;
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
  if (isDryRun) {
    const would = readLedger(
      path,
      (file, size) => choose(file, lastWholeLine(file, size), options).report,
    );
    return would ?? NOTHING;
  }
  let report = NOTHING;
  const rewritten = await rewriteLedger(path, {
    lock,
    select(file, end) {
      const choice = choose(file, end, options);
      report = choice.report;
      return choice.report.prunedEntries === 0
        ? undefined
        : selectionOf(choice);
    },
  });
  return { ...report, ...rewritten };
}

/** What is to go. */
interface Choice {
  readonly ids: ReadonlySet<string>;
  readonly lines: LineNumbers;
  readonly report: PruneReport;
}

function selectionOf({ ids, lines }: Choice): Selection {
  let number = 0;
  return {
    keeps: () => !lines.has(number++),
    keepsLate({ bytes }) {
      const id = idOf(bytes);
      return id !== undefined && ids.has(id) ? "again" : true;
    },
  };
}

const BYTES_A_PASS = 256 * 1024 * 1024;

/**
 * Decides what is to go. However large the ledger is, each pass looks at a part
 * of its jobs, and of the others no more is held than which lines go.
 */
function choose(
  file: Deno.FsFile,
  end: number,
  options: PruneOptions,
): Choice {
  options.onChoosing?.();
  const known = survey(file, end);
  const lines = new LineNumbers();
  const pruned: { id: string; time: number; offset: number }[] = [];
  const passes = Math.ceil(end / (options.bytesAPass ?? BYTES_A_PASS));
  let jobCount = 0;
  let goneJobs = 0;
  let goneLines = 0;
  let goneBytes = 0;
  for (let pass = 0; pass < passes; pass++) {
    const isOfPass = (id: string) => passOf(id, passes) === pass;
    for (const [id, its] of linesById(file, end, { known, isOfPass })) {
      const jobs = jobsOf(file, its);
      jobCount += jobs.length;
      // Jobs of one id go together, or stay.
      const staying = jobs.filter((job) =>
        known.unclear.has(job.id) ||
        (job.writer === "vers" && known.unclear.has(job.job.token)) ||
        !options.mayGo(job)
      );
      const [newest] = jobs;
      if (newest === undefined || staying.length > 0) continue;
      goneJobs += jobs.length;
      goneLines += its.length;
      for (const { number, offset, end } of its) {
        lines.add(number);
        goneBytes += end - offset;
      }
      const time = Date.parse(startOf(newest)) || 0;
      pruned.push({ id, time, offset: its[0]?.offset ?? 0 });
    }
  }
  pruned.sort((a, b) => b.time - a.time || b.offset - a.offset);
  const ids = new Set(pruned.map(({ id }) => id));
  return {
    ids,
    lines,
    report: {
      prunedEntries: goneLines,
      keptEntries: known.entries - goneLines,
      prunedJobs: goneJobs,
      prunedIds: [...ids],
      keptJobs: jobCount - goneJobs,
      unreadable: known.unreadable,
      sizeBefore: end,
      sizeAfter: end - goneBytes,
    },
  };
}

/** What the lines of a ledger are, besides jobs. */
interface Survey {
  /** How many lines there are that are not blank. */
  readonly entries: number;
  /** Those of which no job is known. */
  readonly silent: LineNumbers;
  /** The ids, or tokens, that lines name which cannot be read. */
  readonly unclear: ReadonlySet<string>;
  readonly unreadable: number;
}

function survey(file: Deno.FsFile, end: number): Survey {
  const silent = new LineNumbers();
  const unclear = new Set<string>();
  let number = 0;
  let entries = 0;
  let unreadable = 0;
  for (const { bytes } of linesForward(file, 0, end)) {
    const skimmed = skimLine(bytes);
    if (skimmed.type !== "blank") entries++;
    if (skimmed.type === "newer" || skimmed.type === "corrupt") {
      unreadable++;
      // What is known of its job tells that nothing is lost with this line.
      const named = skimmed.type === "newer" ? skimmed.id : jobNamedIn(bytes);
      if (named !== undefined) unclear.add(named);
    }
    if (skimmed.type !== "entry" && skimmed.type !== "go") silent.add(number);
    number++;
  }
  return { entries, silent, unclear, unreadable };
}

/** A line of a job, and which one it is of the file. */
interface JobLine {
  readonly number: number;
  readonly offset: number;
  readonly end: number;
  /** None in the Go CLI's lines. */
  readonly token?: string;
  /** Lines of a lower rank say nothing that one of a higher does not. */
  readonly rank: number;
}

/** Returns the lines of the jobs of a pass, by their id. */
function linesById(
  file: Deno.FsFile,
  upTo: number,
  { known, isOfPass }: {
    readonly known: Survey;
    readonly isOfPass: (id: string) => boolean;
  },
): ReadonlyMap<string, readonly JobLine[]> {
  const byId = new Map<string, JobLine[]>();
  let number = -1;
  for (const { bytes, offset, end } of linesForward(file, 0, upTo)) {
    number++;
    if (known.silent.has(number)) continue;
    const skimmed = skimLine(bytes, { isSound: true });
    if (skimmed.type !== "entry" && skimmed.type !== "go") continue;
    const { id } = skimmed.entry;
    if (!isOfPass(id)) continue;
    if (skimmed.type === "go") {
      addTo(byId, id, { number, offset, end, rank: 0 });
    } else {
      const { token, status } = skimmed.entry;
      addTo(byId, id, { number, offset, end, token, rank: RANK[status] });
    }
  }
  return byId;
}

/** Returns the jobs that lines of one id come to. */
function jobsOf(file: Deno.FsFile, lines: readonly JobLine[]): ListedJob[] {
  const ranks = new Map<string | undefined, number>();
  for (const { token, rank } of lines) {
    ranks.set(token, Math.max(rank, ranks.get(token) ?? 0));
  }
  const table = new JobTable();
  for (const { token, rank, offset, end } of lines) {
    if (rank !== ranks.get(token)) continue;
    const bytes = new Uint8Array(end - offset);
    readAt(file, offset, bytes);
    const parsed = parseEntryLine(bytes.subarray(0, -1));
    if (parsed.type === "entry") table.add(parsed.entry, offset);
    if (parsed.type === "go") table.addGo(parsed.entry, offset);
  }
  return table.jobs();
}

/** Returns in which of so many passes the jobs of an id are looked at. */
function passOf(id: string, passes: number): number {
  if (passes === 1) return 0;
  let hash = 0;
  for (let at = 0; at < id.length; at++) {
    hash = Math.imul(hash, 31) + id.charCodeAt(at) >>> 0;
  }
  return hash % passes;
}

/** Numbers of lines, of which a file may have many millions. */
class LineNumbers {
  #bits = new Uint8Array(1024);

  add(number: number): void {
    const at = number >> 3;
    if (at >= this.#bits.length) {
      const more = new Uint8Array(2 * at);
      more.set(this.#bits);
      this.#bits = more;
    }
    this.#bits[at] = (this.#bits[at] ?? 0) | 1 << (number & 7);
  }

  has(number: number): boolean {
    return ((this.#bits[number >> 3] ?? 0) & 1 << (number & 7)) !== 0;
  }
}

/** Returns the id of the job that a line is about, if it says one. */
function idOf(bytes: Uint8Array | undefined): string | undefined {
  const skimmed = skimLine(bytes);
  if (skimmed.type === "newer") return skimmed.id;
  const isKnown = skimmed.type === "entry" || skimmed.type === "go";
  return isKnown ? skimmed.entry.id : undefined;
}
