import type { ListedStanding } from "../job/listed_job.ts";
import {
  DEFAULT_RETENTION_MS,
  isOld,
  protectionOf,
  type Retention,
} from "../job/retention.ts";
import { Maintenance } from "../ledger/file/maintenance.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import type { Settings } from "../project/settings.ts";
import { usualMaxResumeAge } from "./command_line/wait_flags.ts";
import type { Context } from "./context.ts";
import type { Progress } from "./output/progress.ts";
import type { Session } from "./session.ts";

/** The longest that a kind of job is resumed by default. */
const DAY_MS = 24 * 3_600_000;

/** Returns how long the ledger keeps what is over. */
export function retentionMs(settings: Settings): number {
  return settings.retentionMs ?? DEFAULT_RETENTION_MS;
}

/**
 * Returns how long jobs are kept that pruning is to spare: in flight, or with
 * a result that nobody was given, for the larger of the retention and the
 * resume window; started without --wait, for that window.
 *
 * @throws {UsageError} when VERS_MAX_RESUME_AGE is not usable.
 */
export function protection(
  context: Context,
  settings: Settings,
): Pick<Retention, "protectedMs" | "acceptedMs"> {
  const acceptedMs = usualMaxResumeAge(context, settings) ?? DAY_MS;
  const protectedMs = Math.max(retentionMs(settings), acceptedMs);
  return { protectedMs, acceptedMs };
}

/** Options for {@linkcode compact}. */
export interface CompactOptions {
  readonly context: Context;
  readonly progress: Progress;
}

/**
 * Removes from a ledger what is older than it is to be kept, unless another
 * process is doing so. To be called when the result was printed: it
 * does not fail, and says one line at most.
 */
export async function compact(
  { engine: { clock, signal }, ledger, settings }: Session,
  { context, progress }: CompactOptions,
): Promise<void> {
  if (signal.aborted) return;
  try {
    const olderThanMs = retentionMs(settings);
    const retention = {
      now: clock.now(),
      olderThanMs,
      ...protection(context, settings),
    };
    const report = await new Maintenance(ledger, clock).compact({
      olderThanMs,
      mayGo: (job: ListedStanding) =>
        isOld(job, retention) && protectionOf(job, retention) === undefined,
    });
    if (report === undefined || report.prunedJobs === 0) return;
    progress.say(
      `note: removed ${report.prunedJobs} old jobs from the ledger ` +
        `(${toMib(report.sizeBefore)} before, ${toMib(report.sizeAfter)} now)`,
    );
  } catch (error) {
    if (error instanceof LedgerError) {
      progress.say(`note: the ledger stays large: ${error.message}`);
    }
    // The command is done, whatever came of this.
  }
}

function toMib(bytes: number): string {
  return `${(bytes / (1024 * 1024)).toFixed(1)} MiB`;
}
