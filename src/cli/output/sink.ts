import type { Clock } from "../../clock.ts";

/** What takes bytes, a part of them at a time: `Deno.stdout` is one. */
export interface ByteWriter {
  write(bytes: Uint8Array): Promise<number>;
}

/** Options for {@linkcode Sink}. */
export interface SinkOptions {
  readonly writer: ByteWriter;
  readonly clock: Clock;
  readonly isTerminal: boolean;
  /** The width of the terminal, if it is one. */
  readonly columns: () => number;
  /** Whether nobody is to know when it cannot be written to. */
  readonly ignoresErrors?: boolean;
}

/** Nobody reads the other end any more. */
export class ClosedPipeError extends Error {
  override readonly name = "ClosedPipeError";

  constructor(cause: unknown) {
    super("Cannot write: nobody reads the other end", { cause });
  }
}

/** What a pipe always takes whole, if it takes anything. */
const PIECE_BYTES = 4_096;
/** Of the output of a command, which may be a gigabyte, a pipe takes a part. */
const LARGE_PIECE_BYTES = 64 * 1024;
const FULL_PIPE_PAUSE_MS = 20;

/**
 * One of the two streams that a process talks through.
 *
 * Texts come out whole and in the order of the calls. One that was written has
 * been handed to the kernel: nothing is kept back here.
 */
export class Sink {
  readonly isTerminal: boolean;
  readonly #options: SinkOptions;
  #last: Promise<void> = Promise.resolve();

  constructor(options: SinkOptions) {
    this.#options = options;
    this.isTerminal = options.isTerminal;
  }

  /** The width of the terminal in characters; 80 where there is none. */
  get columns(): number {
    return this.isTerminal ? this.#options.columns() : 80;
  }

  /**
   * Returns when all of the text, or of the bytes, was taken.
   *
   * @throws {ClosedPipeError} when nobody reads it.
   * @throws {Error} Deno's own, when it cannot be written for another reason.
   */
  write(content: string | Uint8Array): Promise<void> {
    const [bytes, pieceBytes] = typeof content === "string"
      ? [new TextEncoder().encode(content), PIECE_BYTES]
      : [content, LARGE_PIECE_BYTES];
    const written = this.#last.then(() => this.#writeAll(bytes, pieceBytes));
    if (this.#options.ignoresErrors) {
      this.#last = written.catch(() => {});
      return this.#last;
    }
    this.#last = written;
    // The caller sees the error, and so does whoever flushes.
    written.catch(() => {});
    return written;
  }

  /** Returns when everything so far was taken, or has failed. */
  async flush(): Promise<void> {
    await this.#last.catch(() => {});
  }

  async #writeAll(bytes: Uint8Array, pieceBytes: number): Promise<void> {
    const { writer, clock } = this.#options;
    for (let sent = 0; sent < bytes.length;) {
      try {
        const taken = await writer.write(
          bytes.subarray(sent, sent + pieceBytes),
        );
        sent += taken;
        if (taken > 0) continue;
      } catch (error) {
        if (error instanceof Deno.errors.BrokenPipe) {
          throw new ClosedPipeError(error);
        }
        if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      }
      await clock.sleep(FULL_PIPE_PAUSE_MS);
    }
  }
}
