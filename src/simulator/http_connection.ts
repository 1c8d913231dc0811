/** A request as it came over a connection. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
  /** Whether the client means to send another one. */
  readonly keepAlive: boolean;
}

/** A request that is not HTTP/1.1 as this server reads it. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;

  constructor(status: number, why: string) {
    super(`Cannot read the request: ${why}`);
    this.status = status;
  }
}

const HEAD_LIMIT_BYTES = 64 * 1024;
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;
const PIECE_BYTES = 16 * 1024;
const NEWLINE = 10;

/**
 * Reads HTTP/1.1 from a connection and writes what it is given.
 *
 * `Deno.serve` cannot close a connection without an answer, nor end it in the
 * middle of one; and those are what this server is for.
 */
export class HttpConnection {
  readonly #conn: Deno.TcpConn;
  #unread: Uint8Array = new Uint8Array();

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /**
   * Returns the next request, whole; `undefined` when the client has gone.
   *
   * @throws {HttpError} when it cannot be read; nothing can be after it.
   */
  async read(): Promise<HttpRequest | undefined> {
    const head = await this.#readHead();
    if (!head) return undefined;
    const [method = "", target = "", version = "", ...more] = head.start
      .split(" ");
    if (!/^HTTP\/1\.[01]$/.test(version) || more.length > 0) {
      throw new HttpError(400, "its first line is not HTTP/1.1");
    }
    const { headers } = head;
    const url = parseTarget(target);
    const connection = headers.get("connection")?.toLowerCase();
    const keepAlive = version === "HTTP/1.1"
      ? connection !== "close"
      : connection === "keep-alive";
    if (headers.get("expect")?.toLowerCase() === "100-continue") {
      await this.write(encode("HTTP/1.1 100 Continue\r\n\r\n"));
    }
    const bytes = await this.#readBody(headers);
    if (!bytes) return undefined;
    const body = new TextDecoder().decode(bytes);
    return { method, url, headers, body, keepAlive };
  }

  /** Writes all of `bytes`. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      written += await this.#conn.write(bytes.subarray(written));
    }
  }

  /**
   * Says that nothing more comes, and lets the client say the same: a
   * connection that is closed on unread bytes may lose the answer on its way.
   */
  async finish(): Promise<void> {
    await this.#conn.closeWrite();
    for (let read = 0; read < BODY_LIMIT_BYTES; read += this.#unread.length) {
      this.#unread = new Uint8Array();
      if (!await this.#fill()) return;
    }
  }

  async #readHead(): Promise<{ start: string; headers: Headers } | undefined> {
    let left = HEAD_LIMIT_BYTES;
    let start = "";
    // A client may send an empty line before a request.
    while (start === "") {
      const line = await this.#readLine(left);
      if (line === undefined) return undefined;
      left -= line.length + 1;
      start = line;
    }
    const headers = new Headers();
    for (;;) {
      const line = await this.#readLine(left);
      if (line === undefined) return undefined;
      if (line === "") return { start, headers };
      left -= line.length + 1;
      addHeader(headers, line);
    }
  }

  async #readBody(headers: Headers): Promise<Uint8Array | undefined> {
    const encoding = headers.get("transfer-encoding");
    if (encoding !== null) {
      if (encoding.toLowerCase() === "chunked") return await this.#readChunks();
      throw new HttpError(501, `its transfer encoding is "${encoding}"`);
    }
    const length = headers.get("content-length") ?? "0";
    if (!/^\d{1,15}$/.test(length)) {
      throw new HttpError(400, `its content length is "${length}"`);
    }
    return await this.#readBytes(Number(length));
  }

  async #readChunks(): Promise<Uint8Array | undefined> {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const line = await this.#readLine(HEAD_LIMIT_BYTES);
      if (line === undefined) return undefined;
      const digits = line.split(";")[0]?.trim() ?? "";
      if (!/^[0-9a-f]{1,8}$/i.test(digits)) {
        throw new HttpError(400, "a chunk of its body has no size");
      }
      const piece = await this.#readBytes(parseInt(digits, 16));
      if (!piece) return undefined;
      if (piece.length === 0) break;
      size += piece.length;
      if (size > BODY_LIMIT_BYTES) throw new HttpError(413, "it is too large");
      pieces.push(piece);
      if (await this.#readLine(2) === undefined) return undefined;
    }
    // Trailers, up to an empty line.
    for (;;) {
      const line = await this.#readLine(HEAD_LIMIT_BYTES);
      if (line === undefined) return undefined;
      if (line === "") return concat(pieces);
    }
  }

  async #readLine(limit: number): Promise<string | undefined> {
    let end: number;
    while ((end = this.#unread.indexOf(NEWLINE)) < 0) {
      if (this.#unread.length > limit) {
        throw new HttpError(431, "a line of it is too long");
      }
      if (!await this.#fill()) return undefined;
    }
    if (end > limit) throw new HttpError(431, "its headers are too large");
    const line = new TextDecoder().decode(this.#unread.subarray(0, end));
    this.#unread = this.#unread.subarray(end + 1);
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  }

  async #readBytes(length: number): Promise<Uint8Array | undefined> {
    if (length > BODY_LIMIT_BYTES) throw new HttpError(413, "it is too large");
    while (this.#unread.length < length) {
      if (!await this.#fill()) return undefined;
    }
    const bytes = this.#unread.slice(0, length);
    this.#unread = this.#unread.subarray(length);
    return bytes;
  }

  /** Reads some more; `false` when there is no more. */
  async #fill(): Promise<boolean> {
    const piece = new Uint8Array(PIECE_BYTES);
    try {
      const length = await this.#conn.read(piece);
      if (length === null) return false;
      this.#unread = concat([this.#unread, piece.subarray(0, length)]);
      return true;
    } catch {
      // Reset by the client, or closed by this server as it ends.
      return false;
    }
  }
}

function addHeader(headers: Headers, line: string): void {
  const colon = line.indexOf(":");
  try {
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  } catch {
    throw new HttpError(400, "one of its headers is not one");
  }
}

function parseTarget(target: string): URL {
  // Whatever host it names: this is the one that it reached.
  const url = target.startsWith("/") ? `http://localhost${target}` : target;
  if (URL.canParse(url)) return new URL(url);
  throw new HttpError(400, `its target "${target}" is not one`);
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
