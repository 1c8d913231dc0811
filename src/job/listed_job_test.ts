import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { anyEntry } from "../../tests/helpers/any_entry.ts";
import {
  complete,
  failed,
  running,
  submitted,
} from "../../tests/helpers/entries.ts";
import type { JobRecord } from "./record.ts";
import type { GoRecord } from "./go_job.ts";
import { foldRecords, type Job } from "./job.ts";
import {
  endOf,
  foldStandings,
  isAccepted,
  isListedInFlight,
  isUndelivered,
  JobTable,
  type ListedJob,
  type Standing,
  startOf,
  statusOf,
} from "./listed_job.ts";

const GO: GoRecord = {
  id: "job_1a2b3c4d5e",
  kind: "vm.run",
  command: "vers run --wait",
  args: ["run", "--wait"],
  started_at: "2026-01-05T08:30:00.123456789Z",
  status: "submitted",
};

const T9 = "2026-01-05T09:00:09.000Z";

function ours(record: JobRecord): ListedJob {
  return { writer: "vers", id: record.id, job: foldRecords([record]) };
}

function go(status: string): ListedJob {
  return { writer: "go", id: GO.id, entry: { ...GO, status } };
}

/** A listed job, and what the functions say of it. */
interface Row {
  readonly name: string;
  readonly listed: ListedJob;
  readonly status: string;
  readonly end?: string;
  readonly is: readonly ("accepted" | "in flight" | "undelivered")[];
}

const ENDED = "2026-01-05T09:00:30.000Z";

const TABLE: readonly Row[] = [
  {
    name: "an intent",
    listed: ours(submitted()),
    status: "submitted",
    is: ["in flight"],
  },
  {
    name: "a running job",
    listed: ours(running()),
    status: "running",
    is: ["in flight"],
  },
  {
    name: "a running job whose command did not wait",
    listed: ours(running({ accepted_at: T9 })),
    status: "accepted",
    is: ["accepted", "in flight"],
  },
  {
    name: "a result",
    listed: ours(complete()),
    status: "complete",
    end: ENDED,
    is: ["undelivered"],
  },
  {
    name: "a result of a job whose command did not wait",
    listed: ours(complete({ accepted_at: T9 })),
    status: "complete",
    end: ENDED,
    is: ["undelivered"],
  },
  {
    name: "a delivered result",
    listed: ours(complete({ delivered_at: T9 })),
    status: "complete",
    end: ENDED,
    is: [],
  },
  {
    name: "a result whose VM is gone",
    listed: ours(complete({ gone_at: T9 })),
    status: "complete",
    end: ENDED,
    is: [],
  },
  {
    name: "a failure",
    listed: ours(failed()),
    status: "failed",
    end: ENDED,
    is: [],
  },
  {
    name: "an intent of the Go CLI",
    listed: go("submitted"),
    status: "submitted",
    is: ["in flight"],
  },
  {
    name: "a result of the Go CLI",
    listed: go("complete"),
    status: "complete",
    is: [],
  },
  {
    name: "a failure of the Go CLI",
    listed: go("failed"),
    status: "failed",
    is: [],
  },
];

for (const { name, listed, status, end, is } of TABLE) {
  Deno.test(`of ${name}, a listing says: ${[status, ...is].join(", ")}`, () => {
    strictEqual(statusOf(listed), status);
    strictEqual(endOf(listed), end);
    deepStrictEqual(
      [isAccepted(listed), isListedInFlight(listed), isUndelivered(listed)],
      [
        is.includes("accepted"),
        is.includes("in flight"),
        is.includes("undelivered"),
      ],
    );
  });
}

Deno.test("startOf() and endOf() are the times that the line has", () => {
  const started_at = T9;
  strictEqual(startOf(ours(submitted({ started_at }))), started_at);
  strictEqual(startOf(go("submitted")), GO.started_at);
  const entry = { ...GO, status: "complete", completed_at: T9 };
  strictEqual(endOf({ writer: "go", id: GO.id, entry }), T9);
});

