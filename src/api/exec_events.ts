import * as z from "zod/mini";
import { AnswerShapeError, check } from "./answers.ts";
import type { AnswerReader } from "./exchange.ts";
import { BodyTooLargeError, contentTypeOf } from "./response.ts";
import { isPage } from "./server_word.ts";
import type { ExecEvent } from "./types.ts";

/** Who follows a command. */
export interface ExecListener {
  /** Called when the service has agreed to stream what the command does. */
  onOpen(): void;
  /**
   * Takes an event, and returns when the next one may come. The bytes of a
   * chunk are there until then.
   */
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
    const data = new DataBuffer();
    const reader = response.body.getReader();
    try {
      for (;;) {
        limit.restart(SILENCE_LIMIT_MS);
        const { done, value } = await limit.race(reader.read());
        if (done) break;
        // Whoever reads slowly is no reason to break the stream.
        limit.pause();
        for (const line of lines.take(value)) {
          const event = eventIn(line, data);
          if (event) await listener.onEvent(event);
        }
      }
    } catch (error) {
      reader.cancel().catch(() => {}); // It may be broken already.
      throw error;
    }
  };
}

const DECODER = new TextDecoder();
/** No quotes stand in a text of JSON as they are: this is its name, and no text. */
const DATA = '"data_b64":"';

/**
 * Returns the event of a line; `undefined` of one with nothing to say.
 *
 * The data of a chunk is by far the most of it. It is decoded where it stands,
 * and only what is left is parsed.
 */
function eventIn(
  line: Uint8Array,
  buffer: DataBuffer,
): ExecEvent | undefined {
  const text = DECODER.decode(line);
  if (text.trim() === "") return undefined;
  const start = text.indexOf(DATA) + DATA.length;
  const end = start < DATA.length ? -1 : text.indexOf('"', start);
  if (end < 0) return parseExecEvent(JSON.parse(text));
  const data = text.slice(start, end);
  const value = JSON.parse(text.slice(0, start) + text.slice(end));
  const isData = value?.data_b64 === "" && !data.includes("\\");
  return isData
    ? parseExecEvent({ ...value, data_b64: data }, buffer)
    : parseExecEvent(JSON.parse(text));
}

/** A place for the data of one chunk after the other. */
class DataBuffer {
  #bytes = new Uint8Array(0);

  /** @throws {SyntaxError} when it is not base64. */
  decode(base64: string): Uint8Array {
    if (this.#bytes.length < base64.length) {
      this.#bytes = new Uint8Array(base64.length);
    }
    const { written } = this.#bytes.setFromBase64(base64);
    return this.#bytes.subarray(0, written);
  }
}

/** Cuts a stream of bytes into lines; what has no end yet is kept. */
class LineSplitter {
  #kept = new Uint8Array(64 * 1024);
  #length = 0;

  /**
   * Returns the lines that these bytes complete, one by one and without their
   * newlines. Each holds until the next one is asked for.
   */
  *take(bytes: Uint8Array): Generator<Uint8Array> {
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start);
      if (end < 0) break;
      const rest = bytes.subarray(start, end);
      if (this.#length === 0) yield rest;
      else {
        this.#keep(rest);
        const length = this.#length;
        this.#length = 0;
        yield this.#kept.subarray(0, length);
      }
      start = end + 1;
    }
    this.#keep(bytes.subarray(start));
  }

  #keep(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > MAX_LINE_BYTES) throw new BodyTooLargeError(MAX_LINE_BYTES);
    if (length > this.#kept.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.#kept.subarray(0, this.#length));
      this.#kept = larger;
    }
    this.#kept.set(piece, this.#length);
    this.#length = length;
  }
}

const CURSOR = z.int().check(z.minimum(0));

const CHUNK = z.object({
  stream: z.enum(["stdout", "stderr"]),
  data_b64: z.string(),
  cursor: CURSOR,
});
const EXIT = z.object({
  exit_code: z.int(),
  // It is not needed to know the end.
  cursor: z.catch(z.optional(CURSOR), undefined),
});
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
export function parseExecEvent(
  value: unknown,
  buffer = new DataBuffer(),
): ExecEvent | undefined {
  const { type } = check(TYPE, value);
  if (type === "chunk") {
    const { stream, data_b64, cursor } = check(CHUNK, value);
    return { type, stream, bytes: bytesOf(data_b64, buffer), cursor };
  }
  if (type === "exit") return { type, ...check(EXIT, value) };
  if (type !== "error") return undefined;
  const { code, message } = check(ERROR, value);
  return { type, code: String(code ?? ""), message: message ?? "" };
}

function bytesOf(base64: string, buffer: DataBuffer): Uint8Array {
  try {
    return buffer.decode(base64);
  } catch {
    throw new AnswerShapeError(`its "data_b64" is not base64`);
  }
}
