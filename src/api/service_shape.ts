import { isJsonObject } from "../json.ts";

/** An answer that is not a 2xx, as it came. */
export interface PlainAnswer {
  readonly status: number;
  /** What its header says: `text/html`; `undefined` without one. */
  readonly contentType: string | undefined;
  readonly body: string;
}

/** The texts that the service answers in other words than JSON's. */
const TEXTS: ReadonlyMap<number, readonly RegExp[]> = new Map([
  [400, [
    /^Invalid URL: Cannot parse/,
    /^Failed to parse the request body as JSON:/,
    /^Failed to deserialize query string:/,
  ]],
  [403, [/^403 Forbidden\s*$/]],
  [422, [/^Failed to deserialize the JSON body into the target type:/]],
]);

/**
 * Returns whether an error is the service's own word, and not that of a
 * portal, a proxy or a gateway in front of it: an object of JSON that has a
 * text `error`, one of the plain texts that are known of the service, or a 401
 * with nothing in it.
 *
 * A page of HTML is never the service's, whatever its status.
 */
export function isServiceAnswer(answer: PlainAnswer): boolean {
  const { status, contentType, body } = answer;
  if (isPage(contentType)) return false;
  if (hasError(body)) return true;
  if (status === 401) return body.trim() === "";
  return TEXTS.get(status)?.some((text) => text.test(body)) ?? false;
}

/** Whether a content type is that of a page, which the service has none of. */
export function isPage(contentType: string | undefined): boolean {
  return contentType !== undefined && /html|xml/.test(contentType);
}

function hasError(body: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return false;
  }
  return isJsonObject(value) && typeof value.error === "string";
}
