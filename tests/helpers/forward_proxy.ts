/** A proxy, and what it was told in clear. */
export interface ForwardProxy extends AsyncDisposable {
  readonly port: number;
  /** Its address, for a variable like `HTTPS_PROXY`. */
  readonly url: string;
  /** Returns everything that came to it and was not inside a tunnel. */
  heard(): string;
}

/** Options for {@linkcode startForwardProxy}. */
export interface ForwardProxyOptions {
  /** The port of this machine that every request is passed on to. */
  readonly to?: number;
  /** What it answers, instead of passing anything on. */
  readonly answer?: string;
}

const decoder = new TextDecoder("latin1");
const encoder = new TextEncoder();

/**
 * Starts a proxy: a tunnel for `CONNECT`, a passage for the rest. Whatever host
 * is asked for, it leads to the same port.
 */
export function startForwardProxy(
  options: ForwardProxyOptions = {},
): ForwardProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  let heard = "";
  const serving = (async () => {
    const passages: Promise<void>[] = [];
    for await (const conn of listener) {
      open.add(conn);
      // A passage ends in an error when either side goes away.
      passages.push(pass(conn).catch(() => {}).finally(() => close(conn)));
    }
    await Promise.all(passages);
  })();
  const { port } = listener.addr;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    heard: () => heard,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const conn of open) close(conn);
      await serving;
    },
  };

  async function pass(conn: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    const length = await conn.read(buffer);
    if (length === null) return;
    const first = buffer.subarray(0, length);
    const text = decoder.decode(first);
    heard += text;
    if (options.answer !== undefined || options.to === undefined) {
      await conn.write(encoder.encode(options.answer ?? ""));
      return;
    }
    const upstream = await Deno.connect({
      hostname: "127.0.0.1",
      port: options.to,
    });
    open.add(upstream);
    try {
      const isTunnel = text.startsWith("CONNECT ");
      if (isTunnel) await conn.write(encoder.encode("HTTP/1.1 200 OK\r\n\r\n"));
      else await upstream.write(first);
      await Promise.race([
        copy(conn, upstream, (bytes) => {
          if (!isTunnel) heard += decoder.decode(bytes);
        }),
        copy(upstream, conn, () => {}),
      ]);
    } finally {
      close(upstream);
    }
  }

  function close(conn: Deno.TcpConn): void {
    open.delete(conn);
    try {
      conn.close();
    } catch {
      // It is closed.
    }
  }
}

async function copy(
  from: Deno.TcpConn,
  to: Deno.TcpConn,
  onBytes: (bytes: Uint8Array) => void,
): Promise<void> {
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const length = await from.read(buffer);
    if (length === null) return;
    onBytes(buffer.subarray(0, length));
    for (let sent = 0; sent < length;) {
      sent += await to.write(buffer.subarray(sent, length));
    }
  }
}
