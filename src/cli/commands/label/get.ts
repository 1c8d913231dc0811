import {
  type CommandInput,
  defineCommand,
  TARGET_FILES,
} from "../../command_line/command.ts";
import type { Context } from "../../context.ts";
import { VM_POSITIONAL } from "../../open_vm.ts";

/** `vers label get`: shows the labels of a VM. */
export const command = defineCommand({
  summary: "Show the labels of a VM",
  description:
    "Shows the labels of a VM, by name. The label vers-job is this\n" +
    'program\'s own mark. The word "get" may be left out.',
  flags: {},
  positionals: [VM_POSITIONAL],
  examples: [
    ["vers label get my-vm", "show a VM's labels"],
    ["vers label get --json", "show those of HEAD's VM as JSON"],
  ],
  files: TARGET_FILES,
  run: getLabels,
});

async function getLabels(
  input: CommandInput,
  context: Context,
): Promise<number> {
  const { openVm } = await import("../../open_vm.ts");
  const { foundVm } = await import("../../open_vm.ts");
  const { deliverResult } = await import("../../output/deliver.ts");
  const { LABEL_VIEW, labelResult } = await import("./_label_view.ts");
  const { args: [typed], invocation: { output }, progress } = input;
  const opened = await openVm(input, { context, typed });
  const { target, client, signal } = opened;
  const asked = client.vmStatus(target.id, { signal });
  const { labels } = await foundVm(asked, target);
  await deliverResult(labelResult(target.id, labels), {
    context,
    progress,
    output,
    isKept: false,
    view: LABEL_VIEW,
  });
  return 0;
}
