import { ROUTES } from "./src/cli/app.ts";
import { type Context, denoContext } from "./src/cli/context.ts";
import { runCommandLine } from "./src/cli/run_command_line.ts";

/** Runs one command line and returns its exit code; it does not throw. */
export function main(
  args: readonly string[],
  context: Context,
): Promise<number> {
  return runCommandLine(args, context, ROUTES);
}

if (import.meta.main) {
  const context = denoContext({ exitHard: (code) => Deno.exit(code) });
  Deno.exit(await main(Deno.args, context));
}
