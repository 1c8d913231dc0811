/**
 * `deno task compile [--target T] [--output FILE] [--bundle FILE]`: makes an
 * executable of the bundle, for this machine or another.
 *
 * `deno compile` downloads the runtime that goes into it from Deno's own host.
 */
import { folderOf } from "../../src/atomic_file.ts";
import { writeBundle } from "./bundle.ts";
import { compileFlags } from "./compile_flags.ts";
import { flagValues } from "./flag_values.ts";
import { output } from "./output.ts";
import { ROOT } from "./root.ts";
import { runScript } from "./script.ts";

/** What the program is compiled for, besides its code. */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
  "aarch64-pc-windows-msvc",
] as const;

/** Returns what an executable for `target` is called. */
export function executableName(target: string): string {
  return target.includes("windows") ? "vers.exe" : "vers";
}

async function compile(args: readonly string[]): Promise<void> {
  const { target, output: path, bundle } = flagValues(args, {
    target: Deno.build.target,
    output: "",
    bundle: "",
  });
  if (!TARGETS.some((known) => known === target)) {
    throw new Error(
      `Cannot compile for "${target}": it is none of ${TARGETS.join(", ")}`,
    );
  }
  const program = bundle || `${ROOT}dist/vers.js`;
  if (bundle === "") await writeBundle(program);
  const executable = path || `${ROOT}dist/${executableName(target)}`;
  await Deno.mkdir(folderOf(executable), { recursive: true });
  await output(Deno.execPath(), [
    "compile",
    "--quiet",
    "--no-check",
    "--no-config",
    "--no-lock",
    "--no-npm",
    ...compileFlags(),
    "--target",
    target,
    "--output",
    executable,
    program,
  ]);
}

if (import.meta.main) await runScript(() => compile(Deno.args));
