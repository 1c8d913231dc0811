import type { LedgerLine } from "../helpers/ledger_lines.ts";

/** A job as the suite reads it from a ledger: by its own lights. */
export interface SeenJob {
  readonly id: string;
  readonly token: string;
  readonly status: "submitted" | "running" | "complete" | "failed";
  readonly vmIds: readonly string[];
  readonly sends: number;
  readonly isDelivered: boolean;
  /** Why it failed. */
  readonly error: string;
}

const ORDER = ["submitted", "running", "failed", "complete"] as const;

/** Returns the jobs that lines tell of, the oldest first. */
export function jobsOf(lines: readonly LedgerLine[]): SeenJob[] {
  const jobs = new Map<string, SeenJob>();
  for (const { check, entry } of lines) {
    if (check !== "good") continue;
    const name = `${entry.id} ${entry.token}`;
    const known = jobs.get(name);
    const isHigher = known === undefined ||
      ORDER.indexOf(entry.status) > ORDER.indexOf(known.status);
    jobs.set(name, {
      id: entry.id,
      token: entry.token,
      status: isHigher ? entry.status : known.status,
      vmIds: entry.handle?.vm_ids ?? known?.vmIds ?? [],
      sends: Math.max(known?.sends ?? 0, entry.sends),
      isDelivered: (known?.isDelivered ?? false) ||
        entry.delivered_at !== undefined,
      error: known?.error || (entry.error ?? ""),
    });
  }
  return [...jobs.values()];
}
