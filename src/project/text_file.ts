import { Failure } from "../failure.ts";

/**
 * Returns the text of a file; `undefined` when there is none.
 *
 * @throws {Failure} naming the file, when it is there and cannot be read.
 */
export function readTextFile(path: string): string | undefined {
  try {
    // An editor may have put a byte order mark in front.
    return Deno.readTextFileSync(path).replace(/^\ufeff/, "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.NotADirectory) return undefined;
    throw fileFailure(`read ${JSON.stringify(path)}`, error);
  }
}

/** Returns the failure for what the system would not do with a file. */
export function fileFailure(action: string, cause: unknown): Failure {
  const text = cause instanceof Error ? cause.message : String(cause);
  // "Permission denied (os error 13): open '/path'": the path is known.
  const [why = text] = text.split(": ");
  return new Failure(`Cannot ${action}: ${why}`, { code: "general", cause });
}

/**
 * Returns the path of the file that a path leads to, through links: replacing
 * a file by name would put a file in the place of the link.
 */
export function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
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
