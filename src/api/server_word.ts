import type { Failure } from "../failure.ts";
import {
  ApiError,
  type ForeignAnswer,
  NoAnswerError,
  NotSentError,
} from "./api_error.ts";
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

/** What was looked at: the VMs of the organisation, or one of them. */
export type LookedAt = "list" | "vm";

/** The errors that say something about what was looked at. */
const WORDS: Readonly<Record<LookedAt, readonly number[]>> = {
  list: [401, 403],
  vm: [401, 403, 404],
};

/**
 * Returns the failure of a look that says nothing about what was looked at: to
 * be asked again. `undefined` when the error is the server's word, or is none
 * of a request at all.
 *
 * A list is answered by 401 and 403, a look at one VM also by 404, each in the
 * service's own shape. Whatever else came only stood in front of the service:
 * a portal's page, a proxy's 404 or 407, a redirect, a gateway's 502.
 */
export function missedLook(
  error: unknown,
  about: LookedAt,
): Failure | undefined {
  if (error instanceof NoAnswerError || error instanceof NotSentError) {
    return error;
  }
  if (!(error instanceof ApiError)) return undefined;
  const isWord = error.isFromService && WORDS[about].includes(error.status);
  return isWord ? undefined : error;
}

/**
 * Returns the answer of something else than the service, if `error` is one.
 * A gateway that is busy, or cannot reach the service, is none: its 408, 425,
 * 429 and 5xx are what the way to the service looks like on a bad day.
 */
export function foreignAnswer(error: unknown): ForeignAnswer | undefined {
  if (error instanceof NoAnswerError) return error.foreign;
  return error instanceof ApiError && error.isForeign ? error : undefined;
}
