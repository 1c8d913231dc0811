import type { ListedJob } from "../job/listed_job.ts";
import { isOld, protectionOf } from "../job/retention.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import type { Context } from "./context.ts";
import type { Session } from "./session.ts";
import type { Progress } from "./output/progress.ts";

/** From this size on a ledger is made smaller by itself: 16 MiB. */
const LARGE = 16 * 1024 * 1024;

/** Options for {@linkcode compactIfLarge}. */
export interface CompactIfLargeOptions {
  readonly context: Context;
  readonly progress: Progress;
}

/**
 * Takes out of a large ledger what is older than it is to be kept, unless
 * another process is doing so. To be called when the result was printed: it
 * does not fail, and says one line at most.
 */
export async function compactIfLarge(
  { engine: { clock, signal }, ledger, settings }: Session,
  { context, progress }: CompactIfLargeOptions,
): Promise<void> {
  if ((ledger.openedAt.file?.size ?? 0) <= LARGE || signal.aborted) return;
  try {
    const { Maintenance } = await import("../ledger/file/maintenance.ts");
    const { protection, retentionMs } = await import("./retention.ts");
    const olderThanMs = retentionMs(settings);
    const retention = {
      now: clock.now(),
      olderThanMs,
      ...protection(context, settings),
    };
    const report = await new Maintenance(ledger, clock).compact({
      olderThanMs,
      mayGo: (job: ListedJob) =>
        isOld(job, retention) && protectionOf(job, retention) === undefined,
    });
    if (report === undefined || report.prunedJobs === 0) return;
    progress.say(
      `note: took ${report.prunedJobs} old jobs out of the ledger ` +
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
