import type { JsonObject } from "../json.ts";
import { differingFields } from "./key.ts";
import {
  type CompleteJob,
  type FailedJob,
  isInFlight,
  type Job,
  type RunningJob,
  type SubmittedJob,
} from "./job.ts";
import type { JobKind } from "./record.ts";

/** What is known when a command has to choose between its job and a new one. */
export interface Facts {
  readonly work: WantedWork;
  /** Whether `--wait` was given. */
  readonly isWaiting: boolean;
  readonly resume: ResumeChoice;
  readonly found: FoundJobs;
  readonly now: Date;
}

/** What the command asks for, as far as it decides. */
export interface WantedWork {
  readonly kind: JobKind;
  /** The normalised wishes: the request is made from them. */
  readonly inputs: JsonObject;
  /** Without one the job cannot be found again by the same command. */
  readonly key?: string;
  /** Whether the key is the user's own, from `--idempotency-key`. */
  readonly isIdempotencyKey?: boolean;
  /** What a target left to HEAD or an alias stands for now. */
  readonly source?: string;
}

/** What the user says about earlier jobs. */
export type ResumeChoice =
  /** Younger jobs are resumed; 0: none is young enough. */
  | { readonly type: "auto"; readonly maxAgeMs: number }
  | { readonly type: "never" };

/** What the ledger, and where it was asked the server, say of earlier jobs. */
export interface FoundJobs {
  /** The newest job of the key whose command waited for it. */
  readonly newest?: FoundJob | undefined;
  /** A newer one whose command did not. */
  readonly accepted?: FoundJob | undefined;
  /** A line that may be of the key, and cannot be interpreted. */
  readonly unreadable?: UnreadableJob | undefined;
}

/** A line that may be about the work, and cannot be interpreted. */
export interface UnreadableJob {
  /** Whether nothing is wrong with it but that a newer program wrote it. */
  readonly isNewer: boolean;
  /** Whether it may be of a newer job than the one that was found. */
  readonly mayBeNewest: boolean;
}

/** A job that was found. */
export interface FoundJob {
  readonly job: Job;
  /**
   * Whether it was completed, delivered, declared unconfirmed or failed after
   * this process had started: then that is this process's outcome too.
   */
  readonly isSettledSinceStart?: boolean;
  /** How old it is by the server's clock, if that was asked. */
  readonly ageOnServerMs?: number | undefined;
}

/** Why a command does what it does. */
export type Reason =
  | "not_waiting"
  | "no_stable_key"
  | "no_resume"
  | "nothing_found"
  | "in_flight"
  | "accepted"
  | "undelivered"
  | "idempotency_key"
  | "settled_meanwhile"
  | "delivered"
  | "failed"
  | "gone"
  | "too_old"
  | "accepted_before"
  | "source_moved"
  | "conflict"
  | "newer_format"
  | "unreadable_line";

/** What a command is to do first, why, and with which job. */
export type Decision =
  & { readonly reason: Reason }
  & (
    | { readonly plan: "attach"; readonly job: RunningJob }
    | { readonly plan: "recover"; readonly job: SubmittedJob }
    | { readonly plan: "return"; readonly job: CompleteJob }
    /** Another process was told this failure while this one was running. */
    | { readonly plan: "fail"; readonly job: FailedJob }
    | { readonly plan: "unconfirmed"; readonly job: SubmittedJob }
    /** With the job that is not resumed, if there is one. */
    | { readonly plan: "submit"; readonly job?: Job }
    /** Send nothing; of a conflict, `fields` are what differs. */
    | {
      readonly plan: "refuse";
      readonly job?: Job;
      readonly fields?: readonly string[];
    }
  );

/** How long a command with `--wait` finds one that was started without. */
export const ACCEPTED_WINDOW_MS = 10 * 60_000;

/** Returns what a command is to do, given what is known. */
export function decide(facts: Facts): Decision {
  const { work, isWaiting, resume, found } = facts;
  if (!isWaiting && !work.isIdempotencyKey) {
    return { plan: "submit", reason: "not_waiting" };
  }
  if (work.key === undefined) {
    return { plan: "submit", reason: "no_stable_key" };
  }
  if (resume.type === "never") {
    return { plan: "submit", reason: "no_resume", ...field(found.newest) };
  }
  const { unreadable } = found;
  if (unreadable?.mayBeNewest) return refuseBeside(unreadable, found.newest);
  const chosen = chooseJob(facts, resume.maxAgeMs);
  const decision = chosen === undefined
    ? anewWithout(found)
    : decideOn(chosen, facts, resume.maxAgeMs);
  return decision.plan === "submit" && unreadable !== undefined
    ? refuseBeside(unreadable, chosen)
    : decision;
}

/** Nothing is submitted beside a line that may be the work's own job. */
function refuseBeside(
  { isNewer }: UnreadableJob,
  found: FoundJob | undefined,
): Decision {
  const reason = isNewer ? "newer_format" : "unreadable_line";
  return { plan: "refuse", reason, ...field(found) };
}

/** What is done where no job can be gone on with. */
function anewWithout({ accepted }: FoundJobs): Decision {
  return accepted === undefined
    ? { plan: "submit", reason: "nothing_found" }
    : { plan: "submit", reason: "accepted_before", job: accepted.job };
}

