import type { JsonObject, JsonValue } from "../json.ts";
import type { JobKind } from "./record.ts";
import { sha256Hex } from "../bytes.ts";

/** What two commands must share to ask for the same work. */
export interface FingerprintOptions {
  readonly kind: JobKind;
  readonly scope: string;
  readonly inputs: JsonObject;
}

/** What the key of a command's work is made from. */
export interface KeyOptions extends FingerprintOptions {
  /** Whether the inputs alone tell this work from any other. */
  readonly isStable: boolean;
  /** The key that the user gave: with one, the work is whatever has it. */
  readonly idempotencyKey: string | undefined;
}

/**
 * Returns the key by which the same command finds its job again; `undefined`
 * for work that nothing tells from more work of the same inputs. In one run of
 * a CI system or an agent, the inputs are enough.
 */
export async function keyOf(options: KeyOptions): Promise<string | undefined> {
  const { scope, inputs, isStable, idempotencyKey: key } = options;
  if (key !== undefined) return await idempotencyFingerprint({ scope, key });
  const isFoundAgain = isStable || inputs.run_id !== undefined;
  return isFoundAgain ? await fingerprint(options) : undefined;
}

/** Returns the key of a piece of work: 32 hex digits. */
export function fingerprint(options: FingerprintOptions): Promise<string> {
  const { kind, scope, inputs } = options;
  return digest({ kind, scope, inputs });
}

/**
 * Returns the key of work that the user named: the name is not in it. Two
 * spellings of the same letters, as in "é" and "e" with an accent, are one.
 */
export function idempotencyFingerprint(
  options: { readonly scope: string; readonly key: string },
): Promise<string> {
  return digest({ scope: options.scope, k: options.key.normalize("NFC") });
}

/**
 * Returns JSON in one spelling: names sorted by their code units, no white
 * space, fields that are `undefined` left out.
 */
export function canonicalJson(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) {
    return JSON.stringify(value ?? null);
  }
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`);
  return `{${fields.join(",")}}`;
}

/** Returns the names of the fields in which two sets of inputs differ. */
export function differingFields(a: JsonObject, b: JsonObject): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].sort().filter((name) =>
    canonicalJson(a[name]) !== canonicalJson(b[name])
  );
}

const KEY_LENGTH = 32;

async function digest(value: JsonObject): Promise<string> {
  return (await sha256Hex(canonicalJson(value))).slice(0, KEY_LENGTH);
}
