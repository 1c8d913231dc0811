/** Below those that a system gives to who asks for any. */
const [LOWEST, HIGHEST] = [20_000, 32_000];

/**
 * Returns a port of this machine that nobody listens on, nor will: one that
 * was given and closed again may be the next one that somebody is given.
 */
export function freePort(): number {
  for (;;) {
    const span = HIGHEST - LOWEST;
    const port = LOWEST + Math.floor(Math.random() * span);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
