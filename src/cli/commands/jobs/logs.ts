import { OutputLostError } from "../../../engine/engine_error.ts";
import { Failure } from "../../../failure.ts";
import type { Job } from "../../../job/job.ts";
import type { ListedJob } from "../../../job/listed_job.ts";
import { Patience } from "../../../patience.ts";
import { type CommandInput, JOB_FILES } from "../../command_line/command.ts";
import { choice, duration, type FlagTable } from "../../command_line/flag.ts";
import type { Context } from "../../context.ts";
import type { FoundJobs } from "../../job_ledger.ts";
import { lazy } from "../../lazy.ts";
import { openSession } from "../../session.ts";
import { defineJobCommand } from "./_job_command.ts";

const FLAGS = {
  follow: {
    type: "boolean",
    brief: "Go on until the command has ended",
    shorthand: "f",
  },
  stream: {
    type: "value",
    brief: "Print only this stream",
    placeholder: "STREAM",
    parse: choice(["stdout", "stderr"]),
  },
  timeout: {
    type: "value",
    brief: "Stop after this time; the command continues",
    placeholder: "DURATION",
    fallback: "0, no limit",
    parse: duration({ zero: "no limit", example: "10m" }),
  },
} as const satisfies FlagTable;

type Input = CommandInput<typeof FLAGS>;

/** `vers jobs logs`: prints what a command in a VM has written. */
export const command = defineJobCommand({
  summary: "Print the output of a command in a VM",
  description:
    "Prints what the command of an exec job has written, from its first\n" +
    "byte: its stdout to stdout, its stderr to stderr. The service is asked;\n" +
    "the ledger keeps no output. Without --follow it ends when nothing has\n" +
    "come for a second. The exit code is not the command's: vers jobs wait\n" +
    "gives that.",
  flags: FLAGS,
  verb: "print the output of",
  examples: [
    ["vers jobs logs job_4d5e6f7a8b", "print what there is so far"],
    ["vers jobs logs 4d5e --follow", "and go on until the command ends"],
    ["vers jobs logs 4d5e --stream stderr", "print its stderr alone"],
  ],
  exitCodes: [
    [1, "the service has forgotten some of the output"],
    [3, "job not found"],
    [6, "timed out; the command continues"],
  ],
  files: { ...JOB_FILES, ledger: "read", locks: "read" },
  run: printLogs,
});

async function printLogs(
  { jobs: [found] }: FoundJobs,
  input: Input,
  context: Context,
): Promise<number> {
  const { flags } = input;
  const job = execJob(found);
  const session = await openSession(input, context);
  checkScope(job, session.scope);
  const { readOutput } = await lazy.execOutput();
  const { clock, signal: interrupt } = context;
  const timeoutMs = flags.timeout || undefined;
  const patience = new Patience({ clock, interrupt, timeoutMs });
  using _stopping = patience;
  const { isWhole } = await readOutput(session.engine, job, {
    patience,
    isToItsEnd: flags.follow,
    async onOutput(stream, bytes) {
      if (flags.stream !== undefined && flags.stream !== stream) return;
      await context[stream].write(bytes);
    },
  });
  if (isWhole) return 0;
  const { exit_code } = job.status === "complete" ? job.result : {};
  throw new OutputLostError(job.id, exit_code);
}

/** @throws {Failure} when the job is not that of a command in a VM. */
function execJob(found: ListedJob | undefined): Job {
  if (found?.writer === "vers" && found.job.kind === "vm.exec") {
    return found.job;
  }
  const kind = found?.writer === "vers" ? found.job.kind : found?.entry.kind;
  throw new Failure(
    `Cannot print the output of job ${found?.id}: it is of kind ${kind}, ` +
      "and only commands in a VM, of kind vm.exec, have some",
    {
      code: "usage",
      hint: `what is known of it: vers jobs get ${found?.id}; ` +
        "to run a command: vers exec --detach my-vm make",
    },
  );
}

/** @throws {Failure} when the job is of an origin that cannot be asked here. */
function checkScope(job: Job, scope: string): void {
  if (job.scope === scope) return;
  throw new Failure(
    `Cannot print the output of job ${job.id}: it belongs to ${job.scope}, ` +
      `and this is ${scope}`,
    {
      code: "not_found",
      hint: `set VERS_URL=${job.scope} to read it: VERS_URL=${job.scope} ` +
        `vers jobs logs ${job.id}`,
    },
  );
}
