import fc from "fast-check";
import { JOB_KINDS, type JobRecord } from "../../src/job/record.ts";
import { ACCOUNT, BASE, KEY } from "./entries.ts";

/** Few times, a second apart, so that many are the same. */
const anyTime = fc.nat(9).map((second) =>
  new Date(Date.parse(BASE.at) + second * 1_000).toISOString()
);
const anyHandle = fc.record({
  vm_ids: fc.array(fc.constantFrom("vm-a", "vm-b", "vm-c"), {
    minLength: 1,
    maxLength: 2,
  }),
});

/** As fast-check's "binary", which takes a second to be made. */
const anyCodePoint = fc.integer({ min: 0, max: 0x10ffff - 0x800 })
  .map((n) => String.fromCodePoint(n < 0xd800 ? n : n + 0x800));

/** Any object that JSON can say, odd names included. */
export const anyJsonObject = fc.dictionary(
  fc.oneof(fc.string(), fc.constantFrom("__proto__", "v", "crc", "9", "10")),
  // As it comes back from a file: there is no -0 and no undefined in one.
  fc.jsonValue({ maxDepth: 2 }).map((value) =>
    JSON.parse(JSON.stringify(value))
  ),
  { maxKeys: 3, noNullPrototype: true },
);

const base = {
  v: fc.constant(2 as const),
  id: fc.constant(BASE.id),
  token: fc.constant(BASE.token),
  kind: fc.constantFrom(...JOB_KINDS),
  command: fc.string({ unit: "grapheme", maxLength: 12 }),
  args: fc.array(fc.string({ unit: anyCodePoint, maxLength: 5 }), {
    maxLength: 3,
  }),
  started_at: anyTime,
  at: anyTime,
  key: fc.constantFrom(KEY, "fedcba9876543210fedcba9876543210"),
  scope: fc.constantFrom("local", BASE.scope),
  account: fc.constantFrom(ACCOUNT, "0123456789ab"),
  inputs: anyJsonObject,
  source: fc.constantFrom("vm-a", "vm-b"),
  sends: fc.integer({ min: 1, max: 3 }),
  server_at: anyTime,
  accepted_at: anyTime,
  unconfirmed_at: anyTime,
};
const settled = {
  completed_at: anyTime,
  duration_ms: fc.nat(),
  gone_at: anyTime,
};
const always = [
  "v",
  "id",
  "kind",
  "command",
  "args",
  "started_at",
  "at",
  "scope",
  "account",
  "token",
  "inputs",
  "sends",
  "status",
] as const;

/**
 * Any entry of one job, of any status and with any marks. Two of them may well
 * contradict each other, be of one time, or be the same.
 */
export const anyEntry: fc.Arbitrary<JobRecord> = fc.oneof(
  fc.record({ ...base, status: fc.constant("submitted" as const) }, {
    requiredKeys: [...always],
  }),
  fc.record({
    ...base,
    status: fc.constant("running" as const),
    handle: anyHandle,
    result_id: fc.string(),
  }, { requiredKeys: [...always, "handle", "result_id"] }),
  fc.record({
    ...base,
    ...settled,
    status: fc.constant("complete" as const),
    handle: anyHandle,
    result_id: fc.string(),
    result: anyJsonObject,
    delivered_at: anyTime,
  }, {
    requiredKeys: [
      ...always,
      "handle",
      "result_id",
      "completed_at",
      "duration_ms",
      "result",
    ],
  }),
  fc.record({
    ...base,
    ...settled,
    status: fc.constant("failed" as const),
    handle: anyHandle,
    result_id: fc.string(),
    error: fc.string(),
    result: anyJsonObject,
  }, { requiredKeys: [...always, "completed_at", "duration_ms", "error"] }),
);
