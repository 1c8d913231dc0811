import type { Failure } from "../failure.ts";
import {
  ApiError,
  type ForeignAnswer,
  NoAnswerError,
  NotSentError,
} from "./api_error.ts";

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
 * Returns what something else than the service answered, if `error` says so.
 * A gateway that is busy, or cannot reach the service, is none: its 408, 425,
 * 429 and 5xx are what the way to the service looks like on a bad day.
 */
export function foreignAnswer(error: unknown): ForeignAnswer | undefined {
  if (error instanceof NoAnswerError) return error.foreign;
  return error instanceof ApiError && error.isForeign ? error : undefined;
}
