import {
  type CommandInput,
  defineCommand,
} from "../../command_line/command.ts";
import type { Context } from "../../context.ts";
import { deliverPage, PAGE_FLAGS, pageOf } from "../../output/page.ts";

type Input = CommandInput<typeof PAGE_FLAGS>;

/** `vers alias list`: lists the aliases of this machine. */
export const command = defineCommand({
  summary: "List the aliases",
  description:
    "Lists the aliases of this machine and the VMs that they stand\n" +
    "for. The service does not know of them.",
  flags: PAGE_FLAGS,
  positionals: [],
  examples: [
    ["vers alias list", "list them"],
    ["vers alias list --json", "list them as JSON"],
  ],
  files: { aliases: "read" },
  run: listAliases,
});

async function listAliases(input: Input, context: Context): Promise<number> {
  const { ALIAS_VIEW, aliasItems } = await import("./_alias_list.ts");
  const { flags, invocation: { output }, progress } = input;
  await deliverPage(pageOf(aliasItems(context), flags), {
    context,
    progress,
    output,
    view: ALIAS_VIEW,
  });
  return 0;
}
