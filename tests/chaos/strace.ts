/** A system call at which a program is to be killed, before it is made. */
export interface CallPoint {
  readonly call: string;
  /** Only calls about this file count; without it, all of the main thread. */
  readonly path?: string;
  /** Which of them: 1 is the first. */
  readonly nth: number;
}

/** One system call that a program made. */
export interface TracedCall {
  readonly thread: number;
  readonly call: string;
  readonly path: string;
  /** How many calls of this name the thread has made by then, this included. */
  readonly nth: number;
  /** The same, of those about the same file. */
  readonly nthOnPath: number;
  /** What it returned; `undefined` when the program did not live to see it. */
  result: number | undefined;
}

/** The calls by which a program changes files or locks them. */
const FILE_CALLS = [
  "openat",
  "write",
  "close",
  "fdatasync",
  "fsync",
  "ftruncate",
  "flock",
  "rename",
];

/** Returns the words before a command that is killed at a point. */
export function killingAt(point: CallPoint): string[] {
  const { call, path, nth } = point;
  return [
    ...strace("/dev/null", [call]),
    ...(path === undefined ? [] : ["-P", path]),
    "-e",
    `inject=${call}:signal=SIGKILL:when=${nth}`,
  ];
}

/** Returns the words before a command whose calls are written to `log`. */
export function tracingTo(log: string): string[] {
  return strace(log, FILE_CALLS);
}

function strace(log: string, calls: readonly string[]): string[] {
  const trace = `trace=${calls.join(",")}`;
  return ["strace", "-f", "-qq", "-y", "-s", "0", "-o", log, "-e", trace];
}

const CALL = /^(\d+) +(\w+)\((.*)$/;
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>(.*)$/;
const QUOTED = /"([^"]*)"/;
const DESCRIPTOR = /^\d+<([^>]*)>/;
const RESULT = /\) += (-?\d+)/;

/** Returns the calls of a log, in the order in which they began. */
export function parseTrace(log: string): TracedCall[] {
  const calls: TracedCall[] = [];
  const counts = new Map<string, number>();
  const count = (key: string) => {
    const counted = (counts.get(key) ?? 0) + 1;
    counts.set(key, counted);
    return counted;
  };
  for (const line of log.split("\n")) {
    const resumed = RESUMED.exec(line);
    if (resumed) {
      const open = calls.findLast((each) =>
        each.thread === Number(resumed[1]) && each.call === resumed[2]
      );
      if (open) open.result = resultIn(resumed[3] ?? "");
      continue;
    }
    const [, thread, call, rest = ""] = CALL.exec(line) ?? [];
    if (thread === undefined || call === undefined) continue;
    const path = (DESCRIPTOR.exec(rest) ?? QUOTED.exec(rest))?.[1] ?? "";
    calls.push({
      thread: Number(thread),
      call,
      path,
      nth: count(`${thread} ${call}`),
      nthOnPath: count(`${thread} ${call} ${path}`),
      result: resultIn(rest),
    });
  }
  return calls;
}

function resultIn(text: string): number | undefined {
  const result = RESULT.exec(text)?.[1];
  return result === undefined ? undefined : Number(result);
}

/**
 * Returns how many bytes of a file are surely there after a power cut, given
 * how long it was when the calls began; 0 also where its name may be lost.
 */
export function durableSize(
  calls: readonly TracedCall[],
  path: string,
  sizeBefore: number,
): number {
  const folder = path.slice(0, path.lastIndexOf("/"));
  let size = sizeBefore;
  let synced = sizeBefore;
  let isNamed = sizeBefore > 0;
  for (const { call, path: about, result } of calls) {
    if (result === undefined || result < 0) continue;
    if (call === "fsync" && about === folder) isNamed = true;
    if (about !== path) continue;
    if (call === "write") size += result;
    if (call === "fdatasync" || call === "fsync") synced = size;
  }
  return isNamed ? synced : 0;
}

/** Whether this machine has strace, and lets programs be traced. */
export function canTrace(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const args = ["-f", "-o", "/dev/null", "true"];
    return new Deno.Command("strace", { args }).outputSync().success;
  } catch {
    return false;
  }
}
