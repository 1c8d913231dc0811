import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { FakeClock } from "../tests/helpers/fake_clock.ts";
import { acquireFileLock, FileLockError } from "./file_lock.ts";
import { InterruptedError, Patience, TimedOutError } from "./patience.ts";

function patienceOf(
  options: { readonly timeoutMs?: number; readonly interrupt?: AbortSignal } =
    {},
) {
  const clock = new FakeClock();
  const { timeoutMs, interrupt = new AbortController().signal } = options;
  return { clock, patience: new Patience({ clock, interrupt, timeoutMs }) };
}

Deno.test("Patience.sleep() returns at the deadline at the latest, and then not at all", async () => {
  const { clock, patience } = patienceOf({ timeoutMs: 1_500 });
  using _patience = patience;
  await patience.sleep(1_000, "looking");
  strictEqual(patience.remainingMs(), 500);
  await patience.sleep(1_000, "looking");
  strictEqual(clock.elapsedMs(), 1_500);
  await rejects(
    patience.sleep(1, "looking"),
    (error) =>
      error instanceof TimedOutError && error.code === "timed_out" &&
      error.message === "Timed out after 1.5s while looking",
  );
});

Deno.test("Patience without a limit lasts for ever", async () => {
  const { clock, patience } = patienceOf();
  using _patience = patience;
  await patience.sleep(86_400_000, "looking");
  strictEqual(patience.remainingMs(), Infinity);
  strictEqual(clock.elapsedMs(), 86_400_000);
});

Deno.test("Patience.signal is aborted at the deadline, and never after it was disposed of", async () => {
  const { clock, patience } = patienceOf({ timeoutMs: 1_000 });
  await clock.sleep(2_000);
  strictEqual(patience.signal.reason instanceof TimedOutError, true);
  strictEqual(patience.interrupt.aborted, false);
  const other = patienceOf({ timeoutMs: 1_000 });
  other.patience[Symbol.dispose]();
  await other.clock.sleep(2_000);
  strictEqual(other.patience.signal.aborted, false);
});

Deno.test("Patience ends with the reason of an interrupt", async () => {
  const controller = new AbortController();
  const { patience } = patienceOf({ interrupt: controller.signal });
  using _patience = patience;
  const reason = new InterruptedError("SIGTERM");
  controller.abort(reason);
  strictEqual(patience.signal.reason, reason);
  await rejects(patience.sleep(1_000, "looking"), reason);
});

Deno.test("Patience.poll() reads until it is done, with pauses between", async () => {
  const { clock, patience } = patienceOf();
  using _patience = patience;
  const times: number[] = [];
  const value = await patience.poll<string>((time) => {
    times.push(time);
    return Promise.resolve(
      time === 3
        ? { isDone: true, value: "seen" }
        : { isDone: false, pause: { ms: 400, doing: "looking" } },
    );
  });
  strictEqual(value, "seen");
  deepStrictEqual(times, [1, 2, 3]);
  strictEqual(clock.elapsedMs(), 800);
});

Deno.test("Patience.poll() still reads once where no time is left, and as often as it need not pause", async () => {
  const { clock, patience } = patienceOf({ timeoutMs: 1_000 });
  using _patience = patience;
  await clock.sleep(5_000);
  let times = 0;
  const reading = patience.poll<void>((time) => {
    times = time;
    return Promise.resolve(
      time < 3
        ? { isDone: false }
        : { isDone: false, pause: { ms: 400, doing: "looking" } },
    );
  });
  await rejects(reading, TimedOutError);
  strictEqual(times, 3);
});

Deno.test("Patience.within() gives what it does a moment after the deadline, and no more", async () => {
  const { clock, patience } = patienceOf({ timeoutMs: 1_000 });
  using _patience = patience;
  const reason = new Error("too late");
  await rejects(
    patience.within(async (signal) => {
      await clock.sleep(10_000, signal);
    }, { graceMs: 500, reason: () => reason }),
    reason,
  );
  strictEqual(clock.elapsedMs(), 1_500);
  strictEqual(await patience.within(() => Promise.resolve("seen")), "seen");
});

Deno.test("Patience.fileLock() waits no longer than is left, nor than its own limit", async () => {
  for (
    const { timeoutMs, limitMs, wanted } of [
      { timeoutMs: 3_000, limitMs: undefined, wanted: 3_000 },
      { timeoutMs: 3_000, limitMs: 1_000, wanted: 1_000 },
      { timeoutMs: undefined, limitMs: undefined, wanted: Infinity },
    ]
  ) {
    const { patience } = patienceOf(
      timeoutMs === undefined ? {} : { timeoutMs },
    );
    using _patience = patience;
    const held = new FileLockError("/lock", "held");
    const locking = patience.fileLock(({ waitMs }) => {
      strictEqual(waitMs, wanted);
      return Promise.reject(held);
    }, { doing: "locking", limitMs });
    await rejects(
      locking,
      (error) => error instanceof TimedOutError && error.cause === held,
    );
  }
});

Deno.test("Patience.fileLock() passes on that there is no locking, and the lock that it gets", async () => {
  const { patience } = patienceOf();
  using _patience = patience;
  const unavailable = new FileLockError("/lock", "unavailable");
  const doing = "locking";
  await rejects(
    patience.fileLock(() => Promise.reject(unavailable), { doing }),
    unavailable,
  );
  const path = await Deno.makeTempFile();
  const held = await acquireFileLock(path, { waitMs: 0 });
  using _held = held;
  const lock = await patience.fileLock(() => Promise.resolve(held), { doing });
  strictEqual(lock, held);
  await Deno.remove(path);
});
