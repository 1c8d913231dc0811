/** What some tests need of the machine they run on. */
export type Need =
  | "linux"
  | "root"
  | "mount"
  | "strace"
  | "modes"
  | "prlimit";

/** Defines a test that, where a need is not met, is skipped and says why. */
export function testNeeding(
  needs: readonly Need[],
  name: string,
  fn: (t: Deno.TestContext) => Promise<void>,
): void {
  const missing = needs.map(whyMissing).find((why) => why !== undefined);
  Deno.test({
    name: missing === undefined ? name : `${name} (skipped: ${missing})`,
    ignore: missing !== undefined,
    fn,
  });
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

function whyMissing(need: Need): string | undefined {
  const { os } = Deno.build;
  switch (need) {
    case "linux":
      return os === "linux" ? undefined : "it is for Linux";
    case "modes":
      if (os === "windows") return "Windows has no modes";
      return isRoot && !works("setpriv", ["--version"])
        ? "root needs setpriv for it"
        : undefined;
    case "root":
      return isRoot ? undefined : "it needs root";
    case "mount":
      return isRoot && os === "linux" && works("unshare", MOUNT)
        ? undefined
        : "it needs root, and the right to mount";
    case "prlimit":
      return os === "linux" && works("prlimit", ["--version"])
        ? undefined
        : "it needs prlimit, of Linux";
    case "strace":
      return os === "linux" &&
          works("strace", ["-f", "-o", "/dev/null", "true"])
        ? undefined
        : "it needs strace, and the right to trace";
  }
}

const MOUNT = ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"];

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
