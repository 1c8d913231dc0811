import {
  deepStrictEqual,
  match,
  ok,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { testNeeding } from "../tests/helpers/machine.ts";
import { type Program, startProgram } from "../tests/helpers/program.ts";
import { until } from "../tests/helpers/until.ts";
import {
  acquireFileLock,
  type AcquireFileLockOptions,
  FileLockError,
  type LockHolder,
} from "./file_lock.ts";

const ROOT = new URL("../", import.meta.url);
const HOLDER = new URL("tests/testdata/lock_holder.ts", ROOT);

/** For a wait that something else must end. */
const FOREVER_MS = 3_600_000;

/** Starts a process that takes the lock of a file and then holds it. */
function startHolder(...args: readonly string[]): Promise<Program> {
  return startProgram(args, {
    command: {
      executable: Deno.execPath(),
      args: [
        "run",
        "--quiet",
        "--allow-all",
        "--no-check",
        "--no-config",
        HOLDER.href,
      ],
    },
  });
}

/** Starts a process and returns when it holds the lock. */
async function holderOf(path: string): Promise<Program> {
  const holder = await startHolder(path);
  await holder.stdoutLine(/^locked$/);
  return holder;
}

function isHeld(error: unknown): boolean {
  return error instanceof FileLockError && error.reason === "held";
}

interface LockTest {
  readonly name: string;
  readonly fn: (path: string) => Promise<void>;
}

function lockTest({ name, fn }: LockTest): void {
  Deno.test(`acquireFileLock() ${name}`, () =>
    inFolder(async (path) => {
      await fn(path);
      // A wait that was given up has ended when the next one has.
      using _last = await acquireFileLock(path, { waitMs: FOREVER_MS });
    }));
}

async function inFolder(fn: (path: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await fn(`${dir}/key.lock`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Returns how often this process has the file of a path open. */
function timesOpen(path: string): number {
  return [...Deno.readDirSync("/proc/self/fd")]
    .filter(({ name }) => linkOf(`/proc/self/fd/${name}`) === path).length;
}

function linkOf(path: string): string | undefined {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return undefined; // It was closed meanwhile.
  }
}

lockTest({
  name: "makes the file, and leaves it when it lets go",
  async fn(path) {
    {
      using _lock = await acquireFileLock(path, { waitMs: 0 });
      strictEqual(Deno.statSync(path).size, 0);
    }
    const { isFile, mode } = Deno.statSync(path);
    strictEqual(isFile, true);
    if (Deno.build.os !== "windows") strictEqual((mode ?? 0) & 0o777, 0o600);
  },
});

lockTest({
  name: "takes a free lock at once, with no time to wait for it",
  async fn(path) {
    let waited = 0;
    for (let time = 0; time < 20; time++) {
      const options = { waitMs: 0, onWaiting: () => waited++ };
      using _lock = await acquireFileLock(path, options);
    }
    strictEqual(waited, 0);
  },
});

lockTest({
  name: "lets one in at a time, in one process too, in their order",
  async fn(path) {
    let inside = 0;
    let most = 0;
    const order: number[] = [];
    await Promise.all(Array.from({ length: 6 }, async (_, number) => {
      using _lock = await acquireFileLock(path, { waitMs: FOREVER_MS });
      most = Math.max(most, ++inside);
      order.push(number);
      await new Promise((resolve) => setTimeout(resolve, 2));
      inside--;
    }));
    strictEqual(most, 1);
    deepStrictEqual(order, [0, 1, 2, 3, 4, 5]);
  },
});

lockTest({
  name: "is refused what another process holds, and told who that is",
  async fn(path) {
    await using holder = await holderOf(path);
    await rejects(acquireFileLock(path, { waitMs: 0 }), (error) => {
      ok(error instanceof FileLockError);
      strictEqual(error.reason, "held");
      strictEqual(
        error.message,
        `Cannot lock "${path}": another process holds it`,
      );
      deepStrictEqual(error.holder, {
        pid: holder.pid,
        since: "2026-01-05T09:00:00.000Z",
      });
      return true;
    });
  },
});

lockTest({
  name:
    "says after a second that it waits, and gets the lock of a holder that was killed",
  async fn(path) {
    await using holder = await holderOf(path);
    const start = performance.now();
    let saidMs = 0;
    let said: LockHolder | undefined;
    const { promise: isWaiting, resolve } = Promise.withResolvers<void>();
    const locking = acquireFileLock(path, {
      waitMs: FOREVER_MS,
      onWaiting: (who) => {
        saidMs = performance.now() - start;
        said = who;
        resolve();
      },
    });
    await isWaiting;
    ok(saidMs >= 990, `said after ${saidMs} ms`);
    strictEqual(said?.pid, holder.pid);
    holder.kill("SIGKILL");
    using _lock = await locking;
    // And it is held: nobody else gets it.
    await rejects(acquireFileLock(path, { waitMs: 0 }), isHeld);
  },
});

lockTest({
  name: "leaves no lock behind when it gives up",
  async fn(path) {
    await using holder = await holderOf(path);
    await rejects(acquireFileLock(path, { waitMs: 300 }), isHeld);
    await rejects(acquireFileLock(path, { waitMs: 0 }), isHeld);
    holder.kill("SIGKILL");
    await holder.done;
    {
      using _lock = await acquireFileLock(path, { waitMs: FOREVER_MS });
    }
    await using other = await holderOf(path);
    await rejects(acquireFileLock(path, { waitMs: 0 }), isHeld);
    strictEqual((await Deno.readTextFile(path)).includes(`${other.pid}`), true);
  },
});

lockTest({
  name: "holds the file that is at the path, when it was replaced meanwhile",
  async fn(path) {
    await using first = await holderOf(path);
    let said = 0;
    const { promise: isWaiting, resolve } = Promise.withResolvers<void>();
    const locking = acquireFileLock(path, {
      waitMs: FOREVER_MS,
      onWaiting: () => {
        said++;
        resolve();
      },
    });
    await isWaiting;
    await Deno.remove(path);
    await using second = await holderOf(path);
    first.kill("SIGKILL");
    let isOurs = false;
    locking.then(() => isOurs = true, () => {});
    // The old file's lock is free now, and is worth nothing.
    if (Deno.build.os === "linux") {
      await until(() => timesOpen(path) === 2);
      strictEqual(timesOpen(`${path} (deleted)`), 0);
    }
    strictEqual(isOurs, false);
    second.kill("SIGKILL");
    using _lock = await locking;
    await rejects(acquireFileLock(path, { waitMs: 0 }), isHeld);
    strictEqual(said, 1);
  },
});

for (
  const { name, when } of [
    { name: "before it began", when: "before" },
    { name: "while it waits", when: "waiting" },
    { name: "as it says that it waits", when: "said" },
  ]
) {
  lockTest({
    name: `gives up when it is told to ${name}`,
    async fn(path) {
      await using _holder = await holderOf(path);
      const stop = new AbortController();
      const reason = new Error("enough");
      const options: AcquireFileLockOptions = {
        waitMs: FOREVER_MS,
        signal: stop.signal,
        onWaiting: () => stop.abort(reason),
      };
      if (when === "before") stop.abort(reason);
      const locking = acquireFileLock(path, options);
      if (when === "waiting") stop.abort(reason);
      await rejects(locking, (error) => error === reason);
    },
  });
}

lockTest({
  name: "lets go of a lock that it gets as it is told to give up",
  async fn(path) {
    for (let time = 0; time < 20; time++) {
      const stop = new AbortController();
      const options = { waitMs: FOREVER_MS, signal: stop.signal };
      const locking = acquireFileLock(path, options);
      stop.abort(new Error("enough"));
      await rejects(locking, /enough/);
    }
    using _lock = await acquireFileLock(path, { waitMs: FOREVER_MS });
  },
});

lockTest({
  name: "goes on waiting when another wait in this process is given up",
  async fn(path) {
    await using holder = await holderOf(path);
    const locking = acquireFileLock(path, { waitMs: FOREVER_MS });
    await rejects(acquireFileLock(path, { waitMs: 0 }), isHeld);
    holder.kill("SIGKILL");
    using _lock = await locking;
    await rejects(acquireFileLock(path, { waitMs: 0 }), isHeld);
  },
});

testNeeding(
  ["linux"],
  "acquireFileLock() does not come after a wait that was given up for a file that is gone",
  () =>
    inFolder(async (path) => {
      {
        await using _holder = await holderOf(path);
        await rejects(acquireFileLock(path, { waitMs: 0 }), isHeld);
        await Deno.remove(path);
        using _lock = await acquireFileLock(path, { waitMs: 0 });
        strictEqual(Deno.statSync(path).isFile, true);
      }
      await until(() => timesOpen(`${path} (deleted)`) === 0);
    }),
);

testNeeding(
  ["linux"],
  "acquireFileLock() keeps one wait in the kernel, however many wait and give up",
  () =>
    inFolder(async (path) => {
      {
        await using _holder = await holderOf(path);
        for (let round = 0; round < 2; round++) {
          const waiting = Promise.allSettled(
            Array.from(
              { length: 50 },
              () => acquireFileLock(path, { waitMs: 0 }),
            ),
          );
          // Once by this thread, and once by the one that is in the kernel.
          ok(timesOpen(path) <= 2, `it is open ${timesOpen(path)} times`);
          const results = await waiting;
          ok(results.every(({ status }) => status === "rejected"));
          ok(timesOpen(path) <= 2, `it is open ${timesOpen(path)} times`);
        }
      }
      using _last = await acquireFileLock(path, { waitMs: FOREVER_MS });
    }),
);

lockTest({
  name: "does not wait longer than it was told to",
  async fn(path) {
    await using _holder = await holderOf(path);
    let said = 0;
    const start = performance.now();
    await rejects(
      acquireFileLock(path, { waitMs: 300, onWaiting: () => said++ }),
      isHeld,
    );
    const tookMs = performance.now() - start;
    ok(tookMs >= 290, `gave up after ${tookMs} ms`);
    strictEqual(said, 0);
  },
});

lockTest({
  name: "says that there is no locking where there is no folder",
  async fn(path) {
    await rejects(
      acquireFileLock(`${path}.missing/key.lock`, { waitMs: 0 }),
      (error) => {
        ok(error instanceof FileLockError);
        strictEqual(error.reason, "unavailable");
        ok(error.cause instanceof Deno.errors.NotFound);
        match(error.message, /^Cannot lock ".*key\.lock": /);
        return true;
      },
    );
  },
});

for (
  const { what, make } of [
    { what: "a folder", make: (path: string) => Deno.mkdir(path) },
    {
      what: "a named pipe",
      make: async (path: string) => {
        await new Deno.Command("mkfifo", { args: [path] }).output();
      },
    },
  ]
) {
  testNeeding(
    ["posix"],
    `acquireFileLock() says that there is no locking of ${what}`,
    () =>
      inFolder(async (path) => {
        await make(path);
        await rejects(acquireFileLock(path, { waitMs: 0 }), (error) => {
          ok(error instanceof FileLockError);
          strictEqual(error.reason, "unavailable");
          match(
            error.message,
            /^Cannot lock ".*": it is a .*, not a regular file$/,
          );
          return true;
        });
      }),
  );
}

for (const text of ["", "no JSON", "null", `{"pid":"1","since":1}`, "[]"]) {
  lockTest({
    name: `makes nothing of a holder's hint of ${JSON.stringify(text)}`,
    async fn(path) {
      using _lock = await acquireFileLock(path, { waitMs: 0 });
      await Deno.writeTextFile(path, text);
      await rejects(
        acquireFileLock(path, { waitMs: 0 }),
        (error) => error instanceof FileLockError && error.holder === undefined,
      );
    },
  });
}

Deno.test("FileLock.writeHolder() writes over what an earlier holder left", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "x".repeat(500));
    const lock = await acquireFileLock(path, { waitMs: 0 });
    using _closing = lock;
    lock.writeHolder(new Date(0));
    lock.writeHolder(new Date(1_000));
    strictEqual(
      await Deno.readTextFile(path),
      `{"pid":${Deno.pid},"since":"1970-01-01T00:00:01.000Z"}\n`,
    );
  } finally {
    await Deno.remove(path);
  }
});
