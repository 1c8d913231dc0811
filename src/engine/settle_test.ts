import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { submitted } from "../../tests/helpers/entries.ts";
import { LedgerFixture } from "../../tests/helpers/ledger_fixture.ts";
import { foldRecords } from "../job/job.ts";
import { Patience } from "../patience.ts";
import { cancelJob } from "./settle.ts";

Deno.test("cancelJob() keeps in the ledger what to do about the job", async () => {
  using fixture = new LedgerFixture();
  const { clock, ledger } = fixture;
  const job = foldRecords([submitted()]);
  await fixture.write(submitted());
  const interrupt = new AbortController().signal;
  const patience = new Patience({ clock, interrupt });
  using _stopping = patience;
  const cancelled = await cancelJob(ledger, job, {
    clock,
    patience,
    hintOf: ({ advice }) => `about ${advice?.type}`,
  });
  strictEqual(cancelled.isNew, true);
  const found = await ledger.findById(job.id);
  strictEqual(found?.status, "failed");
  deepStrictEqual(found.result, {
    code: "job_failed",
    message: "cancelled",
    hint: "about cancelled",
    retryable: false,
  });
});
