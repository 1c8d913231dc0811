import type { FlagTable } from "../command_line/flag.ts";
import { WAIT_FLAGS } from "../command_line/wait_flags.ts";
import { textsIn } from "../output/render_result.ts";
import { targetInput } from "../targets.ts";
import { typedTarget } from "../vm_command.ts";
import { defineWorkCommand } from "../work_command.ts";

const FLAGS = { ...WAIT_FLAGS } as const satisfies FlagTable;

/** `vers resume`: makes a paused VM run again. */
export const command = defineWorkCommand({
  summary: "Make a paused VM run again",
  description:
    "Asks for a paused VM to run again and, with --wait, waits until\n" +
    "it does. A VM that is still paused is waited for, and asked again once\n" +
    "after 30 seconds. Without a target it is HEAD of this folder.",
  flags: FLAGS,
  positionals: [{
    name: "vm|alias",
    brief: "Which VM; HEAD of this folder if it is left out",
    isOptional: true,
  }],
  examples: [
    ["vers resume --wait", "resume HEAD, and wait until it runs"],
    ["vers resume my-vm", "ask for it, and do not wait"],
  ],
  exitCodes: [
    [3, "there is no such VM or alias"],
    [6, "time ran out; the job goes on, the same command waits on"],
    [20, "the VM is dead, or was deleted"],
  ],
  resumeKey: "the command itself",
  resuming:
    "With --wait the same command, run again, goes on waiting; no name\n" +
    "or key is needed. If HEAD or the alias stands for another VM by then,\n" +
    "that one is resumed. A result that was not printed is printed only if\n" +
    "the VM still runs.",
  kind: "vm.resume",
  work(input, context) {
    const target = typedTarget(input, context);
    return {
      inputs: { target: targetInput(target, context) },
      source: target.id,
    };
  },
  isStable: () => true,
  view: {
    ids: (result) => textsIn(result.vm_id),
    text: ({ vm_id, status }) =>
      status === "complete"
        ? [`✓ VM '${vm_id}' resumed successfully`, "State: Running"]
        : [`VM '${vm_id}' was asked to run; --wait waits until it does`],
  },
});
