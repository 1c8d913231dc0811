import { strictEqual } from "node:assert/strict";
import {
  complete,
  failed,
  running,
  submitted,
} from "../../../tests/helpers/entries.ts";
import { LedgerDesk, searchFor } from "../../../tests/helpers/ledger_desk.ts";

const UNCONFIRMED = { unconfirmed_at: "2026-01-05T09:00:10.000Z" };
const DELIVERED = { delivered_at: "2026-01-05T09:00:40.000Z" };
const GONE = { gone_at: "2026-01-05T09:00:50.000Z" };

for (
  const { name, before, after, isSettled } of [
    {
      name: "submitted since",
      before: [],
      after: [submitted()],
      isSettled: false,
    },
    {
      name: "accepted since",
      before: [submitted()],
      after: [running()],
      isSettled: false,
    },
    {
      name: "completed before",
      before: [submitted(), complete()],
      after: [],
      isSettled: false,
    },
    {
      name: "completed since",
      before: [submitted()],
      after: [running(), complete()],
      isSettled: true,
    },
    {
      name: "completed and delivered before",
      before: [submitted(), complete(), complete(DELIVERED)],
      after: [],
      isSettled: false,
    },
    {
      name: "completed before and delivered since",
      before: [submitted(), complete()],
      after: [complete(DELIVERED)],
      isSettled: true,
    },
    {
      name: "completed before and found gone since",
      before: [submitted(), complete()],
      after: [complete(GONE)],
      isSettled: false,
    },
    {
      name: "delivered before and found gone since",
      before: [submitted(), complete(), complete(DELIVERED)],
      after: [complete({ ...DELIVERED, ...GONE })],
      isSettled: false,
    },
    {
      name: "failed before",
      before: [submitted(), failed()],
      after: [],
      isSettled: false,
    },
    {
      name: "failed since",
      before: [submitted()],
      after: [failed()],
      isSettled: true,
    },
    {
      name: "failed before and completed since",
      before: [submitted(), failed()],
      after: [complete()],
      isSettled: true,
    },
    {
      name: "declared unconfirmed before",
      before: [submitted(), submitted(UNCONFIRMED)],
      after: [],
      isSettled: false,
    },
    {
      name: "declared unconfirmed since",
      before: [submitted()],
      after: [submitted(UNCONFIRMED)],
      isSettled: true,
    },
    {
      name: "declared unconfirmed before and sent again since",
      before: [submitted(), submitted(UNCONFIRMED)],
      after: [submitted({ sends: 2 })],
      isSettled: false,
    },
    {
      name: "declared unconfirmed since and sent again",
      before: [submitted()],
      after: [submitted(UNCONFIRMED), submitted({ sends: 2 })],
      isSettled: false,
    },
    {
      name: "declared unconfirmed before and accepted since",
      before: [submitted(), submitted(UNCONFIRMED)],
      after: [running(UNCONFIRMED)],
      isSettled: false,
    },
  ]
) {
  for (const isReplaced of [false, true]) {
    const how = isReplaced ? ", in a file that was replaced since" : "";
    Deno.test(`FoundJob.isSettledSinceStart of a job ${name}${how} is ${isSettled}`, async () => {
      using desk = new LedgerDesk();
      // So that there is a file to be replaced.
      await desk.write(submitted({ id: "job_0000000001", token: "other" }));
      await desk.write(...before);
      desk.clock.advance(1_000);
      const ledger = desk.open();
      await desk.write(...after);
      if (isReplaced) {
        await Deno.copyFile(desk.path, `${desk.path}.new`);
        await Deno.rename(`${desk.path}.new`, desk.path);
      }
      const { own } = await searchFor(ledger);
      strictEqual(own?.job.id, "job_8f2a3b4c5d");
      strictEqual(own.isSettledSinceStart, isSettled);
    });
  }
}

Deno.test("FoundJob.isSettledSinceStart counts everything where there was no file", async () => {
  using desk = new LedgerDesk();
  const ledger = desk.open();
  await desk.write(submitted(), complete(DELIVERED));
  const { own } = await searchFor(ledger);
  strictEqual(own?.job.id, "job_8f2a3b4c5d");
  strictEqual(own.isSettledSinceStart, true);
});

Deno.test("FoundJob.isSettledSinceStart goes by the times in a file that was cut short", async () => {
  using desk = new LedgerDesk();
  await desk.write(submitted({ id: "job_0000000001", token: "other" }));
  const head = (await Deno.stat(desk.path)).size;
  await desk.write(submitted(), complete());
  desk.clock.advance(1_000);
  const ledger = desk.open();
  // Rewritten in its place, without the first line.
  const content = await Deno.readFile(desk.path);
  await Deno.writeFile(desk.path, content.subarray(head));
  const { own } = await searchFor(ledger);
  strictEqual(own?.job.id, "job_8f2a3b4c5d");
  strictEqual(own.isSettledSinceStart, false);
});
