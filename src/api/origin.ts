import { Failure } from "../failure.ts";

/** Where the service is, unless VERS_URL says otherwise. */
export const DEFAULT_ORIGIN = "https://api.vers.sh";

/** Options for {@linkcode parseOrigin}. */
export interface ParseOriginOptions {
  /** Allow `http://` to other machines, where the API key can be read. */
  readonly allowInsecure?: boolean;
}

/**
 * Returns the origin that the value of VERS_URL names: scheme, host and port.
 *
 * @throws {Failure} of code `usage`, when the key cannot be sent there safely
 *   or there is more in it than an origin.
 */
export function parseOrigin(
  text: string,
  options: ParseOriginOptions = {},
): string {
  const url = URL.parse(text.trim());
  if (!url) {
    throw refusal(`${quote(text)} is not a URL`);
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw refusal(`${quote(text)} is neither https:// nor http://`);
  }
  // What follows may be secret, so from here on the value is not repeated.
  if (url.username || url.password) throw refusal("it holds credentials");
  if (url.search || url.hash) throw refusal("it holds a query or a fragment");
  if (url.pathname !== "/") {
    throw refusal(`it holds a path, ${quote(url.pathname)}`);
  }
  const mayBePlain = isLoopback(url.hostname) || options.allowInsecure === true;
  if (url.protocol === "http:" && !mayBePlain) {
    throw refusal(
      `${quote(url.origin)} would send the API key unencrypted`,
      { isPlain: true },
    );
  }
  return url.origin;
}

function refusal(why: string, facts: { isPlain?: boolean } = {}): Failure {
  return new Failure(`Cannot use VERS_URL: ${why}`, {
    code: "usage",
    advice: { type: "origin_form", example: DEFAULT_ORIGIN, ...facts },
  });
}

/**
 * Returns whether a host is this machine. It is as the URL parser wrote it:
 * `127.1` is `127.0.0.1` by now.
 */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Quotes a value on one line; one that may hold a secret is left out. */
function quote(text: string): string {
  return /[@?#]/.test(text) ? "the value" : JSON.stringify(text.slice(0, 100));
}
