import { type Program, startProgram } from "./program.ts";

/** Options for {@linkcode BareRoot.start}. */
export interface BareRootOptions {
  /** The whole environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether `/proc` is mounted. */
  readonly hasProc?: boolean;
}

/** Whom the program runs as: a user that no file knows of. */
const USER = 12_345;

/** By its path: the program is to have no PATH. */
const CHROOT = "/usr/sbin/chroot";

/**
 * A root file system made by hand, with an executable, the libraries that it
 * is linked with, and nothing else: no shell, no `/tmp`, no `/etc`, no user.
 *
 * Programs see it read-only but for `jobs`, if something is mounted there; they
 * are process 1 of their own, and have no terminal.
 */
export class BareRoot implements AsyncDisposable {
  readonly path: string;
  /** What the executable is linked with, by path. */
  readonly libraries: readonly string[];

  private constructor(path: string, libraries: readonly string[]) {
    this.path = path;
    this.libraries = libraries;
  }

  /** Returns a root for an executable. */
  static async create(executable: string): Promise<BareRoot> {
    const root = await Deno.makeTempDir();
    await Deno.chmod(root, 0o755);
    for (const folder of ["proc", "jobs"]) {
      await Deno.mkdir(`${root}/${folder}`);
    }
    await Deno.copyFile(executable, `${root}/vers`);
    const libraries = await linkedWith(executable);
    for (const library of libraries) {
      const folder = library.slice(0, library.lastIndexOf("/"));
      await Deno.mkdir(root + folder, { recursive: true });
      await Deno.copyFile(library, root + library);
    }
    return new BareRoot(root, libraries);
  }

  /** Starts the program in it. */
  start(
    args: readonly string[],
    options: BareRootOptions = {},
  ): Promise<Program> {
    const { env = {}, hasProc = true } = options;
    const variables = Object.entries(env).map(([name, value]) =>
      `${name}=${value}`
    );
    const script = [
      'mount --rbind "$0" "$0"',
      'mount -o remount,ro,bind "$0"',
      hasProc ? 'mount -t proc proc "$0/proc"' : ":",
      'exec "$@"',
    ].join(" && ");
    return startProgram(args, {
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
      command: {
        executable: "unshare",
        args: [
          ...["--mount", "--pid", "--fork", "--kill-child"],
          ...["sh", "-c", script, this.path, "env", "-i", ...variables],
          ...[CHROOT, `--userspec=${USER}:${USER}`, this.path, "/vers"],
        ],
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Returns what the loader says an executable needs, but for the kernel's own. */
async function linkedWith(executable: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("ldd", { args: [executable] })
    .output();
  const paths = new TextDecoder().decode(stdout).match(/\/\S+(?= \(0x)/g);
  return [...paths ?? []];
}
