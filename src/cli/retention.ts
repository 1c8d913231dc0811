import { DEFAULT_RETENTION_MS } from "../job/retention.ts";
import { readSettings, type Settings } from "../project/settings.ts";
import type { Context } from "./context.ts";
import { stateFolder } from "./folders.ts";
import { usualMaxResumeAge } from "./wait_flags.ts";

/** The longest that a kind of job is gone on with by itself. */
const DAY_MS = 24 * 3_600_000;

/** Returns how long the ledger keeps what is over. */
export function retentionMs(settings: Settings): number {
  return settings.retentionMs ?? DEFAULT_RETENTION_MS;
}

/**
 * Returns how long a job is kept that is in flight, or whose result nobody was
 * given: the larger of the retention and the resume window.
 *
 * @throws {UsageError} when VERS_MAX_RESUME_AGE is not usable.
 */
export function protectedMs(context: Context, settings: Settings): number {
  const window = usualMaxResumeAge(context, settings) ?? DAY_MS;
  return Math.max(retentionMs(settings), window);
}

/**
 * Returns the user's settings; none without a home.
 *
 * @throws {Failure} of code `usage` when the file is not usable.
 */
export async function settingsOf(context: Context): Promise<Settings> {
  const folder = stateFolder(context);
  return folder === undefined
    ? {}
    : await readSettings(`${folder}/settings.jsonc`);
}
