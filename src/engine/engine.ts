import type { VersClient } from "../api/vers_client.ts";
import type { Clock } from "../clock.ts";
import type { Failure } from "../failure.ts";
import type { LockHolder } from "../file_lock.ts";
import type { ResumeChoice, WantedWork } from "../job/decide.ts";
import type { Handle, JobKind, Names } from "../job/record.ts";
import type { CompleteJob, Job, RunningJob } from "../job/job.ts";
import type { JsonObject } from "../json.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Patience } from "../patience.ts";
import type { ExecEnd, OnOutput } from "./exec.ts";

/** What the engine works with; the command line builds one a process. */
export interface Engine {
  readonly ledger: Ledger;
  readonly client: VersClient;
  readonly clock: Clock;
  /** Aborted, with an `InterruptedError`, when a signal arrives. */
  readonly signal: AbortSignal;
  /** Notifies the person watching; never fails. */
  readonly notify: (notice: Notice) => void;
  /** Returns what to do about a failure, in words that the ledger keeps. */
  readonly hintOf: (failure: Failure) => string | undefined;
  /** A number from 0 up to 1, for the jitter between looks. */
  readonly random: () => number;
}

/** What one command asks for. */
export interface Work extends WantedWork {
  /** The command as it was typed, secrets left out: for the ledger. */
  readonly command: string;
  readonly args: readonly string[];
  /** The API's origin: `https://api.vers.sh`, or `local`. */
  readonly scope: string;
  readonly account: string;
  /** What the request also needs, and no file may hold. */
  readonly secrets?: JsonObject;
  /** What alias and HEAD stand for now: they are set if they still do then. */
  readonly names?: Names;
}

/** What to do about earlier jobs. */
export type Resume =
  | ResumeChoice
  | { readonly type: "job"; readonly id: string };

/** Which unlabelled VMs may be taken for a job's own; else as its kind has it. */
export type AdoptPolicy = "never" | "always" | undefined;

/** What comes of a command in a VM besides its result. */
export interface ExecOptions {
  /** Takes its output; without it, none is asked for. */
  readonly onOutput?: OnOutput;
  /** Called when the connection broke: why, and how many times in a row. */
  readonly onBroken?: (why: Failure, times: number) => void;
  /** Called when all of the output that there is was taken. */
  readonly onEnd?: (end: ExecEnd) => void;
}

/** How one command wants its work done. */
export interface WorkOptions {
  /** Whether to wait until the VM is what was asked for. */
  readonly wait: boolean;
  readonly resume: Resume;
  /** Counted from the start of the process; `undefined`: no limit. */
  readonly timeoutMs: number | undefined;
  /** Fixes the time between two looks; else it grows. */
  readonly pollIntervalMs?: number;
  /** How long a send may take to show on the server; else the kind's own. */
  readonly confirmWindowMs?: number;
  /** Which unlabelled VMs may be taken for the job's own. */
  readonly adopt?: AdoptPolicy;
  /** Fail, before anything is sent, when the job cannot be journaled. */
  readonly requireLedger: boolean;
  /** Of work of kind `vm.exec`. */
  readonly exec?: ExecOptions;
  /**
   * Called as soon as the handle is known, before waiting, and again by
   * whoever attaches: sets alias and HEAD. What it returns is its kind's to
   * put into the result. It reports trouble itself, and does not throw; and it
   * takes no longer than `patience` allows.
   */
  readonly onAccepted: (
    job: RunningJob | CompleteJob,
    patience: Patience,
  ) => Promise<LocalEffects>;
  /**
   * Prints the result.
   *
   * @throws {Failure} of code `undelivered`, when not all of it was taken.
   */
  readonly deliver: (result: JsonObject) => Promise<void>;
}

/** What became of alias and HEAD, in the words of the result. */
export interface LocalEffects {
  readonly alias?: string;
  readonly head?: string;
  readonly checkout_done?: boolean;
}

/** How this command came by its job. */
export type Effect = "created" | "attached" | "recovered" | "returned";

/** Something that a person watching wants to know; `src/cli` has the words. */
export type Notice =
  | { readonly type: "submitted"; readonly job: Job }
  | {
    readonly type: "accepted";
    readonly job: Job;
    readonly handle: Handle;
    readonly effect: Effect;
  }
  | { readonly type: "resuming"; readonly job: Job; readonly ageMs: number }
  | { readonly type: "returning"; readonly job: Job }
  | { readonly type: "tooOld"; readonly job: Job; readonly ageMs: number }
  | { readonly type: "sourceMoved"; readonly job: Job }
  /** A job of the same words was started without `--wait`, some time ago. */
  | { readonly type: "acceptedBefore"; readonly job: Job }
  | { readonly type: "deleted"; readonly job: Job }
  /** The VM of a complete job is there, but does not run any more. */
  | { readonly type: "stopped"; readonly job: Job }
  | { readonly type: "noStableKey"; readonly kind: JobKind }
  | {
    readonly type: "noLedger";
    /** What could not be done, and why. */
    readonly why: string;
    /** Whether an earlier entry of the job is there: it can be resumed. */
    readonly isKept?: boolean;
  }
  /** Lines of the ledger were met that say nothing. */
  | { readonly type: "badLines"; readonly count: number }
  | {
    readonly type: "waitingForLock";
    readonly holder: LockHolder | undefined;
  }
  /** The look before anything is sent was not answered, and is repeated. */
  | { readonly type: "notAnswered"; readonly error: Failure }
  /** The service did not look at the request: it is sent again later. */
  | {
    readonly type: "serverBusy";
    readonly job: Job;
    readonly pauseMs: number;
  }
  | { readonly type: "confirming"; readonly job: Job }
  | { readonly type: "sendingAgain"; readonly job: Job }
  | {
    readonly type: "duplicate";
    readonly job: Job;
    readonly kept: string;
    readonly other: string;
    /** Whether the other VM carries the job's own label. */
    readonly isProven: boolean;
  }
  | {
    readonly type: "look";
    readonly job: Job;
    readonly states: readonly SeenVm[];
    readonly nextLookMs: number;
  }
  | { readonly type: "missedLook"; readonly job: Job; readonly error: Failure }
  /**
   * A job of the same kind and alias is in flight, of which the Go CLI's prune
   * has left too little to find it by.
   */
  | {
    readonly type: "strippedJob";
    readonly job: Job;
    readonly strippedId: string;
  }
  /** The service answered a request with a VM that another job has. */
  | {
    readonly type: "vmOfAnother";
    readonly job: Job;
    readonly vmId: string;
    readonly ownerId: string;
  }
  /** A job of another API key, whose VMs this key is not shown. */
  | { readonly type: "notShown"; readonly job: Job }
  /** Entries of a list of VMs could not be understood. */
  | { readonly type: "skippedVms"; readonly count: number }
  | { readonly type: "resumedAgain"; readonly job: Job }
  | { readonly type: "notLabelled"; readonly job: Job; readonly vmId: string };

/** What one look saw of one VM. */
export interface SeenVm {
  readonly vmId: string;
  readonly state: string;
}
