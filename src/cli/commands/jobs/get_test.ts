import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { main } from "../../../../main.ts";
import {
  complete,
  failed,
  running,
  submitted,
  VM_ID,
} from "../../../../tests/helpers/entries.ts";
import { withChecksum } from "../../../../tests/helpers/ledger_lines.ts";
import {
  type TestContext,
  testContext,
} from "../../../../tests/helpers/test_context.ts";
import type { JobRecord } from "../../../job/record.ts";
import { formatLine } from "../../../ledger/file/entry_line.ts";

async function writeLedger(
  context: TestContext,
  ...entries: readonly JobRecord[]
): Promise<string> {
  await Deno.mkdir(`${context.home}/.vers`, { recursive: true });
  const lines = entries.map((entry) =>
    new TextDecoder().decode(formatLine(entry))
  );
  const path = `${context.home}/.vers/jobs.jsonl`;
  await Deno.writeTextFile(path, lines.join(""));
  return path;
}

const ID = submitted().id;

Deno.test("vers jobs get shows all that is known of a job, without a key", async () => {
  await using context = await testContext({ hasKey: false });
  await writeLedger(context, submitted(), running(), complete());
  strictEqual(await main(["jobs", "get", ID], context), 0, context.err());
  const job = JSON.parse(context.out());
  deepStrictEqual(
    [job.id, job.status, job.vm_ids, job.result, job.inputs, job.sends],
    [
      ID,
      "complete",
      [VM_ID],
      { vm_id: VM_ID, status: "complete" },
      { "vm-alias": "my-vm" },
      1,
    ],
  );
});

Deno.test("vers jobs get shows a person the lines that there are", async () => {
  await using context = await testContext({ isTerminal: true });
  await writeLedger(context, running());
  strictEqual(await main(["jobs", "get", ID], context), 0, context.err());
  strictEqual(
    context.out(),
    `Job ID:   ${ID}
Status:   running
Kind:     vm.run
Command:  vers run --wait --vm-alias my-vm
Started:  2026-01-05T09:00:00.000Z
VM:       ${VM_ID}
Origin:   https://api.vers.sh
`,
  );
});

for (const typed of ["job_8f2a", "8f2a3b4c5d", "8"]) {
  Deno.test(`vers jobs get ${typed} finds the only job that begins so`, async () => {
    await using context = await testContext();
    await writeLedger(
      context,
      running(),
      running({ id: "job_9000000000", token: "b" }),
    );
    strictEqual(await main(["jobs", "get", typed, "-q"], context), 0);
    strictEqual(context.out(), `${ID}\n`);
  });
}

Deno.test("vers jobs get of what two jobs begin with names both", async () => {
  await using context = await testContext();
  const other = { id: "job_8f2a000000", token: "b" };
  await writeLedger(context, running(), running(other));
  strictEqual(await main(["jobs", "get", "8f2a"], context), 5);
  const { message } = JSON.parse(context.err()).error;
  match(message, /the prefix matches 2 jobs: /);
  match(message, new RegExp(ID));
  match(message, /job_8f2a000000/);
});

for (const typed of ["job_0000000000", "nonsense", ""]) {
  Deno.test(`vers jobs get "${typed}" finds nothing, and says where it looked`, async () => {
    await using context = await testContext();
    const path = await writeLedger(context, running());
    strictEqual(await main(["jobs", "get", typed], context), 3);
    const { error } = JSON.parse(context.err());
    strictEqual(
      error.message,
      `Cannot show job "${typed}": it is not in "${path}"`,
    );
    match(error.hint, /vers jobs list/);
    strictEqual(context.out(), "");
  });
}

Deno.test("vers jobs get of a job that a newer vers wrote says so", async () => {
  await using context = await testContext();
  const path = await writeLedger(context);
  await Deno.writeTextFile(path, withChecksum({ id: ID, v: 3 }) + "\n");
  strictEqual(await main(["jobs", "get", ID], context), 1);
  match(context.err(), /written by a newer vers/);
});

for (
  const [status, entry, code] of [
    ["complete", complete(), 0],
    ["failed", failed(), 20],
    ["running", running(), 22],
    ["submitted", submitted(), 22],
  ] as const
) {
  Deno.test(`vers jobs get --exit-status of a job that is ${status} ends with ${code}`, async () => {
    await using context = await testContext();
    await writeLedger(context, entry);
    const line = ["jobs", "get", ID, "--exit-status"];
    strictEqual(await main(line, context), code);
    strictEqual(JSON.parse(context.out()).status, status);
    strictEqual(context.err(), "");
  });
}

Deno.test("vers jobs get without a job says what is missing", async () => {
  await using context = await testContext();
  strictEqual(await main(["jobs", "get"], context), 5);
  match(context.err(), /vers jobs get job_8f2a3b4c5d/);
});
