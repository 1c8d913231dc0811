import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { submitted } from "../../tests/helpers/entries.ts";
import { LedgerDesk } from "../../tests/helpers/ledger_desk.ts";
import { foldRecords } from "../job/job.ts";
import { Patience } from "../patience.ts";
import { cancelJob } from "./settle.ts";

Deno.test("cancelJob() keeps in the ledger what to do about the job", async () => {
  using desk = new LedgerDesk();
  const { clock, ledger } = desk;
  const job = foldRecords([submitted()]);
  await desk.write(submitted());
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
