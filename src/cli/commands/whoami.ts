import { defineCommand, SERVICE_FILES } from "../command_line/command.ts";
import { isLocal, openSession } from "../session.ts";
import { accountLines, accountResult, identify } from "./_account.ts";

/** `vers whoami`: shows whose API key is used. */
export const command = defineCommand({
  summary: "Show whose API key is used",
  description:
    "Shows which API key is used, by its id, and whose it is as far\n" +
    "as the service says. The key itself is never shown.",
  flags: {},
  positionals: [],
  examples: [
    ["vers whoami", "show the account"],
    ["vers whoami -q", "print the key's id"],
  ],
  files: SERVICE_FILES,
  async run(input, context) {
    const { account, engine } = await openSession(input, context);
    const identity = await identify(engine.client, engine.signal);
    const source = isLocal(context, input.invocation)
      ? "the simulator in this program"
      : context.env("VERS_API_KEY")?.trim()
      ? "VERS_API_KEY"
      : "~/.versrc";
    const result = { ...accountResult(account, identity), source };
    return { result, ids: [result.key_id], text: accountLines(result) };
  },
});
