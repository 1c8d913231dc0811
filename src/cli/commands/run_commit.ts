import type { VersClient } from "../../api/vers_client.ts";
import { Failure } from "../../failure.ts";
import { EXAMPLE_ID, isUuid } from "../../uuid.ts";
import type { CommandInput, Given, Mistake } from "../command_line/command.ts";
import { aliasName, type FlagTable } from "../command_line/flag.ts";
import { WAIT_FLAGS } from "../command_line/wait_flags.ts";
import type { Context } from "../context.ts";
import { textsIn } from "../output/render_result.ts";
import { defineWorkCommand, nameLines } from "../work_command.ts";

const FLAGS = {
  "vm-alias": {
    type: "value",
    brief: "Name the VM on this machine, and make the command resumable",
    shorthand: "N",
    placeholder: "NAME",
    parse: aliasName("my-vm"),
  },
  ref: {
    type: "boolean",
    brief: "Treat the argument as repo:tag; implied by a colon in it",
  },
  ...WAIT_FLAGS,
} as const satisfies FlagTable;

type Input = CommandInput<typeof FLAGS>;

const REFERENCE = /^([^:\s]+):([^:\s]+)$/;

/** `vers run-commit`: starts a VM from a commit. */
export const command = defineWorkCommand({
  summary: "Start a VM from a commit",
  description:
    "Starts a VM in the state of a commit and, with --wait, waits until it\n" +
    "is running. Its ID is written to .vers/HEAD in this folder: it is the\n" +
    "default VM of later commands.",
  flags: FLAGS,
  positionals: [{
    name: "commit-id|repo:tag",
    brief: "The commit, by its id or by a tag of a repository",
  }],
  examples: [
    [
      `vers run-commit ${EXAMPLE_ID} --wait -N my-vm`,
      "start it, or resume the wait",
    ],
    ["vers run-commit base:latest", "start the commit of a tag"],
  ],
  exitCodes: [
    [3, "commit or tag not found"],
    [6, "timed out; the job continues, and the same command resumes it"],
    [20, "the VM did not start"],
    [21, "unconfirmed: the VM may or may not exist"],
  ],
  resumeKey: "--vm-alias, --idempotency-key or VERS_RUN_ID",
  resuming:
    "With --wait and --vm-alias (or --idempotency-key, or VERS_RUN_ID in\n" +
    "the environment), running the same command again resumes the wait for\n" +
    "the same VM. If the tag points to another commit by then, it starts a\n" +
    "new VM. Without one of them, --resume-job resumes the job.",
  check: checkCommit,
  kind: "vm.run_commit",
  work: async ({ args: [commit = ""], flags }, context, { engine }) => ({
    inputs: { commit, alias: flags["vm-alias"] },
    source: await commitIdOf(commit, {
      client: engine.client,
      context,
      maySend: !flags.explain,
    }),
  }),
  isStable: (flags) => flags["vm-alias"] !== undefined,
  sets: (flags) => ({ alias: flags["vm-alias"], head: true }),
  view: {
    ids: (result) => textsIn(result.vm_id),
    text: ({ vm_id, status, commit_key, ...names }) => [
      status === "complete"
        ? `VM '${vm_id}' started successfully from commit ${commit_key}.`
        : `VM '${vm_id}' is starting from commit ${commit_key}.`,
      ...nameLines(names),
    ],
  },
});

function checkCommit(given: Given): readonly Mistake[] {
  const { flags, args: [commit] } = given;
  if (flags.has("resume-job") || commit === undefined) return [];
  const isReference = REFERENCE.test(commit);
  if (isReference || (isUuid(commit) && !flags.has("ref"))) return [];
  return [{
    problem: flags.has("ref")
      ? `"${commit}" is not a reference: with --ref it must be repo:tag`
      : `"${commit}" is not a commit: it must be an ID or repo:tag`,
    example: flags.has("ref") ? "base:latest --ref" : EXAMPLE_ID,
  }];
}

/**
 * Returns the id of a commit; `undefined` for a tag that the service does not
 * tell us about: it will say why when it is asked for the VM.
 */
async function commitIdOf(
  commit: string,
  { client, context: { signal }, maySend }: {
    readonly client: VersClient;
    readonly context: Context;
    readonly maySend: boolean;
  },
): Promise<string | undefined> {
  const [, repository, tag] = REFERENCE.exec(commit) ?? [];
  if (repository === undefined || tag === undefined) {
    return commit.toLowerCase();
  }
  if (!maySend) return undefined;
  try {
    const answer = await client.commitOfTag(repository, tag, { signal });
    return answer.value.commit_id;
  } catch (error) {
    if (!(error instanceof Failure) || signal.aborted) throw error;
    return undefined;
  }
}
