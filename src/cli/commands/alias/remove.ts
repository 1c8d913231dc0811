import { Failure } from "../../../failure.ts";
import {
  type CommandInput,
  defineCommand,
} from "../../command_line/command.ts";
import type { Context } from "../../context.ts";
import { textsIn } from "../../output/render_result.ts";

/** `vers alias remove`: makes an alias stand for nothing. */
export const command = defineCommand({
  summary: "Remove an alias; its VM stays",
  description: "Removes an alias of this machine. Its VM stays as it is.",
  flags: {},
  positionals: [{ name: "alias", brief: "The name" }],
  examples: [["vers alias remove my-vm", "remove an alias"]],
  exitCodes: [[3, "there is no such alias"]],
  files: { aliases: "read, write" },
  run: removeAlias,
});

async function removeAlias(
  input: CommandInput,
  context: Context,
): Promise<number> {
  const { aliasPath } = await import("../../targets.ts");
  const { dropAlias, updateAliases } = await import(
    "../../../project/aliases.ts"
  );
  const { deliverResult } = await import("../../output/deliver.ts");
  const { args: [alias = ""], invocation: { output }, progress } = input;
  const path = aliasPath(context);
  const { signal } = context;
  const vmId = path === undefined
    ? undefined
    : await updateAliases(path, (aliases) => dropAlias(aliases, alias), {
      signal,
    });
  if (vmId === undefined) {
    throw new Failure(
      `Cannot remove the alias ${JSON.stringify(alias)}: there is none`,
      { code: "not_found", hint: "to list the aliases: vers alias list" },
    );
  }
  await deliverResult({ alias, vm_id: vmId }, {
    context,
    progress,
    output,
    isKept: false,
    view: {
      ids: ({ vm_id }) => textsIn(vm_id),
      text: () => [`Alias '${alias}' removed; it stood for VM ${vmId}`],
    },
  });
  return 0;
}
