import { word } from "../../command_line/flag.ts";
import { defineVmCommand } from "../../vm_command.ts";

/** `vers commit create`: keeps the state of a VM. */
export const command = defineVmCommand({
  summary: "Save the state of a VM as a commit",
  description:
    "Saves the state of a VM as a commit, from which VMs can be started:\n" +
    'vers run-commit. The word "create" may be omitted.',
  flags: {
    name: {
      type: "value",
      brief: "Name the commit",
      shorthand: "n",
      placeholder: "NAME",
      parse: word({ what: "a name", example: "before-upgrade" }),
    },
    description: {
      type: "value",
      brief: "Describe the commit",
      shorthand: "d",
      placeholder: "TEXT",
      parse: word({
        what: "a text",
        example: "'all tests pass'",
        maxLength: 4_096,
      }),
    },
  },
  examples: [
    ["vers commit create my-vm", "save the state of a VM"],
    ["vers commit -n before-upgrade my-vm", "and name it"],
  ],
  async run({ id, target, client, options, found }, { flags }) {
    const { name, description } = flags;
    const { commit_id } = await found(client.commitVm(id, {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
    }, options));
    return {
      result: {
        commit_id,
        vm_id: id,
        name,
        description,
        used_head: target.usedHead ? true : undefined,
      },
      ids: [commit_id],
      text: [`✓ Committed VM '${id}'`, `Commit ID: ${commit_id}`],
    };
  },
});
