const FIRST_MS = 500;
const GROWTH = 1.5;
const LONGEST_MS = 5_000;
const JITTER = 0.2;
const LONGEST_RETRY_AFTER_MS = 60_000;

/** Options for {@linkcode nextLookMs}. */
export interface NextLookOptions {
  /** How many looks there have been. */
  readonly looks: number;
  /** From 0 up to 1. */
  readonly random: number;
  /** A fixed interval, which has no jitter. */
  readonly intervalMs?: number | undefined;
  /** What the server asked for; honoured up to a minute. */
  readonly retryAfterMs?: number | undefined;
}

/** Returns how long to wait before the next look, in milliseconds. */
export function nextLookMs(options: NextLookOptions): number {
  const { looks, random, intervalMs, retryAfterMs } = options;
  const grown = Math.min(FIRST_MS * GROWTH ** (looks - 1), LONGEST_MS);
  const own = intervalMs ?? grown * (1 + JITTER * (2 * random - 1));
  return Math.max(own, Math.min(retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS));
}
