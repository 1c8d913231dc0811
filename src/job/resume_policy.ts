import type {
  CompleteJob,
  FailedJob,
  Job,
  RunningJob,
  SubmittedJob,
} from "./job.ts";

/** What to do with the newest job of a key. */
export type Decision =
  | { readonly type: "attach"; readonly job: RunningJob }
  | { readonly type: "recover"; readonly job: SubmittedJob }
  | { readonly type: "return"; readonly job: CompleteJob }
  /** Another process got this answer while we were running: ours too. */
  | { readonly type: "fail"; readonly job: FailedJob }
  | { readonly type: "unconfirmed"; readonly job: SubmittedJob }
  | {
    readonly type: "submit";
    /** The job that would have been gone on with, were it not too old. */
    readonly tooOld?: SubmittedJob | RunningJob;
  };

/** What the decision depends on besides the job. */
export interface DecideOptions {
  /** Whether the job was settled after this process started. */
  readonly settledSinceStart: boolean;
  /** Jobs older than this are not gone on with; 0: none is young enough. */
  readonly maxAgeMs: number;
  readonly now: Date;
  /**
   * Whether the key is the user's own: then a delivered result holds too, and
   * no job is too old.
   */
  readonly isIdempotencyKey: boolean;
}

/** Returns what to do, given the newest job of the key, if there is one. */
export function decide(job: Job | undefined, options: DecideOptions): Decision {
  if (job === undefined) return { type: "submit" };
  const { settledSinceStart } = options;
  switch (job.state) {
    case "submitted":
      if (settledSinceStart) return { type: "unconfirmed", job };
      return isYoung(job.startedAt, options)
        ? { type: "recover", job }
        : { type: "submit", tooOld: job };
    case "running":
      return isYoung(job.startedAt, options)
        ? { type: "attach", job }
        : { type: "submit", tooOld: job };
    case "complete": {
      if (job.goneAt !== undefined) return { type: "submit" };
      if (settledSinceStart) return { type: "return", job };
      const isOwed = job.deliveredAt === undefined || options.isIdempotencyKey;
      return isOwed && isYoung(job.completedAt, options)
        ? { type: "return", job }
        : { type: "submit" };
    }
    case "failed":
      return settledSinceStart && job.goneAt === undefined
        ? { type: "fail", job }
        : { type: "submit" };
  }
}

/** Returns how long ago a time was; 0 for one that is still to come. */
export function ageMs(time: string, now: Date): number {
  return Math.max(0, now.getTime() - Date.parse(time));
}

function isYoung(time: string, options: DecideOptions): boolean {
  const { maxAgeMs, now, isIdempotencyKey } = options;
  // Who names the work says that it is the same, however long ago it was.
  if (isIdempotencyKey) return true;
  return maxAgeMs > 0 && ageMs(time, now) <= maxAgeMs;
}
