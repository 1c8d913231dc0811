import {
  type CommandInput,
  defineCommand,
  TARGET_FILES,
} from "../command_line/command.ts";
import type { Context } from "../context.ts";
import { textsIn } from "../output/render_result.ts";
import { VM_POSITIONAL } from "../open_vm.ts";

/** `vers checkout`: makes a VM HEAD of this folder. */
export const command = defineCommand({
  summary: "Make a VM HEAD of this folder",
  description:
    "Makes a VM the one that commands in this folder are about when\n" +
    "none is named. The VM must be there. Without one, it is checked that\n" +
    "HEAD's VM is.",
  flags: {},
  positionals: [VM_POSITIONAL],
  examples: [
    ["vers checkout my-vm", "make a VM HEAD"],
    ["vers checkout", "see whether HEAD's VM is there"],
  ],
  files: { ...TARGET_FILES, head: "read, write" },
  run: checkout,
});

async function checkout(
  input: CommandInput,
  context: Context,
): Promise<number> {
  const { openVm } = await import("../open_vm.ts");
  const { foundVm } = await import("../open_vm.ts");
  const { headPath } = await import("../targets.ts");
  const { readHead, writeHead } = await import("../../project/head.ts");
  const { deliverResult } = await import("../output/deliver.ts");
  const { args: [typed], invocation: { output }, progress } = input;
  const opened = await openVm(input, { context, typed });
  const { target, client, signal } = opened;
  const { state } = await foundVm(
    client.vmStatus(target.id, { signal }),
    target,
  );
  const path = headPath(context);
  const previous = readHead(path) ?? null;
  if (previous !== target.id) writeHead(path, target.id);
  await deliverResult({ head: target.id, previous, state }, {
    context,
    progress,
    output,
    isKept: false,
    view: {
      ids: ({ head }) => textsIn(head),
      text: () => [`HEAD now points to: ${target.id}`, `State: ${state}`],
    },
  });
  return 0;
}
