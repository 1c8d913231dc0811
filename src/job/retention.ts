import {
  endOf,
  isAccepted,
  isListedInFlight,
  isUndelivered,
  type ListedStanding,
  startOf,
} from "./listed_job.ts";

/** How long the ledger keeps what is over, unless a setting says so: 30 days. */
export const DEFAULT_RETENTION_MS = 30 * 24 * 3_600_000;

/** What decides whether a job may go from the ledger. */
export interface Retention {
  readonly now: Date;
  /** Only jobs that ended, or started, longer ago may go; 0: all. */
  readonly olderThanMs: number;
  /** So long a job is kept that is in flight or whose result is owed. */
  readonly protectedMs: number;
  /** So long a job in flight is kept whose command did not wait for it. */
  readonly acceptedMs: number;
}

/** Why a job is kept that is old enough to go. */
export type Protection = "in_flight" | "undelivered";

/** Returns whether a job is old enough to go. */
export function isOld(listed: ListedStanding, retention: Retention): boolean {
  const { olderThanMs } = retention;
  const age = ageOf(listed, retention.now);
  // What cannot be dated goes only when all does.
  if (Number.isNaN(age)) return olderThanMs === 0;
  return olderThanMs === 0 || age > olderThanMs;
}

/**
 * Returns why a job must not go, however old it has to be: it is in flight, or
 * nobody was given its result, and that not for too long.
 */
export function protectionOf(
  listed: ListedStanding,
  retention: Retention,
): Protection | undefined {
  const protection = isListedInFlight(listed)
    ? "in_flight"
    : isUndelivered(listed)
    ? "undelivered"
    : undefined;
  const { now, protectedMs, acceptedMs } = retention;
  const limitMs = isAccepted(listed) ? acceptedMs : protectedMs;
  const isYoung = !(ageOf(listed, now) > limitMs);
  return isYoung ? protection : undefined;
}

function ageOf(listed: ListedStanding, now: Date): number {
  return now.getTime() - Date.parse(endOf(listed) ?? startOf(listed));
}
