import {
  deepStrictEqual,
  match,
  notStrictEqual,
  strictEqual,
} from "node:assert/strict";
import { ROOT } from "../release/root.ts";
import { ReleaseFolder } from "./release_folder.ts";

const TARGET = Deno.build.target;

/** Whether this is Windows. */
export const IS_WINDOWS = Deno.build.os === "windows";

/** The installer for this system. */
export const INSTALLER = IS_WINDOWS ? "install.ps1" : "install.sh";

/** What is installed. */
export const EXECUTABLE = IS_WINDOWS ? "vers.exe" : "vers";

/** What is downloaded for this machine. */
export const PACKED = `${EXECUTABLE.replace("vers", `vers-${TARGET}`)}.gz`;

/** Programs that stand in for two releases: they run, and say a version. */
const PROGRAMS = IS_WINDOWS
  ? {
    "0.1.0": Deno.readFileSync("C:\\Windows\\System32\\tar.exe"),
    "0.2.0": Deno.readFileSync("C:\\Windows\\System32\\curl.exe"),
  }
  : {
    "0.1.0": "#!/bin/sh\necho vers 0.1.0\n",
    "0.2.0": "#!/bin/sh\necho vers 0.2.0\n",
  };

/** Windows' own, but for `VERS_POWERSHELL=pwsh`. */
const POWERSHELL = Deno.env.get("VERS_POWERSHELL") || "powershell";

/** What PowerShell needs of its environment. */
const WINDOWS_VARIABLES = [
  "ComSpec",
  "OS",
  "PATHEXT",
  "PROCESSOR_ARCHITECTURE",
  "ProgramFiles",
  "SystemDrive",
  "SystemRoot",
  "TEMP",
  "TMP",
  "windir",
];

/** A machine without vers, and a host that has two releases of it. */
export class Installation implements AsyncDisposable {
  readonly host: ReleaseFolder;
  readonly home: string;
  readonly env: Record<string, string>;

  private constructor(host: ReleaseFolder, home: string) {
    this.host = host;
    this.home = home;
    this.env = {
      HOME: home,
      USERPROFILE: home,
      VERS_RELEASES_URL: host.url,
    };
    for (const name of ["PATH", ...(IS_WINDOWS ? WINDOWS_VARIABLES : [])]) {
      const value = Deno.env.get(name);
      if (value) this.env[name] = value;
    }
  }

  /** Returns a machine of its own. */
  static async prepare(): Promise<Installation> {
    const host = await ReleaseFolder.serve();
    await host.add("0.1.0", { [TARGET]: PROGRAMS["0.1.0"] });
    await host.add("0.2.0", { [TARGET]: PROGRAMS["0.2.0"] });
    const home = await Deno.realPath(await Deno.makeTempDir());
    return new Installation(host, home);
  }

  /** The folder that is installed to when nothing else is said. */
  get folder(): string {
    return `${this.home}/.local/bin`;
  }

  /** Returns the program that is installed, byte for byte. */
  program(folder = this.folder): Uint8Array | undefined {
    try {
      return Deno.readFileSync(`${folder}/${EXECUTABLE}`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Returns all that is in the home folder, by name. */
  names(folder = this.home, prefix = ""): string[] {
    return [...Deno.readDirSync(folder)].flatMap((entry) => {
      const name = `${prefix}${entry.name}`;
      if (!entry.isDirectory) return [name];
      return this.names(`${folder}/${entry.name}`, `${name}/`);
    });
  }

  /** Installs; with `script`, by what a shell reads from its stdin. */
  async install(
    env: Readonly<Record<string, string>> = {},
    options: { script?: string; wrapper?: readonly string[] } = {},
  ) {
    const { script, wrapper = [] } = options;
    const [command = "", ...args] = IS_WINDOWS
      ? [
        ...[POWERSHELL, "-NoProfile", "-ExecutionPolicy", "Bypass"],
        ...["-File", `${ROOT}install/install.ps1`],
      ]
      : script === undefined
      ? [...wrapper, "/bin/sh", `${ROOT}install/install.sh`]
      : [...wrapper, "/bin/sh"];
    const child = new Deno.Command(command, {
      args,
      cwd: this.home,
      clearEnv: true,
      env: { ...this.env, ...env },
      stdin: script === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (script !== undefined) {
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(script)).catch(() => {});
      await writer.close().catch(() => {}); // It need not read to the end.
    }
    const { code, stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    return {
      code,
      stdout: decoder.decode(stdout),
      stderr: decoder.decode(stderr),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
    await Deno.remove(this.home, { recursive: true });
  }
}

/** Returns the program of one of the two releases. */
export function bytesOf(version: keyof typeof PROGRAMS): Uint8Array {
  const program = PROGRAMS[version];
  return typeof program === "string"
    ? new TextEncoder().encode(program)
    : program;
}

/** Asserts that nothing was installed, nothing is left, and why is said. */
export function assertRefused(
  installation: Installation,
  result: { code: number; stdout: string; stderr: string },
  why: RegExp,
): void {
  match(result.stderr, why);
  match(result.stderr, /^error: .*\nhint: /ms);
  notStrictEqual(result.code, 0);
  strictEqual(result.stdout, "");
  deepStrictEqual(installation.names(), []);
}
