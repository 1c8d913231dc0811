import { Failure } from "../../../failure.ts";
import { dropAlias, updateAliases } from "../../../project/aliases.ts";
import { defineCommand } from "../../command_line/command.ts";
import { aliasPath } from "../../targets.ts";

/** `vers alias remove`: makes an alias stand for nothing. */
export const command = defineCommand({
  summary: "Remove an alias; its VM stays",
  description: "Removes an alias of this machine. Its VM stays as it is.",
  flags: {},
  positionals: [{ name: "alias", brief: "The name" }],
  examples: [["vers alias remove my-vm", "remove an alias"]],
  exitCodes: [[3, "alias not found"]],
  files: { aliases: "read, write" },
  async run({ args: [alias = ""] }, context) {
    const path = aliasPath(context);
    const { signal } = context;
    const vmId = path === undefined
      ? undefined
      : await updateAliases(path, (aliases) => dropAlias(aliases, alias), {
        signal,
      });
    if (vmId === undefined) {
      throw new Failure(
        `Cannot remove the alias ${JSON.stringify(alias)}: it does not exist`,
        { code: "not_found", hint: "to list the aliases: vers alias list" },
      );
    }
    return {
      result: { alias, vm_id: vmId },
      ids: [vmId],
      text: [`Alias '${alias}' removed; it stood for VM ${vmId}`],
    };
  },
});
