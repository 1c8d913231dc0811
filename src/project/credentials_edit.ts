import { Failure } from "../failure.ts";
import { replaceFile } from "../replace_file.ts";
import { fileFailure, parseJsonObject, readTextFile } from "./text_file.ts";

const PRIVATE = 0o600;

/**
 * Makes the file at `path`, `~/.versrc`, hold this API key. What else is in it
 * stays. Only its owner can read it afterwards.
 *
 * @throws {Failure} when it is broken, or cannot be written; then it is as it
 *   was.
 */
export function saveApiKey(path: string, apiKey: string): void {
  write(path, { ...readFields(path), apiKey });
}

/**
 * Takes the API key out of the file at `path`; what else is in it stays.
 * Returns whether there was one.
 *
 * @throws {Failure} when the file is broken, or cannot be written.
 */
export function removeApiKey(path: string): boolean {
  const { apiKey, ...others } = readFields(path);
  if (apiKey === undefined) return false;
  write(path, others);
  return apiKey !== "" && apiKey !== null;
}

function readFields(path: string): Readonly<Record<string, unknown>> {
  const text = readTextFile(path);
  if (text === undefined || text.trim() === "") return {};
  // The parser's error quotes the file, which holds a key.
  return parseJsonObject(
    text,
    (why) =>
      new Failure(`Cannot change ${JSON.stringify(path)}: ${why}`, {
        code: "general",
        advice: { type: "credentials_broken" },
      }),
  );
}

function write(path: string, fields: Readonly<Record<string, unknown>>) {
  const text = JSON.stringify(fields, null, 2) + "\n";
  try {
    replaceFile(path, text, { mode: PRIVATE, mask: PRIVATE });
  } catch (error) {
    throw fileFailure(`write ${JSON.stringify(path)}`, error);
  }
}
