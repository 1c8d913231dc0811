/** Options for {@linkcode replaceFile}. */
export interface ReplaceFileOptions {
  /** The file's mode where it does not exist yet; 0600 by default. */
  readonly mode?: number;
  /**
   * Where the old file is moved, just before the new one takes its place:
   * on Windows a program that runs can be renamed, but not replaced. If the new
   * one cannot take the place, the old one is moved back.
   */
  readonly setAside?: string;
}

/**
 * Puts `content` at `path`, whole or not at all: whoever reads sees the old
 * file or the new one, and after a crash it is one of the two.
 *
 * It is on disk when this returns. The mode of a file that is there is kept; of
 * a link, the file that it leads to is replaced. The folder must exist.
 *
 * @throws {Error} Deno's own, when the file cannot be written; then what was
 *   there is unchanged.
 */
export function replaceFile(
  name: string,
  content: string | Uint8Array,
  options: ReplaceFileOptions = {},
): void {
  const path = followLinks(name);
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  try {
    const kept = modeOf(path);
    writeNewFile(temporary, bytes, kept ?? options.mode ?? 0o600);
    // The umask has a say in what is made, and none in what is there.
    if (kept !== undefined && kept !== modeOf(temporary)) {
      Deno.chmodSync(temporary, kept);
    }
    if (options.setAside === undefined) renameOver(temporary, path);
    else swap(temporary, path, options.setAside);
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
  const isWindows = Deno.build.os === "windows";
  const end = Math.max(
    path.lastIndexOf("/"),
    isWindows ? path.lastIndexOf("\\") : -1,
  );
  if (end < 0) return ".";
  return end === 0 ? path.slice(0, 1) : path.slice(0, end);
}

/** People keep their files elsewhere and link to them: that is to stay so. */
function followLinks(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}

function modeOf(path: string): number | undefined {
  try {
    const mode = Deno.statSync(path).mode;
    return mode === null ? undefined : mode & 0o777;
  } catch {
    return undefined;
  }
}

function swap(from: string, to: string, aside: string): void {
  Deno.renameSync(to, aside);
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    Deno.renameSync(aside, to);
    throw error;
  }
}

const RENAME_TRIES = 10;

/**
 * Renames a file to a name that may be taken: whoever looks sees the old file
 * or the new one. Its folder is yet to be synced.
 *
 * On Windows a file that somebody has open cannot be replaced; readers close
 * it again soon, so it is tried for a while.
 *
 * @throws {Error} Deno's own, when it cannot be done.
 */
export function renameOver(from: string, to: string): void {
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
