import {
  folderOf,
  renameOver,
  syncFolder,
  writeAllSync,
} from "../../atomic_file.ts";
import { linesForward, type PlacedLine, readBlock } from "./forward_lines.ts";
import { LedgerError } from "../ledger_error.ts";
import { UUID_PATTERN } from "../../uuid.ts";

/**
 * A file beside the ledger that is to take its place.
 *
 * Until `takePlace()` the ledger is as it was; what is disposed of before that
 * is gone. It has the ledger's owner and mode.
 */
export class Replacement implements Disposable {
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: Deno.FsFile;
  #size = 0;
  #isClosed = false;

  /**
   * Makes an empty file for the ledger at `path`, whose state is `ledger`.
   *
   * @throws {LedgerError} when it cannot have the same owner and mode.
   */
  constructor(path: string, ledger: Deno.FileInfo) {
    this.#path = path;
    this.#temporary = `${path}.${crypto.randomUUID()}.tmp`;
    this.#file = Deno.openSync(this.#temporary, {
      write: true,
      createNew: true,
      mode: 0o600,
    });
    try {
      takeOwnerAndMode(this.#temporary, this.#file, ledger);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** How many bytes were copied into it. */
  get size(): number {
    return this.#size;
  }

  /**
   * Copies, byte for byte, the lines between two places of a file that are to
   * be kept.
   */
  copyLines(
    source: Deno.FsFile,
    range: { readonly from: number; readonly to: number },
    keeps: (line: PlacedLine) => boolean,
  ): void {
    // Lines that follow each other are copied at once.
    let from = range.from;
    let to = range.from;
    for (const line of linesForward(source, range.from, range.to)) {
      if (keeps(line)) {
        to = line.end;
      } else {
        this.#copy(source, from, to);
        from = line.end;
        to = line.end;
      }
    }
    this.#copy(source, from, to);
  }

  /** Puts on disk what was copied so far. */
  sync(): void {
    this.#file.syncSync();
  }

  /** Puts it at the ledger's place; it is there, on disk, when this returns. */
  takePlace(): void {
    this.sync();
    this.#close();
    renameOver(this.#temporary, this.#path);
    syncFolder(folderOf(this.#path));
  }

  /** Takes it away, unless it has taken its place. */
  [Symbol.dispose](): void {
    this.#close();
    try {
      Deno.removeSync(this.#temporary);
    } catch {
      // It has taken its place.
    }
  }

  #copy(source: Deno.FsFile, from: number, to: number): void {
    for (let at = from; at < to;) {
      const block = readBlock(source, at, to);
      if (block.length === 0) return;
      writeAllSync(this.#file, block);
      at += block.length;
      this.#size += block.length;
    }
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#file.close();
  }
}

const MODE_BITS = 0o7777;

/** @throws {LedgerError} when the new file cannot have what the old one has. */
function takeOwnerAndMode(
  path: string,
  file: Deno.FsFile,
  ledger: Deno.FileInfo,
): void {
  const { uid, gid, mode } = ledger;
  // Where users have no numbers, files have no modes either.
  if (uid === null || gid === null || mode === null) return;
  let why = "";
  try {
    const made = file.statSync();
    if (made.uid !== uid || made.gid !== gid) Deno.chownSync(path, uid, gid);
    Deno.chmodSync(path, mode & MODE_BITS);
  } catch (error) {
    why = error instanceof Error ? `: ${error.message}` : "";
  }
  const made = file.statSync();
  const isSame = made.uid === uid && made.gid === gid &&
    made.mode !== null && (made.mode & MODE_BITS) === (mode & MODE_BITS);
  if (isSame) return;
  const shown = (mode & MODE_BITS).toString(8).padStart(4, "0");
  throw new LedgerError(
    "replace the ledger",
    `the new file would not keep its owner ${uid}:${gid} and mode ${shown}${why}`,
  );
}

const LEFT_OVER = new RegExp(`\\.${UUID_PATTERN}\\.tmp$`);

/** Returns what was left beside the ledger by a process that was killed. */
export function leftOvers(path: string): string[] {
  const folder = folderOf(path);
  const name = path.slice(path.lastIndexOf("/") + 1);
  try {
    return [...Deno.readDirSync(folder)]
      .filter((entry) =>
        entry.isFile && entry.name.startsWith(`${name}.`) &&
        LEFT_OVER.test(entry.name)
      )
      .map((entry) => `${folder}/${entry.name}`);
  } catch {
    return [];
  }
}
