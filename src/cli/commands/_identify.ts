import { ApiError } from "../../api/api_error.ts";
import type { Identity } from "../../api/types.ts";
import type { VersClient } from "../../api/vers_client.ts";
import { Failure } from "../../failure.ts";

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
