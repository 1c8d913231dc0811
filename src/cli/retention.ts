import { DEFAULT_RETENTION_MS, type Retention } from "../job/retention.ts";
import type { Settings } from "../project/settings.ts";
import type { Context } from "./context.ts";
import { usualMaxResumeAge } from "./command_line/wait_flags.ts";

/** The longest that a kind of job is gone on with by itself. */
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
