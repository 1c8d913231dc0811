import * as z from "zod/mini";
import { AnswerShapeError, check } from "./answers.ts";
import type { AnswerReader } from "./exchange.ts";
import { BodyTooLargeError, contentTypeOf } from "./response.ts";
import { isPage } from "./server_word.ts";
import type { ExecEvent } from "./types.ts";
import { joinBytes } from "../bytes.ts";

/** Who follows a command. */
export interface ExecListener {
  /** Called when the service has agreed to stream what the command does. */
  onOpen(): void;
  /** Takes an event, and returns when the next one may come. */
  onEvent(event: ExecEvent): Promise<void>;
}

/** After how long without any byte a stream is taken for broken. */
const SILENCE_LIMIT_MS = 120_000;
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const NEWLINE = 10;

/**
 * Returns a reader of a stream of events, one JSON object a line, which passes
 * each on to `listener` as it comes.
 *
 * A line that the end of the stream cuts off is no event. Whether the stream
 * was complete is for the listener to know: its last event is an `exit`. A
 * page is no stream of the service's, and is not passed on as one.
 */
export function execEvents(listener: ExecListener): AnswerReader<void> {
  return async (response, limit) => {
    if (isPage(contentTypeOf(response))) {
      throw new AnswerShapeError("it is a page");
    }
    listener.onOpen();
    if (!response.body) return;
    const lines = new LineSplitter();
    const reader = response.body.getReader();
    try {
      for (;;) {
        limit.restart(SILENCE_LIMIT_MS);
        const { done, value } = await limit.race(reader.read());
        if (done) break;
        for (const line of lines.take(value)) await passOn(line, listener);
      }
    } catch (error) {
      reader.cancel().catch(() => {}); // It may be broken already.
      throw error;
    }
  };
}

async function passOn(line: Uint8Array, listener: ExecListener): Promise<void> {
  const text = new TextDecoder().decode(line);
  if (text.trim() === "") return;
  const event = parseExecEvent(JSON.parse(text));
  if (event) await listener.onEvent(event);
}

/** Cuts a stream of bytes into lines; what has no end yet is kept. */
class LineSplitter {
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** Returns the lines that these bytes complete, without their newlines. */
  take(bytes: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = [];
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start);
      if (end < 0) break;
      this.#keep(bytes.subarray(start, end));
      lines.push(joinBytes(this.#pieces));
      this.#pieces = [];
      this.#length = 0;
      start = end + 1;
    }
    this.#keep(bytes.subarray(start));
    return lines;
  }

  #keep(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length > MAX_LINE_BYTES) {
      throw new BodyTooLargeError(MAX_LINE_BYTES);
    }
  }
}

const CURSOR = z.int().check(z.minimum(0));

const CHUNK = z.object({
  stream: z.enum(["stdout", "stderr"]),
  data_b64: z.string(),
  cursor: CURSOR,
});
const EXIT = z.object({ exit_code: z.int() });
const ERROR = z.object({
  code: z.nullish(z.union([z.string(), z.number()])),
  message: z.nullish(z.string()),
});
const TYPE = z.object({ type: z.string() });

/**
 * Reads one event; `undefined` for one of a type that this program does not
 * know.
 *
 * @throws {AnswerShapeError} when it is not in the shape of its type.
 */
export function parseExecEvent(value: unknown): ExecEvent | undefined {
  const { type } = check(TYPE, value);
  if (type === "chunk") {
    const { stream, data_b64, cursor } = check(CHUNK, value);
    return { type, stream, bytes: bytesOf(data_b64), cursor };
  }
  if (type === "exit") return { type, ...check(EXIT, value) };
  if (type !== "error") return undefined;
  const { code, message } = check(ERROR, value);
  return { type, code: String(code ?? ""), message: message ?? "" };
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    throw new AnswerShapeError(`its "data_b64" is not base64`);
  }
}
