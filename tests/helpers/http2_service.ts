import {
  constants,
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import { systemClock } from "../../src/clock.ts";
import { Simulator } from "../../src/simulator/simulator.ts";
import { TLS } from "./tls.ts";

/** The service over TLS, in HTTP/2 or 1.1 as its client wants. */
export interface Http2Service extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly url: string;
  /** Returns each request so far: `2.0 POST /api/v1/vm/new_root`. */
  requests(): string[];
}

/**
 * Starts a service that speaks HTTP/2, where a client offers it. What a client
 * posts that way is carried out, and then answered as if it had not been:
 * `RST_STREAM` with `REFUSED_STREAM`, at which a client may send again.
 */
export async function startHttp2Service(
  options: { readonly bootMs?: number } = {},
): Promise<Http2Service> {
  const simulator = new Simulator({ clock: systemClock, ...options });
  const seen: string[] = [];
  const server = createSecureServer(
    { cert: TLS.cert, key: TLS.key, allowHTTP1: true },
    (request, response) => {
      answer(request, response).catch(() => response.destroy());
    },
  );
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (session) => sessions.add(session));
  server.on("secureConnection", (socket) => sessions.add(socket));
  return {
    simulator,
    url: `https://127.0.0.1:${port}`,
    requests: () => [...seen],
    async [Symbol.asyncDispose]() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      for (const session of sessions) session.destroy();
      await promise;
    },
  };

  async function answer(
    request: Http2ServerRequest,
    response: Http2ServerResponse,
  ): Promise<void> {
    const { method, url, httpVersion } = request;
    seen.push(`${httpVersion} ${method} ${url}`);
    const pieces: Uint8Array[] = [];
    for await (const piece of request) pieces.push(piece);
    const headers = Object.entries(request.headers).flatMap(([name, value]) =>
      name.startsWith(":") || typeof value !== "string" ? [] : [[name, value]]
    ) as [string, string][];
    const body = await new Blob(pieces as BlobPart[]).arrayBuffer();
    const answered = await simulator.fetch(
      new Request(`http://service.test${url}`, {
        method,
        headers,
        body: body.byteLength > 0 ? body : null,
      }),
    );
    if (method === "POST" && httpVersion === "2.0") {
      await answered.body?.cancel();
      response.stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    response.writeHead(answered.status, Object.fromEntries(answered.headers));
    response.end(new Uint8Array(await answered.arrayBuffer()));
  }
}
