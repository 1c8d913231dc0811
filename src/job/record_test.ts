import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  complete,
  failed,
  running,
  submitted,
} from "../../tests/helpers/entries.ts";
import { fieldsOf, JOB_RECORD, type JobRecord, STATUSES } from "./record.ts";

const T9 = "2026-01-05T09:00:09.000Z";

const MARKS = {
  source: "vm-a",
  names: { alias: "vm-a", head: null },
  server_at: T9,
  accepted_at: T9,
  unconfirmed_at: T9,
};
const HANDLE = { vm_ids: ["vm-a"], project_id: null, deploy_status: "queued" };

/** A record of each state with all fields that it can have. */
const FULL: readonly JobRecord[] = [
  submitted(MARKS),
  running({ ...MARKS, handle: HANDLE }),
  complete({ ...MARKS, handle: HANDLE, delivered_at: T9, gone_at: T9 }),
  failed({
    ...MARKS,
    handle: HANDLE,
    result_id: "vm-a",
    result: { error: "the VM is dead" },
    gone_at: T9,
  }),
];

const OPTIONAL = [
  ...["key", "source", "names", "server_at", "accepted_at", "unconfirmed_at"],
  ...["delivered_at", "gone_at"],
];
const OPTIONAL_OF_FAILED = ["result_id", "handle", "result"];

for (const record of FULL) {
  const { status } = record;
  const optional = status === "failed"
    ? [...OPTIONAL, ...OPTIONAL_OF_FAILED]
    : OPTIONAL;

  Deno.test(`JOB_RECORD takes a ${status} record with all that it can have`, () => {
    deepStrictEqual(JOB_RECORD.parse(record), record);
  });

  Deno.test(`JOB_RECORD takes a ${status} record with no more than it must have`, () => {
    const least = without(record, ...optional);
    deepStrictEqual(JOB_RECORD.parse(least), least);
  });

  for (const name of Object.keys(record)) {
    Deno.test(`JOB_RECORD takes no ${status} record with another kind of ${name}`, () => {
      strictEqual(isTaken({ ...record, [name]: true }), false);
      strictEqual(isTaken({ ...record, [name]: null }), false);
      strictEqual(isTaken(without(record, name)), optional.includes(name));
    });
  }
}

for (
  const name of [
    ...["started_at", "at", "server_at", "accepted_at", "unconfirmed_at"],
    ...["completed_at", "delivered_at", "gone_at"],
  ]
) {
  Deno.test(`JOB_RECORD takes no record whose ${name} is no time`, () => {
    const [, , full] = FULL;
    strictEqual(isTaken({ ...full, [name]: "yesterday" }), false);
  });
}

for (
  const [what, changes] of [
    ["another version", { v: 1 }],
    ["an unknown kind", { kind: "vm.clone" }],
    ["an unknown state", { status: "accepted" }],
    ["arguments that are no texts", { args: ["run", 1] }],
    ["arguments that are one text", { args: "run" }],
    ["inputs that are a list", { inputs: [] }],
    ["a handle without VMs", { handle: {} }],
    ["a handle whose VMs are no texts", { handle: { vm_ids: [1] } }],
    ["a project that is a number", { handle: { ...HANDLE, project_id: 1 } }],
    [
      "a state of a deploy that is a number",
      { handle: { ...HANDLE, deploy_status: 1 } },
    ],
    ["a result that is a list", { result: [] }],
    ["an alias that is a number", { names: { alias: 1 } }],
    ["a HEAD that is a number", { names: { head: 1 } }],
  ] as const
) {
  Deno.test(`JOB_RECORD takes no record with ${what}`, () => {
    strictEqual(isTaken({ ...complete(), ...changes }), false);
  });
}

// Released ledgers have their fields in this order, and readers go by it.
for (
  const [status, fields] of [
    ["submitted", ["id kind command args started_at", "status"]],
    ["running", ["id kind command args started_at", "status result_id"]],
    ["complete", [
      "id kind command args started_at completed_at duration_ms",
      "status result_id",
    ]],
    ["failed", [
      "id kind command args started_at completed_at duration_ms",
      "status result_id error",
    ]],
  ] as const
) {
  Deno.test(`fieldsOf() a ${status} record has the Go CLI's first`, () => {
    const first = fields.join(" ").split(" ");
    deepStrictEqual(fieldsOf({ status }).slice(0, first.length), first);
  });
}

Deno.test("fieldsOf() has all fields of a record in their order on disk", () => {
  const known =
    "v at key scope account token inputs source names sends server_at";
  const marks = "accepted_at unconfirmed_at";
  const rest = {
    submitted: `${known} ${marks}`,
    running: `${known} handle ${marks}`,
    complete: `${known} handle result ${marks} delivered_at gone_at`,
    failed: `${known} handle result ${marks} gone_at`,
  };
  for (const [status, fields] of Object.entries(rest)) {
    const all = fieldsOf({ status: status as keyof typeof rest });
    deepStrictEqual(all.slice(all.indexOf("v")), fields.split(" "), status);
  }
});

Deno.test("STATUSES are the states that a record can be of", () => {
  deepStrictEqual(STATUSES, ["submitted", "running", "complete", "failed"]);
});

function isTaken(value: unknown): boolean {
  return JOB_RECORD.safeParse(value).success;
}

function without(
  record: JobRecord,
  ...names: readonly string[]
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).filter(([name]) => !names.includes(name)),
  );
}
