/** What takes longer hangs, on any machine. */
const PATIENCE_MS = 300_000;

/**
 * Returns as soon as `holds` does; it is asked every few milliseconds.
 *
 * @throws {Error} when it does not within five minutes.
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!await holds()) {
    if (performance.now() > giveUpAt) {
      throw new Error(`Waited five minutes in vain for ${holds}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
