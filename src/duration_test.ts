import { strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { formatAge, parseDuration } from "./duration.ts";

const YEARS_100_MS = 100 * 365.25 * 24 * 60 * 60 * 1_000;

for (
  const { text, ms } of [
    { text: "0", ms: 0 },
    { text: "0s", ms: 0 },
    { text: "250ms", ms: 250 },
    { text: "90s", ms: 90_000 },
    { text: "10m", ms: 600_000 },
    { text: "1m1ms", ms: 60_001 },
    { text: "1h30m", ms: 5_400_000 },
    { text: "1.5h", ms: 5_400_000 },
    { text: "1.1s", ms: 1_100 },
    { text: "7d", ms: 604_800_000 },
    { text: "0.0001ms", ms: 1 },
    { text: "36525d", ms: YEARS_100_MS },
    { text: "36525d1ms", ms: undefined },
    { text: "9".repeat(400) + "d", ms: undefined },
    { text: "", ms: undefined },
    { text: "10", ms: undefined },
    { text: "00", ms: undefined },
    { text: "1,5h", ms: undefined },
    { text: "1.h", ms: undefined },
    { text: ".5h", ms: undefined },
    { text: "-1s", ms: undefined },
    { text: "+1s", ms: undefined },
    { text: "1 h", ms: undefined },
    { text: "1h ", ms: undefined },
    { text: "1h\n", ms: undefined },
    { text: "1H", ms: undefined },
    { text: "1w", ms: undefined },
    { text: "1e3s", ms: undefined },
    { text: "s", ms: undefined },
    { text: "Infinity", ms: undefined },
  ]
) {
  const name = text.length > 40 ? `${text.length} characters` : text;
  Deno.test(`parseDuration() of ${JSON.stringify(name)} is ${ms}`, () => {
    strictEqual(parseDuration(text), ms);
  });
}

for (
  const { ms, text } of [
    { ms: 0, text: "0s" },
    { ms: 999, text: "0s" },
    { ms: 12_999, text: "12s" },
    { ms: 59_999, text: "59s" },
    { ms: 60_000, text: "1m" },
    { ms: 250_000, text: "4m10s" },
    { ms: 3_599_999, text: "59m59s" },
    { ms: 3_600_000, text: "1h" },
    { ms: 7_559_000, text: "2h5m" },
    { ms: 86_399_000, text: "23h59m" },
    { ms: 97_200_000, text: "1d3h" },
    { ms: 31_536_000_000, text: "365d" },
    { ms: -5_000, text: "0s" },
  ]
) {
  Deno.test(`formatAge() of ${ms} ms is ${text}`, () => {
    strictEqual(formatAge(ms), text);
  });
}

Deno.test("formatAge() is a duration, and not far below the age", () => {
  fc.assert(fc.property(fc.nat(YEARS_100_MS), (ms) => {
    const read = parseDuration(formatAge(ms)) ?? NaN;
    const day = 86_400_000;
    const precision = ms >= day ? day / 24 : ms >= day / 24 ? 60_000 : 1_000;
    return read <= ms && ms - read < precision;
  }));
});

Deno.test("parseDuration() gives a number that can be slept, or none", () => {
  fc.assert(fc.property(fc.stringMatching(/^[0-9.dhms]{0,12}$/), (text) => {
    const ms = parseDuration(text);
    return ms === undefined ||
      Number.isInteger(ms) && ms >= 0 && ms <= YEARS_100_MS;
  }));
});
