/** An hour in milliseconds. */
export const HOUR_MS = 3_600_000;

/** A day in milliseconds. */
export const DAY_MS = 24 * HOUR_MS;

/**
 * How long the kinds without a label may take to show: their requests are
 * carried out in up to a minute.
 */
export const SLOW_CONFIRM_MS = 75_000;
