import {
  type CommandInput,
  defineCommand,
  TARGET_FILES,
} from "../../command_line/command.ts";
import type { Context } from "../../context.ts";
import { type FlagTable, word } from "../../command_line/flag.ts";
import { textsIn } from "../../output/render_result.ts";
import { VM_POSITIONAL } from "../../open_vm.ts";

const FLAGS = {
  name: {
    type: "value",
    brief: "Name the commit",
    shorthand: "n",
    placeholder: "NAME",
    parse: word({ what: "a name", example: "before-upgrade" }),
  },
  description: {
    type: "value",
    brief: "Say what it is",
    shorthand: "d",
    placeholder: "TEXT",
    parse: word({
      what: "a text",
      example: "'all tests pass'",
      maxLength: 4_096,
    }),
  },
} as const satisfies FlagTable;

type Input = CommandInput<typeof FLAGS>;

/** `vers commit create`: keeps the state of a VM. */
export const command = defineCommand({
  summary: "Keep the state of a VM as a commit",
  description: "Keeps the state of a VM as a commit, from which VMs can be\n" +
    'made: vers run-commit. The word "create" may be left out.',
  flags: FLAGS,
  positionals: [VM_POSITIONAL],
  examples: [
    ["vers commit create my-vm", "keep the state of a VM"],
    ["vers commit -n before-upgrade my-vm", "and name it"],
  ],
  files: TARGET_FILES,
  run: createCommit,
});

async function createCommit(input: Input, context: Context): Promise<number> {
  const { openVm } = await import("../../open_vm.ts");
  const { foundVm } = await import("../../open_vm.ts");
  const { deliverResult } = await import("../../output/deliver.ts");
  const { args: [typed], flags, invocation: { output }, progress } = input;
  const { name, description } = flags;
  const opened = await openVm(input, { context, typed });
  const { target, client, signal } = opened;
  const { commit_id } = await foundVm(
    client.commitVm(target.id, {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
    }, { signal }),
    target,
  );
  const result = {
    commit_id,
    vm_id: target.id,
    name,
    description,
    used_head: target.usedHead ? true : undefined,
  };
  await deliverResult(result, {
    context,
    progress,
    output,
    isKept: false,
    view: {
      ids: ({ commit_id }) => textsIn(commit_id),
      text: () => [`✓ Committed VM '${target.id}'`, `Commit ID: ${commit_id}`],
    },
  });
  return 0;
}
