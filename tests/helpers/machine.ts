const IS_WINDOWS = Deno.build.os === "windows";

/**
 * What some tests need of the machine they run on: a kind of system or of
 * user, a right, a tool by its name, or the executable that is under test.
 */
export type Need =
  | "binary"
  | "downloader"
  | "linux"
  | "localhost"
  | "modes"
  | "mount"
  | "posix"
  | "root"
  | "snapshots"
  | "source"
  | "strace"
  | "terminal"
  | "windows"
  | `tool:${string}`;

/**
 * Defines a test that is left out where a need is not met, and then says why:
 * `deno task test` ends with what was left out, by these words.
 */
export function testNeeding(
  needs: readonly Need[],
  name: string,
  fn: (t: Deno.TestContext) => void | Promise<void>,
): void {
  Deno.test({ ...needing(needs, name), fn });
}

/** Returns the name that a test has here, and whether it is left out. */
export function needing(
  needs: readonly Need[],
  name: string,
): { name: string; ignore: boolean } {
  return unlessMissing(name, needs.map(whyMissing).find(Boolean));
}

/** The same for what only the test itself can tell: why it cannot run here. */
export function unlessMissing(
  name: string,
  why: string | undefined,
): { name: string; ignore: boolean } {
  return why === undefined
    ? { name, ignore: false }
    : { name: `${name} (skipped: ${why})`, ignore: true };
}

/** Whether tests are run by root, to whom modes mean nothing. */
export const isRoot = Deno.build.os !== "windows" && Deno.uid() === 0;

/**
 * Returns the words before a command that take from root what no other user
 * has: the right to pass over modes. A user who is not root needs none.
 */
export function asOneOfMany(): string[] {
  return isRoot
    ? [
      "setpriv",
      "--bounding-set=-dac_override,-dac_read_search,-fowner",
      "--inh-caps=-all",
    ]
    : [];
}

/** Returns the words before a command to which a folder cannot be written. */
export function withReadOnly(folder: string): string[] {
  const script = 'mount --bind "$0" "$0" && ' +
    'mount -o remount,ro,bind "$0" && exec "$@"';
  return ["unshare", "--mount", "sh", "-c", script, folder];
}

/** Lets a process that runs make no file longer than so many bytes. */
export function limitFileSize(pid: number, bytes: number): void {
  run("prlimit", [`--pid=${pid}`, `--fsize=${bytes}`]);
}

/** A small file system of its own, as long as it is not disposed of. */
export class SmallDisk implements Disposable {
  readonly path: string;

  /** Mounts one of `size` bytes over an empty folder. */
  constructor(path: string, size: number) {
    const options = `size=${size},mode=0700`;
    run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]);
    this.path = path;
  }

  /** Takes every block that is still free. */
  fill(): void {
    using file = Deno.openSync(`${this.path}/filler`, {
      write: true,
      create: true,
    });
    const block = new Uint8Array(4096);
    try {
      for (;;) file.writeSync(block);
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  /** Gives back what {@linkcode fill} took. */
  free(): void {
    Deno.removeSync(`${this.path}/filler`);
  }

  [Symbol.dispose](): void {
    run("umount", ["--lazy", this.path]);
  }
}

const ENOSPC = 28;

function isFull(error: unknown): boolean {
  return error instanceof Error && error.message.includes(`error ${ENOSPC}`);
}

const reasons = new Map<Need, string | undefined>();

/** Returns why a need is not met here. */
export function whyMissing(need: Need): string | undefined {
  if (!reasons.has(need)) reasons.set(need, findWhyMissing(need));
  return reasons.get(need);
}

function findWhyMissing(need: Need): string | undefined {
  const { os } = Deno.build;
  const unless = (isMet: boolean, why: string) => isMet ? undefined : why;
  switch (need) {
    case "binary":
      return unless(isBinary(), "VERS_BINARY names no executable");
    case "source":
      return unless(!isBinary(), "VERS_BINARY names an executable");
    case "downloader":
      return unless(
        IS_WINDOWS || DOWNLOADERS.some(findTool),
        `there is no ${DOWNLOADERS.join(", ")}`,
      );
    case "localhost":
      return unless(canListen("localhost"), "this machine has no localhost");
    case "linux":
      return unless(os === "linux", "it is for Linux");
    case "windows":
      return unless(IS_WINDOWS, "it is for Windows");
    case "posix":
      return unless(!IS_WINDOWS, "it is not for Windows");
    case "modes":
      if (IS_WINDOWS) return "Windows has no modes";
      return unless(
        !isRoot || works("setpriv", ["--version"]),
        "root needs setpriv for it",
      );
    case "root":
      return unless(isRoot, "it needs root");
    case "mount":
      return unless(
        isRoot && os === "linux" && works("unshare", MOUNT),
        "it needs root, and the right to mount",
      );
    case "snapshots":
      // An older Deno only must run the program.
      return unless(
        isDenoSince(2, 9),
        "snapshots are compared by Deno 2.9 and later",
      );
    case "strace":
      return unless(
        os === "linux" && works("strace", ["-f", "-o", "/dev/null", "true"]),
        "it needs strace, and the right to trace",
      );
    case "terminal":
      // Elsewhere, script(1) takes other flags.
      return unless(
        os === "linux" && works("script", ["-qec", "true", "/dev/null"]),
        "it needs script(1) of util-linux, and a terminal to open",
      );
    default:
      return whyNoTool(need.slice("tool:".length));
  }
}

/** What install.sh downloads by, the one that it likes best first. */
export const DOWNLOADERS = ["curl", "wget", "node", "python3"];

const MOUNT = ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"];

function canListen(hostname: string): boolean {
  try {
    Deno.listen({ hostname, port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

function isDenoSince(major: number, minor: number): boolean {
  const [ours = 0, ours2 = 0] = Deno.version.deno.split(".").map(Number);
  return ours > major || (ours === major && ours2 >= minor);
}

function isBinary(): boolean {
  return Boolean(Deno.env.get("VERS_BINARY"));
}

function whyNoTool(tool: string): string | undefined {
  return findTool(tool) === undefined ? `there is no ${tool}` : undefined;
}

/**
 * Returns where a tool is: the system's own, else the one in the PATH, where it
 * may be a script that needs more than itself.
 */
export function findTool(tool: string): string | undefined {
  const path = (Deno.env.get("PATH") ?? "").split(IS_WINDOWS ? ";" : ":");
  const folders = IS_WINDOWS ? path : ["/usr/bin", "/bin", ...path];
  const names = IS_WINDOWS ? [`${tool}.exe`, `${tool}.cmd`] : [tool];
  return folders.flatMap((folder) => names.map((name) => `${folder}/${name}`))
    .find(isFile);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function works(command: string, args: readonly string[]): boolean {
  try {
    return output(command, args).success;
  } catch {
    return false;
  }
}

function run(command: string, args: readonly string[]): void {
  const { success, stderr } = output(command, args);
  if (success) return;
  const why = new TextDecoder().decode(stderr).trimEnd();
  throw new Error(`Cannot ${command} ${args.join(" ")}: ${why}`);
}

function output(command: string, args: readonly string[]) {
  return new Deno.Command(command, { args: [...args] }).outputSync();
}
