import { isLoopback } from "./origin.ts";
import { type Proxy, proxyFor, type ProxySettings } from "./proxy.ts";
import { checkTrust, type TrustSettings, untrusting } from "./trust.ts";

/**
 * How requests reach the service. Neither method follows a redirect, and both
 * stop when the request's signal is aborted.
 */
export interface Transport {
  /** Sends an idempotent request: it may arrive twice. */
  read(request: Request): Promise<Response>;

  /** Sends a request that must not leave this machine more than once. */
  create(request: Request): Promise<Response>;

  /**
   * Returns the proxy that requests to a URL go through, if any.
   *
   * @throws {Failure} of code `usage`, when that cannot be used.
   */
  proxyFor?(url: string): Proxy | undefined;
}

/** The network. Dispose of it to close its connections. */
export interface NetworkTransport extends Transport, Disposable {}

/** Options for {@linkcode networkTransport}. */
export interface NetworkTransportOptions {
  /**
   * Which proxies there are; none by default. The runtime must not know of
   * others: it would use them for this machine, too. `"unknown"` is for where
   * that is not known: then this machine alone is surely reached without.
   */
  readonly proxies?: ProxySettings | "unknown";
  readonly trust?: TrustSettings;
}

/** How a client sends, besides the way it takes. */
type Way = "read" | "create";

const OPTIONS: Readonly<Record<Way, Deno.CreateHttpClientOptions>> = {
  read: {},
  // On a connection that was kept, and over HTTP/2, the runtime sends again by
  // itself what the server did not take, or says it did not: POSTs too. Here
  // no connection is kept, and each request has one of its own.
  create: { poolMaxIdlePerHost: 0, http2: false },
};

/**
 * Returns a transport over the network.
 *
 * @throws {Failure} of code `usage`, when the certificates to trust cannot be
 *   read: before anything was sent.
 */
export function networkTransport(
  options: NetworkTransportOptions = {},
): NetworkTransport {
  const { proxies = {}, trust = {} } = options;
  const clients = new Map<string, Deno.HttpClient>();
  checkTrust(trust);
  clientFor("create", undefined);
  return {
    read: (request) => send("read", request),
    create: (request) => send("create", request),
    proxyFor: (url) => proxyOf(new URL(url)),
    [Symbol.dispose]() {
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };

  async function send(way: Way, request: Request): Promise<Response> {
    const url = new URL(request.url);
    const client = proxies === "unknown" && isPlainHere(url)
      ? clientFor(way, thisMachine(url))
      : clientFor(way, proxyOption(proxyOf(url)));
    return await fetch(request, { client, redirect: "manual" });
  }

  function proxyOf(url: URL): Proxy | undefined {
    return proxies === "unknown" ? undefined : proxyFor(url, proxies);
  }

  function clientFor(way: Way, proxy: Deno.Proxy | undefined): Deno.HttpClient {
    const key = `${way} ${JSON.stringify(proxy)}`;
    const known = clients.get(key);
    if (known !== undefined) return known;
    try {
      const client = Deno.createHttpClient({
        ...OPTIONS[way],
        ...(proxy === undefined ? {} : { proxy }),
      });
      clients.set(key, client);
      return client;
    } catch (cause) {
      throw untrusting(cause, trust);
    }
  }
}

function proxyOption(proxy: Proxy | undefined): Deno.Proxy | undefined {
  if (proxy === undefined) return undefined;
  const { address: url, credentials: basicAuth } = proxy;
  return { url, ...(basicAuth === undefined ? {} : { basicAuth }) };
}

function isPlainHere(url: URL): boolean {
  return url.protocol === "http:" && isLoopback(url.hostname);
}

/** A way to a port of this machine that no proxy of the runtime's is in. */
function thisMachine({ hostname, port }: URL): Deno.Proxy {
  return {
    transport: "tcp",
    hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? 80 : Number(port),
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

const CONNECT = "client error (Connect)";
const CERTIFICATE = /\binvalid peer certificate\b/i;
const BLOCKED_PORT = /Requests to port \d+ are blocked/;

/**
 * Returns why a request never left this machine, if that is what `error` says:
 * no connection was made, its port is barred, or there is no permission.
 * `undefined` means that the request may have arrived.
 *
 * Deno distinguishes a connection that was never made from one that broke by
 * text alone: in the error itself up to 2.6, in its cause since. This is the only
 * place of the program where text decides.
 */
export function whyNotSent(error: unknown): string | undefined {
  if (error instanceof Deno.errors.NotCapable) return "no permission";
  let link = error;
  for (let depth = 0; link instanceof Error && depth < 4; depth++) {
    const at = link.message.indexOf(CONNECT);
    if (at >= 0) {
      const why = link.message.slice(at + CONNECT.length).replace(/^:\s*/, "");
      return why || "no connection";
    }
    const blocked = BLOCKED_PORT.exec(link.message);
    if (blocked) return blocked[0];
    link = link.cause;
  }
  return undefined;
}

/**
 * Returns whether `why`, as {@linkcode whyNotSent} gave it, says that the
 * other side's certificate is not one to be trusted.
 */
export function isUntrusted(why: string): boolean {
  return CERTIFICATE.test(why);
}

/**
 * Returns whether `why`, as {@linkcode whyNotSent} gave it, says that a proxy
 * wants a user name and a password.
 */
export function wantsPassword(why: string): boolean {
  return /\bproxy authentication required\b/i.test(why);
}
