import { strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { type NextLook, untilNextLook } from "./look.ts";

/** No jitter at all lies in the middle. */
const MIDDLE = 0.5;

function pauseMs({ random, ...next }: NextLook & { random: number }): number {
  return untilNextLook({ engine: { random: () => random } }, next);
}

for (
  const { looks, ms } of [
    { looks: 1, ms: 500 },
    { looks: 2, ms: 750 },
    { looks: 3, ms: 1_125 },
    { looks: 6, ms: 3_796.875 },
    { looks: 7, ms: 5_000 },
    { looks: 8, ms: 5_000 },
    { looks: 100_000, ms: 5_000 },
  ]
) {
  Deno.test(`untilNextLook() after look ${looks} is ${ms} ms, without jitter`, () => {
    strictEqual(pauseMs({ looks, random: MIDDLE }), ms);
  });
}

for (
  const { name, options, ms } of [
    { name: "takes a fifth off at least", options: { random: 0 }, ms: 400 },
    {
      name: "keeps the user's interval without jitter",
      options: { random: 0, intervalMs: 2_000 },
      ms: 2_000,
    },
    {
      name: "waits as long as the server asks for",
      options: { retryAfterMs: 7_000 },
      ms: 7_000,
    },
    {
      name: "waits no less than its own time",
      options: { retryAfterMs: 100 },
      ms: 500,
    },
    {
      name: "waits a minute for the server at most",
      options: { retryAfterMs: 3_600_000 },
      ms: 60_000,
    },
    {
      name: "waits longer than the user's interval when the server asks for it",
      options: { retryAfterMs: 7_000, intervalMs: 200 },
      ms: 7_000,
    },
    {
      name: "keeps a user's interval of more than a minute",
      options: { retryAfterMs: 90_000, intervalMs: 120_000 },
      ms: 120_000,
    },
  ]
) {
  Deno.test(`untilNextLook() ${name}`, () => {
    strictEqual(pauseMs({ looks: 1, random: MIDDLE, ...options }), ms);
  });
}

Deno.test("untilNextLook() stays within a fifth of 500 ms to 5 s", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (looks, random) => {
        const ms = pauseMs({ looks, random });
        const grown = pauseMs({ looks, random: MIDDLE });
        strictEqual(ms >= 400 && ms <= 6_000, true);
        strictEqual(Math.abs(ms - grown) <= grown * 0.2 + 1e-9, true);
      },
    ),
  );
});
