import { readHead, writeHead } from "../../project/head.ts";
import { TARGET_FILES } from "../command_line/command.ts";
import { headPath } from "../targets.ts";
import { defineVmCommand } from "../vm_command.ts";

/** `vers checkout`: makes a VM HEAD of this folder. */
export const command = defineVmCommand({
  summary: "Make a VM HEAD of this folder",
  description:
    "Makes a VM the default of commands in this folder. The VM must exist.\n" +
    "Without an argument it checks that HEAD's VM exists.",
  flags: {},
  examples: [
    ["vers checkout my-vm", "make a VM HEAD"],
    ["vers checkout", "check that HEAD's VM exists"],
  ],
  files: { ...TARGET_FILES, head: "read, write" },
  async run({ id, client, options, found }, _input, context) {
    const { state } = await found(client.vmStatus(id, options));
    const path = headPath(context);
    const previous = readHead(path) ?? null;
    if (previous !== id) writeHead(path, id);
    return {
      result: { head: id, previous, state },
      ids: [id],
      text: [`HEAD now points to: ${id}`, `State: ${state}`],
    };
  },
});
