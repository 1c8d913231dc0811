import { permissionFlags } from "../helpers/program_command.ts";

/**
 * Returns the flags that the program is compiled with, wherever: what it may
 * do, and that it neither asks for more nor leaves a cache of code behind.
 */
export function compileFlags(): string[] {
  return [...permissionFlags(), "--no-code-cache"];
}

// By itself it prints them, one a line.
if (import.meta.main) {
  const text = compileFlags().join("\n") + "\n";
  await Deno.stdout.write(new TextEncoder().encode(text));
}
