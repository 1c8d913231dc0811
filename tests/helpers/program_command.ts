import config from "../../deno.json" with { type: "json" };

const ROOT = decodeURIComponent(
  new URL("../../", import.meta.url).pathname.replace(/^\/([A-Za-z]:)/, "$1"),
);

/** How the program is started: an executable and its first arguments. */
export interface ProgramCommand {
  readonly executable: string;
  readonly args: readonly string[];
}

/**
 * Returns how to start the program under test. The environment chooses it:
 *
 * - `VERS_BINARY=<path>`: that executable;
 * - `VERS_PROGRAM=bundle`: `dist/vers.js`, as it is released;
 * - else: `main.ts`, as `deno task vers` runs it.
 *
 * The last two are run by this Deno, or by the one at the path `VERS_DENO`.
 */
export function programCommand(): ProgramCommand {
  const binary = Deno.env.get("VERS_BINARY");
  if (binary) return { executable: Deno.realPathSync(binary), args: [] };
  const executable = Deno.env.get("VERS_DENO") || Deno.execPath();
  const program = Deno.env.get("VERS_PROGRAM") || "source";
  switch (program) {
    case "source":
      return {
        executable,
        args: [
          "run",
          "--quiet",
          `--config=${ROOT}deno.json`,
          "--cached-only",
          "--permission-set",
          "--no-prompt",
          `${ROOT}main.ts`,
        ],
      };
    case "bundle":
      return {
        executable,
        args: [
          "run",
          "--quiet",
          "--no-config",
          "--no-lock",
          ...permissionFlags(),
          `${ROOT}dist/vers.js`,
        ],
      };
    default:
      throw new Error(
        `Cannot test VERS_PROGRAM="${program}": it is "source" or "bundle"`,
      );
  }
}

/** Returns the program's permissions, as `deno.json` has them, as flags. */
export function permissionFlags(): string[] {
  const flags = Object.entries(config.permissions.default).map(
    ([name, allowed]) =>
      allowed === true
        ? `--allow-${name}`
        : `--allow-${name}=${Object.values(allowed).join(",")}`,
  );
  return [...flags, "--no-prompt"];
}

let denoDir: Promise<string> | undefined;

/**
 * Returns what a child needs of this process's environment to start at all:
 * where Deno has its cache, and Windows its system.
 */
export async function baseEnvironment(): Promise<Record<string, string>> {
  denoDir ??= findDenoDir();
  const env: Record<string, string> = {
    DENO_DIR: await denoDir,
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
  };
  for (const name of ["SystemRoot", "TEMP", "TMP"]) {
    const value = Deno.build.os === "windows" && Deno.env.get(name);
    if (value) env[name] = value;
  }
  return env;
}

async function findDenoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-config"],
  }).output();
  const info: { denoDir: string } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  return info.denoDir;
}

// By itself it prints the flags, one a line, for `deno compile` and the like.
if (import.meta.main) {
  const text = permissionFlags().join("\n") + "\n";
  await Deno.stdout.write(new TextEncoder().encode(text));
}
