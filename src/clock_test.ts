import { ok, rejects, strictEqual } from "node:assert/strict";
import { systemClock } from "./clock.ts";

const DAY_MS = 24 * 3_600_000;

Deno.test("systemClock.sleep() of nothing, or less, is over at once", async () => {
  await systemClock.sleep(0);
  await systemClock.sleep(-1);
});

Deno.test("systemClock.sleep() of a moment ends, and lets go of its signal", async () => {
  const controller = new AbortController();
  await systemClock.sleep(1, controller.signal);
  controller.abort();
});

// A timer that were left behind would fail these tests.
Deno.test("systemClock.sleep() throws the reason of a signal, and leaves no timer", async () => {
  const controller = new AbortController();
  const sleep = systemClock.sleep(DAY_MS, controller.signal);
  const reason = new Error("interrupted");
  controller.abort(reason);
  await rejects(sleep, reason);
});

Deno.test("systemClock.sleep() does not begin where the signal was aborted before", async () => {
  const reason = new Error("interrupted");
  await rejects(systemClock.sleep(DAY_MS, AbortSignal.abort(reason)), reason);
  await rejects(systemClock.sleep(0, AbortSignal.abort(reason)), reason);
});

Deno.test("systemClock.sleep() of longer than a timer can be does not end at once", async () => {
  const controller = new AbortController();
  let isOver = false;
  const sleep = systemClock.sleep(30 * DAY_MS, controller.signal)
    .then(() => isOver = true);
  // A timer that overflows fires before one that was set after it.
  await systemClock.sleep(1);
  await systemClock.sleep(1);
  strictEqual(isOver, false);
  controller.abort(new Error("interrupted"));
  await rejects(sleep);
});

Deno.test("systemClock says what time it is, and how much has passed", () => {
  const before = systemClock.elapsedMs();
  ok(systemClock.now() instanceof Date);
  ok(systemClock.elapsedMs() >= before);
});
