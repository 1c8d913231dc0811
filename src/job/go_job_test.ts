import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { ACCOUNT } from "../../tests/helpers/entries.ts";
import {
  foldGoRecords,
  GO_RECORD,
  type GoRecord,
  jobOfStripped,
  looksStripped,
} from "./go_job.ts";

function go(changes: Partial<GoRecord> = {}): GoRecord {
  return {
    id: "job_1a2b3c4d5e",
    kind: "vm.run",
    command: "vers run --wait",
    args: ["run", "--wait"],
    started_at: "2026-01-05T08:30:00.123456789Z",
    status: "submitted",
    ...changes,
  };
}

for (
  const { statuses, folded } of [
    { statuses: ["submitted"], folded: 0 },
    { statuses: ["submitted", "complete"], folded: 1 },
    { statuses: ["complete", "submitted"], folded: 0 },
    { statuses: ["submitted", "submitted"], folded: 1 },
    { statuses: ["complete", "failed"], folded: 1 },
    { statuses: ["failed", "complete", "running"], folded: 1 },
  ]
) {
  Deno.test(`foldGoRecords() of ${statuses.join(", ")} is the ${folded + 1}. line`, () => {
    const entries = statuses.map((status) => go({ status }));
    strictEqual(foldGoRecords(entries), entries[folded]);
  });
}

Deno.test("foldGoRecords() of nothing throws", () => {
  throws(() => foldGoRecords([]), {
    name: "RangeError",
    message: "Cannot fold: no line given",
  });
});

for (
  const [what, entry, expected] of [
    ["the Go CLI's own", go(), false],
    ["with a whole second", go({ started_at: "2026-01-05T08:30:00Z" }), false],
    ["complete, with a VM", go({ status: "complete", result_id: "a" }), false],
    ["running", go({ status: "running" }), true],
    ["submitted, with a VM", go({ result_id: "a" }), true],
    ["to the ms", go({ started_at: "2026-01-05T08:30:00.123Z" }), true],
  ] as const
) {
  Deno.test(`looksStripped() of a line that is ${what} is ${expected}`, () => {
    strictEqual(looksStripped(entry), expected);
  });
}

Deno.test("GO_RECORD takes what the Go CLI writes, with and without an end", () => {
  for (
    const entry of [
      go(),
      go({
        status: "complete",
        completed_at: "2026-01-05T08:31:00Z",
        duration_ms: 1,
        result_id: "a",
      }),
      go({ status: "failed", error: "the VM is dead" }),
      { ...go(), args: null, completed_at: null },
    ]
  ) {
    deepStrictEqual(GO_RECORD.parse(entry), entry);
  }
});

for (
  const name of [
    "id",
    "kind",
    "command",
    "args",
    "started_at",
    "status",
  ] as const
) {
  Deno.test(`GO_RECORD does not take a line whose ${name} is missing or a number`, () => {
    const { [name]: _, ...others } = go();
    strictEqual(GO_RECORD.safeParse(others).success, false);
    strictEqual(GO_RECORD.safeParse({ ...others, [name]: 1 }).success, false);
  });
}

const OWNER = {
  scope: "https://api.vers.sh",
  account: ACCOUNT,
  token: "0f0e0d0c-0b0a-4908-8706-050403020100",
};

Deno.test("jobOfStripped() is a running job with the VMs that the line names", () => {
  const started_at = "2026-01-05T08:30:00.123Z";
  deepStrictEqual(
    jobOfStripped(
      go({ started_at, status: "running", result_id: "a,b" }),
      OWNER,
    ),
    {
      v: 2,
      id: "job_1a2b3c4d5e",
      kind: "vm.run",
      command: "vers run --wait",
      args: ["run", "--wait"],
      started_at,
      at: started_at,
      sent_at: started_at,
      running_at: started_at,
      status: "running",
      inputs: {},
      sends: 1,
      handle: { vm_ids: ["a", "b"] },
      result_id: "a,b",
      ...OWNER,
    },
  );
});

for (
  const [what, changes] of [
    ["has no VM", {}],
    ["has an empty VM", { result_id: "" }],
    ["is complete", { status: "complete", result_id: "a" }],
    ["has failed", { status: "failed", result_id: "a" }],
    ["is of a kind that is not ours", { kind: "vm.clone", result_id: "a" }],
  ] as const
) {
  Deno.test(`jobOfStripped() of a line that ${what} is nothing`, () => {
    strictEqual(jobOfStripped(go(changes), OWNER), undefined);
  });
}
