import { foldGoRecords, type GoRecord } from "../../job/go_job.ts";
import {
  foldStandings,
  type ListedStanding,
  type Standing,
  startOf,
} from "../../job/listed_job.ts";
import {
  idOfSound,
  parseEntryLine,
  skimLine,
  standingOf,
} from "./entry_line.ts";
import { readLedger } from "./ledger_file.ts";
import { lastWholeLine, linesForward } from "./lines.ts";
import { rewriteLedger, type Selection } from "./rewrite.ts";
import { jobNamedIn } from "./suspects.ts";

/** Options for {@linkcode pruneLedger}. */
export interface PruneOptions {
  /** Whether a job may go. Lines that cannot be interpreted always stay. */
  mayGo(job: ListedStanding): boolean;
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
  /** Lines that stay, whatever id they have. */
  readonly silent: LineNumbers;
  readonly report: PruneReport;
}

function selectionOf({ ids, silent }: Choice): Selection {
  let number = 0;
  return {
    keeps({ bytes }) {
      if (silent.has(number++) || bytes === undefined) return true;
      const id = idOfSound(bytes);
      return id === undefined || !ids.has(id);
    },
    keepsLate({ bytes }) {
      const id = idOf(bytes);
      return id !== undefined && ids.has(id) ? "again" : true;
    },
  };
}

const BYTES_A_PASS = 256 * 1024 * 1024;

/**
 * Decides what is to go. However large the ledger is, each pass looks at a part
 * of its jobs, and of the others no more is held than which go.
 */
function choose(
  file: Deno.FsFile,
  end: number,
  options: PruneOptions,
): Choice {
  options.onChoosing?.();
  const { silent, unclear, unreadable, entries } = survey(file, end);
  const pruned: { id: string; time: number; offset: number }[] = [];
  const passes = Math.ceil(end / (options.bytesAPass ?? BYTES_A_PASS));
  let jobCount = 0;
  let goneJobs = 0;
  let goneLines = 0;
  let goneBytes = 0;
  for (let pass = 0; pass < passes; pass++) {
    const isOfPass = (id: string) => passOf(id, passes) === pass;
    for (const [id, its] of jobsById(file, end, { silent, isOfPass })) {
      const jobs = listedOf(id, its);
      jobCount += jobs.length;
      // Jobs of one id go together, or stay.
      const staying = jobs.filter((job) =>
        unclear.has(id) ||
        (job.writer === "vers" && unclear.has(job.job.token)) ||
        !options.mayGo(job)
      );
      if (staying.length > 0) continue;
      goneJobs += jobs.length;
      goneLines += its.lines;
      goneBytes += its.length;
      const times = jobs.map((job) => Date.parse(startOf(job)) || 0);
      pruned.push({ id, time: Math.max(...times), offset: its.offset });
    }
  }
  pruned.sort((a, b) => b.time - a.time || b.offset - a.offset);
  const ids = new Set(pruned.map(({ id }) => id));
  return {
    ids,
    silent,
    report: {
      prunedEntries: goneLines,
      keptEntries: entries - goneLines,
      prunedJobs: goneJobs,
      prunedIds: [...ids],
      keptJobs: jobCount - goneJobs,
      unreadable,
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

/** What the lines of one id come to. */
interface JobsOfId {
  /** Where the first of them begins. */
  readonly offset: number;
  lines: number;
  /** How long they are together. */
  length: number;
  go: GoRecord | undefined;
  /** Nearly always one: an id may be that of several. */
  readonly ours: Standing[];
}

/** Returns the jobs of a pass by their id. */
function jobsById(
  file: Deno.FsFile,
  upTo: number,
  { silent, isOfPass }: {
    readonly silent: LineNumbers;
    readonly isOfPass: (id: string) => boolean;
  },
): ReadonlyMap<string, JobsOfId> {
  const byId = new Map<string, JobsOfId>();
  let number = 0;
  for (const { bytes, offset, end } of linesForward(file, 0, upTo)) {
    if (silent.has(number++) || bytes === undefined) continue;
    const id = idOfSound(bytes);
    if (id === undefined || !isOfPass(id)) continue;
    const its = byId.get(id) ??
      { offset, lines: 0, length: 0, go: undefined, ours: [] };
    byId.set(id, its);
    its.lines++;
    its.length += end - offset;
    const parsed = standingOf(bytes) ?? parseEntryLine(bytes);
    if ("token" in parsed || parsed.type === "entry") {
      const standing = "token" in parsed ? parsed : parsed.entry;
      const at = its.ours.findIndex(({ token }) => token === standing.token);
      const known = its.ours[at];
      if (known === undefined) its.ours.push(standing);
      else its.ours[at] = foldStandings(known, standing);
    } else if (parsed.type === "go") {
      its.go = foldGoRecords([its.go ?? parsed.entry, parsed.entry]);
    }
  }
  return byId;
}

/** Where both programs wrote lines of one id, ours say more. */
function listedOf(id: string, { go, ours }: JobsOfId): ListedStanding[] {
  if (ours.length === 0) return go ? [{ writer: "go", id, entry: go }] : [];
  return ours.map((job) => ({ writer: "vers", id, job }));
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
