import { Failure } from "../../../failure.ts";
import type { FailedJob, Job } from "../../../job/job.ts";
import {
  type CommandInput,
  defineCommand,
} from "../../command_line/command.ts";
import type { Context } from "../../context.ts";
import { TARGET_FILES } from "../../guide/file_uses.ts";
import type { FlagTable } from "../../command_line/flag.ts";
import { duration } from "../../command_line/flag_value.ts";
import { type ResultView, textsIn } from "../../output/render_result.ts";
import type { Session } from "../../session.ts";

const DEFAULT_TIMEOUT_MS = 10_000;

const FLAGS = {
  "delete-vm": {
    type: "boolean",
    brief: "Also delete the VMs that the job has made",
  },
  timeout: {
    type: "value",
    brief: "How long to wait for another command that is at work on the job",
    placeholder: "DURATION",
    fallback: "10s",
    parse: duration({ zero: "no waiting", example: "10s" }),
  },
} as const satisfies FlagTable;

type Input = CommandInput<typeof FLAGS>;

/** `vers jobs cancel`: gives up a job. */
export const command = defineCommand({
  summary: "Give up a job",
  description:
    "Records in the ledger that a job failed: cancelled. Commands\n" +
    "that wait for it end with exit 20, and the same command starts anew.\n" +
    "Nothing is cancelled on the server: a VM that is on its way goes on,\n" +
    "unless --delete-vm is given.",
  flags: FLAGS,
  positionals: [{
    name: "job",
    brief: "The job's id, or as much of its beginning as no other has",
  }],
  examples: [
    ["vers jobs cancel job_8f2a3b4c5d", "give it up; its VM stays"],
    ["vers jobs cancel 8f2a --delete-vm", "and delete its VM"],
  ],
  exitCodes: [
    [3, "there is no such job"],
    [4, "the job is complete already"],
    [6, "another command is at work on the job"],
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

async function cancel(input: Input, context: Context): Promise<number> {
  const { cancelJob } = await import("../../../engine/settle.ts");
  const { deliverResult } = await import("../../output/deliver.ts");
  const { hintOf } = await import("../../output/failure_hint.ts");
  const { Patience } = await import("../../../patience.ts");
  const { withLedger } = await import("./_job_ledger.ts");
  const { flags, progress, invocation: { output } } = input;
  const { ledger, job: named } = await findOwnJob(input, context);
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
  await deliverResult({
    job_id: job.id,
    status: job.status,
    error: job.error,
    vm_ids: job.handle?.vm_ids ?? [],
    deleted_vm_ids: deleted ?? [],
    effect: isNew ? "cancelled" : "unchanged",
  }, { context, progress, output, view: VIEW, isKept: false });
  return 0;
}

async function findOwnJob(
  { args: [typed = ""], progress, invocation: { path } }: Input,
  context: Context,
) {
  const { findJob, openJobLedger, readJobs } = await import(
    "./_job_ledger.ts"
  );
  const jobLedger = openJobLedger(context);
  const found = findJob(await readJobs(jobLedger, progress), typed, {
    verb: "cancel",
    path,
    ledgerPath: jobLedger.path,
  });
  if (found.writer === "vers") {
    return { ledger: jobLedger.ledger, job: found.job };
  }
  throw new Failure(
    `Cannot cancel job ${found.id}: it is the Go CLI's, and nothing waits for it`,
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
  const { openSession } = await import("../../session.ts");
  if (job.kind === "vm.resume") {
    throw new Failure(
      `Cannot delete the VM of job ${job.id}: the job did not make it, but ` +
        "resumed it",
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
  const { deleteVmsOf } = await import("../../../engine/settle.ts");
  const { dropNamesOf } = await import("../../vm_was_deleted.ts");
  const { progress } = input;
  try {
    const { deleted, mayBeMore } = await deleteVmsOf(
      job,
      engine.client,
      engine.signal,
    );
    if (mayBeMore) {
      progress.say(
        `warning: it cannot be told whether the request of job ${job.id} ` +
          "made a VM; vers status lists all",
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
        hint: `the same command tries it again: ` +
          `vers jobs cancel ${job.id} --delete-vm`,
        retryable: cause.retryable,
        cause,
      },
    );
  }
}

function whatStays(job: FailedJob): string {
  const vmIds = job.handle?.vm_ids ?? [];
  return vmIds.length === 0
    ? "note: nothing was cancelled on the server: if the request made a VM, " +
      "vers status lists it"
    : "note: nothing was cancelled on the server; to delete the VM: " +
      `vers delete ${vmIds.join(" ")}`;
}

const VIEW: ResultView = {
  ids: (result) => textsIn(result.job_id),
  text: (result) => [
    result.effect === "cancelled"
      ? `Job ${result.job_id} is cancelled`
      : `Job ${result.job_id} had failed before: ${result.error}`,
    ...textsIn(result.deleted_vm_ids).map((vmId) => `Deleted VM ${vmId}`),
  ],
};
