import type { RequestTrace } from "../../api/exchange.ts";
import { formatAge } from "../../duration.ts";
import type { Notice } from "../../engine/engine.ts";
import type { Job } from "../../job/job.ts";
import type { JobKind } from "../../job/record.ts";
import { visible } from "./terminal_text.ts";

/** A notice about what a look showed: it is not worth a line each time. */
export type LookNotice = Extract<Notice, { type: "look" | "missedLook" }>;

/** Returns whether a notice is about a look. */
export function isLook(notice: Notice): notice is LookNotice {
  return notice.type === "look" || notice.type === "missedLook";
}

/** Returns what stderr says about a notice: a line, or two. */
export function renderNotice(notice: Exclude<Notice, LookNotice>): string {
  return lines(notice).map(visible).join("\n");
}

function lines(notice: Exclude<Notice, LookNotice>): readonly string[] {
  switch (notice.type) {
    case "submitted":
      return [`job ${notice.job.id} submitted`];
    case "accepted":
      return notice.handle.vm_ids.map((vmId) => `VM ${vmId} accepted`);
    case "resuming": {
      const { id, status } = notice.job;
      const age = formatAge(notice.ageMs);
      const first =
        `note: resuming in-flight job ${id} (status: ${status}, age ${age})`;
      return [first, ...alternative(notice.job)];
    }
    case "returning":
      return [
        `note: job ${notice.job.id} already complete; returning its result`,
        ...alternative(notice.job),
      ];
    case "tooOld":
      if (notice.job.status === "complete") {
        return [
          `note: the result of job ${notice.job.id} was never printed, but is ` +
          `too old to be returned (age ${formatAge(notice.ageMs)}); starting ` +
          `a new one. To print it: --resume-job ${notice.job.id}`,
        ];
      }
      return [
        `note: job ${notice.job.id} is still in flight, but too old to be ` +
        `resumed (age ${formatAge(notice.ageMs)}); starting a new one. ` +
        `--max-resume-age resumes older jobs, ` +
        `--resume-job ${notice.job.id} resumes this one`,
      ];
    case "sourceMoved":
      return [
        `note: job ${notice.job.id} was about ` +
        `${notice.job.source ?? "another VM"}, which is not what is meant ` +
        `now; starting a new one. --resume-job ${notice.job.id} resumes it`,
      ];
    case "acceptedBefore":
      return [
        `note: job ${notice.job.id} was started without --wait, and too long ` +
        `ago to be resumed; to wait for it: vers jobs wait ${notice.job.id}`,
      ];
    case "deleted":
      return [`note: ${vmsOf(notice.job)} was deleted; starting a new one`];
    case "stopped":
      return [
        `note: ${vmsOf(notice.job)} is no longer running; starting a new one`,
      ];
    case "noStableKey":
      return [
        `note: if this is interrupted, the same command will not find its job ` +
        `again; ${STABLE_KEY[notice.kind]}`,
      ];
    case "noLedger":
      return [
        notice.isKept
          ? `warning: the ledger is behind: ${lowerFirst(notice.why)}`
          : `warning: this job cannot be resumed: ${lowerFirst(notice.why)}`,
      ];
    case "badLines":
      return [
        notice.count === 1
          ? "warning: 1 line of the ledger cannot be read; " +
            "vers jobs doctor shows it"
          : `warning: ${notice.count} lines of the ledger cannot be read; ` +
            "vers jobs doctor shows them",
      ];
    case "waitingForLock": {
      const { holder } = notice;
      const who = holder === undefined
        ? ""
        : ` (pid ${holder.pid}, since ${holder.since})`;
      return [
        `note: waiting for another process with the same command${who}`,
      ];
    }
    case "strippedJob": {
      const { job, strippedId } = notice;
      return [
        `warning: job ${strippedId} may be the same work: the Go CLI's jobs ` +
        `prune removed what would show it, so job ${job.id} is new beside it`,
        `hint: to resume the first one: vers jobs wait ${strippedId}`,
      ];
    }
    case "notAnswered":
      return [`note: nothing was sent yet: ${notice.error.message}`];
    case "serverBusy": {
      const seconds = (notice.pauseMs / 1_000).toFixed(1);
      return [
        `note: the service is too busy for the request of job ` +
        `${notice.job.id}; sending it again in ${seconds}s`,
      ];
    }
    case "vmOfAnother":
      return [
        `warning: the service answered job ${notice.job.id} with VM ` +
        `${notice.vmId}, which is that of job ${notice.ownerId}: what it made ` +
        `for this one, if anything, is not known`,
        "hint: to look for it: vers status",
      ];
    case "notShown":
      return [
        `note: job ${notice.job.id} was started with another API key, and ` +
        `this key cannot see its VM; starting a new one`,
      ];
    case "skippedVms": {
      const { count } = notice;
      return [
        `note: ${count} ${count === 1 ? "entry" : "entries"} of the list of ` +
        `VMs cannot be understood and ${count === 1 ? "is" : "are"} ignored`,
      ];
    }
    case "confirming":
      return [
        `note: the answer to job ${notice.job.id} was lost; checking whether ` +
        (notice.job.kind === "vm.exec"
          ? "the command was started"
          : "the VM was made"),
      ];
    case "sendingAgain":
      return [
        notice.job.kind === "vm.exec"
          ? `note: the service knows no command of job ${notice.job.id}; ` +
            "sending it again"
          : notice.job.kind === "vm.resume"
          ? `note: the answer to job ${notice.job.id} was lost; asking again`
          : `note: nothing was made for job ${notice.job.id}; sending it again`,
      ];
    case "duplicate":
      return notice.isProven
        ? [
          `warning: job ${notice.job.id} made two VMs; ${notice.kept} is kept`,
          `hint: to delete the other one: vers delete ${notice.other}`,
        ]
        : [
          `warning: job ${notice.job.id} may have made VM ${notice.other}, ` +
          `too; ${notice.kept} is kept`,
          `hint: if nobody else made it: vers delete ${notice.other}`,
        ];
    case "resumedAgain":
      return [
        `note: the VM of job ${notice.job.id} is asleep; ` +
        `asked for it to be resumed again`,
      ];
    case "notLabelled":
      return [
        `warning: VM ${notice.vmId} could not be labelled as that of job ` +
        `${notice.job.id}`,
      ];
  }
}

