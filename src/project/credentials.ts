import { Failure, type FailureOptions } from "../failure.ts";
import { parseJsonObject, readTextFile } from "./text_file.ts";
import { sha256Hex } from "../bytes.ts";

/** Where to look for the API key. */
export interface ReadApiKeyOptions {
  /** The value of VERS_API_KEY: it comes first, unless it is blank. */
  readonly given?: string | undefined;
  /** Where that is from, if not from VERS_API_KEY, and how to give it better. */
  readonly source?: Source;
  /** The path of `~/.versrc`; none without a home. */
  readonly path: string | undefined;
}

/** Where a key is from, and what to do about one that cannot be used. */
interface Source extends Pick<FailureOptions, "hint" | "advice"> {
  readonly name: string;
}

const VARIABLE: Source = {
  name: "VERS_API_KEY",
  advice: { type: "api_key_variable" },
};

/**
 * Returns the API key, ready to be sent; `undefined` when there is none.
 *
 * @throws {Failure} of code `authentication`, which never repeats the key,
 *   when the file is broken or the key has characters that cannot be sent.
 */
export function readApiKey(options: ReadApiKeyOptions): string | undefined {
  const { given, path, source = VARIABLE } = options;
  // White space at the ends is a file's or a shell's, and so is a byte order
  // mark, which `trim()` knows; anything else is an error, not guessed about.
  if (given?.trim()) return checkKey(given.trim(), source);
  const text = path === undefined ? undefined : textOf(path);
  if (path === undefined || text === undefined) return undefined;
  const key = keyIn(text, path).trim();
  const name = `"apiKey" in ${JSON.stringify(path)}`;
  return key
    ? checkKey(key, { name, advice: { type: "api_key_file" } })
    : undefined;
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
  return (await sha256Hex(apiKey)).slice(0, 12);
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
      { code: "authentication", advice: VARIABLE.advice, cause: error },
    );
  }
}

function keyIn(text: string, path: string): string {
  // The parser's error quotes the file, so it is not kept, not even as cause.
  const refuse = (why: string) => refusal(`read ${JSON.stringify(path)}`, why);
  const { apiKey: key } = parseJsonObject(text, refuse);
  if (key === undefined || key === null) return "";
  if (typeof key === "string") return key;
  throw refuse(`its "apiKey" is not a string`);
}

function checkKey(key: string, { name, ...help }: Source): string {
  const why = whyUnusable(key);
  if (why === undefined) return key;
  throw refusal(`use the API key of ${name}`, why, help);
}

const QUOTE = `["'\`\u2018-\u201f\u00ab\u00bb]`;
const QUOTED = new RegExp(`^${QUOTE}|${QUOTE}[,;]?$`);
const PREFIX = /^(bearer\s|authorization:|export\s|(?:VERS_)?API_KEY=)/i;
const PLACEHOLDER = /^(\$\w+|\$\{.*\}|\$\(.*\)|%\w+%)$/;

/** Returns what is wrong with a key, and nothing of it but what is. */
function whyUnusable(key: string): string | undefined {
  if (QUOTED.test(key)) return "it is in quotes, which are not part of it";
  const [, prefix] = PREFIX.exec(key) ?? [];
  if (prefix !== undefined) {
    return `it begins with "${prefix.trimEnd()}", which is not part of it`;
  }
  if (PLACEHOLDER.test(key)) {
    return "it is the name of a variable, not its value";
  }
  const characters = [...key];
  const at = characters.findIndex((one) => !/[\x21-\x7e]/.test(one));
  if (at < 0) return undefined;
  return `its character ${at + 1} of ${characters.length} is ${
    describeCharacter(characters[at] ?? "")
  }`;
}

function describeCharacter(character: string): string {
  if (character === " ") return "a space";
  if (character === "\t") return "a tab";
  if (/[\r\n]/.test(character)) return "a line break";
  if (!/[\p{Z}\p{C}]/u.test(character)) {
    return "no letter, digit or mark of ASCII";
  }
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `invisible (U+${code.padStart(4, "0")})`;
}

function refusal(
  action: string,
  why: string,
  { hint, advice }: Omit<Source, "name"> = VARIABLE,
): Failure {
  return new Failure(`Cannot ${action}: ${why}`, {
    code: "authentication",
    hint,
    advice,
  });
}
