import { rejects, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { systemClock } from "../clock.ts";
import { RequestLimit } from "./request_limit.ts";
import {
  detailOf,
  readBytes,
  retryAfterMsOf,
  serverTimeOf,
} from "./response.ts";

for (
  const { name, text, detail } of [
    {
      name: "ErrorResponse",
      text: `{"error":"no","success":false}`,
      detail: "no",
    },
    { name: "a message", text: `{"message":"no"}`, detail: "no" },
    {
      name: "the hybrid of branch",
      text: `{"vms":[],"error":"parent vm not found"}`,
      detail: "parent vm not found",
    },
    { name: "a string of JSON", text: `"no"`, detail: "no" },
    {
      name: "JSON without words",
      text: `{"success":false}`,
      detail: `{"success":false}`,
    },
    { name: "plain text", text: "403 Forbidden\n", detail: "403 Forbidden" },
    { name: "several lines", text: "one\r\n\ttwo\n", detail: "one two" },
    { name: "nothing", text: "", detail: "" },
    { name: "a page", text: " <html><h1>502</h1></html>", detail: "" },
    {
      name: "what a terminal would obey",
      text: "a\u001b[2Jb\u0007\u009bc\u202ed",
      detail: "a [2Jb c d",
    },
    { name: "300 characters", text: "é".repeat(300), detail: "é".repeat(300) },
    {
      name: "301 characters",
      text: "🙂".repeat(301),
      detail: "🙂".repeat(299) + "…",
    },
  ]
) {
  Deno.test(`detailOf() of ${name}`, () => {
    strictEqual(detailOf(text), detail);
  });
}

Deno.test("detailOf() is one short line, whatever the text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const detail = detailOf(text);
    // deno-lint-ignore no-control-regex
    return !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(detail) &&
      [...detail].length <= 300;
  }));
});

const NOW = new Date("2026-01-05T09:00:00Z");
const DATE = "Mon, 05 Jan 2026 10:00:00 GMT";

for (
  const { name, headers, ms } of [
    { name: "no header", headers: {}, ms: undefined },
    { name: "seconds", headers: { "retry-after": "2" }, ms: 2_000 },
    { name: "0", headers: { "retry-after": "0" }, ms: 0 },
    {
      name: "a date, by our clock",
      headers: { "retry-after": "Mon, 05 Jan 2026 09:00:07 GMT" },
      ms: 7_000,
    },
    {
      name: "a date, by the service's clock",
      headers: {
        "retry-after": "Mon, 05 Jan 2026 10:00:07 GMT",
        "date": DATE,
      },
      ms: 7_000,
    },
    {
      name: "a date that is over",
      headers: { "retry-after": "Mon, 05 Jan 2026 08:00:00 GMT" },
      ms: 0,
    },
    { name: "-1", headers: { "retry-after": "-1" }, ms: undefined },
    { name: "1.5", headers: { "retry-after": "1.5" }, ms: undefined },
    { name: "soon", headers: { "retry-after": "soon" }, ms: undefined },
  ] satisfies readonly {
    readonly name: string;
    readonly headers: Record<string, string>;
    readonly ms: number | undefined;
  }[]
) {
  Deno.test(`retryAfterMsOf() of ${name} is ${ms}`, () => {
    strictEqual(retryAfterMsOf(new Response(null, { headers }), NOW), ms);
  });
}

Deno.test("serverTimeOf() reads the header Date, if it is one", () => {
  const withDate = (date: string) => new Response(null, { headers: { date } });
  strictEqual(
    serverTimeOf(withDate(DATE))?.toISOString(),
    "2026-01-05T10:00:00.000Z",
  );
  strictEqual(serverTimeOf(withDate("today")), undefined);
  strictEqual(serverTimeOf(new Response()), undefined);
});

for (
  const { maxBytes, why } of [
    { maxBytes: 64 * 1024, why: "it is over 64 KiB" },
    { maxBytes: 2 * 1024 * 1024, why: "it is over 2 MiB" },
  ]
) {
  Deno.test(`readBytes() says that a body of another byte has too much: ${why}`, async () => {
    const limit = new RequestLimit(systemClock, { limitMs: 5_000 });
    using _limit = limit;
    const read = (length: number) =>
      readBytes(new Response(new Uint8Array(length)), limit, maxBytes);
    strictEqual((await read(maxBytes)).length, maxBytes);
    await rejects(read(maxBytes + 1), {
      name: "BodyTooLargeError",
      message: why,
    });
  });
}
