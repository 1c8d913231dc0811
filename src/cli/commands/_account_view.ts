import type { Identity } from "../../api/types.ts";
import type { JsonObject } from "../../json.ts";
import { factLines } from "../output/page.ts";

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
