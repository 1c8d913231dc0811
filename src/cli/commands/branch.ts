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
    brief: "Make HEAD of this folder the new VM; of several, the first",
    shorthand: "c",
  },
  count: {
    type: "value",
    brief: "How many VMs to make",
    placeholder: "COUNT",
    fallback: "1",
    parse: wholeNumber({ min: 1, max: MAX_COUNT, unit: "VMs", example: 3 }),
  },
  ...WAIT_FLAGS,
} as const satisfies FlagTable;

type Input = CommandInput<typeof FLAGS>;

/** `vers branch`: makes VMs in the state of another one. */
export const command = defineWorkCommand({
  summary: "Make VMs in the state of a VM or a commit",
  description:
    "Makes a VM that goes on from where another VM is now, or from\n" +
    "a commit; with --wait, waits until it is running. Without a target it\n" +
    "is HEAD of this folder that is branched. Should the service make fewer\n" +
    "VMs than --count, the command ends with exit 20 and names those it made.",
  flags: FLAGS,
  positionals: [{
    name: "vm|alias|commit",
    brief: "What to branch; HEAD of this folder if it is left out",
    isOptional: true,
  }],
  examples: [
    ["vers branch --wait --alias try", "branch HEAD, or go on with that"],
    ["vers branch my-vm --alias try -c", "branch a VM, and make it HEAD"],
    ["vers branch my-vm --count 3 --wait", "branch it three times"],
  ],
  exitCodes: [
    [3, "there is no such VM, alias or commit"],
    [6, "time ran out; the job goes on, the same command waits on"],
    [20, "a VM did not come up, or fewer were made than asked for"],
    [21, "it cannot be told whether the VMs were made"],
  ],
  resumeKey: "--alias, --idempotency-key or VERS_RUN_ID",
  resuming:
    "With --wait and --alias (or --idempotency-key, or VERS_RUN_ID in\n" +
    "the environment) the same command, run again, finds the VM that is on\n" +
    "its way and waits for that, also when --checkout has moved HEAD to it.\n" +
    "If HEAD or the alias named as target stands for another VM by then, it\n" +
    "branches anew. Without one of them, --resume-job finds the job.",
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
