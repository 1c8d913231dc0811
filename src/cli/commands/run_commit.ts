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
    brief: "Take the argument for repo:tag; one with a colon is anyway",
  },
  ...WAIT_FLAGS,
} as const satisfies FlagTable;

type Input = CommandInput<typeof FLAGS>;

const REFERENCE = /^([^:\s]+):([^:\s]+)$/;

/** `vers run-commit`: starts a VM from a commit. */
export const command = defineWorkCommand({
  summary: "Start a VM from a commit",
  description:
    "Makes a VM in the state that a commit keeps and, with --wait,\n" +
    "waits until it is running. Its id goes to .vers/HEAD in this folder, so\n" +
    "that later commands are about this VM.",
  flags: FLAGS,
  positionals: [{
    name: "commit-id|repo:tag",
    brief: "The commit, by its id or by a tag of a repository",
  }],
  examples: [
    [`vers run-commit ${EXAMPLE_ID} --wait -N my-vm`, "start it, or go on"],
    ["vers run-commit base:latest", "start what the tag names now"],
  ],
  exitCodes: [
    [3, "there is no such commit or tag"],
    [6, "time ran out; the job goes on, the same command waits on"],
    [20, "the VM did not come up"],
    [21, "it cannot be told whether the VM was made"],
  ],
  resumeKey: "--vm-alias, --idempotency-key or VERS_RUN_ID",
  resuming:
    "With --wait and --vm-alias (or --idempotency-key, or VERS_RUN_ID\n" +
    "in the environment) the same command, run again, finds the VM that is\n" +
    "on its way and waits for that. If the tag names another commit by then,\n" +
    "it starts anew. Without one of them, --resume-job finds the job.",
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
      ? `"${commit}" is no reference: with --ref it must be repo:tag`
      : `"${commit}" is no commit: it must be an id, or repo:tag`,
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
