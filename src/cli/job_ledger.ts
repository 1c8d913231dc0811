import { Failure } from "../failure.ts";
import type { ListedJob } from "../job/listed_job.ts";
import { FileLedger } from "../ledger/file/file_ledger.ts";
import type { LedgerJobs } from "../ledger/file/list_jobs.ts";
import { Maintenance } from "../ledger/file/maintenance.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import type { CommandInput } from "./command_line/command.ts";
import { closest } from "./command_line/suggestion.ts";
import type { Context } from "./context.ts";
import { ledgerFolder } from "./folders.ts";
import type { Progress } from "./output/progress.ts";
import { visible } from "./output/terminal_text.ts";

/** The ledger, for commands about its jobs: no API key, no network. */
export interface JobLedger {
  readonly ledger: FileLedger;
  readonly maintenance: Maintenance;
  /** For messages; where there is no home folder there is no path. */
  readonly path: string;
}

/**
 * Returns this user's ledger.
 *
 * @throws {Failure} when there is no folder for one.
 */
export function openJobLedger(context: Context): JobLedger {
  const { clock } = context;
  const ledger = new FileLedger({ dir: ledgerFolder(context), clock });
  const { location: path } = ledger;
  if (path === undefined) {
    throw new Failure("Cannot use the ledger: there is no home folder", {
      code: "general",
      hint: "set HOME, or VERS_JOBS_DIR to the folder of the ledger: " +
        "VERS_JOBS_DIR=/var/lib/vers vers jobs list",
    });
  }
  return { ledger, maintenance: new Maintenance(ledger, clock), path };
}

/**
 * Returns what is done with the ledger.
 *
 * @throws {Failure} of code `general` when the ledger is not to be used.
 */
export async function withLedger<T>(use: () => T | Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (cause) {
    if (!(cause instanceof LedgerError)) throw cause;
    throw new Failure(cause.message, {
      code: "general",
      hint: "vers jobs doctor shows what is wrong with the ledger",
      cause,
    });
  }
}

/** Returns all jobs, and says on stderr what else there is. */
export async function readJobs(
  { maintenance }: JobLedger,
  progress: Progress,
): Promise<LedgerJobs> {
  const read = await withLedger(() => maintenance.jobs());
  const { unreadable, newerIds } = read;
  if (unreadable > 0) {
    progress.say(
      `warning: ${unreadable} ${unreadable === 1 ? "line" : "lines"} of the ` +
        "ledger cannot be read; vers jobs doctor shows them",
    );
  }
  if (newerIds.length > 0) {
    progress.say(
      `warning: a newer vers wrote of ${newerIds.slice(0, 10).join(", ")}; ` +
        "what it wrote is not shown",
    );
  }
  return read;
}

/** Jobs that a command names, and the ledger that they are in. */
export interface FoundJobs {
  readonly ledger: FileLedger;
  /** In the order in which they are named, each once. */
  readonly jobs: readonly ListedJob[];
}

/**
 * Returns the jobs that the arguments of a command stand for; `verb` is what
 * cannot be done without them: "show".
 *
 * @throws {Failure} of code `not_found` when one is not there; of code `usage`
 *   when an argument stands for several.
 */
export async function findJobs(
  { args, progress, invocation }: Pick<
    CommandInput,
    "args" | "invocation" | "progress"
  >,
  context: Context,
  verb: string,
): Promise<FoundJobs> {
  const jobLedger = openJobLedger(context);
  const all = await readJobs(jobLedger, progress);
  const line = ["vers", ...invocation.path].join(" ");
  const found = args.map((typed) => {
    const problem = `Cannot ${verb} job "${visible(typed)}"`;
    return findJob(all, typed, { problem, line, path: jobLedger.path });
  });
  return {
    ledger: jobLedger.ledger,
    jobs: [...new Map(found.map((job) => [job.id, job])).values()],
  };
}

const SHOWN_IDS = 5;

/**
 * Returns the job that an id, or the beginning of one, stands for; `job_` may
 * be left out.
 *
 * @throws {Failure} of code `not_found` when there is none; of code `usage`
 *   when there are several.
 */
function findJob(
  { jobs, newerIds }: LedgerJobs,
  typed: string,
  { problem, line, path }: Readonly<
    Record<"problem" | "line" | "path", string>
  >,
): ListedJob {
  const wanted = typed.startsWith("job_") ? typed : `job_${typed}`;
  if (newerIds.includes(wanted)) {
    throw new Failure(`${problem}: it was written by a newer vers`, {
      code: "newer_format",
      hint: "run the newer vers",
    });
  }
  const exact = jobs.find(({ id }) => id === wanted || id === typed);
  if (exact !== undefined) return exact;
  const found = typed === "" || wanted === "job_"
    ? []
    : jobs.filter(({ id }) => id.startsWith(wanted));
  const ids = [...new Set(found.map(({ id }) => id))];
  const [first] = found;
  if (first !== undefined && ids.length === 1) return first;
  if (ids.length > 1) {
    throw new Failure(
      `${problem}: the prefix matches ${ids.length} jobs: ` +
        listOf(ids, SHOWN_IDS),
      { code: "usage", hint: `name one of them: ${line} ${ids[0] ?? ""}` },
    );
  }
  const all = [...new Set(jobs.map(({ id }) => id))];
  const meant = closest(wanted, all);
  throw new Failure(`${problem}: it is not in "${path}"`, {
    code: "not_found",
    hint: meant === undefined
      ? "vers jobs list shows all jobs"
      : `did you mean ${line} ${meant}? vers jobs list shows all`,
  });
}

function listOf(ids: readonly string[], count: number): string {
  const more = ids.length - count;
  const shown = ids.slice(0, count).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}
