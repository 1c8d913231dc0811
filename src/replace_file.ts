import {
  folderOf,
  isFolder,
  leftOvers,
  PendingFile,
  removeIfThere,
  writeAllSync,
} from "./atomic_file.ts";
import { ownershipOf } from "./file_owner.ts";
import { statRegularFile } from "./regular_file.ts";

/** Options for {@linkcode replaceFile}. */
export interface ReplaceFileOptions {
  /** The file's mode where it does not exist yet; 0600 by default. */
  readonly mode?: number;
  /** What a file that is there may keep of its mode; all of it by default. */
  readonly mask?: number;
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
 * It is on disk when this returns. A file that is there keeps its owner, group
 * and mode; where this user may not give those to another file, but may write
 * to it, it is written to as it lies there. Of a link, the file that it leads
 * to is replaced, or made. The folder must exist.
 *
 * @throws {NotRegularFileError} when something else than a file lies there.
 * @throws {Error} when the file cannot be written; then what was there is
 *   unchanged.
 */
export function replaceFile(
  name: string,
  content: string | Uint8Array,
  options: ReplaceFileOptions = {},
): void {
  const { mode, mask = 0o777, setAside } = options;
  const path = leadsTo(name);
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  const old = statRegularFile(path);
  const pending = new PendingFile(path, { old, mode, mask });
  using _pending = pending;
  if (old && !pending.isFaithful) {
    writeOver(path, bytes, { old, mask });
  } else {
    writeAllSync(pending.file, bytes);
    pending.takePlace(setAside);
  }
  removeLeftOvers(path);
}

/** Writes to a file as it lies there: it keeps whatever it has. */
function writeOver(
  path: string,
  bytes: Uint8Array,
  { old, mask }: { readonly old: Deno.FileInfo; readonly mask: number },
): void {
  const { uid, gid, mode } = ownershipOf(old) ?? { uid: 0, gid: 0, mode: 0 };
  const shown = (mode & mask).toString(8).padStart(4, "0");
  const problem = `a new file would not keep its owner ${uid}:${gid} ` +
    `with mode ${shown}`;
  if ((mode & mask) !== mode) throw new Error(problem);
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { read: true, write: true });
  } catch (cause) {
    throw new Error(problem, { cause });
  }
  using _closing = file;
  writeAllSync(file, bytes);
  file.truncateSync(bytes.length);
  file.syncDataSync();
}

const MOST_LINKS = 40;

/**
 * Returns the file that a path leads to, which need not be there: people keep
 * their files elsewhere and link to them, and that is to stay so.
 *
 * @throws {Error} when the folder of that file is not there.
 */
function leadsTo(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return path;
  }
  let at = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const to = linkAt(at);
    if (to === undefined) return at;
    at = to;
  }
  return path;
}

/** Returns where a link leads; `undefined` when no link is there. */
function linkAt(path: string): string | undefined {
  let to: string;
  try {
    to = Deno.readLinkSync(path);
  } catch {
    return undefined;
  }
  const isAbsolute = /^([/\\]|[A-Za-z]:)/.test(to);
  const target = isAbsolute ? to : `${Deno.realPathSync(folderOf(path))}/${to}`;
  if (isFolder(folderOf(target))) return target;
  throw new Error(
    `it is a link to ${
      JSON.stringify(to)
    }, and the folder of that is not there`,
  );
}

const OLD_MS = 3_600_000;

/**
 * Removes what processes that were killed have left beside a file, an hour ago
 * or longer by the file system's own clock: no replacement takes that long.
 */
function removeLeftOvers(path: string): void {
  try {
    const now = Deno.statSync(path).mtime?.getTime() ?? 0;
    for (const left of leftOvers(path)) {
      const { mtime } = Deno.lstatSync(left);
      if (mtime && now - mtime.getTime() >= OLD_MS) removeIfThere(left);
    }
  } catch {
    // What is left over is in nobody's way.
  }
}
