import { Failure } from "../../../failure.ts";
import { readAliases, vmOfAlias } from "../../../project/aliases.ts";
import { isUuid } from "../../../uuid.ts";
import { defineCommand } from "../../command_line/command.ts";
import { PAGE_FLAGS } from "../../output/page.ts";
import { aliasPath, resolveTarget } from "../../targets.ts";
import { listAliases } from "./_alias_list.ts";

/** `vers alias get`: prints the VM that an alias stands for. */
export const command = defineCommand({
  summary: "Print the VM that an alias stands for",
  description:
    "Prints the ID of the VM that an alias stands for; without one, lists\n" +
    'all aliases. The word "get" may be omitted.',
  flags: PAGE_FLAGS,
  positionals: [{
    name: "alias",
    brief: "Default: all of them",
    isOptional: true,
  }],
  examples: [
    ["vers alias my-vm", "print the id"],
    ["vers alias get --json my-vm", "print it as JSON"],
    ["vers alias", "list the aliases"],
  ],
  exitCodes: [[3, "alias not found"]],
  files: { aliases: "read" },
  run({ args: [typed], flags, progress: { warn } }, context) {
    if (typed === undefined) return listAliases(context, flags);
    const path = aliasPath(context);
    const vmId = path === undefined
      ? undefined
      : vmOfAlias(readAliases(path), typed);
    if (vmId === undefined && isUuid(typed)) {
      throw new Failure(`Cannot find the alias "${typed}": that is an id`, {
        code: "not_found",
        hint: "to list the aliases: vers alias list",
      });
    }
    const id = vmId ??
      resolveTarget(typed, { context, path: ["alias", "get"], warn }).id;
    return {
      result: { alias: typed, vm_id: id },
      ids: [id],
      text: [id],
      isBare: true,
    };
  },
});
