import { Failure } from "../failure.ts";
import { readTextFile } from "./text_file.ts";

/** Where to look for the API key. */
export interface ReadApiKeyOptions {
  /** The value of VERS_API_KEY: it comes first, unless it is blank. */
  readonly given?: string | undefined;
  /** The path of `~/.versrc`; none without a home. */
  readonly path: string | undefined;
}

const HINT = "set VERS_API_KEY to the key alone, for example: " +
  "VERS_API_KEY=<your key> vers status";

/**
 * Returns the API key, ready to be sent; `undefined` when there is none.
 *
 * @throws {Failure} of code `authentication`, which never repeats the key,
 *   when the file is broken or the key has characters that cannot be sent.
 */
export function readApiKey(options: ReadApiKeyOptions): string | undefined {
  const { given, path } = options;
  if (given?.trim()) return checkKey(given.trim(), "VERS_API_KEY");
  const text = path === undefined ? undefined : textOf(path);
  if (path === undefined || text === undefined) return undefined;
  const key = keyIn(text, path).trim();
  return key ? checkKey(key, `"apiKey" in ${JSON.stringify(path)}`) : undefined;
}

/**
 * Returns which key this is, without giving it away: its id, where the key
 * has the usual shape (a UUID and 64 hex digits), else 12 hex digits of its
 * SHA-256.
 */
export async function accountOf(apiKey: string): Promise<string> {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{76}$/i.test(apiKey)) {
    return apiKey.slice(0, 36);
  }
  const bytes = new TextEncoder().encode(apiKey);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(
    digest.subarray(0, 6),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}

/** Without the file there is no key: whatever keeps it from being read. */
function textOf(path: string): string | undefined {
  try {
    return readTextFile(path);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(
      `Cannot use the Vers API: there is no API key in VERS_API_KEY, and ` +
        error.message.replace(/^Cannot read (.*?): /s, "$1 cannot be read: "),
      { code: "authentication", hint: HINT, cause: error },
    );
  }
}

function keyIn(text: string, path: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's error quotes the file, so it is not kept, not even as cause.
    throw refusal(`read ${JSON.stringify(path)}`, "it is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refusal(`read ${JSON.stringify(path)}`, "it is not a JSON object");
  }
  const key = "apiKey" in value ? value.apiKey : undefined;
  if (key === undefined || key === null) return "";
  if (typeof key === "string") return key;
  throw refusal(`read ${JSON.stringify(path)}`, `its "apiKey" is not a string`);
}

function checkKey(key: string, where: string): string {
  const at = key.search(/[^\x21-\x7e]/);
  if (at < 0) return key;
  throw refusal(
    `use the API key of ${where}`,
    `its character ${
      at + 1
    } of ${key.length} is no letter, digit or mark of ASCII`,
  );
}

function refusal(action: string, why: string): Failure {
  return new Failure(`Cannot ${action}: ${why}`, {
    code: "authentication",
    hint: HINT,
  });
}
