/**
 * How requests reach the service. Neither method follows a redirect, and both
 * stop when the request's signal is aborted.
 */
export interface Transport {
  /** Sends a request that does no harm when it arrives twice. */
  read(request: Request): Promise<Response>;

  /** Sends a request that must not leave this machine more than once. */
  create(request: Request): Promise<Response>;
}

/** The network. Dispose of it to close its connections. */
export interface NetworkTransport extends Transport, Disposable {}

/** Returns a transport over the network. */
export function networkTransport(): NetworkTransport {
  let client: Deno.HttpClient | undefined;
  return {
    read: (request) => fetch(request, { redirect: "manual" }),

    create(request) {
      // On a connection that was kept, and over HTTP/2, the runtime sends again
      // by itself what the server did not take, or says it did not: POSTs too.
      client ??= Deno.createHttpClient({ poolMaxIdlePerHost: 0, http2: false });
      return fetch(request, { client, redirect: "manual" });
    },

    [Symbol.dispose]() {
      client?.close();
      client = undefined;
    },
  };
}

/** Returns a transport to whatever answers requests: a server in process. */
export function fetchTransport(
  fetch: (request: Request) => Promise<Response>,
): Transport {
  return {
    read: (request) => fetch(request),
    create: (request) => fetch(request),
  };
}
