import { strictEqual, throws } from "node:assert/strict";
import { foldGoRecords, type GoRecord, looksStripped } from "./go_job.ts";

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
  throws(() => foldGoRecords([]), RangeError);
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
