import { defineVmCommand } from "../vm_command.ts";

/** `vers pause`: pauses a VM. */
export const command = defineVmCommand({
  summary: "Pause a VM",
  description:
    "Pauses a VM: it stops running and keeps its memory. vers resume makes\n" +
    "it run again.",
  flags: {},
  examples: [
    ["vers pause my-vm", "pause a VM"],
    ["vers pause", "pause HEAD's VM"],
  ],
  async run({ id, client, options, found }) {
    await found(client.setState(id, "Paused", options));
    return {
      result: { vm_id: id, state: "Paused" },
      ids: [id],
      text: [`✓ VM '${id}' paused successfully`, "State: Paused"],
    };
  },
});
