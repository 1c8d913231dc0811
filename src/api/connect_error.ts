const CONNECT = "client error (Connect)";
const CERTIFICATE = /\binvalid peer certificate\b/i;
const BLOCKED_PORT = /Requests to port \d+ are blocked/;

/**
 * Returns why a request never left this machine, if that is what `error` says:
 * no connection was made, its port is barred, or there is no permission.
 * `undefined` means that the request may have arrived.
 *
 * Deno tells a connection that was never made from one that broke by text
 * alone: in the error itself up to 2.6, in its cause since. This is the only
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
