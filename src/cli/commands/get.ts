import {
  type CommandInput,
  defineCommand,
  TARGET_FILES,
} from "../command_line/command.ts";
import type { Context } from "../context.ts";
import { tableLines } from "../output/page.ts";
import { textsIn } from "../output/render_result.ts";
import { VM_POSITIONAL } from "../open_vm.ts";

/** `vers get`: shows what the service knows of a VM. */
export const command = defineCommand({
  summary: "Show where a VM comes from, and its address",
  description:
    "Shows a VM's state, address, origin and, for a while, that it\n" +
    "was deleted.",
  flags: {},
  positionals: [VM_POSITIONAL],
  examples: [
    ["vers get my-vm", "show a VM"],
    ["vers get --json", "show HEAD's VM as JSON"],
  ],
  files: TARGET_FILES,
  run: get,
});

async function get(input: CommandInput, context: Context): Promise<number> {
  const { openVm } = await import("../open_vm.ts");
  const { foundVm } = await import("../open_vm.ts");
  const { deliverResult } = await import("../output/deliver.ts");
  const { args: [typed], invocation: { output }, progress } = input;
  const opened = await openVm(input, { context, typed });
  const { target, client, signal } = opened;
  const vm = await foundVm(client.vmMetadata(target.id, { signal }), target);
  const result = {
    vm_id: vm.vm_id,
    state: vm.state,
    ip: vm.ip,
    owner_id: vm.owner_id,
    created_at: vm.created_at,
    deleted_at: vm.deleted_at,
    parent_commit_id: vm.parent_commit_id,
    grandparent_vm_id: vm.grandparent_vm_id,
  };
  await deliverResult(result, {
    context,
    progress,
    output,
    isKept: false,
    view: {
      ids: ({ vm_id }) => textsIn(vm_id),
      text: () =>
        tableLines(
          [
            ["VM ID:", vm.vm_id],
            ["State:", vm.state],
            ["IP:", vm.ip],
            ["Owner:", vm.owner_id],
            ["Created:", vm.created_at],
            ["Deleted:", vm.deleted_at],
            ["Parent commit:", vm.parent_commit_id],
            ["Grandparent VM:", vm.grandparent_vm_id],
          ].flatMap(([name = "", value]) =>
            typeof value === "string" ? [[name ?? "", value]] : []
          ),
        ),
    },
  });
  return 0;
}
