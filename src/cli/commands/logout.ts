import { type CommandInput, defineCommand } from "../command_line/command.ts";
import type { Context } from "../context.ts";

/** `vers logout`: forgets the API key. */
export const command = defineCommand({
  summary: "Take the API key out of ~/.versrc",
  description:
    "Takes the API key out of ~/.versrc; what else is in it stays.\n" +
    "The key itself stays good: it is revoked on the website.",
  flags: {},
  positionals: [],
  examples: [["vers logout", "forget the key"]],
  files: { credentials: "read, write" },
  run: logout,
});

async function logout(input: CommandInput, context: Context): Promise<number> {
  const { credentialsPath } = await import("./_credentials_path.ts");
  const { removeApiKey } = await import("../../project/credentials_edit.ts");
  const { deliverResult } = await import("../output/deliver.ts");
  const { invocation: { output }, progress } = input;
  const path = credentialsPath(context);
  const wasThere = removeApiKey(path);
  if (context.env("VERS_API_KEY") !== undefined) {
    progress.say("note: VERS_API_KEY is still set, and is used");
  }
  await deliverResult({ logged_out: wasThere, path }, {
    context,
    progress,
    output,
    isKept: false,
    view: {
      ids: () => [],
      text: () => [
        wasThere
          ? `Logged out; the key is taken out of ${path}`
          : `There was no key in ${path}`,
      ],
    },
  });
  return 0;
}
