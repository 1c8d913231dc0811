import { Failure } from "../failure.ts";
import { isLoopback } from "./origin.ts";

/** What a variable of the environment says. */
export interface Setting {
  /** The variable's name. */
  readonly name: string;
  readonly value: string;
}

/** Which proxies the environment names. */
export interface ProxySettings {
  /** For `https://`. */
  readonly https?: Setting | undefined;
  /** For `http://`. */
  readonly http?: Setting | undefined;
  /** For either, where there is none of its own. */
  readonly all?: Setting | undefined;
  /** The hosts that are reached without one: see `isWithoutProxy()`. */
  readonly none?: Setting | undefined;
}

/** A proxy that a request goes through. */
export interface Proxy {
  /** The variable that names it. */
  readonly variable: string;
  /** Scheme, host and port: no credentials. */
  readonly address: string;
  readonly credentials?: {
    readonly username: string;
    readonly password: string;
  };
}

/** Every variable that {@linkcode readProxySettings} reads. */
export const PROXY_VARIABLES = [
  "HTTPS_PROXY",
  "https_proxy",
  "HTTP_PROXY",
  "http_proxy",
  "ALL_PROXY",
  "all_proxy",
  "NO_PROXY",
  "no_proxy",
] as const;

/** Set for a program that a web server runs. */
export const CGI_VARIABLE = "REQUEST_METHOD";

/** Returns which proxies the environment names; an empty value names none. */
export function readProxySettings(
  env: (name: string) => string | undefined,
): ProxySettings {
  const first = (...names: string[]): Setting | undefined => {
    for (const name of names) {
      const value = env(name)?.trim();
      if (value) return { name, value };
    }
    return undefined;
  };
  // There HTTP_PROXY is what somebody sent in a header "Proxy".
  const isInCgi = env(CGI_VARIABLE) !== undefined;
  return {
    https: first("HTTPS_PROXY", "https_proxy"),
    http: isInCgi ? first("http_proxy") : first("HTTP_PROXY", "http_proxy"),
    all: first("ALL_PROXY", "all_proxy"),
    none: first("NO_PROXY", "no_proxy"),
  };
}

/**
 * Returns the proxy for requests to a URL; `undefined` when there is none.
 *
 * This machine is never reached through one: `http://` is allowed to it because
 * the API key stays here. To others the key is safe from the proxy in
 * `https://`, which is tunnelled; `http://` to them has to be allowed.
 *
 * @throws {Failure} of code `usage`, when the proxy that is named cannot be
 *   used. It never repeats what may hold a password.
 */
export function proxyFor(url: URL, settings: ProxySettings): Proxy | undefined {
  const { hostname } = url;
  if (isLoopback(hostname)) return undefined;
  if (isWithoutProxy(hostname, settings.none?.value ?? "")) return undefined;
  const own = url.protocol === "https:" ? settings.https : settings.http;
  const setting = own ?? settings.all;
  return setting && parseProxy(setting);
}

const HOST = /^([\w.-]+|\[[0-9a-f:.]+\])$/i;
const SCHEMES = ["http:", "https:", "socks5:", "socks5h:"];

function parseProxy({ name, value }: Setting): Proxy {
  // Without a scheme the URL parser would take the host for one.
  const url = URL.parse(
    /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`,
  );
  // Quotes that no shell took are letters of a host to the URL parser.
  if (!url || !HOST.test(url.hostname)) {
    throw unusable(name, "it is not the URL of one");
  }
  if (!SCHEMES.includes(url.protocol)) {
    const schemes = SCHEMES.map((scheme) => `${scheme}//`);
    throw unusable(
      name,
      `its scheme is none of ${schemes.slice(0, -1).join(", ")} and ${
        schemes.at(-1)
      }`,
    );
  }
  const address = `${url.protocol}//${url.host}`;
  if (url.username === "" && url.password === "") {
    return { variable: name, address };
  }
  try {
    const username = decodeURIComponent(url.username);
    const password = decodeURIComponent(url.password);
    return { variable: name, address, credentials: { username, password } };
  } catch {
    throw unusable(name, 'a "%" in its user name or password must be "%25"');
  }
}

function unusable(name: string, why: string): Failure {
  return new Failure(`Cannot use the proxy of ${name}: ${why}`, {
    code: "usage",
    advice: { type: "proxy_form", variable: name },
  });
}

/**
 * Returns whether NO_PROXY says that a host is reached without a proxy. The
 * host is as the URL parser wrote it.
 *
 * NO_PROXY is a list with commas, blanks around its entries aside. An entry is
 * - `*`: every host;
 * - an IP address, or a range of them: `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`;
 * - a name: that host and all below it; a `.` or `*.` in front is nothing.
 *
 * Entries with a port, and other wildcards, match nothing.
 */
export function isWithoutProxy(host: string, noProxy: string): boolean {
  const address = parseAddress(host);
  return noProxy.split(",").some((text) => {
    const entry = text.trim().toLowerCase();
    if (entry === "") return false;
    if (entry === "*") return true;
    return address === undefined
      ? isBelow(host, entry.replace(/^\*?\./, ""))
      : isInRange(address, entry);
  });
}

function isBelow(host: string, domain: string): boolean {
  return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
}

function isInRange(address: readonly number[], entry: string): boolean {
  const [start = "", bits, ...more] = entry.split("/");
  const range = parseAddress(start);
  if (range?.length !== address.length || more.length > 0) return false;
  const length = range.length * 8;
  const count = bits === undefined ? length : /^\d+$/.test(bits) ? +bits : NaN;
  if (!(count <= length)) return false;
  return range.every((byte, index) => {
    const kept = Math.min(Math.max(count - index * 8, 0), 8);
    const mask = 0xff00 >> kept & 0xff;
    return (byte & mask) === ((address[index] ?? 0) & mask);
  });
}

/** Returns the bytes of an IP address, 4 or 16; `undefined` of what is none. */
function parseAddress(text: string): readonly number[] | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) {
    const bytes = text.split(".").map(Number);
    return bytes.every((byte) => byte < 256) ? bytes : undefined;
  }
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  if (!bare.includes(":")) return undefined;
  // The URL parser knows every way to write one, and writes it in groups.
  const host = URL.parse(`http://[${bare}]/`)?.hostname.slice(1, -1);
  if (host === undefined) return undefined;
  const [head = "", tail] = host.split("::");
  const first = groupsOf(head);
  const last = groupsOf(tail ?? "");
  const gap = Array<number>(
    tail === undefined ? 0 : 8 - first.length - last.length,
  );
  return [...first, ...gap.fill(0), ...last]
    .flatMap((group) => [group >> 8, group & 0xff]);
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => parseInt(group, 16));
}
