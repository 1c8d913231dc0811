import { Failure } from "../../../failure.ts";
import {
  type CommandInput,
  defineCommand,
  TARGET_FILES,
} from "../../command_line/command.ts";
import type { Context } from "../../context.ts";
import { UsageError } from "../../output/exit_code.ts";
import { ValueError } from "../../command_line/flag.ts";
import { textsIn } from "../../output/render_result.ts";
import { VM_POSITIONAL } from "../../open_vm.ts";

/** `vers alias set`: makes an alias stand for a VM. */
export const command = defineCommand({
  summary: "Make an alias stand for a VM",
  description:
    "Makes an alias stand for a VM, on this machine. An alias that\n" +
    "is there is moved. The service is not asked whether the VM exists.",
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
  run: setAliasTo,
});

async function setAliasTo(
  input: CommandInput,
  context: Context,
): Promise<number> {
  const { aliasPath, resolveTarget } = await import("../../targets.ts");
  const { setAlias } = await import("../../../project/aliases.ts");
  const { deliverResult } = await import("../../output/deliver.ts");
  const { args: [typed = "", vm], invocation: { output }, progress } = input;
  const alias = await checkAlias(typed);
  const { id } = resolveTarget(vm, {
    context,
    path: ["alias", "set", alias],
    warn: progress.warn,
  });
  const path = aliasPath(context);
  if (path === undefined) {
    throw new Failure("Cannot set an alias: there is no home folder", {
      code: "general",
      hint: "set HOME; aliases are kept in ~/.vers/aliases.json",
    });
  }
  const { signal } = context;
  const before = await setAlias(path, alias, { vmId: id, signal });
  const previous = before ?? null;
  await deliverResult({ alias, vm_id: id, previous }, {
    context,
    progress,
    output,
    isKept: false,
    view: {
      ids: ({ vm_id }) => textsIn(vm_id),
      text: () => [
        `Alias '${alias}' now stands for VM ${id}`,
        ...(before === undefined || before === id ? [] : [`Before: ${before}`]),
      ],
    },
  });
  return 0;
}

async function checkAlias(typed: string): Promise<string> {
  const { parseAlias } = await import("../../command_line/flag.ts");
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
