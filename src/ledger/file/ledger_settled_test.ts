import { strictEqual } from "node:assert/strict";
import {
  complete,
  failed,
  running,
  submitted,
} from "../../../tests/helpers/entries.ts";
import {
  LedgerFixture,
  searchFor,
} from "../../../tests/helpers/ledger_fixture.ts";

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
      using fixture = new LedgerFixture();
      // So that there is a file to be replaced.
      await fixture.write(submitted({ id: "job_0000000001", token: "other" }));
      await fixture.write(...before);
      fixture.clock.advance(1_000);
      const ledger = fixture.open();
      await fixture.write(...after);
      if (isReplaced) {
        await Deno.copyFile(fixture.path, `${fixture.path}.new`);
        await Deno.rename(`${fixture.path}.new`, fixture.path);
      }
      const { own } = await searchFor(ledger);
      strictEqual(own?.job.id, "job_8f2a3b4c5d");
      strictEqual(own.isSettledSinceStart, isSettled);
    });
  }
}

Deno.test("FoundJob.isSettledSinceStart counts everything where there was no file", async () => {
  using fixture = new LedgerFixture();
  const ledger = fixture.open();
  await fixture.write(submitted(), complete(DELIVERED));
  const { own } = await searchFor(ledger);
  strictEqual(own?.job.id, "job_8f2a3b4c5d");
  strictEqual(own.isSettledSinceStart, true);
});

Deno.test("FoundJob.isSettledSinceStart goes by the times in a file that was cut short", async () => {
  using fixture = new LedgerFixture();
  await fixture.write(submitted({ id: "job_0000000001", token: "other" }));
  const head = (await Deno.stat(fixture.path)).size;
  await fixture.write(submitted(), complete());
  fixture.clock.advance(1_000);
  const ledger = fixture.open();
  // Rewritten in its place, without the first line.
  const content = await Deno.readFile(fixture.path);
  await Deno.writeFile(fixture.path, content.subarray(head));
  const { own } = await searchFor(ledger);
  strictEqual(own?.job.id, "job_8f2a3b4c5d");
  strictEqual(own.isSettledSinceStart, false);
});
