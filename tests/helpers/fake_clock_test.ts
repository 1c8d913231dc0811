import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { FakeClock } from "./fake_clock.ts";

Deno.test("FakeClock lets an hour pass by sleeping through it", async () => {
  const clock = new FakeClock({ start: "2026-01-05T09:00:00.000Z" });
  await clock.sleep(3_600_000);
  strictEqual(clock.now().toISOString(), "2026-01-05T10:00:00.000Z");
  strictEqual(clock.elapsedMs(), 3_600_000);
  deepStrictEqual(clock.sleeps, [3_600_000]);
});

Deno.test("FakeClock ends sleeps in the order of their ends, at their times", async () => {
  const clock = new FakeClock();
  const seen: [string, number][] = [];
  async function sleep(name: string, ms: number) {
    await clock.sleep(ms);
    seen.push([name, clock.elapsedMs()]);
  }
  await Promise.all([sleep("long", 500), sleep("short", 20)]);
  deepStrictEqual(seen, [["short", 20], ["long", 500]]);
});

Deno.test("FakeClock cuts a sleep short by its signal, and no time passes", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const sleeping = clock.sleep(60_000, stop.signal);
  stop.abort(new Error("enough"));
  await rejects(sleeping, /enough/);
  await rejects(clock.sleep(1, stop.signal), /enough/);
  strictEqual(clock.elapsedMs(), 0);
  deepStrictEqual(clock.sleeps, []);
});

Deno.test("FakeClock steps the wall clock and nothing else", async () => {
  const clock = new FakeClock({ start: "2026-01-05T09:00:00.000Z" });
  clock.stepWall(-60_000);
  await clock.sleep(0);
  strictEqual(clock.now().toISOString(), "2026-01-05T08:59:00.000Z");
  strictEqual(clock.elapsedMs(), 0);
});

Deno.test("FakeClock stands still when told to, until it is moved", async () => {
  const clock = new FakeClock({ autoAdvance: false });
  let isAwake = false;
  const sleeping = clock.sleep(1_000).then(() => isAwake = true);
  clock.advance(999);
  await new Promise((resolve) => setTimeout(resolve, 5));
  strictEqual(isAwake, false);
  clock.advance(1);
  await sleeping;
  strictEqual(clock.elapsedMs(), 1_000);
});

Deno.test("FakeClock calls onAdvance before those who slept go on", async () => {
  const clock = new FakeClock();
  const order: string[] = [];
  clock.onAdvance = () => order.push("advanced");
  await clock.sleep(5);
  order.push("awake");
  deepStrictEqual(order, ["advanced", "awake"]);
});
