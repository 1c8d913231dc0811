import { Failure } from "../failure.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import {
  isForbidden,
  NotRegularFileError,
  readRegularFile,
  reasonOf,
} from "../regular_file.ts";

/** A file that is there and that this user may not read. */
export class UnreadableError extends Failure {
  override readonly name = "UnreadableError";
  readonly path: string;
  /** Why, on one line that does not name the file. */
  readonly why: string;

  constructor(path: string, cause: unknown) {
    const why = reasonOf(cause);
    super(`Cannot read ${JSON.stringify(path)}: ${why}`, {
      code: "general",
      advice: { type: "unreadable_file", path },
      cause,
    });
    this.path = path;
    this.why = why;
  }
}

/**
 * Returns the text of a file; `undefined` when there is none. Nothing but a
 * regular file is opened.
 *
 * @throws {UnreadableError} when this user may not read it.
 * @throws {Failure} naming the file, when it cannot be read for another reason.
 */
export function readTextFile(path: string): string | undefined {
  try {
    // An editor may have put a byte order mark in front.
    return readRegularFile(path)?.replace(/^\ufeff/, "");
  } catch (error) {
    if (isForbidden(error)) throw new UnreadableError(path, error);
    throw fileFailure(`read ${JSON.stringify(path)}`, error);
  }
}

/**
 * Returns the object that a text of JSON is; `refuse` makes the failure for any
 * other, and gets what the parser said, which quotes the text.
 */
export function parseJsonObject(
  text: string,
  refuse: (why: string, cause?: unknown) => Failure,
): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse("it is not JSON", cause);
  }
  if (!isJsonObject(value)) throw refuse("it is not a JSON object");
  return value;
}

/** Returns the failure for what the system would not do with a file. */
export function fileFailure(action: string, cause: unknown): Failure {
  return new Failure(`Cannot ${action}: ${reasonOf(cause)}`, {
    code: "general",
    advice: cause instanceof NotRegularFileError
      ? { type: "not_a_regular_file" }
      : undefined,
    cause,
  });
}

/** Returns where in `text` an offset is, for people: "line 3, column 7". */
export function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  const column = (before.at(-1) ?? "").length + 1;
  return `line ${before.length}, column ${column}`;
}

/** Returns a value of a configuration file as a message shows it. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") {
    return value.length > 60
      ? `${JSON.stringify(value.slice(0, 60))}…`
      : JSON.stringify(value);
  }
  if (typeof value === "number" || typeof value === "boolean") {
    return String(value);
  }
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date";
  return "a table";
}
