import { Failure } from "../../../failure.ts";
import {
  type CommandInput,
  defineCommand,
} from "../../command_line/command.ts";
import type { Context } from "../../context.ts";
import { deliverPage, PAGE_FLAGS, pageOf } from "../../output/page.ts";

type Input = CommandInput<typeof PAGE_FLAGS>;

/** `vers alias get`: prints the VM that an alias stands for. */
export const command = defineCommand({
  summary: "Print the VM that an alias stands for",
  description:
    "Prints the id of the VM that an alias stands for; without one,\n" +
    'all aliases. The word "get" may be left out.',
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
  exitCodes: [[3, "there is no such alias"]],
  files: { aliases: "read" },
  run: getAlias,
});

async function getAlias(input: Input, context: Context): Promise<number> {
  const { ALIAS_VIEW, aliasItems } = await import("./_alias_list.ts");
  const { deliverBareId } = await import("../../output/deliver_bare_id.ts");
  const { aliasPath, resolveTarget } = await import("../../targets.ts");
  const { isUuid } = await import("../../../uuid.ts");
  const { readAliases, vmOfAlias } = await import(
    "../../../project/aliases.ts"
  );
  const { args: [typed], flags, invocation: { output }, progress } = input;
  if (typed === undefined) {
    await deliverPage(pageOf(aliasItems(context), flags), {
      context,
      progress,
      output,
      view: ALIAS_VIEW,
    });
    return 0;
  }
  const path = aliasPath(context);
  const aliases = path === undefined ? new Map() : readAliases(path);
  const vmId = vmOfAlias(aliases, typed);
  if (vmId === undefined && isUuid(typed)) {
    throw new Failure(`Cannot find the alias "${typed}": that is an id`, {
      code: "not_found",
      hint: "to list the aliases: vers alias list",
    });
  }
  const { warn } = progress;
  const id = vmId ??
    resolveTarget(typed, { context, path: ["alias", "get"], warn }).id;
  const result = { alias: typed, vm_id: id };
  await deliverBareId(id, { input, context, result });
  return 0;
}
