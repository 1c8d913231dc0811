import type { CommandInput, Given, Mistake } from "../command_line/command.ts";
import {
  aliasName,
  type FlagTable,
  wholeNumber,
} from "../command_line/flag.ts";
import { WAIT_FLAGS } from "../command_line/wait_flags.ts";
import { textsIn } from "../output/render_result.ts";
import { targetInput } from "../targets.ts";
import { typedTarget } from "../vm_command.ts";
import { defineWorkCommand, nameLines } from "../work_command.ts";

const MAX_COUNT = 1_000;

const FLAGS = {
  alias: {
    type: "value",
    brief: "Name the new VM on this machine, and make the command resumable",
    shorthand: "n",
    placeholder: "NAME",
    parse: aliasName("my-branch"),
  },
  checkout: {
    type: "boolean",
    brief: "Make the new VM HEAD of this folder; of several, the first",
    shorthand: "c",
  },
  count: {
    type: "value",
    brief: "How many VMs to create",
    placeholder: "COUNT",
    fallback: "1",
    parse: wholeNumber({ min: 1, max: MAX_COUNT, unit: "VMs", example: 3 }),
  },
  ...WAIT_FLAGS,
} as const satisfies FlagTable;

type Input = CommandInput<typeof FLAGS>;

/** `vers branch`: makes VMs in the state of another one. */
export const command = defineWorkCommand({
  summary: "Create VMs from a VM or a commit",
  description:
    "Creates a VM in the current state of another VM, or of a commit; with\n" +
    "--wait, waits until it is running. Without a target it branches HEAD\n" +
    "of this folder. If the service creates fewer VMs than --count, the\n" +
    "command ends with exit 20 and names those that exist.",
  flags: FLAGS,
  positionals: [{
    name: "vm|alias|commit",
    brief: "What to branch; default: HEAD of this folder",
    isOptional: true,
  }],
  examples: [
    ["vers branch --wait --alias try", "branch HEAD, or resume the wait"],
    ["vers branch my-vm --alias try -c", "branch a VM, and make it HEAD"],
    ["vers branch my-vm --count 3 --wait", "branch it three times"],
  ],
  exitCodes: [
    [3, "VM, alias or commit not found"],
    [6, "timed out; the job continues, and the same command resumes it"],
    [20, "a VM did not start, or fewer were created than requested"],
    [21, "unconfirmed: the VMs may or may not exist"],
  ],
  resumeKey: "--alias, --idempotency-key or VERS_RUN_ID",
  resuming:
    "With --wait and --alias (or --idempotency-key, or VERS_RUN_ID in the\n" +
    "environment), running the same command again resumes the wait for the\n" +
    "same VM, even if --checkout has moved HEAD to it. If HEAD or the alias\n" +
    "named as target stands for another VM by then, it starts a new branch.\n" +
    "Without one of them, --resume-job resumes the job.",
  check: checkBranch,
  kind: "vm.branch",
  work(input, context) {
    const { flags } = input;
    const target = typedTarget(input, context);
    return {
      inputs: {
        target: targetInput(target, context),
        count: flags.count ?? 1,
        alias: flags.alias,
        checkout: flags.checkout || undefined,
      },
      source: target.id,
    };
  },
  isStable: (flags) => flags.alias !== undefined,
  sets: (flags) => ({ alias: flags.alias, head: flags.checkout }),
  setsHead: (job) => job.inputs.checkout === true,
  said: ({ head, ...effects }) => ({
    ...effects,
    ...(head === undefined ? {} : { checkout_done: true }),
  }),
  view: {
    ids: (result) => textsIn(result.new_ids),
    text(result) {
      const vmIds = textsIn(result.new_ids);
      return [
        vmIds.length === 1
          ? "✓ New VM created successfully!"
          : `✓ ${vmIds.length} new VMs created successfully!`,
        ...vmIds.map((vmId) => `VM ID: ${vmId}`),
        ...nameLines({
          alias: result.new_alias,
          head: result.checkout_done === true ? vmIds[0] : undefined,
        }),
      ];
    },
  },
});

function checkBranch(given: Given): readonly Mistake[] {
  const { flags, values } = given;
  const count = typeof values.count === "number" ? values.count : 1;
  if (!flags.has("alias") || count === 1) return [];
  return [{
    problem: `--alias names one VM, and --count asks for ${count}`,
    example: `--count ${count}`,
  }];
}
