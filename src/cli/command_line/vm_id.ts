const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An id for examples. */
export const EXAMPLE_ID = "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e";

/** Whether a text is an id of the service: of a VM or of a commit. */
export function isId(text: string): boolean {
  return UUID.test(text);
}
