import {
  type CommandInput,
  defineCommand,
  TARGET_FILES,
} from "../command_line/command.ts";
import type { Context } from "../context.ts";
import { textsIn } from "../output/render_result.ts";
import { VM_POSITIONAL } from "../open_vm.ts";

/** `vers pause`: pauses a VM. */
export const command = defineCommand({
  summary: "Pause a VM",
  description: "Asks for a VM to be paused: it keeps its memory and stops\n" +
    "running. To go on: vers resume.",
  flags: {},
  positionals: [VM_POSITIONAL],
  examples: [
    ["vers pause my-vm", "pause a VM"],
    ["vers pause", "pause HEAD's VM"],
  ],
  files: TARGET_FILES,
  run: pause,
});

async function pause(input: CommandInput, context: Context): Promise<number> {
  const { openVm } = await import("../open_vm.ts");
  const { foundVm } = await import("../open_vm.ts");
  const { deliverResult } = await import("../output/deliver.ts");
  const { args: [typed], invocation: { output }, progress } = input;
  const opened = await openVm(input, { context, typed });
  const { target, client, signal } = opened;
  await foundVm(client.setState(target.id, "Paused", { signal }), target);
  await deliverResult({ vm_id: target.id, state: "Paused" }, {
    context,
    progress,
    output,
    isKept: false,
    view: {
      ids: ({ vm_id }) => textsIn(vm_id),
      text: () => [`✓ VM '${target.id}' paused successfully`, "State: Paused"],
    },
  });
  return 0;
}
