import type { Patience } from "../patience.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./output/exit_code.ts";
import type { Progress } from "./output/progress.ts";

/** Options for {@linkcode readStdin}. */
export interface ReadStdinOptions {
  readonly progress: Progress;
  readonly maxBytes: number;
  /** What is done with it: "run the command". */
  readonly action: string;
  /** What to do where it is not as it must be: "leave out -i to send none". */
  readonly hint: string;
  /** How long it may take; without it, as long as it takes. */
  readonly patience?: Patience;
}

const PIECE_BYTES = 64 * 1024;
const SILENCE_MS = 2_000;

/**
 * Returns all that can be read from stdin, to its end. One that says nothing
 * for two seconds is named on stderr.
 *
 * @throws {UsageError} when it is too much, or not text.
 * @throws {TimedOutError} when it has not ended at the deadline.
 * @throws {unknown} the reason of a signal of the system.
 */
export async function readStdin(
  context: Context,
  options: ReadStdinOptions,
): Promise<string> {
  const { maxBytes, action, hint } = options;
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const piece = await readPiece(context, options);
    if (piece === undefined) break;
    length += piece.length;
    if (length > maxBytes) {
      throw new UsageError(
        `Cannot ${action}: stdin has more than ${maxBytes} bytes`,
        `at most ${maxBytes} bytes can be sent; ${hint}`,
      );
    }
    pieces.push(piece);
  }
  return decode(pieces, options);
}

/** Reads a piece of stdin; `undefined` at its end. */
async function readPiece(
  context: Context,
  { progress, hint, patience }: ReadStdinOptions,
): Promise<Uint8Array | undefined> {
  const over = new AbortController();
  void context.clock.sleep(SILENCE_MS, over.signal).then(
    () =>
      progress.warn(
        "note: nothing came from stdin for 2 s; waiting for its end " +
          `(${hint})`,
      ),
    () => {}, // Something came first.
  );
  const piece = new Uint8Array(PIECE_BYTES);
  const reading = readOrNothing(context, piece);
  try {
    const taken = patience === undefined
      ? await reading
      : await Promise.race([reading, whenOver(patience, over.signal)]);
    return taken === null ? undefined : piece.subarray(0, taken);
  } finally {
    over.abort();
  }
}

/** A stdin that was closed has nothing to say. */
async function readOrNothing(
  { stdin }: Context,
  into: Uint8Array,
): Promise<number | null> {
  try {
    return await stdin.read(into);
  } catch (error) {
    if (error instanceof Deno.errors.BadResource) return null;
    throw error;
  }
}

/** Rejects when time is up; a read that is under way cannot be taken back. */
function whenOver(patience: Patience, done: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const { signal } = patience;
  const onAbort = () =>
    reject(
      patience.interrupt.aborted
        ? patience.interrupt.reason
        : patience.timedOut("reading stdin to its end"),
    );
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { signal: done });
  return promise;
}

function decode(
  pieces: readonly Uint8Array[],
  { action, hint }: ReadStdinOptions,
): string {
  // A mark at the beginning is a byte like any other.
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    const text = pieces.map((piece) => decoder.decode(piece, { stream: true }));
    return text.join("") + decoder.decode();
  } catch {
    throw new UsageError(
      `Cannot ${action}: stdin is not UTF-8 text`,
      `binary data can be sent as base64; ${hint}`,
    );
  }
}
