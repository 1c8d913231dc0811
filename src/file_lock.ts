import { ensureOwnedFile } from "./atomic_file.ts";
import { openRegularFile, readRegularFile, reasonOf } from "./regular_file.ts";
import { isJsonObject } from "./json.ts";

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
 * How long a free lock may take to be had: taking it is a thread's work, so
 * even with no time left the answer is not there at once.
 */
const GRACE_MS = 250;

/**
 * Returns when this process holds the exclusive lock of the file at `path`,
 * which is made if it is missing and never deleted.
 *
 * The kernel releases the lock when the process dies. The file that was locked
 * is the one that is still at `path`. A free lock is taken even when `waitMs`
 * is 0. The time is the machine's own: a lock is another process's to release,
 * whatever clock this program was given.
 *
 * A wait that was given up ends when the holder lets go. It then holds nothing,
 * and the next to wait for that lock in this process comes after it.
 *
 * @throws {FileLockError} when it is still held after `waitMs`, or when files
 *   cannot be locked here.
 * @throws {unknown} the signal's reason, when that is aborted.
 */
export async function acquireFileLock(
  path: string,
  options: AcquireFileLockOptions,
): Promise<FileLock> {
  const { waitMs, signal, onWaiting } = options;
  signal?.throwIfAborted();
  const deadline = performance.now() + Math.max(waitMs, GRACE_MS);
  const place = queueOf(path).enter();
  using _leaving = place;
  if (waitMs > HINT_AFTER_MS) {
    await within(place.granted, HINT_AFTER_MS, signal);
    if (!place.isGranted) onWaiting?.(readHolder(path));
  }
  await within(place.granted, deadline - performance.now(), signal);
  const lock = place.take();
  if (lock) return lock;
  throw new FileLockError(path, "held", { holder: readHolder(path) });
}

/** A timer for longer than this would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Returns when `done` is resolved, or `ms` have passed.
 *
 * @throws {unknown} what it was rejected with, or the signal's reason.
 */
async function within(
  done: Promise<void>,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort: (() => void) | undefined;
  const late = new Promise<void>((resolve, reject) => {
    timer = setTimeout(resolve, Math.min(ms, LONGEST_TIMER_MS));
    onAbort = () => reject(signal?.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort);
  });
  try {
    await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
    if (onAbort) signal?.removeEventListener("abort", onAbort);
  }
}

const queues = new Map<string, LockQueue>();

function queueOf(path: string): LockQueue {
  const queue = queues.get(path) ?? new LockQueue(path);
  queues.set(path, queue);
  return queue;
}

/**
 * Who waits in this process for the lock of one file, and their one wait in
 * the kernel.
 *
 * That one cannot be called off: it takes a thread of the runtime until the
 * holder lets go. Deno 2.6 has 32 of them, and when they are gone no file is
 * read and no name looked up. So there is one for each file, however many wait
 * for it and give up, and who comes after one that was given up awaits its end.
 */
class LockQueue {
  readonly #path: string;
  readonly #places: Place[] = [];
  #wait: KernelWait | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Returns the last place; disposing of it leaves the queue. */
  enter(): Place {
    const place = new Place(() => this.#leave(place));
    this.#places.push(place);
    this.#goOn();
    return place;
  }

  #leave(place: Place): void {
    const index = this.#places.indexOf(place);
    if (index !== -1) this.#places.splice(index, 1);
    if (this.#places.length === 0) this.#wait?.giveUp();
  }

  /** Waits in the kernel where somebody waits here and nobody does there. */
  #goOn(): void {
    if (this.#places.length === 0) {
      if (this.#wait === undefined) queues.delete(this.#path);
      return;
    }
    if (this.#wait?.isFor(this.#path)) return;
    // The lock of a file that is no longer at the path is worth nothing.
    this.#wait?.giveUp();
    try {
      const wait = new KernelWait(openLockFile(this.#path));
      this.#wait = wait;
      wait.locked.then(() => this.#end(wait), (why) => this.#fail(wait, why));
    } catch (error) {
      this.#refuse(error);
    }
  }

  #end(wait: KernelWait): void {
    if (this.#wait !== wait) return;
    this.#wait = undefined;
    const isWorthIt = !wait.isGivenUp && wait.isFor(this.#path);
    const place = isWorthIt ? this.#places.shift() : undefined;
    if (place) place.grant(wait.file);
    else wait.giveUp();
    this.#goOn();
  }

  #fail(wait: KernelWait, cause: unknown): void {
    if (this.#wait !== wait) return;
    this.#wait = undefined;
    wait.giveUp();
    this.#refuse(new FileLockError(this.#path, "unavailable", { cause }));
  }

  #refuse(error: unknown): void {
    for (const place of this.#places.splice(0)) place.refuse(error);
    this.#goOn();
  }
}

/** A place in a queue, and the lock, from when it is granted until it is taken. */
class Place implements Disposable {
  readonly #turn = Promise.withResolvers<void>();
  readonly #leave: () => void;
  #file: Deno.FsFile | undefined;

  constructor(leave: () => void) {
    this.#leave = leave;
    // Who left does not want to know.
    this.granted.catch(() => {});
  }

  /** Resolves when it has the lock, or is rejected when there is no locking. */
  get granted(): Promise<void> {
    return this.#turn.promise;
  }

  get isGranted(): boolean {
    return this.#file !== undefined;
  }

  grant(file: Deno.FsFile): void {
    this.#file = file;
    this.#turn.resolve();
  }

  refuse(error: unknown): void {
    this.#turn.reject(error);
  }

  /** Returns the lock, if it was granted; from then on it is the caller's. */
  take(): FileLock | undefined {
    const file = this.#file;
    this.#file = undefined;
    return file && new FileLock(file);
  }

  [Symbol.dispose](): void {
    this.#file?.close();
    this.#leave();
  }
}

/** A wait in the kernel for the lock of an open file. */
class KernelWait {
  readonly file: Deno.FsFile;
  /** Resolves when the lock is had, whether or not it was given up. */
  readonly locked: Promise<void>;
  readonly #info: Deno.FileInfo;
  #isGivenUp = false;

  constructor(file: Deno.FsFile) {
    this.file = file;
    this.#info = file.statSync();
    this.locked = file.lock(true);
  }

  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** Lets go of the lock, if it is had, or else as soon as it is. */
  giveUp(): void {
    if (!this.#isGivenUp) this.file.close();
    this.#isGivenUp = true;
  }

  /** Whether the file is still the one at the path. */
  isFor(path: string): boolean {
    try {
      const there = Deno.statSync(path);
      return there.ino === this.#info.ino && there.dev === this.#info.dev;
    } catch {
      return false;
    }
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

function readHolder(path: string): LockHolder | undefined {
  try {
    const value: unknown = JSON.parse(readRegularFile(path) ?? "");
    if (!isJsonObject(value)) return undefined;
    const { pid, since } = value;
    return typeof pid === "number" && typeof since === "string"
      ? { pid, since }
      : undefined;
  } catch {
    return undefined;
  }
}
