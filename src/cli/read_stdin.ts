import type { Context } from "./context.ts";
import { UsageError } from "./output/exit_code.ts";
import type { Progress } from "./output/progress.ts";

/** Options for {@linkcode readStdin}. */
export interface ReadStdinOptions {
  readonly progress: Progress;
  readonly maxBytes: number;
  /** What is done with it: "run the command". */
  readonly action: string;
  /** What to do where stdin never ends: "add --no-stdin to send none". */
  readonly hint: string;
}

const PIECE_BYTES = 64 * 1024;
const NOTE_AFTER_MS = 2_000;

/**
 * Returns all that can be read from stdin, to its end. Where that is long in
 * coming, stderr says what is waited for.
 *
 * @throws {UsageError} when it is too much, or not text.
 */
export async function readStdin(
  context: Context,
  options: ReadStdinOptions,
): Promise<string> {
  const { progress, maxBytes, action, hint } = options;
  const over = new AbortController();
  const noting = context.clock.sleep(NOTE_AFTER_MS, over.signal).then(
    () => progress.say(`note: reading stdin to its end; ${hint}`),
    () => {}, // It ended first.
  );
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const piece = new Uint8Array(PIECE_BYTES);
      const taken = await context.stdin.read(piece);
      if (taken === null) break;
      length += taken;
      if (length > maxBytes) {
        throw new UsageError(
          `Cannot ${action}: stdin has more than ${maxBytes} bytes`,
          `at most ${maxBytes} bytes can be sent; ${hint}`,
        );
      }
      pieces.push(piece.subarray(0, taken));
    }
  } finally {
    over.abort();
    await noting;
  }
  return decode(pieces, options);
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
