import type { FlagTable } from "../command_line/flag.ts";
import { WAIT_FLAGS } from "../command_line/wait_flags.ts";
import { textsIn } from "../output/render_result.ts";
import { targetInput } from "../targets.ts";
import { typedTarget } from "../vm_command.ts";
import { defineWorkCommand } from "../work_command.ts";

const FLAGS = { ...WAIT_FLAGS } as const satisfies FlagTable;

/** `vers resume`: makes a paused VM run again. */
export const command = defineWorkCommand({
  summary: "Resume a paused VM",
  description:
    "Resumes a paused VM and, with --wait, waits until it is running. If it\n" +
    "is still paused after 30 seconds, the request is sent once more.\n" +
    "Without a target it resumes HEAD of this folder.",
  flags: FLAGS,
  positionals: [{
    name: "vm|alias",
    brief: "Which VM; default: HEAD of this folder",
    isOptional: true,
  }],
  examples: [
    ["vers resume --wait", "resume HEAD, and wait until it runs"],
    ["vers resume my-vm", "resume it, and do not wait"],
  ],
  exitCodes: [
    [3, "VM or alias not found"],
    [6, "timed out; the job continues, and the same command resumes it"],
    [20, "the VM is dead, or was deleted"],
  ],
  resumeKey: "the command itself",
  resuming:
    "With --wait, running the same command again resumes the wait; no name\n" +
    "or key is needed. If HEAD or the alias stands for another VM by then,\n" +
    "that one is resumed. A result that was not printed is printed only if\n" +
    "the VM is still running.",
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
