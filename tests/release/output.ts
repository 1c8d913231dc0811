/**
 * Runs a command to its end and returns what it wrote to stdout.
 *
 * @throws {Error} with what it wrote to stderr, when it did not end with 0.
 */
export async function output(
  command: string,
  args: readonly string[],
  options: Pick<Deno.CommandOptions, "cwd" | "env"> = {},
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    ...options,
    args: [...args],
    stdin: "null",
  }).output();
  if (code === 0) return new TextDecoder().decode(stdout);
  const why = new TextDecoder().decode(stderr).trimEnd();
  throw new Error(`Cannot run ${command} ${args[0] ?? ""}: ${why}`);
}
