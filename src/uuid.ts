/** A UUID, in whatever letter case, as the source of a regular expression. */
export const UUID_PATTERN =
  "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

const UUID = new RegExp(`^${UUID_PATTERN}$`);

/** Returns whether a text is a UUID: what the service's ids look like. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** An id for examples. */
export const EXAMPLE_ID = "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e";
