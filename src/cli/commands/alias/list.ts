import { defineCommand } from "../../command_line/command.ts";
import { PAGE_FLAGS } from "../../output/page.ts";
import { listAliases } from "./_alias_list.ts";

/** `vers alias list`: lists the aliases of this machine. */
export const command = defineCommand({
  summary: "List the aliases",
  description:
    "Lists the aliases of this machine and their VMs. The service does not\n" +
    "know about them.",
  flags: PAGE_FLAGS,
  positionals: [],
  examples: [
    ["vers alias list", "list them"],
    ["vers alias list --json", "list them as JSON"],
  ],
  files: { aliases: "read" },
  run: ({ flags }, context) => listAliases(context, flags),
});
