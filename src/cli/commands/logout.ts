import { removeApiKey } from "../../project/credentials_edit.ts";
import { defineCommand } from "../command_line/command.ts";
import { credentialsPath } from "./_account.ts";

/** `vers logout`: forgets the API key. */
export const command = defineCommand({
  summary: "Remove the API key from ~/.versrc",
  description:
    "Removes the API key from ~/.versrc; the rest of the file stays. The\n" +
    "key stays valid: it can be revoked on the website.",
  flags: {},
  positionals: [],
  examples: [["vers logout", "forget the key"]],
  files: { credentials: "read, write" },
  run({ progress }, context) {
    const path = credentialsPath(context);
    const wasThere = removeApiKey(path);
    if (context.env("VERS_API_KEY") !== undefined) {
      progress.say("note: VERS_API_KEY is still set, and is used");
    }
    return {
      result: { logged_out: wasThere, path },
      ids: [],
      text: [
        wasThere
          ? `Logged out; the key is taken out of ${path}`
          : `There was no key in ${path}`,
      ],
    };
  },
});
