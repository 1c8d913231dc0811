import {
  ensureOwnedFile,
  folderOf,
  syncFolder,
  writeSomeSync,
} from "../../atomic_file.ts";
import { reasonOf } from "../../regular_file.ts";
import { MAX_LINE_LENGTH } from "./lines.ts";
import { LedgerError } from "../ledger_error.ts";
import { joinBytes } from "../../bytes.ts";

/** A file as it was at one moment: which one, and how long. */
export interface FileState {
  readonly size: number;
  readonly dev: number | null;
  readonly ino: number | null;
}

/**
 * Returns the state of the ledger's file; `undefined` when there is none.
 *
 * @throws {LedgerError} when something lies there that is not to be used: no
 *   regular file, or the file of another user.
 */
export function statLedger(path: string): FileState | undefined {
  let info: Deno.FileInfo;
  try {
    // Not through a link: whoever made it decides where it leads.
    info = Deno.lstatSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw failed("use", path, cause);
  }
  if (!info.isFile) {
    const what = info.isDirectory ? "a folder" : "not a regular file";
    throw new LedgerError(`use the ledger "${path}"`, `it is ${what}`);
  }
  const uid = userId();
  // Root may use what is a user's, as a user may use what is root's.
  const isStrange = info.uid !== uid && info.uid !== 0 && uid !== 0;
  if (uid !== null && isStrange) {
    throw new LedgerError(
      `use the ledger "${path}"`,
      `it belongs to user ${info.uid}, and this is user ${uid}`,
    );
  }
  return { size: info.size, dev: info.dev, ino: info.ino };
}

/** Returns who runs this; `null` where users have no numbers, or it is kept. */
function userId(): number | null {
  try {
    return Deno.uid();
  } catch {
    return null;
  }
}

/**
 * Opens the ledger for reading; `undefined` when there is none.
 *
 * @throws {LedgerError} when it is not to be used, or cannot be opened.
 */
export function openForReading(path: string): Deno.FsFile | undefined {
  // Looked at first: opening a FIFO would wait for its writer.
  if (statLedger(path) === undefined) return undefined;
  try {
    return Deno.openSync(path, { read: true });
  } catch (cause) {
    throw failed("read", path, cause);
  }
}

const NEWLINE = 10;

/**
 * Adds one line, newline included, and returns when it is on disk. A last line
 * that was cut off is closed first. The caller holds the ledger's lock, and
 * nothing is awaited.
 *
 * @throws {LedgerError} when it was not written: it is longer than any line
 *   that is read, or the system would not. What was written of it is cut away
 *   again, unless somebody has added something behind it.
 */
export function appendLine(path: string, line: Uint8Array): void {
  if (line.length > MAX_LINE_LENGTH) {
    throw new LedgerError(
      `write to the ledger "${path}"`,
      `an entry of ${line.length} bytes is too long`,
    );
  }
  const before = statLedger(path);
  if (before === undefined) ensureOwnedFile(path, 0o600);
  let written = 0;
  let size = before?.size ?? 0;
  try {
    const file = Deno.openSync(path, {
      read: true,
      append: true,
      create: true,
      mode: 0o600,
    });
    using _closing = file;
    size = file.statSync().size;
    const bytes = endsOpen(file, size)
      ? joinBytes([Uint8Array.of(NEWLINE), line])
      : line;
    try {
      while (written < bytes.length) {
        written += writeSomeSync(file, bytes.subarray(written));
      }
      file.syncDataSync();
    } catch (error) {
      cutBack(path, size, size + written);
      throw error;
    }
  } catch (cause) {
    throw failed("write to", path, cause);
  }
  if (before === undefined) syncFolder(folderOf(path));
}

/**
 * Returns what `read` makes of the ledger as it is now, of its size at this
 * moment; `undefined` when there is none. The file is closed again.
 *
 * @throws {LedgerError} when it is not to be used, or cannot be read.
 */
export function readLedger<Result>(
  path: string,
  read: (file: Deno.FsFile, size: number) => Result,
): Result | undefined {
  const file = openForReading(path);
  if (file === undefined) return undefined;
  using _closing = file;
  try {
    return read(file, file.statSync().size);
  } catch (cause) {
    throw failed("read", path, cause);
  }
}

/** Whether the last line has no newline: a write that never finished. */
function endsOpen(file: Deno.FsFile, size: number): boolean {
  if (size === 0) return false;
  const last = new Uint8Array(1);
  file.seekSync(size - 1, Deno.SeekMode.Start);
  return file.readSync(last) === 1 && last[0] !== NEWLINE;
}

/** Cuts the file back to `size`, if it still ends where our bytes end. */
function cutBack(path: string, size: number, end: number): void {
  try {
    if (Deno.statSync(path).size === end) Deno.truncateSync(path, size);
  } catch {
    // A half line stays. Readers skip it, and the next writer closes it off.
  }
}

/** Returns what the system would not do with the ledger, and why. */
export function failed(
  verb: string,
  path: string,
  cause: unknown,
): LedgerError {
  const why = reasonOf(cause);
  return new LedgerError(`${verb} the ledger "${path}"`, why, { cause });
}
