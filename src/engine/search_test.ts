import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { submittedJob } from "../../tests/helpers/sample_job.ts";
import { requestTimes } from "./search.ts";

const NINE = Date.parse("2026-01-05T09:00:00.000Z");
const WINDOW = { confirmWindowMs: 75_000, skewMs: 0 };

/** The times of a job, in seconds from nine o'clock. */
function seconds(
  fields: Parameters<typeof submittedJob>[0],
  options = WINDOW,
) {
  const { from, until } = requestTimes(submittedJob(fields), options);
  return [(from - NINE) / 1_000, (until - NINE) / 1_000];
}

Deno.test("requestTimes() goes by the server's clock, with 2 s to spare on either side", () => {
  deepStrictEqual(seconds({ server_at: "2026-01-05T09:10:00Z" }), [598, 677]);
});

Deno.test("requestTimes() without the server's clock takes ours, set right by what it is now", () => {
  deepStrictEqual(seconds({}), [-2, 77]);
  deepStrictEqual(seconds({}, { ...WINDOW, skewMs: -60_000 }), [-62, 17]);
});

Deno.test("requestTimes() of a second send ends a confirm window after that", () => {
  const server_at = "2026-01-05T09:10:00Z";
  const sent_at = "2026-01-05T09:02:00Z";
  const second = { server_at, sent_at, sends: 2 };
  deepStrictEqual(seconds(second), [598, 600 + 120 + 77]);
});

Deno.test("requestTimes() of a second send does not believe a clock that stepped back", () => {
  const server_at = "2026-01-05T09:10:00Z";
  const sent_at = "2026-01-05T08:00:00Z";
  const [, until] = seconds({ server_at, sent_at, sends: 2 });
  strictEqual(until, 600 + 75 + 77);
});