/** What may be wanted instead of an earlier job: what has moved on since. */
function alternative({ kind }: Job): readonly string[] {
  return kind === "vm.deploy"
    ? ["note: --no-resume deploys what is there now"]
    : [];
}

/** The VMs of a job, by their ids. */
function vmsOf(job: Job): string {
  const vmIds = job.status === "submitted" ? [] : job.handle?.vm_ids ?? [];
  return `VM ${vmIds.join(", ")} of job ${job.id}`;
}

const ANY_KEY = "--idempotency-key KEY or VERS_RUN_ID makes it resumable";

/** How a command of each kind is made one that can be found again. */
const STABLE_KEY: Record<JobKind, string> = {
  "vm.exec": "--idempotency-key KEY makes it resumable",
  "vm.run": `--vm-alias NAME, ${ANY_KEY}`,
  "vm.run_commit": `--vm-alias NAME, ${ANY_KEY}`,
  "vm.branch": `--alias NAME, ${ANY_KEY}`,
  "vm.deploy": ANY_KEY,
  "vm.resume": ANY_KEY,
};

/** Returns what a look showed, and when the next one is: without a newline. */
export function renderLook(notice: LookNotice, elapsedMs: number): string {
  const waited = `waited ${formatAge(elapsedMs)}`;
  if (notice.type === "missedLook") {
    const why = notice.error.message;
    return visible(`job ${notice.job.id}: no answer, ${waited} (${why})`);
  }
  const states = notice.states.map(({ vmId, state }) => `VM ${vmId} ${state}`);
  const next = `next look in ${(notice.nextLookMs / 1_000).toFixed(1)}s`;
  return visible(
    `job ${notice.job.id}: ${states.join(", ")}, ${waited}, ${next}`,
  );
}

/** Returns what `--verbose` says of a request: one line, without a newline. */
export function renderTrace(trace: RequestTrace): string {
  const { method, path, status, elapsedMs, requestId } = trace;
  const answer = status === undefined ? "no answer" : String(status);
  return visible(
    `trace: ${method} ${path} ${answer} in ${Math.round(elapsedMs)} ms ` +
      `(request ${requestId})`,
  );
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
