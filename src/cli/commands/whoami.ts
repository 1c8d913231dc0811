import {
  type CommandInput,
  defineCommand,
  SERVICE_FILES,
} from "../command_line/command.ts";
import type { Context } from "../context.ts";

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
  run: whoami,
});

async function whoami(input: CommandInput, context: Context): Promise<number> {
  const { isLocal, openSession } = await import("../session.ts");
  const { identify } = await import("./_identify.ts");
  const { ACCOUNT_VIEW, accountResult } = await import("./_account_view.ts");
  const { deliverResult } = await import("../output/deliver.ts");
  const { invocation, progress } = input;
  const { account, engine } = await openSession(input, context);
  const identity = await identify(engine.client, engine.signal);
  const source = isLocal(context, invocation)
    ? "the simulator in this program"
    : context.env("VERS_API_KEY")?.trim()
    ? "VERS_API_KEY"
    : "~/.versrc";
  await deliverResult({ ...accountResult(account, identity), source }, {
    context,
    progress,
    output: invocation.output,
    isKept: false,
    view: ACCOUNT_VIEW,
  });
  return 0;
}
