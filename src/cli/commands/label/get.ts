import { defineVmCommand } from "../../vm_command.ts";
import { labelPrintout } from "./_label_view.ts";

/** `vers label get`: shows the labels of a VM. */
export const command = defineVmCommand({
  summary: "Show the labels of a VM",
  description:
    "Shows the labels of a VM, by name. The label vers-job is set by vers\n" +
    'itself. The word "get" may be omitted.',
  flags: {},
  examples: [
    ["vers label get my-vm", "show a VM's labels"],
    ["vers label get --json", "show those of HEAD's VM as JSON"],
  ],
  async run({ id, client, options, found }) {
    const { labels } = await found(client.vmStatus(id, options));
    return labelPrintout(id, labels);
  },
});