Deno.test("JobTable has the newest job first, and of two of one time the later line's", () => {
  const table = new JobTable();
  const add = (entry: JobRecord, offset: number) => table.add(entry, offset);
  const at = (second: number) => ({
    started_at: `2026-01-05T09:00:0${second}.000Z`,
  });
  add(submitted({ id: "job_b", ...at(5) }), 0);
  add(submitted({ id: "job_a", ...at(1) }), 10);
  add(submitted({ id: "job_c", ...at(5) }), 20);
  table.addGo({ ...GO, id: "job_d" }, 30);
  deepStrictEqual(table.jobs().map(({ id }) => id), [
    "job_c",
    "job_b",
    "job_a",
    "job_d",
  ]);
});

Deno.test("JobTable has two jobs of one id that differ in their tokens", () => {
  const table = new JobTable();
  table.add(submitted({ token: "a" }), 0);
  table.add(complete({ token: "b" }), 10);
  strictEqual(table.jobs().length, 2);
});

Deno.test("JobTable goes by our lines where the Go CLI's prune has left others", () => {
  const table = new JobTable();
  table.addGo({ ...GO, status: "failed" }, 0);
  table.add(complete({ id: GO.id }), 10);
  const [listed, ...more] = table.jobs();
  strictEqual(more.length, 0);
  strictEqual(listed?.writer, "vers");
});

Deno.test("JobTable folds the Go CLI's lines by the Go CLI's rules", () => {
  const table = new JobTable();
  const over = { ...GO, status: "complete", completed_at: "2026-01-05T09:00Z" };
  table.addGo(over, 0);
  table.addGo(GO, 10);
  const [listed] = table.jobs();
  deepStrictEqual(listed, { writer: "go", id: GO.id, entry: over });
  strictEqual(listed && startOf(listed), GO.started_at);
});

Deno.test("JobTable has a job that cannot be dated last", () => {
  const table = new JobTable();
  table.addGo({ ...GO, id: "job_a", started_at: "yesterday" }, 0);
  table.addGo({ ...GO, id: "job_b", started_at: "1970-01-02T00:00:00Z" }, 10);
  table.addGo({ ...GO, id: "job_c" }, 20);
  deepStrictEqual(table.jobs().map(({ id }) => id), [
    "job_c",
    "job_b",
    "job_a",
  ]);
});

Deno.test("JobTable dates two jobs of one time by the first lines of their ids", () => {
  const table = new JobTable();
  table.add(submitted({ id: "job_a" }), 0);
  table.add(submitted({ id: "job_b" }), 10);
  table.add(complete({ id: "job_a" }), 20);
  deepStrictEqual(table.jobs().map(({ id }) => id), ["job_b", "job_a"]);
});

/** What listings and pruning go by. */
function essence(job: Job): unknown {
  const listed: ListedJob = { writer: "vers", id: job.id, job };
  return [
    job.status,
    job.status === "failed" ? job.error : undefined,
    endOf(listed),
    isUndelivered(listed),
    "gone_at" in job ? job.gone_at : undefined,
    job.status === "complete" ? job.delivered_at : undefined,
  ];
}

Deno.test("JobTable has what all lines of a job fold to, in whatever order they came", () => {
  const anyEntries = fc.array(anyEntry, { minLength: 1, maxLength: 6 });
  fc.assert(fc.property(anyEntries, (entries) => {
    const table = new JobTable();
    for (const [offset, entry] of entries.entries()) table.add(entry, offset);
    const [listed, ...more] = table.jobs();
    strictEqual(more.length, 0);
    deepStrictEqual(
      listed?.writer === "vers" && essence(listed.job),
      essence(foldRecords(entries)),
    );
  }));
});

Deno.test("foldStandings() says what a fold of all lines says, in whatever order they came", () => {
  const anyEntries = fc.array(anyEntry, { minLength: 1, maxLength: 6 });
  fc.assert(fc.property(anyEntries, (entries) => {
    const job = entries.map((entry): Standing => entry).reduce(foldStandings);
    const table = new JobTable();
    for (const [offset, entry] of entries.entries()) table.add(entry, offset);
    const [listed] = table.jobs();
    const standing = { writer: "vers", id: "", job } as const;
    strictEqual(listed && statusOf(listed), statusOf(standing));
    strictEqual(listed && startOf(listed), startOf(standing));
    strictEqual(listed && endOf(listed), endOf(standing));
    strictEqual(listed && isUndelivered(listed), isUndelivered(standing));
    strictEqual(listed && isAccepted(listed), isAccepted(standing));
  }));
});
