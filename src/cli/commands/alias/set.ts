import { Failure } from "../../../failure.ts";
import { setAlias } from "../../../project/aliases.ts";
import { defineCommand, TARGET_FILES } from "../../command_line/command.ts";
import { parseAlias, ValueError } from "../../command_line/flag.ts";
import { UsageError } from "../../output/exit_code.ts";
import { aliasPath, resolveTarget } from "../../targets.ts";
import { VM_POSITIONAL } from "../../vm_command.ts";

/** `vers alias set`: makes an alias stand for a VM. */
export const command = defineCommand({
  summary: "Set an alias for a VM",
  description:
    "Sets an alias for a VM on this machine; an existing alias is moved.\n" +
    "The service is not asked whether the VM exists.",
  flags: {},
  positionals: [{ name: "alias", brief: "The name" }, VM_POSITIONAL],
  examples: [
    ["vers alias set my-vm", "name HEAD's VM"],
    [
      "vers alias set my-vm 5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e",
      "name a VM",
    ],
  ],
  files: { ...TARGET_FILES, aliases: "read, write" },
  async run({ args: [typed = "", vm], progress: { warn } }, context) {
    const alias = checkAlias(typed);
    const words = ["alias", "set", alias];
    const { id } = resolveTarget(vm, { context, path: words, warn });
    const path = aliasPath(context);
    if (path === undefined) {
      throw new Failure("Cannot set an alias: there is no home folder", {
        code: "general",
        hint: "set HOME; aliases are kept in ~/.vers/aliases.json",
      });
    }
    const { signal } = context;
    const before = await setAlias(path, alias, { vmId: id, signal });
    return {
      result: { alias, vm_id: id, previous: before ?? null },
      ids: [id],
      text: [
        `Alias '${alias}' now stands for VM ${id}`,
        ...(before === undefined || before === id ? [] : [`Before: ${before}`]),
      ],
    };
  },
});

function checkAlias(typed: string): string {
  try {
    return parseAlias(typed);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new UsageError(
      `Cannot set the alias ${JSON.stringify(typed)}: ` +
        `it must be ${error.wanted}`,
      `for example: vers alias set ${error.example}`,
    );
  }
}