function decideOn(chosen: FoundJob, facts: Facts, maxAgeMs: number): Decision {
  const { work } = facts;
  const { job } = chosen;
  const fields = conflictingFields(work, job);
  if (fields.length > 0) {
    return { plan: "refuse", reason: "conflict", job, fields };
  }
  const decision = decideByState(chosen, facts, maxAgeMs);
  const isTaken = decision.plan !== "submit" &&
    decision.reason !== "settled_meanwhile";
  return isTaken && hasMoved(work, job)
    ? { plan: "submit", reason: "source_moved", job }
    : decision;
}

/**
 * Returns the job that the command may be about. One that was waited for and
 * is in flight goes before one that was not.
 */
function chooseJob(
  { work, found, now }: Facts,
  maxAgeMs: number,
): FoundJob | undefined {
  const { newest, accepted } = found;
  if (accepted === undefined) return newest;
  if (newest !== undefined && isInFlight(newest.job)) return newest;
  if (work.isIdempotencyKey) return accepted;
  const { accepted_at } = accepted.job;
  // Once it was seen to run, or to have failed, it is nobody's but the user's.
  const mayAttach = isInFlight(accepted.job) && maxAgeMs > 0 &&
    work.kind !== "vm.deploy" && work.kind !== "vm.resume" &&
    accepted_at !== undefined &&
    ageMs(accepted_at, now) <= Math.min(ACCEPTED_WINDOW_MS, maxAgeMs);
  return mayAttach ? accepted : newest;
}

function decideByState(
  { job, isSettledSinceStart, ageOnServerMs }: FoundJob,
  { work, now }: Facts,
  maxAgeMs: number,
): Decision {
  // Who names the work says that it is the same, however long ago it was.
  const isYoung = (time: string) =>
    work.isIdempotencyKey === true ||
    (maxAgeMs > 0 && ageMs(time, now) <= maxAgeMs);
  // A job with a handle has its age by the server's clock, if that was asked.
  const isYoungThere = ageOnServerMs !== undefined && maxAgeMs > 0 &&
    ageOnServerMs <= maxAgeMs;
  switch (job.status) {
    case "submitted":
      if (isSettledSinceStart) {
        return { plan: "unconfirmed", reason: "settled_meanwhile", job };
      }
      return isYoung(job.started_at)
        ? { plan: "recover", reason: "in_flight", job }
        : { plan: "submit", reason: "too_old", job };
    case "running": {
      if (job.accepted_at !== undefined) {
        return { plan: "attach", reason: "accepted", job };
      }
      return isYoung(job.started_at) || isYoungThere
        ? { plan: "attach", reason: "in_flight", job }
        : { plan: "submit", reason: "too_old", job };
    }
    case "complete": {
      if (job.gone_at !== undefined) {
        return { plan: "submit", reason: "gone", job };
      }
      if (isSettledSinceStart) {
        return { plan: "return", reason: "settled_meanwhile", job };
      }
      if (job.delivered_at !== undefined && !work.isIdempotencyKey) {
        return { plan: "submit", reason: "delivered", job };
      }
      if (!isYoung(job.completed_at) && !isYoungThere) {
        return { plan: "submit", reason: "too_old", job };
      }
      return job.delivered_at === undefined
        ? { plan: "return", reason: "undelivered", job }
        : { plan: "return", reason: "idempotency_key", job };
    }
    case "failed":
      return isSettledSinceStart && job.gone_at === undefined
        ? { plan: "fail", reason: "settled_meanwhile", job }
        : { plan: "submit", reason: "failed", job };
  }
}

/** Returns how long ago a time was; 0 for one that is still to come. */
export function ageMs(time: string, now: Date): number {
  return Math.max(0, now.getTime() - Date.parse(time));
}

/**
 * Whether a target that was left to HEAD or an alias stands for something else
 * now: neither what it stood for nor a VM of the job's own.
 */
function hasMoved(work: WantedWork, job: Job): boolean {
  if (work.source === undefined || job.source === undefined) return false;
  const own = job.status === "submitted" ? [] : job.handle?.vm_ids ?? [];
  return work.source !== job.source && !own.includes(work.source);
}

/**
 * Returns in what the work differs from the job that has the user's own key:
 * nothing, if that may be used again.
 */
function conflictingFields(work: WantedWork, job: Job): readonly string[] {
  if (!work.isIdempotencyKey || job.status === "failed") return [];
  if (job.status === "complete" && job.gone_at !== undefined) return [];
  const fields = differingFields(
    comparable(job.inputs),
    comparable(work.inputs),
  );
  return job.kind === work.kind ? fields : ["kind", ...fields];
}

/**
 * The inputs that make work under a key of the user's own what it is: which
 * run it belongs to, and in which folder HEAD was looked for, do not.
 */
function comparable(inputs: JsonObject): JsonObject {
  const { run_id: _, target, ...others } = inputs;
  const isHead = typeof target === "string" && target.startsWith("HEAD:");
  return { ...others, target: isHead ? "HEAD" : target };
}

function field(found: FoundJob | undefined): { readonly job?: Job } {
  return found === undefined ? {} : { job: found.job };
}
