import {
  leftOvers,
  PendingFile,
  removeIfThere,
  writeAllSync,
} from "../../atomic_file.ts";
import { LedgerError } from "../ledger_error.ts";
import { failed, openForReading, statLedger } from "./ledger_file.ts";
import {
  BLOCK_SIZE,
  lastWholeLine,
  type Line,
  linesForward,
  readAt,
} from "./lines.ts";

/** Which lines of a ledger are to stay. */
export interface Selection {
  /** Whether a line stays that was there when the selection was made. */
  keeps(line: Line): boolean;
  /** Whether a line stays that was added since; `again`: select anew. */
  keepsLate(line: Line): boolean | "again";
  /** Called when all is copied, before the ledger is replaced. */
  beforeReplacing?(): void;
  /** Called when the selection is not carried out after all. */
  abandon?(): void;
}

/** Options for {@linkcode rewriteLedger}. */
export interface RewriteOptions {
  /** Returns when this process holds the ledger's lock. */
  readonly lock: () => Promise<Disposable>;
  /** Makes a selection of what is in a file up to `end`; none: all stays. */
  readonly select: (file: Deno.FsFile, end: number) => Selection | undefined;
}

/** What became of the ledger's file. */
export interface Rewritten {
  readonly sizeBefore: number;
  readonly sizeAfter: number;
}

/** After so many tries the ledger's lock is held through the whole of one. */
const UNLOCKED_TRIES = 3;

/**
 * Replaces the ledger by a copy of the lines that are to stay, each as it is.
 *
 * The lock is held for a moment at the beginning, when it is seen how long the
 * ledger is, and at the end, for what was appended meanwhile. Killed anywhere,
 * the ledger is the old one or the new one. `undefined` when nothing was to be
 * done. The caller sees to it that no other process does the same.
 *
 * @throws {LedgerError} when it could not be done; the ledger is as it was.
 */
export async function rewriteLedger(
  path: string,
  options: RewriteOptions,
): Promise<Rewritten | undefined> {
  for (const leftOver of leftOvers(path)) removeIfThere(leftOver);
  for (let tries = 1; tries <= UNLOCKED_TRIES; tries++) {
    const rewritten = await attempt(path, options);
    if (rewritten !== "again") return rewritten;
  }
  const lock = await options.lock();
  using _lock = lock;
  const held = { [Symbol.dispose]() {} };
  const rewritten = await attempt(path, {
    ...options,
    lock: () => Promise.resolve(held),
  });
  if (rewritten !== "again") return rewritten;
  throw new LedgerError(
    `replace the ledger "${path}"`,
    "another program goes on changing it",
  );
}

async function attempt(
  path: string,
  { lock, select }: RewriteOptions,
): Promise<Rewritten | "again" | undefined> {
  const snapshot = await takeSnapshot(path, lock);
  if (snapshot === undefined) return undefined;
  const { file, info } = snapshot;
  using _closing = file;
  let selection: Selection | undefined;
  let isDone = false;
  try {
    const end = lastWholeLine(file, info.size);
    selection = select(file, end);
    if (selection === undefined) return undefined;
    const keeps = (line: Line) => selection?.keeps(line) ?? true;
    const pending = new PendingFile(path, { old: info });
    using _pending = pending;
    if (!pending.isFaithful) throw unfaithful(info);
    const { file: copy } = pending;
    const sizeAfter = copyLines(file, { from: 0, to: end }, copy, keeps);
    // Most of it is on disk before anybody has to wait.
    pending.sync();
    const late = await lock();
    using _late = late;
    const added = copyLate(file, end, selection, copy);
    if (added === undefined || !isAt(path, info)) return "again";
    selection.beforeReplacing?.();
    // On Windows an open file cannot be replaced. Elsewhere the system takes
    // its time over a large one that nobody has open, and others would wait.
    if (Deno.build.os === "windows") file.close();
    pending.takePlace();
    isDone = true;
    return {
      sizeBefore: end + added.read,
      sizeAfter: sizeAfter + added.copied,
    };
  } catch (cause) {
    if (cause instanceof LedgerError) throw cause;
    throw failed("replace", path, cause);
  } finally {
    if (!isDone) selection?.abandon?.();
  }
}

/** Under the lock no line of ours is half written: what stands then stays. */
async function takeSnapshot(
  path: string,
  lock: RewriteOptions["lock"],
): Promise<{ file: Deno.FsFile; info: Deno.FileInfo } | undefined> {
  const held = await lock();
  using _held = held;
  const file = openForReading(path);
  return file && { file, info: file.statSync() };
}

function unfaithful({ uid, gid, mode }: Deno.FileInfo): LedgerError {
  const shown = ((mode ?? 0) & 0o7777).toString(8).padStart(4, "0");
  return new LedgerError(
    "replace the ledger",
    `the new file would not keep its owner ${uid}:${gid} and mode ${shown}`,
  );
}

/**
 * Copies, byte for byte, the lines between two places of a file that are to be
 * kept, and returns how many bytes those were.
 */
function copyLines(
  source: Deno.FsFile,
  { from, to }: { readonly from: number; readonly to: number },
  target: Deno.FsFile,
  keeps: (line: Line) => boolean,
): number {
  // Lines that follow each other are copied at once.
  let start = from;
  let stop = from;
  let copied = 0;
  for (const line of linesForward(source, from, to)) {
    if (keeps(line)) {
      stop = line.end;
    } else {
      copied += copyBytes(source, { from: start, to: stop }, target);
      start = line.end;
      stop = line.end;
    }
  }
  return copied + copyBytes(source, { from: start, to: stop }, target);
}

/** Copies what is between two places of a file, and returns how much. */
export function copyBytes(
  source: Deno.FsFile,
  { from, to }: { readonly from: number; readonly to: number },
  target: Deno.FsFile,
): number {
  const buffer = new Uint8Array(Math.min(BLOCK_SIZE, to - from));
  let at = from;
  while (at < to) {
    const length = readAt(source, at, buffer.subarray(0, to - at));
    if (length === 0) break;
    writeAllSync(target, buffer.subarray(0, length));
    at += length;
  }
  return at - from;
}

/**
 * Copies what was appended meanwhile and returns how much there was, and how
 * much of it was kept; `undefined` when the selection does not hold any more.
 *
 * The Go CLI takes no lock: it is looked again until nothing has come.
 */
function copyLate(
  file: Deno.FsFile,
  from: number,
  selection: Selection,
  target: Deno.FsFile,
): { readonly read: number; readonly copied: number } | undefined {
  let copied = 0;
  for (let at = from;;) {
    const { size } = file.statSync();
    if (size === at) return { read: at - from, copied };
    // Somebody cut it short.
    if (size < at) return undefined;
    let isStale = false;
    copied += copyLines(file, { from: at, to: size }, target, (line) => {
      const keeps = selection.keepsLate(line);
      if (keeps === "again") isStale = true;
      return keeps !== false;
    });
    if (isStale) return undefined;
    at = size;
  }
}

/** Whether the file at `path` is still the one that was copied. */
function isAt(path: string, info: Deno.FileInfo): boolean {
  const now = statLedger(path);
  return now !== undefined && now.dev === info.dev && now.ino === info.ino;
}
