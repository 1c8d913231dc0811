import { Failure } from "../../../failure.ts";
import { makesVms } from "../../../job/record.ts";
import type { FailedJob, Job } from "../../../job/job.ts";
import type { ListedJob } from "../../../job/listed_job.ts";
import { Patience } from "../../../patience.ts";
import {
  type CommandInput,
  type Printout,
  TARGET_FILES,
} from "../../command_line/command.ts";
import { duration, type FlagTable } from "../../command_line/flag.ts";
import type { Context } from "../../context.ts";
import type { FoundJobs } from "../../job_ledger.ts";
import { lazy } from "../../lazy.ts";
import { hintOf } from "../../output/failure_hint.ts";
import { openSession, type Session } from "../../session.ts";
import { dropNamesOf } from "../../vm_was_deleted.ts";
import { defineJobCommand } from "./_job_command.ts";

const DEFAULT_TIMEOUT_MS = 10_000;

const FLAGS = {
  "delete-vm": {
    type: "boolean",
    brief: "Also delete the VMs that the job created",
  },
  timeout: {
    type: "value",
    brief: "How long to wait for another command that is working on the job",
    placeholder: "DURATION",
    fallback: "10s",
    parse: duration({ zero: "no waiting", example: "10s" }),
  },
} as const satisfies FlagTable;

type Input = CommandInput<typeof FLAGS>;

/** `vers jobs cancel`: gives up a job. */
export const command = defineJobCommand({
  summary: "Cancel a job",
  description:
    "Records in the ledger that a job was cancelled. Commands that wait for\n" +
    "it end with exit 20, and the same command starts a new job. Nothing is\n" +
    "cancelled on the server: a VM that is being created stays, unless\n" +
    "--delete-vm is given.",
  flags: FLAGS,
  verb: "cancel",
  examples: [
    ["vers jobs cancel job_8f2a3b4c5d", "cancel it; its VM stays"],
    ["vers jobs cancel 8f2a --delete-vm", "and delete its VM"],
  ],
  exitCodes: [
    [3, "job not found"],
    [4, "the job is already complete"],
    [6, "another command is working on the job"],
  ],
  files: {
    ...TARGET_FILES,
    aliases: "read, write",
    head: "read, write",
    ledger: "read, write",
    locks: "read, write",
  },
  run: cancel,
});

async function cancel(
  { ledger, jobs: [found] }: FoundJobs,
  input: Input,
  context: Context,
): Promise<Printout> {
  const { cancelJob } = await lazy.settle();
  const { withLedger } = await lazy.jobLedger();
  const { flags, progress } = input;
  const named = ownJob(found);
  const session = flags["delete-vm"]
    ? await openSessionFor(named, input, context)
    : undefined;
  const { clock, signal: interrupt } = context;
  const timeoutMs = flags.timeout ?? DEFAULT_TIMEOUT_MS;
  const patience = new Patience({ clock, interrupt, timeoutMs });
  using _stopping = patience;
  const { job, isNew } = await withLedger(() =>
    cancelJob(ledger, named, { clock, patience, hintOf })
  );
  const deleted = session && await deleteVms(job, session, { input, context });
  if (!deleted) progress.say(whatStays(job));
  return {
    result: {
      job_id: job.id,
      status: job.status,
      error: job.error,
      vm_ids: job.handle?.vm_ids ?? [],
      deleted_vm_ids: deleted ?? [],
      effect: isNew ? "cancelled" : "unchanged",
    },
    ids: [job.id],
    text: [
      isNew
        ? `Job ${job.id} is cancelled`
        : `Job ${job.id} had failed before: ${job.error}`,
      ...(deleted ?? []).map((vmId) => `Deleted VM ${vmId}`),
    ],
  };
}

/** @throws {Failure} when the job is the Go CLI's. */
function ownJob(found: ListedJob | undefined): Job {
  if (found?.writer === "vers") return found.job;
  throw new Failure(
    `Cannot cancel job ${found?.id}: it was started by the Go CLI, and nothing waits for it`,
    {
      code: "conflict",
      hint: "to take it out of the ledger: vers jobs prune --all --force",
    },
  );
}

/**
 * @throws {Failure} when the job's VM is not the job's own, or belongs to
 *   another origin.
 */
async function openSessionFor(
  job: Job,
  input: Input,
  context: Context,
): Promise<Session> {
  if (!makesVms(job.kind)) {
    throw new Failure(
      `Cannot delete the VM of job ${job.id}: the job did not create it, ` +
        (job.kind === "vm.exec" ? "but ran a command in it" : "but resumed it"),
      {
        code: "usage",
        hint: `vers jobs cancel ${job.id}, and to delete the VM: ` +
          `vers delete ${job.source ?? "<vm-id>"}`,
      },
    );
  }
  const session = await openSession(input, context);
  if (job.scope === session.scope) return session;
  throw new Failure(
    `Cannot delete the VM of job ${job.id}: it belongs to ${job.scope}, and ` +
      `this is ${session.scope}`,
    {
      code: "not_found",
      hint: `set VERS_URL=${job.scope} to delete it: VERS_URL=${job.scope} ` +
        `vers jobs cancel ${job.id} --delete-vm`,
    },
  );
}

async function deleteVms(
  job: FailedJob,
  { engine }: Session,
  { input, context }: { readonly input: Input; readonly context: Context },
): Promise<readonly string[]> {
  const { deleteVmsOf } = await lazy.settle();
  const { progress } = input;
  try {
    const { deleted, mayBeMore } = await deleteVmsOf(
      job,
      engine.client,
      engine.signal,
    );
    if (mayBeMore) {
      progress.say(
        `warning: the request of job ${job.id} may or may not have created ` +
          "a VM; vers status lists all",
      );
    }
    for (const vmId of deleted) await dropNamesOf(vmId, { context, progress });
    return deleted;
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    throw new Failure(
      `Cannot delete the VM of job ${job.id}, which is cancelled: ` +
        cause.message,
      {
        code: cause.code,
        hint: "to retry: " +
          `vers jobs cancel ${job.id} --delete-vm`,
        retryable: cause.retryable,
        cause,
      },
    );
  }
}

function whatStays(job: FailedJob): string {
  const vmIds = job.handle?.vm_ids ?? [];
  if (job.kind === "vm.exec") {
    return "note: nothing was ended on the server: if the command was started, " +
      `it continues in VM ${job.source}`;
  }
  return vmIds.length === 0
    ? "note: nothing was cancelled on the server: if the request created a VM, " +
      "vers status lists it"
    : "note: nothing was cancelled on the server; to delete the VM: " +
      `vers delete ${vmIds.join(" ")}`;
}
