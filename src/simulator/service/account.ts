import { type Account, OWN_ORGANISATION, type World } from "./world.ts";
import { sha256Hex } from "../../bytes.ts";

/**
 * The key that a simulator takes unless told otherwise. It opens nothing but
 * simulators, so it is no secret.
 */
export const SIMULATOR_API_KEY = "00000000-0000-4000-8000-000000000001" +
  "51".repeat(32);

/** A key that a request carried: what is needed of it. */
export type PresentedKey =
  | { readonly type: "own"; readonly keyId: string }
  | { readonly type: "other"; readonly keyId: string; readonly sha256: string };

const KEY_REGEXP =
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}[0-9a-f]{64}$/i;

/** Returns a new key: the id that its VMs show as owner, then 32 bytes. */
export function newApiKey(): string {
  return crypto.randomUUID() +
    crypto.getRandomValues(new Uint8Array(32)).toHex();
}

/** Returns the key in an `Authorization` header, if it has a key's shape. */
export async function presentedKey(
  authorization: string | null,
  ownKey: string,
): Promise<PresentedKey | undefined> {
  const key = authorization?.match(/^bearer +(\S+) *$/i)?.[1];
  if (key === undefined) return undefined;
  if (key === ownKey) return { type: "own", keyId: key.slice(0, 36) };
  if (!KEY_REGEXP.test(key)) return undefined;
  return { type: "other", ...await describeKey(key) };
}

/** Returns what is kept of a key: the key itself is not. */
export async function describeKey(
  key: string,
): Promise<{ keyId: string; sha256: string }> {
  return { keyId: key.slice(0, 36), sha256: await sha256Hex(key) };
}

/** Returns whose key this is; `undefined`: nobody's. */
export function accountOf(
  world: World,
  key: PresentedKey | undefined,
): Account | undefined {
  if (!key || world.revokedKeys.includes(key.keyId)) return undefined;
  const { keyId } = key;
  if (key.type === "own") return { keyId, organisation: OWN_ORGANISATION };
  const known = world.keys.find(({ sha256 }) => sha256 === key.sha256);
  return known && { keyId, organisation: known.organisation };
}
