import { ApiError } from "../../api/api_error.ts";
import type { Identity } from "../../api/types.ts";
import type { VersClient } from "../../api/vers_client.ts";
import { Failure } from "../../failure.ts";
import type { JsonObject } from "../../json.ts";
import type { Context } from "../context.ts";
import { homeFolder } from "../folders.ts";
import { factLines } from "../output/page.ts";

/** Whose key it is, as far as the service says. */
const NOBODY: Identity = {
  user: { id: null, email: null, user_name: null },
  org: { id: null, name: null },
  api_key: { id: null, label: null, expires_at: null },
};

/**
 * Returns whose key a client uses, after the service has taken it. One that
 * does not tell is asked whether the key is good, or for the list of VMs.
 *
 * @throws {Failure} of code `authentication`, when the key is not taken.
 */
export async function identify(
  client: VersClient,
  signal: AbortSignal,
): Promise<Identity> {
  const asked = await orUnknown(client.whoami({ signal }));
  if (asked !== undefined) return asked.value;
  const validity = await orUnknown(client.validateKey({ signal }));
  if (validity === undefined) {
    await client.listVms({ signal });
    return NOBODY;
  }
  if (validity.value.valid) return NOBODY;
  const { message } = validity.value;
  throw new Failure(
    "Cannot use the API key: the service says that it is not valid" +
      (message === "" ? "" : ` (${message})`),
    {
      code: "authentication",
      hint: "log in with another: vers login --token -",
    },
  );
}

/** Nothing, where the service has no such call. */
async function orUnknown<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    const isMissing = error instanceof ApiError &&
      (error.status === 404 || error.status === 405 || error.status === 501);
    if (isMissing) return undefined;
    throw error;
  }
}

/** Returns whose key it is, as it is printed; `keyId` is never the key. */
export function accountResult(keyId: string, identity: Identity) {
  const { user, org, api_key } = identity;
  return {
    key_id: api_key.id ?? keyId,
    key_label: api_key.label,
    key_expires_at: api_key.expires_at,
    org_id: org.id,
    org_name: org.name,
    user_id: user.id,
    user_name: user.user_name,
    email: user.email,
  };
}

/** Returns the lines that show an account. */
export function accountLines(result: JsonObject): readonly string[] {
  return factLines([
    ["Key:", result.key_id],
    ["Label:", result.key_label],
    ["Expires:", result.key_expires_at],
    ["Organisation:", result.org_name ?? result.org_id],
    ["User:", result.user_name ?? result.user_id],
    ["Email:", result.email],
    ["From:", result.source],
  ]);
}

/**
 * Returns the path of `~/.versrc`.
 *
 * @throws {Failure} when there is no home folder.
 */
export function credentialsPath(context: Context): string {
  const home = homeFolder(context);
  if (home !== undefined) return `${home}/.versrc`;
  throw new Failure("Cannot find ~/.versrc: there is no home folder", {
    code: "general",
    hint: "set HOME, or give the key to each command: " +
      "VERS_API_KEY=<your key> vers status",
  });
}
