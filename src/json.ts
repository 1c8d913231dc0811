/** What JSON can say. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | JsonObject;

/** An object of JSON; a field that is `undefined` is not written. */
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined;
}

/** Returns whether a value of JSON is an object: no list, not null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
