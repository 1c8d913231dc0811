import { messageOf } from "./failure.ts";

/** What lies where a regular file is wanted, and is not opened. */
export class NotRegularFileError extends Error {
  override readonly name = "NotRegularFileError";

  constructor(info: Deno.FileInfo) {
    super(`It is ${kindOf(info)}, not a regular file`);
  }
}

/**
 * Returns what lies at `path`, through links; `undefined` when nothing does.
 *
 * Whoever opens a file asks this first: opening a FIFO waits for its other end,
 * and no signal ends that.
 *
 * @throws {NotRegularFileError} when it is no regular file.
 * @throws {Error} Deno's own, when this user may not look.
 */
export function statRegularFile(path: string): Deno.FileInfo | undefined {
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  if (!info.isFile) throw new NotRegularFileError(info);
  return info;
}

/** What is read whole is written by people: no more is one of those files. */
const LARGEST = 16 * 1024 * 1024;

/**
 * Returns the text of a regular file; `undefined` when there is none.
 *
 * @throws {NotRegularFileError} when something else lies there.
 * @throws {RangeError} when it is larger than 16 MiB.
 * @throws {Error} Deno's own, when it cannot be read.
 */
export function readRegularFile(path: string): string | undefined {
  const info = statRegularFile(path);
  if (info === undefined) return undefined;
  if (info.size > LARGEST) throw new RangeError("it is larger than 16 MiB");
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Opens a regular file, or makes one where the options say so.
 *
 * @throws {NotRegularFileError} when something else lies there.
 * @throws {Error} Deno's own, when it cannot be opened.
 */
export function openRegularFile(
  path: string,
  options: Deno.OpenOptions,
): Deno.FsFile {
  statRegularFile(path);
  return Deno.openSync(path, options);
}

/** Whether an error says that this user may not do that with a file. */
export function isForbidden(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable;
}

/**
 * Returns why the system would not do something with a file, on one line that
 * does not name the file.
 */
export function reasonOf(error: unknown): string {
  const text = messageOf(error);
  if (error instanceof Deno.errors.NotCapable) {
    // Its words are about flags of its own, which nobody was asked for. Some
    // places it keeps from all programs: /dev/shm, too, and what links lead to.
    return text.startsWith("Requires all access")
      ? "vers can use no files in /dev, /proc and /sys"
      : "vers may not use files there";
  }
  if (error instanceof NotRegularFileError) return lowerFirst(text);
  // "Permission denied (os error 13): open '/path'": the path is known.
  return text.replace(/(\(os error \d+\)).*/s, "$1");
}

/** Whether an error says that nothing is at a path. */
function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.NotADirectory;
}

function kindOf(info: Deno.FileInfo): string {
  if (info.isDirectory) return "a folder";
  if (info.isFifo) return "a FIFO";
  if (info.isSocket) return "a socket";
  if (info.isCharDevice || info.isBlockDevice) return "a device";
  return "something else";
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
