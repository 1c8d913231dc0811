import {
  isSameOwnership,
  ownerInFolder,
  type Ownership,
  ownershipOf,
  safePlaceFor,
} from "./file_owner.ts";
import { statRegularFile } from "./regular_file.ts";
import { UUID_PATTERN } from "./uuid.ts";

/** Options for {@linkcode PendingFile}. */
export interface PendingFileOptions {
  /** The file whose place it is to take, if there is one. */
  readonly old?: Deno.FileInfo | undefined;
  /** The mode where there is none; 0600 by default. */
  readonly mode?: number | undefined;
  /** What of the old file's mode it is to have; all by default. */
  readonly mask?: number;
}

/**
 * A file beside another, whose place it is to take.
 *
 * Until `takePlace()` all is as it was; what is disposed of before that is
 * gone. It has the owner, group and mode of the old file, if it may.
 */
export class PendingFile implements Disposable {
  /** What is written here is at its place when that is taken. */
  readonly file: Deno.FsFile;
  /** Whether owner, group and mode are what they are to be. */
  readonly isFaithful: boolean;
  readonly #path: string;
  readonly #temporary: string;
  #isClosed = false;

  /** @throws {Error} Deno's own, when it cannot be made. */
  constructor(path: string, options: PendingFileOptions = {}) {
    const { old, mode = 0o600, mask = 0o777 } = options;
    this.#path = path;
    this.#temporary = `${path}.${crypto.randomUUID()}.tmp`;
    const kept = old && ownershipOf(old);
    const wanted = kept && { ...kept, mode: kept.mode & mask };
    this.file = openNew(this.#temporary, wanted?.mode ?? mode);
    const target = wanted ?? this.#asNew();
    if (target === undefined || this.#has(target)) {
      this.isFaithful = true;
      return;
    }
    const own = makeOwned(
      this.#temporary,
      (name) => openNew(name, target.mode),
      target,
    );
    if (own !== undefined) {
      this.file.close();
      this.file = own;
    }
    this.isFaithful = this.#has(target);
  }

  /** Puts on disk what was written so far. */
  sync(): void {
    this.file.syncDataSync();
  }

  /** Takes the place; it is there, on disk, when this returns. */
  takePlace(setAside?: string): void {
    this.sync();
    this.#close();
    if (setAside === undefined) renameOver(this.#temporary, this.#path);
    else swap(this.#temporary, this.#path, setAside);
    syncFolder(folderOf(this.#path));
  }

  /**
   * Takes the place if nothing is there; returns whether it did. Nothing is
   * synced.
   */
  takeFreePlace(): boolean {
    try {
      Deno.linkSync(this.#temporary, this.#path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return false;
      throw error;
    }
  }

  /** Takes it away, unless it has taken its place. */
  [Symbol.dispose](): void {
    this.#close();
    removeIfThere(this.#temporary);
  }

  #has(target: Ownership): boolean {
    return isSameOwnership(ownershipOf(this.file.statSync()), target);
  }

  /** What it is to have where nothing was: what the folder's files have. */
  #asNew(): Ownership | undefined {
    const made = ownershipOf(this.file.statSync());
    const owner = made && ownerInFolder(folderOf(this.#path));
    return owner && { ...made, ...owner };
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.file.close();
  }
}

/**
 * Makes an empty file at `path` for whoever opens it next, if there is none:
 * what root makes in a user's folder is the user's. Does nothing where the
 * file would be its maker's anyway.
 */
export function ensureOwnedFile(path: string, mode: number): void {
  try {
    if (ownerInFolder(folderOf(path)) === undefined) return;
    if (statRegularFile(path) !== undefined) return;
    const pending = new PendingFile(path, { mode });
    using _pending = pending;
    pending.takeFreePlace();
  } catch {
    // Whoever opens it says why that cannot be done.
  }
}

function openNew(path: string, mode: number): Deno.FsFile {
  return Deno.openSync(path, { write: true, createNew: true, mode });
}

/**
 * Makes a file or a folder by `make` that is to have another owner or mode than
 * it would have by itself, and puts it at `path`. Both are changed where no
 * other user can meddle. Returns what was made; `undefined`, with nothing
 * changed, where there is no such place or this user may not do it.
 */
function makeOwned<T extends Deno.FsFile | "folder">(
  path: string,
  make: (name: string) => T,
  { uid, gid, mode }: Omit<Ownership, "mode"> & { readonly mode?: number },
): T | undefined {
  let name: string | undefined;
  let made: T | undefined;
  try {
    const place = safePlaceFor(folderOf(path));
    if (place === undefined) return undefined;
    name = `${place}/.vers-${crypto.randomUUID()}.tmp`;
    made = make(name);
    const info = Deno.statSync(name);
    if (info.uid !== uid || info.gid !== gid) Deno.chownSync(name, uid, gid);
    Deno.chmodSync(name, mode ?? (info.mode ?? 0) & 0o777);
    Deno.renameSync(name, path);
    return made;
  } catch {
    if (made instanceof Deno.FsFile) made.close();
    if (name !== undefined) removeIfThere(name);
    return undefined;
  }
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

/**
 * Makes a folder and those above it, each 0700; those that exist stay. What
 * root makes in a user's folder is the user's.
 */
export function ensurePrivateFolder(path: string): void {
  ensureFolder(path, 0o700);
}

/** Like {@linkcode ensurePrivateFolder}, with the mode that is asked for. */
export function ensureFolder(path: string, mode: number): void {
  if (isFolder(path)) return;
  const above = folderOf(path);
  if (above !== path) ensureFolder(above, mode);
  const owner = ownerInFolder(above);
  const make = (name: string) => {
    Deno.mkdirSync(name, { mode });
    return "folder" as const;
  };
  if (owner && makeOwned(path, make, owner) !== undefined) return;
  Deno.mkdirSync(path, { recursive: true, mode });
}

/** Whether a folder is at a path, or a link that leads to one. */
export function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Returns the folder of a file; `.` for a bare name. */
export function folderOf(path: string): string {
  const end = lastSlashIn(path);
  if (end < 0) return ".";
  return end === 0 ? path.slice(0, 1) : path.slice(0, end);
}

/** Returns the last part of a path: the name in its folder. */
export function nameOf(path: string): string {
  return path.slice(lastSlashIn(path) + 1);
}

function lastSlashIn(path: string): number {
  const isWindows = Deno.build.os === "windows";
  return Math.max(
    path.lastIndexOf("/"),
    isWindows ? path.lastIndexOf("\\") : -1,
  );
}

const LEFT_OVER = new RegExp(`^\\.${UUID_PATTERN}\\.tmp$`);

/** Returns what processes that were killed have left beside a file. */
export function leftOvers(path: string): string[] {
  const folder = folderOf(path);
  const name = nameOf(path);
  try {
    return [...Deno.readDirSync(folder)].filter((entry) =>
      entry.isFile && entry.name.startsWith(name) &&
      LEFT_OVER.test(entry.name.slice(name.length))
    ).map((entry) => `${folder}/${entry.name}`);
  } catch {
    return [];
  }
}

/** Removes what may be at a path; what cannot be removed stays. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It was never made, is at its place already, or stays.
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
