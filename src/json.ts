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
