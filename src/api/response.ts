import { joinBytes } from "../bytes.ts";
import type { RequestLimit } from "./request_limit.ts";

/** A body that is larger than anything that is waited for. */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";

  constructor(maxBytes: number) {
    const isSmall = maxBytes < 1 << 20;
    super(
      `it is over ${isSmall ? maxBytes >> 10 : maxBytes >> 20} ${
        isSmall ? "KiB" : "MiB"
      }`,
    );
  }
}

/** Returns the text of a response's body: see {@linkcode readBytes}. */
export async function readText(
  response: Response,
  limit: RequestLimit,
  maxBytes: number,
): Promise<string> {
  const bytes = await readBytes(response, limit, maxBytes);
  return new TextDecoder().decode(bytes);
}

/**
 * Returns the bytes of a response's body.
 *
 * @throws {BodyTooLargeError} when it has more than `maxBytes`.
 * @throws {unknown} what ended the request, or what broke the connection.
 */
export async function readBytes(
  response: Response,
  limit: RequestLimit,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const piece = reader && await limit.race(reader.read());
      if (!piece?.value) return joinBytes(pieces);
      length += piece.value.length;
      if (length > maxBytes) throw new BodyTooLargeError(maxBytes);
      pieces.push(piece.value);
    }
  } catch (error) {
    reader?.cancel().catch(() => {}); // It may be broken already.
    throw error;
  }
}

/** Returns what kind of body the header tells of, as in `text/html`. */
export function contentTypeOf(response: Response): string | undefined {
  const header = response.headers.get("content-type") ?? "";
  return /^\s*([\w.+-]{1,50}\/[\w.+-]{1,50})/.exec(header)?.[1]?.toLowerCase();
}

/** Returns the time of the service's clock, from the `Date` header. */
export function serverTimeOf(response: Response): Date | undefined {
  const ms = Date.parse(response.headers.get("date") ?? "");
  return Number.isNaN(ms) ? undefined : new Date(ms);
}

/**
 * Returns how long the service asks to be left alone, from `Retry-After`:
 * seconds, or a date, which is measured by the service's own clock if it shows.
 */
export function retryAfterMsOf(
  response: Response,
  now: Date,
): number | undefined {
  const header = response.headers.get("retry-after")?.trim();
  if (!header) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  // Only a date has letters: `Date.parse` would also take "1.5" and "-1".
  const at = /[a-z]/i.test(header) ? Date.parse(header) : NaN;
  if (Number.isNaN(at)) return undefined;
  return Math.max(0, at - (serverTimeOf(response) ?? now).getTime());
}

const MAX_DETAIL_LENGTH = 300;
// Controls, and what turns or hides text on a terminal.
const UNPRINTABLE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+/g;

/**
 * Returns what the body of an error says, on one line of at most 300
 * characters: the JSON's `error` or `message`, or the plain text itself; ""
 * for a page in HTML.
 */
export function detailOf(text: string): string {
  const said = jsonDetail(text) ?? (/^\s*</.test(text) ? "" : text);
  const line = said.replace(UNPRINTABLE, " ").replace(/\s+/g, " ").trim();
  const characters = [...line];
  return characters.length <= MAX_DETAIL_LENGTH
    ? line
    : characters.slice(0, MAX_DETAIL_LENGTH - 1).join("") + "…";
}

function jsonDetail(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return undefined;
  if ("error" in value && typeof value.error === "string") return value.error;
  if ("message" in value && typeof value.message === "string") {
    return value.message;
  }
  return undefined;
}
