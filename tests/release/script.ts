/** Runs a script's work; what goes wrong is one line on stderr, and exit 1. */
export async function runScript(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    await Deno.stderr.write(new TextEncoder().encode(`error: ${why}\n`));
    Deno.exit(1);
  }
}
