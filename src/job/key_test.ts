import {
  deepStrictEqual,
  match,
  notStrictEqual,
  strictEqual,
} from "node:assert/strict";
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { anyJsonObject } from "../../tests/helpers/any_entry.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import {
  canonicalJson,
  differingFields,
  fingerprint,
  idempotencyFingerprint,
  keyOf,
} from "./key.ts";

const SCOPE = "https://api.vers.sh";

for (
  const { value, text } of [
    { value: null, text: "null" },
    { value: undefined, text: "null" },
    { value: -0, text: "0" },
    { value: 1e21, text: "1e+21" },
    { value: 'a"\n\u2028é', text: '"a\\"\\n\u2028é"' },
    { value: "\ud800", text: '"\\ud800"' },
    { value: [3, [], {}, null], text: "[3,[],{},null]" },
    {
      value: { b: 1, a: { d: true, c: [] } },
      text: '{"a":{"c":[],"d":true},"b":1}',
    },
    { value: { a: undefined, b: null }, text: '{"b":null}' },
    // Text, not numbers: an object alone would put 9 first.
    { value: { 9: 1, 10: 2 }, text: '{"10":2,"9":1}' },
    // By code units: a surrogate comes before U+FFFD.
    {
      value: { "\ufffd": 1, "\u{1f600}": 2 },
      text: '{"\u{1f600}":2,"\ufffd":1}',
    },
    { value: { B: 1, a: 2, "": 3 }, text: '{"":3,"B":1,"a":2}' },
  ]
) {
  Deno.test(`canonicalJson() gives ${text}`, () => {
    strictEqual(canonicalJson(value), text);
  });
}

Deno.test("canonicalJson() says all there is, however it was put together", () => {
  fc.assert(
    fc.property(anyJsonObject, (value) => {
      const text = canonicalJson(value);
      deepStrictEqual(JSON.parse(text), value);
      strictEqual(canonicalJson(turned(value)), text);
    }),
    { numRuns: 300 },
  );
});

Deno.test("canonicalJson() is the same for equal values and no others", () => {
  // Few names and values, so that some are equal.
  const anySmall = fc.dictionary(
    fc.constantFrom("a", "b", "a.b", '"'),
    fc.constantFrom<JsonValue>(1, "1", null, "", [], [1], { a: 1 }, {}),
    { maxKeys: 2, noNullPrototype: true },
  );
  fc.assert(
    fc.property(anySmall, anySmall, (a, b) => {
      strictEqual(
        canonicalJson(a) === canonicalJson(b),
        isDeepStrictEqual(a, b),
      );
    }),
    { numRuns: 500 },
  );
});

/** Returns the same value with its fields in the opposite order. */
function turned(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).reverse()
      .map(([name, field]) => [name, turned(field ?? null)]),
  );
}

Deno.test("fingerprint() is the start of the SHA-256 of the canonical text", async () => {
  const key = await fingerprint({
    kind: "vm.run",
    scope: SCOPE,
    inputs: { "vm-alias": "my-vm", "mem-size": 512 },
  });
  const text =
    `{"inputs":{"mem-size":512,"vm-alias":"my-vm"},"kind":"vm.run","scope":"${SCOPE}"}`;
  const hash = createHash("sha256").update(text).digest("hex");
  strictEqual(key, hash.slice(0, 32));
  match(key, /^[0-9a-f]{32}$/);
});

Deno.test("fingerprint() is one for the same inputs in any order", async () => {
  await fc.assert(
    fc.asyncProperty(anyJsonObject, async (inputs) => {
      const kind = "vm.branch";
      strictEqual(
        await fingerprint({ kind, scope: SCOPE, inputs }),
        await fingerprint({
          inputs: turned(inputs) as JsonObject,
          scope: SCOPE,
          kind,
        }),
      );
    }),
    { numRuns: 50 },
  );
});

