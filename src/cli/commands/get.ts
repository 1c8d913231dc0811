import { factLines } from "../output/page.ts";
import { defineVmCommand } from "../vm_command.ts";

/** `vers get`: shows what the service knows of a VM. */
export const command = defineVmCommand({
  summary: "Show the address, state and origin of a VM",
  description:
    "Shows a VM's state, address and origin and, for a while afterwards,\n" +
    "that it was deleted.",
  flags: {},
  examples: [
    ["vers get my-vm", "show a VM"],
    ["vers get --json", "show HEAD's VM as JSON"],
  ],
  async run({ id, client, options, found }) {
    const vm = await found(client.vmMetadata(id, options));
    return {
      result: {
        vm_id: vm.vm_id,
        state: vm.state,
        ip: vm.ip,
        owner_id: vm.owner_id,
        created_at: vm.created_at,
        deleted_at: vm.deleted_at,
        parent_commit_id: vm.parent_commit_id,
        grandparent_vm_id: vm.grandparent_vm_id,
      },
      ids: [vm.vm_id],
      text: factLines([
        ["VM ID:", vm.vm_id],
        ["State:", vm.state],
        ["IP:", vm.ip],
        ["Owner:", vm.owner_id],
        ["Created:", vm.created_at],
        ["Deleted:", vm.deleted_at],
        ["Parent commit:", vm.parent_commit_id],
        ["Grandparent VM:", vm.grandparent_vm_id],
      ]),
    };
  },
});
