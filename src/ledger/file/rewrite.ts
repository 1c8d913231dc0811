import { reasonOf } from "../../regular_file.ts";
import { BLOCK_SIZE } from "./backward_lines.ts";
import { type PlacedLine, readBlock } from "./forward_lines.ts";
import { LedgerError } from "../ledger_error.ts";
import { openForReading, statLedger } from "./ledger_file.ts";
import { leftOvers, Replacement } from "./replacement.ts";

/** Which lines of a ledger are to stay. */
export interface Selection {
  /** Whether a line stays that was there when the selection was made. */
  keeps(line: PlacedLine): boolean;
  /** Whether a line stays that was added since; `again`: select anew. */
  keepsLate(line: PlacedLine): boolean | "again";
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
  for (const leftOver of leftOvers(path)) remove(leftOver);
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
    const { keeps } = selection;
    const replacement = new Replacement(path, info);
    using _removing = replacement;
    replacement.copyLines(file, { from: 0, to: end }, (line) => keeps(line));
    // Most of it is on disk before anybody has to wait.
    replacement.sync();
    const late = await lock();
    using _late = late;
    const sizeBefore = copyLate(file, end, selection, replacement);
    if (sizeBefore === undefined || !isAt(path, info)) return "again";
    selection.beforeReplacing?.();
    // On Windows an open file cannot be replaced.
    file.close();
    replacement.takePlace();
    isDone = true;
    return { sizeBefore, sizeAfter: replacement.size };
  } catch (cause) {
    if (cause instanceof LedgerError) throw cause;
    throw new LedgerError(`replace the ledger "${path}"`, reasonOf(cause), {
      cause,
    });
  } finally {
    if (!isDone) selection?.abandon?.();
  }
}

interface Snapshot {
  readonly file: Deno.FsFile;
  readonly info: Deno.FileInfo;
}

/** Under the lock no line of ours is half written: what stands then stays. */
async function takeSnapshot(
  path: string,
  lock: RewriteOptions["lock"],
): Promise<Snapshot | undefined> {
  const held = await lock();
  using _held = held;
  const file = openForReading(path);
  return file && { file, info: file.statSync() };
}

const NEWLINE = 10;

/** Returns where the last line ends that has its newline. */
export function lastWholeLine(file: Deno.FsFile, size: number): number {
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - BLOCK_SIZE);
    const at = readBlock(file, start, end).lastIndexOf(NEWLINE);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}

/**
 * Copies what was appended meanwhile and returns how long the ledger is now;
 * `undefined` when the selection does not hold any more.
 *
 * The Go CLI takes no lock: it is looked again until nothing has come.
 */
function copyLate(
  file: Deno.FsFile,
  from: number,
  selection: Selection,
  replacement: Replacement,
): number | undefined {
  for (let copied = from;;) {
    const { size } = file.statSync();
    if (size === copied) return size;
    // Somebody cut it short.
    if (size < copied) return undefined;
    let isStale = false;
    replacement.copyLines(file, { from: copied, to: size }, (line) => {
      const keeps = selection.keepsLate(line);
      if (keeps === "again") isStale = true;
      return keeps !== false;
    });
    if (isStale) return undefined;
    copied = size;
  }
}

/** Whether the file at `path` is still the one that was copied. */
function isAt(path: string, info: Deno.FileInfo): boolean {
  const now = statLedger(path);
  return now !== undefined && now.dev === info.dev && now.ino === info.ino;
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It is in nobody's way.
  }
}
