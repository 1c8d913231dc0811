import { Failure } from "../failure.ts";
import { type Call, json } from "./exchange.ts";
import { isUuid } from "../uuid.ts";

/** How long a question may take. */
export const READ_LIMIT_MS = 10_000;
/** How long a request may take that makes something, or waits for a boot. */
export const CHANGE_LIMIT_MS = 60_000;

/** Returns a call that makes something: it must not be sent twice. */
export function creation<T>(
  action: string,
  path: string,
  parse: (body: unknown) => T,
): Call<T> {
  const limitMs = CHANGE_LIMIT_MS;
  return {
    action,
    method: "POST",
    path,
    once: true,
    limitMs,
    read: json(parse),
  };
}

/** Returns a call that only asks. */
export function question<T>(
  action: string,
  path: string,
  parse: (body: unknown) => T,
): Call<T> {
  const read = json(parse);
  return { action, method: "GET", path, limitMs: READ_LIMIT_MS, read };
}

/**
 * Returns an id as it is.
 *
 * @throws {Failure} of code `usage`, when it cannot be one.
 */
export function checkId(id: string, action: string, noun = "VM"): string {
  if (isUuid(id)) return id;
  throw new Failure(
    `Cannot ${action}: ${JSON.stringify(id.slice(0, 100))} is no ${noun} id`,
    { code: "usage", advice: { type: "id_form" } },
  );
}
