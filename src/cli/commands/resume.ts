import {
  type CommandInput,
  defineCommand,
  JOB_FILES,
} from "../command_line/command.ts";
import type { Context } from "../context.ts";
import type { FlagTable } from "../command_line/flag.ts";
import { type ResultView, textsIn } from "../output/render_result.ts";
import { checkWaitFlags, WAIT_FLAGS } from "../command_line/wait_flags.ts";

const FLAGS = { ...WAIT_FLAGS } as const satisfies FlagTable;

/** `vers resume`: makes a paused VM run again. */
export const command = defineCommand({
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
  files: JOB_FILES,
  resuming:
    "With --wait the same command, run again, goes on waiting; no name\n" +
    "or key is needed. If HEAD or the alias stands for another VM by then,\n" +
    "that one is resumed. A result that was not printed is printed only if\n" +
    "the VM still runs.",
  check: checkWaitFlags,
  run: resume,
});

async function resume(
  input: CommandInput<typeof FLAGS>,
  context: Context,
): Promise<number> {
  const { openSession } = await import("../session.ts");
  const { startJob } = await import("../start_job.ts");
  const { resolveTarget, targetInput } = await import("../targets.ts");
  const { flags, args, invocation: { path }, progress } = input;
  const session = await openSession(input, context);
  const target = flags["resume-job"] === undefined
    ? resolveTarget(args[0], { context, path, warn: progress.warn })
    : undefined;
  await startJob(session, {
    input,
    context,
    command,
    kind: "vm.resume",
    inputs: target === undefined ? {} : {
      target: targetInput(target, context),
    },
    source: target?.id,
    isStable: true,
    onAccepted: () => Promise.resolve({}),
    view: VIEW,
  });
  return 0;
}

const VIEW: ResultView = {
  ids: (result) => textsIn(result.vm_id),
  text(result) {
    const [vmId = ""] = textsIn(result.vm_id);
    return result.status === "complete"
      ? [`✓ VM '${vmId}' resumed successfully`, "State: Running"]
      : [`VM '${vmId}' was asked to run; --wait waits until it does`];
  },
};
