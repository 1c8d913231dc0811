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
    brief: "How long to wait for another command that is at work on the job",
    placeholder: "DURATION",
    fallback: "1m",
    parse: duration({ zero: "no waiting", example: "1m" }),
  },
} as const satisfies FlagTable;

/** `vers jobs adopt`: says which VMs a lost request has made. */
export const command = defineCommand({
  summary: "Say which VMs an unconfirmed job has made",
  description:
    "Settles a command that ended with exit 21: the answer to its\n" +
    "request was lost, and only you can tell which VM it made. The VM is the\n" +
    "job's from then on, and the command that it prints goes on with it.\n" +
    "If none of the VMs is the job's, do not adopt: run the first command\n" +
    "again with --no-resume.",
  flags: FLAGS,
  positionals: [
    { name: "job", brief: "The job, as stderr named it" },
    {
      name: "vm-id",
      brief: "The VM that it made; as many as it asked for",
      isList: true,
    },
  ],
  examples: [[`vers jobs adopt ${EXAMPLE}`, "this VM is that job's"]],
  exitCodes: [
    [3, "there is no such job or VM, or the VM is not of the job's API key"],
    [4, "the job is settled already, or the VM is another job's"],
    [5, "it asked for another number of VMs, or for none"],
    [6, "another command is at work on the job"],
  ],
  files: { ...SERVICE_FILES, ledger: "read, write", locks: "read, write" },
  check: checkIds,
  async run(input: CommandInput<typeof FLAGS>, context) {
    const [jobId = "", ...vmIds] = input.args;
    const { adoptJob } = await lazy.adoptJob();
    const { commandOf } = await lazy.namedJob();
    const { engine, scope } = await openSession(input, context);
    const { job, notLabelled } = await adoptJob(engine, {
      scope,
      jobId,
      vmIds: vmIds.map((vmId) => vmId.toLowerCase()),
      timeoutMs: input.flags.timeout ?? DEFAULT_TIMEOUT_MS,
    });
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
        `To go on: ${resumeCommand}`,
      ],
    };
  },
});

function checkIds({ args: [jobId, ...vmIds] }: Given): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  if (jobId !== undefined && !JOB_ID.test(jobId)) {
    const problem =
      `"${jobId}" is no job: it must be job_ and 10 hex digits, as stderr ` +
      "of its command showed it";
    mistakes.push({ problem, example: EXAMPLE });
  }
  for (const vmId of vmIds.filter((vmId) => !isUuid(vmId))) {
    mistakes.push({ problem: `"${vmId}" is no VM's id`, example: EXAMPLE });
  }
  return mistakes;
}
