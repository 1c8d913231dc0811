/** Options for {@linkcode replaceFile}. */
export interface ReplaceFileOptions {
  /** The file's mode where it does not exist yet; 0600 by default. */
  readonly mode?: number;
}

/**
 * Puts `content` at `path`, whole or not at all: whoever reads sees the old
 * file or the new one, and after a crash it is one of the two.
 *
 * It is on disk when this returns. The mode of a file that is there is kept.
 * Its folder must exist.
 *
 * @throws {Error} Deno's own, when the file cannot be written; then what was
 *   there is unchanged.
 */
export function replaceFile(
  path: string,
  content: string | Uint8Array,
  options: ReplaceFileOptions = {},
): void {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  try {
    writeNewFile(temporary, bytes, modeOf(path) ?? options.mode ?? 0o600);
    renameOver(temporary, path);
  } catch (error) {
    try {
      Deno.removeSync(temporary);
    } catch {
      // It was never made, or is already at its place.
    }
    throw error;
  }
  syncFolder(folderOf(path));
}

function writeNewFile(path: string, bytes: Uint8Array, mode: number): void {
  const file = Deno.openSync(path, { write: true, createNew: true, mode });
  using _closing = file;
  writeAllSync(file, bytes);
  file.syncDataSync();
}

/** Writes all of `bytes` at the file's position: one write may take fewer. */
export function writeAllSync(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSomeSync(file, bytes.subarray(written));
  }
}

/**
 * Writes some of `bytes` at the file's position and returns how many. A signal
 * that comes in between is no reason to give up.
 */
export function writeSomeSync(file: Deno.FsFile, bytes: Uint8Array): number {
  for (;;) {
    try {
      return file.writeSync(bytes);
    } catch (error) {
      if (!(error instanceof Deno.errors.Interrupted)) throw error;
    }
  }
}

/**
 * Makes the names in a folder durable, where the system can: on Windows a
 * folder cannot be opened, and some file systems refuse to sync one.
 */
export function syncFolder(path: string): void {
  try {
    const file = Deno.openSync(path, { read: true });
    using _closing = file;
    file.syncSync();
  } catch {
    // The content is synced; only the name may be lost with the machine.
  }
}

/** Makes a folder and those above it, each 0700; those that exist stay. */
export function ensurePrivateFolder(path: string): void {
  Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** Returns the folder of a file; `.` for a bare name. */
export function folderOf(path: string): string {
  const end = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  if (end < 0) return ".";
  return end === 0 ? path.slice(0, 1) : path.slice(0, end);
}

function modeOf(path: string): number | undefined {
  try {
    const mode = Deno.statSync(path).mode;
    return mode === null ? undefined : mode & 0o777;
  } catch {
    return undefined;
  }
}

const RENAME_TRIES = 10;

/**
 * On Windows a file that somebody has open cannot be replaced; readers close
 * it again soon, so it is tried for a while.
 */
function renameOver(from: string, to: string): void {
  for (let tried = 1;; tried++) {
    try {
      Deno.renameSync(from, to);
      return;
    } catch (error) {
      if (Deno.build.os !== "windows" || tried === RENAME_TRIES) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20 * tried);
    }
  }
}