Deno.test("fingerprint() differs with the kind, the scope and each input", async () => {
  const options = {
    kind: "vm.run",
    scope: SCOPE,
    inputs: { "vm-alias": "a", count: 1 },
  } as const;
  const all = [
    options,
    { ...options, kind: "vm.resume" as const },
    { ...options, scope: "local" },
    { ...options, inputs: { "vm-alias": "b", count: 1 } },
    { ...options, inputs: { "vm-alias": "a", count: "1" } },
    { ...options, inputs: { "vm-alias": "a" } },
    { ...options, inputs: { "vm-alias": "a", count: null } },
    { ...options, inputs: {} },
  ];
  const keys = new Set(await Promise.all(all.map(fingerprint)));
  strictEqual(keys.size, all.length);
});

Deno.test("fingerprint() does not see a field without a value", async () => {
  const options = { kind: "vm.run", scope: SCOPE } as const;
  strictEqual(
    await fingerprint({ ...options, inputs: { a: 1, b: undefined } }),
    await fingerprint({ ...options, inputs: { a: 1 } }),
  );
});

Deno.test("idempotencyFingerprint() takes two spellings of the same letters for one", async () => {
  const keyOf = (key: string) => idempotencyFingerprint({ scope: SCOPE, key });
  strictEqual(await keyOf("caf\u00e9"), await keyOf("cafe\u0301"));
});

Deno.test("idempotencyFingerprint() depends on the scope and the user's key alone", async () => {
  const key = await idempotencyFingerprint({ scope: SCOPE, key: "build-42" });
  const text = `{"k":"build-42","scope":"${SCOPE}"}`;
  const hash = createHash("sha256").update(text).digest("hex");
  strictEqual(key, hash.slice(0, 32));
  notStrictEqual(
    key,
    await idempotencyFingerprint({ scope: "local", key: "build-42" }),
  );
  notStrictEqual(
    key,
    await idempotencyFingerprint({ scope: SCOPE, key: "build-43" }),
  );
});

const WORK = { kind: "vm.run", scope: SCOPE, inputs: { count: 1 } } as const;
const IN_A_RUN = { ...WORK, inputs: { count: 1, run_id: "ci-7" } };
const NAMED = { scope: SCOPE, key: "build-42" };

for (
  const { name, options, key } of [
    {
      name: "stable inputs is their fingerprint",
      options: { ...WORK, isStable: true },
      key: await fingerprint(WORK),
    },
    {
      name: "inputs that are not stable is none",
      options: { ...WORK, isStable: false },
      key: undefined,
    },
    {
      name: "such inputs in one run is their fingerprint, run included",
      options: { ...IN_A_RUN, isStable: false },
      key: await fingerprint(IN_A_RUN),
    },
    {
      name: "an idempotency key is that of the key alone",
      options: { ...IN_A_RUN, isStable: true, idempotencyKey: NAMED.key },
      key: await idempotencyFingerprint(NAMED),
    },
  ]
) {
  Deno.test(`keyOf() of ${name}`, async () => {
    strictEqual(await keyOf({ idempotencyKey: undefined, ...options }), key);
  });
}

Deno.test("differingFields() names the fields that differ, in order", () => {
  deepStrictEqual(
    differingFields(
      { b: 1, a: { x: 1, y: 2 }, same: [1, 2], gone: true },
      { new: 1, b: 2, a: { y: 2, x: 1 }, same: [1, 2] },
    ),
    ["b", "gone", "new"],
  );
  deepStrictEqual(differingFields({ list: [1, 2] }, { list: [2, 1] }), [
    "list",
  ]);
  deepStrictEqual(differingFields({ b: 1 }, { a: 1 }), ["a", "b"]);
  deepStrictEqual(differingFields({}, {}), []);
});

Deno.test("differingFields() does not take what every object has for an input", () => {
  deepStrictEqual(differingFields({}, { constructor: 1 }), ["constructor"]);
});
