import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { main } from "../../../../main.ts";
import {
  complete,
  failed,
  running,
  submitted,
} from "../../../../tests/helpers/entries.ts";
import {
  type TestContext,
  testContext,
} from "../../../../tests/helpers/test_context.ts";
import type { JobRecord } from "../../../job/record.ts";
import { formatLine } from "../../../ledger/file/entry_line.ts";

const GO_LEDGER = new URL(
  "../../../../tests/testdata/ledgers/go.jsonl",
  import.meta.url,
);

async function writeLedger(
  context: TestContext,
  ...entries: readonly (JobRecord | string)[]
): Promise<void> {
  await Deno.mkdir(`${context.home}/.vers`, { recursive: true });
  const lines = entries.map((entry) =>
    typeof entry === "string"
      ? entry
      : new TextDecoder().decode(formatLine(entry))
  );
  await Deno.writeTextFile(`${context.home}/.vers/jobs.jsonl`, lines.join(""));
}

/** Four jobs, one of each status, the oldest first. */
const FOUR: readonly JobRecord[] = [submitted, running, complete, failed].map(
  (make, index) =>
    make({
      id: `job_${String(index).repeat(10)}`,
      token: String(index),
      started_at: `2026-01-05T09:00:0${index}.000Z`,
    }),
);

Deno.test("vers jobs list shows the newest first, as a table, without a key", async () => {
  await using context = await testContext({ hasKey: false });
  await writeLedger(context, ...FOUR);
  strictEqual(await main(["jobs", "list", "--output", "text"], context), 0);
  strictEqual(
    context.out(),
    `JOB_ID          STATUS     KIND    STARTED               DURATION
job_3333333333  failed     vm.run  2026-01-05T09:00:03Z  27s
job_2222222222  complete   vm.run  2026-01-05T09:00:02Z  28s
job_1111111111  running    vm.run  2026-01-05T09:00:01Z  -
job_0000000000  submitted  vm.run  2026-01-05T09:00:00Z  -
`,
  );
  strictEqual(context.err(), "");
});

Deno.test("vers jobs list prints JSON with the Go CLI's keys in its order", async () => {
  await using context = await testContext({ hasKey: false });
  await writeLedger(context, ...FOUR.slice(2));
  strictEqual(await main(["jobs", "list"], context), 0, context.err());
  const [newest, complete, ...more] = JSON.parse(context.out());
  strictEqual(more.length, 0);
  deepStrictEqual(Object.keys(complete), [
    "id",
    "kind",
    "command",
    "args",
    "started_at",
    "completed_at",
    "duration_ms",
    "status",
    "result_id",
    "scope",
  ]);
  strictEqual(newest.error, "Cannot wait for the VM: it is dead");
});

Deno.test("vers jobs list shows what the Go CLI wrote", async () => {
  await using context = await testContext({ hasKey: false });
  await writeLedger(context, await Deno.readTextFile(GO_LEDGER));
  strictEqual(await main(["jobs", "list"], context), 0, context.err());
  const jobs = JSON.parse(context.out());
  deepStrictEqual(
    jobs.map((job: Record<string, string>) => [job.id, job.status]),
    [
      ["job_4d5e6f7081", "submitted"],
      ["job_3c4d5e6f70", "failed"],
      ["job_2b3c4d5e6f", "complete"],
      ["job_1a2b3c4d5e", "complete"],
    ],
  );
});

Deno.test("vers jobs list shows a page, and how to see the next", async () => {
  await using context = await testContext();
  await writeLedger(context, ...FOUR);
  const line = ["jobs", "list", "--limit", "1", "--offset=1"];
  strictEqual(await main(line, context), 0, context.err());
  const { items, ...page } = JSON.parse(context.out());
  deepStrictEqual(items.map((job: { id: string }) => job.id), [
    "job_2222222222",
  ]);
  deepStrictEqual(
    [page.total, page.limit, page.offset, page.truncated, page.next_offset],
    [4, 1, 1, true, 2],
  );
});

for (const [index, status] of ["submitted", "running", "complete"].entries()) {
  Deno.test(`vers jobs list --status ${status} -q prints the ids of those`, async () => {
    await using context = await testContext();
    await writeLedger(context, ...FOUR);
    const line = ["jobs", "list", "--status", status, "-q"];
    strictEqual(await main(line, context), 0, context.err());
    strictEqual(context.out(), `job_${String(index).repeat(10)}\n`);
  });
}

Deno.test("vers jobs list --status takes no other word, and says which", async () => {
  await using context = await testContext();
  strictEqual(await main(["jobs", "list", "--status", "done"], context), 5);
  match(context.err(), /one of submitted, running, accepted, complete, failed/);
});

Deno.test("vers jobs list without a ledger shows that there is nothing", async () => {
  await using context = await testContext({ hasKey: false });
  strictEqual(await main(["jobs", "list", "--output=text"], context), 0);
  strictEqual(context.out(), "No jobs recorded.\n");
  await using other = await testContext({ hasKey: false });
  strictEqual(await main(["jobs", "list"], other), 0);
  strictEqual(other.out(), "[]\n");
});

Deno.test("vers jobs list counts on stderr the lines that it cannot read", async () => {
  await using context = await testContext();
  await writeLedger(context, "half a li\n", ...FOUR.slice(3), "torn");
  strictEqual(await main(["jobs", "list", "-q"], context), 0);
  strictEqual(context.out(), "job_3333333333\n");
  strictEqual(
    context.err(),
    "warning: 2 lines of the ledger cannot be read; " +
      "vers jobs doctor shows them\n",
  );
});

Deno.test("vers jobs list of a ledger that is a folder says so", async () => {
  await using context = await testContext();
  await Deno.mkdir(`${context.home}/.vers/jobs.jsonl`, { recursive: true });
  strictEqual(await main(["jobs", "list"], context), 1);
  const { error } = JSON.parse(context.err());
  match(
    error.message,
    /^Cannot use the ledger ".*jobs\.jsonl": it is a folder$/,
  );
});

Deno.test("vers jobs list without a home folder says what to set", async () => {
  await using context = await testContext({ hasHome: false });
  strictEqual(await main(["jobs", "list"], context), 1);
  match(JSON.parse(context.err()).error.hint, /VERS_JOBS_DIR=/);
});
