import { ensureOwnedFile } from "./atomic_file.ts";
import { openRegularFile, readRegularFile, reasonOf } from "./regular_file.ts";

/** Options for {@linkcode acquireFileLock}. */
export interface AcquireFileLockOptions {
  /** How long to wait for another holder, in milliseconds. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called once when another process has held the lock for a second. */
  readonly onWaiting?: ((holder: LockHolder | undefined) => void) | undefined;
}

/** Who says that it holds a lock: a hint for messages, never a proof. */
export interface LockHolder {
  readonly pid: number;
  readonly since: string;
}

/** A lock that could not be had: why, and whether waiting longer may help. */
export class FileLockError extends Error {
  override readonly name = "FileLockError";
  /** `held`: another process has it. `unavailable`: there is no locking here. */
  readonly reason: "held" | "unavailable";
  readonly holder: LockHolder | undefined;

  constructor(
    path: string,
    reason: "held" | "unavailable",
    options: { holder?: LockHolder | undefined; cause?: unknown } = {},
  ) {
    super(
      reason === "held"
        ? `Cannot lock "${path}": another process holds it`
        : `Cannot lock "${path}": ${reasonOf(options.cause)}`,
      { cause: options.cause },
    );
    this.reason = reason;
    this.holder = options.holder;
  }
}

/** An exclusive lock on a file, held until it is disposed of. */
export class FileLock implements Disposable {
  readonly #file: Deno.FsFile;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Writes who holds the lock into the file: a hint, so errors are ignored. */
  writeHolder(now: Date): void {
    try {
      const text = JSON.stringify({ pid: Deno.pid, since: now.toISOString() });
      this.#file.truncateSync(0);
      this.#file.seekSync(0, Deno.SeekMode.Start);
      this.#file.writeSync(new TextEncoder().encode(text + "\n"));
    } catch {
      // A full or read-only disk: the lock holds all the same.
    }
  }

  /** Lets go of the lock. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

const HINT_AFTER_MS = 1_000;

/**
 * Returns when this process holds the exclusive lock of the file at `path`,
 * which is made if it is missing and never deleted.
 *
 * The kernel releases the lock when the process dies. The file that was locked
 * is the one that is still at `path`. A free lock is taken even when `waitMs`
 * is 0. The time is the machine's own: a lock is another process's to release,
 * whatever clock this program was given.
 *
 * @throws {FileLockError} when it is still held after `waitMs`, or when files
 *   cannot be locked here.
 * @throws {unknown} the signal's reason, when that is aborted.
 */
export async function acquireFileLock(
  path: string,
  options: AcquireFileLockOptions,
): Promise<FileLock> {
  const { signal } = options;
  const deadline = performance.now() + options.waitMs;
  const hintAt = performance.now() + HINT_AFTER_MS;
  let isSaid = false;
  for (;;) {
    signal?.throwIfAborted();
    const file = openLockFile(path);
    const locking = file.lock(true).then(() => true);
    try {
      let locked = await within(locking, hintAt, deadline, signal);
      // A timer may be early: the time alone does not tell which wait it was.
      if (!locked && hintAt < deadline && performance.now() < deadline) {
        if (!isSaid) options.onWaiting?.(readHolder(path));
        isSaid = true;
        locked = await within(locking, deadline, deadline, signal);
      }
      if (locked && isStillAt(path, file)) return new FileLock(file);
      // Closing also lets go of a lock that is still to come.
      file.close();
      if (!locked) {
        throw new FileLockError(path, "held", { holder: readHolder(path) });
      }
    } catch (cause) {
      if (cause instanceof FileLockError) throw cause;
      file.close();
      if (signal?.aborted) throw signal.reason;
      throw new FileLockError(path, "unavailable", { cause });
    }
  }
}

/**
 * How long a free lock may take to be had: taking it is a thread's work, so
 * even with no time left the answer is not there at once.
 */
const GRACE_MS = 250;

/** A timer for longer than this would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Returns whether `locking` was done by the earlier of the two times. */
async function within(
  locking: Promise<boolean>,
  until: number,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  // What comes after it was given up is nobody's business.
  locking.catch(() => {});
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort: (() => void) | undefined;
  const late = new Promise<boolean>((resolve, reject) => {
    const ms = Math.min(until, deadline) - performance.now();
    const bounded = Math.min(Math.max(ms, GRACE_MS), LONGEST_TIMER_MS);
    timer = setTimeout(() => resolve(false), bounded);
    onAbort = () => reject(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([locking, late]);
  } finally {
    clearTimeout(timer);
    if (onAbort) signal?.removeEventListener("abort", onAbort);
  }
}

function openLockFile(path: string): Deno.FsFile {
  ensureOwnedFile(path, 0o600);
  try {
    return openRegularFile(path, {
      read: true,
      write: true,
      create: true,
      mode: 0o600,
    });
  } catch (cause) {
    try {
      // A lock needs no right to write: a read-only folder still has its locks.
      return openRegularFile(path, { read: true });
    } catch {
      throw new FileLockError(path, "unavailable", { cause });
    }
  }
}

function isStillAt(path: string, file: Deno.FsFile): boolean {
  try {
    const there = Deno.statSync(path);
    const ours = file.statSync();
    return there.ino === ours.ino && there.dev === ours.dev;
  } catch {
    return false;
  }
}

function readHolder(path: string): LockHolder | undefined {
  try {
    const value: unknown = JSON.parse(readRegularFile(path) ?? "");
    if (typeof value !== "object" || value === null) return undefined;
    const { pid, since } = value as Record<string, unknown>;
    return typeof pid === "number" && typeof since === "string"
      ? { pid, since }
      : undefined;
  } catch {
    return undefined;
  }
}
