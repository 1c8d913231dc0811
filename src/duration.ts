/** The forms of a duration, for messages. */
export const DURATION_FORMS = `"90s", "10m", "1h30m", "7d" or "0"`;

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MAX_DURATION_MS = 100 * 365.25 * DAY_MS;

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", SECOND_MS],
  ["m", MINUTE_MS],
  ["h", HOUR_MS],
  ["d", DAY_MS],
]);

/**
 * Returns how many milliseconds `text` stands for: `0`, or numbers with a
 * unit, `ms`, `s`, `m`, `h` or `d`, one after the other: `1h30m`, `1.5s`.
 *
 * `undefined` for anything else, and for what is longer than 100 years. Only
 * a duration of nothing is 0: the rest is a millisecond at least.
 */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)([a-z]+)/g)) {
    sum += Number(count) * (UNIT_MS.get(unit ?? "") ?? NaN);
  }
  if (!(sum <= MAX_DURATION_MS)) return undefined;
  return sum > 0 ? Math.max(1, Math.round(sum)) : 0;
}

/**
 * Returns an age in its two largest units, rounded down: `12s`, `4m10s`,
 * `2h5m`, `1d3h`; the second is left out when there is none of it.
 */
export function formatAge(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / SECOND_MS);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return join(days, "d", hours % 24, "h");
  if (hours > 0) return join(hours, "h", minutes % 60, "m");
  return minutes > 0 ? join(minutes, "m", seconds % 60, "s") : `${seconds}s`;
}

function join(large: number, unit: string, small: number, next: string) {
  return `${large}${unit}` + (small > 0 ? `${small}${next}` : "");
}
