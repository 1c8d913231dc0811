import { Failure } from "../../failure.ts";
import { accountOf, readApiKey } from "../../project/credentials.ts";
import { saveApiKey } from "../../project/credentials_edit.ts";
import {
  type CommandInput,
  defineCommand,
  type Printout,
  SERVICE_FILES,
} from "../command_line/command.ts";
import { type FlagTable, word } from "../command_line/flag.ts";
import type { Context } from "../context.ts";
import { lazy } from "../lazy.ts";
import { UsageError } from "../output/exit_code.ts";
import { readStdin } from "../read_stdin.ts";
import { isLocal, originOf } from "../session.ts";
import {
  accountLines,
  accountResult,
  credentialsPath,
  identify,
} from "./_account.ts";

const FLAGS = {
  token: {
    type: "value",
    brief: "The API key, or - to read it from stdin",
    shorthand: "t",
    placeholder: "KEY",
    privacy: "secret",
    stdinValue: "-",
    parse: word({ what: "an API key", example: "-", maxLength: 1_024 }),
  },
} as const satisfies FlagTable;

type Input = CommandInput<typeof FLAGS>;

const MAX_KEY_BYTES = 4_096;

/** `vers login`: keeps an API key. */
export const command = defineCommand({
  summary: "Save an API key in ~/.versrc",
  description:
    "Checks the API key with the service and saves it in ~/.versrc, which\n" +
    "only you can read. VERS_API_KEY in the environment takes precedence.",
  flags: FLAGS,
  positionals: [],
  examples: [
    ["vers login --token - < key.txt", "read the key from a file"],
    ["vers login --token YOUR_KEY", "every user of this machine can see it"],
  ],
  exitCodes: [[2, "the service does not accept the key: nothing was written"]],
  files: { ...SERVICE_FILES, credentials: "read, write" },
  check: ({ flags }) =>
    flags.has("token") ? [] : [{
      problem: "--token is missing: there is no prompt for it",
      example: "--token - < key.txt",
    }],
  run: login,
});

async function login(input: Input, context: Context): Promise<Printout> {
  const { invocation, progress } = input;
  if (isLocal(context, invocation)) {
    throw new UsageError(
      "Cannot log in to the simulator: it needs no API key",
      "remove --local and VERS_URL=local, for example: " +
        "vers login --token - < key.txt",
    );
  }
  const path = credentialsPath(context);
  const origin = await originOf(context);
  const apiKey = await readKey(input, context);
  const identity = await check(apiKey, { origin, context });
  saveApiKey(path, apiKey);
  if (context.env("VERS_API_KEY") !== undefined) {
    progress.say(
      "note: VERS_API_KEY is set, and takes precedence over ~/.versrc",
    );
  }
  const account = accountResult(await accountOf(apiKey), identity);
  return {
    result: { ...account, path },
    ids: [account.key_id],
    text: [`Logged in; the key is in ${path}`, ...accountLines(account)],
  };
}

async function readKey(input: Input, context: Context): Promise<string> {
  const { token = "" } = input.flags;
  let given = token;
  if (token === FLAGS.token.stdinValue) {
    given = await readStdin(context, {
      progress: input.progress,
      maxBytes: MAX_KEY_BYTES,
      action: "log in",
      hint: "for example: vers login --token - < key.txt",
    });
  }
  const key = readApiKey({
    given,
    source: {
      name: token === "-" ? "stdin" : "--token",
      hint: "give the key alone, for example: vers login --token - < key.txt",
    },
    path: undefined,
  });
  if (key !== undefined) return key;
  throw new UsageError(
    "Cannot log in: there is no API key on stdin",
    "for example: vers login --token - < key.txt",
  );
}

async function check(
  apiKey: string,
  { origin, context }: { origin: string; context: Context },
) {
  const { VersClient } = await lazy.versClient();
  const { clock, signal } = context;
  const transport = await context.transport();
  const client = new VersClient({ origin, apiKey, transport, clock });
  try {
    return await identify(client, signal);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "authentication") {
      throw error;
    }
    throw new Failure(
      `Cannot log in: ${origin} does not accept this API key`,
      {
        code: "authentication",
        hint: "nothing was written; check the key and VERS_URL",
        cause: error,
      },
    );
  }
}
