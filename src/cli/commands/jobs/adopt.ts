import { Patience } from "../../../patience.ts";
import { isUuid } from "../../../uuid.ts";
import {
  type CommandInput,
  defineCommand,
  type Given,
  type Mistake,
  SERVICE_FILES,
} from "../../command_line/command.ts";
import { duration, type FlagTable } from "../../command_line/flag.ts";
import { lazy } from "../../lazy.ts";
import { openSession } from "../../session.ts";

const DEFAULT_TIMEOUT_MS = 60_000;
const JOB_ID = /^job_[0-9a-f]{10}$/;
const EXAMPLE = "job_8f2a3b4c5d 5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e";

const FLAGS = {
  timeout: {
    type: "value",
    brief: "How long to wait for another command that is working on the job",
    placeholder: "DURATION",
    fallback: "1m",
    parse: duration({ zero: "no waiting", example: "1m" }),
  },
} as const satisfies FlagTable;

/** `vers jobs adopt`: says which VMs a lost request has made. */
export const command = defineCommand({
  summary: "Assign VMs to an unconfirmed job",
  description:
    "Resolves a command that ended with exit 21: the response to its\n" +
    "request was lost, and only you can tell which VM it created. The VM\n" +
    "then belongs to the job, and the printed command resumes the wait. If\n" +
    "none of the VMs is the job's, do not adopt one: run the first command\n" +
    "again with --no-resume.",
  flags: FLAGS,
  positionals: [
    { name: "job", brief: "The job's ID, as printed on stderr" },
    {
      name: "vm-id",
      brief: "The VM that it created; as many as it requested",
      isList: true,
    },
  ],
  examples: [[`vers jobs adopt ${EXAMPLE}`, "assign this VM to the job"]],
  exitCodes: [
    [3, "job or VM not found, or the VM belongs to another API key"],
    [4, "the job is already resolved, or the VM belongs to another job"],
    [5, "the job requested another number of VMs, or none"],
    [6, "another command is working on the job"],
  ],
  files: { ...SERVICE_FILES, ledger: "read, write", locks: "read, write" },
  check: checkIds,
  async run(input: CommandInput<typeof FLAGS>, context) {
    const [jobId = "", ...vmIds] = input.args;
    const { adoptJob } = await lazy.settle();
    const { withLedger } = await lazy.jobLedger();
    const { commandOf } = await lazy.namedJob();
    const { engine, scope } = await openSession(input, context);
    const patience = new Patience({
      clock: context.clock,
      interrupt: context.signal,
      timeoutMs: input.flags.timeout ?? DEFAULT_TIMEOUT_MS,
    });
    using _stopping = patience;
    const { job, notLabelled } = await withLedger(() =>
      adoptJob(engine, {
        scope,
        jobId,
        vmIds: vmIds.map((vmId) => vmId.toLowerCase()),
        patience,
      })
    );
    for (const vmId of notLabelled) {
      engine.notify({ type: "notLabelled", job, vmId });
    }
    const { id, status, kind, handle: { vm_ids } } = job;
    const resumeCommand = `vers ${commandOf(kind)} --resume-job ${id}`;
    return {
      result: { job_id: id, vm_ids, status, resume_command: resumeCommand },
      ids: vm_ids,
      text: [
        `✓ Job ${id} adopted VM ${vm_ids.join(", ")}`,
        `To resume: ${resumeCommand}`,
      ],
    };
  },
});

function checkIds({ args: [jobId, ...vmIds] }: Given): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  if (jobId !== undefined && !JOB_ID.test(jobId)) {
    const problem =
      `"${jobId}" is not a job ID: it must be job_ and 10 hex digits, as ` +
      "printed on stderr";
    mistakes.push({ problem, example: EXAMPLE });
  }
  for (const vmId of vmIds.filter((vmId) => !isUuid(vmId))) {
    mistakes.push({ problem: `"${vmId}" is not a VM ID`, example: EXAMPLE });
  }
  return mistakes;
}
