import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { main } from "../../../../main.ts";
import {
  type TestContext,
  testContext,
} from "../../../../tests/helpers/test_context.ts";
import {
  type JobInFlight,
  SlowService,
} from "../../../../tests/helpers/job_in_flight.ts";
import { completeJob } from "../../../../tests/helpers/sample_job.ts";
import { FileLedger } from "../../../ledger/file/file_ledger.ts";

/** A job whose VM boots for a minute, and a context to give it up in. */
async function withJobInFlight(
  action: (
    context: TestContext,
    job: JobInFlight,
    service: SlowService,
  ) => Promise<void>,
): Promise<void> {
  await using service = await SlowService.create();
  const job = await service.start("run", "--vm-alias", "my-vm");
  await using context = await service.context();
  await action(context, job, service);
}

function lastEntry(context: TestContext) {
  const path = `${context.env("HOME")}/.vers/jobs.jsonl`;
  const lines = Deno.readTextFileSync(path).trimEnd().split("\n");
  return JSON.parse(lines.at(-1) ?? "");
}

Deno.test("vers jobs cancel gives up a job, and says that its VM stays", () =>
  withJobInFlight(async (context, { id, vmId }, service) => {
    strictEqual(await main(["jobs", "cancel", id], context), 0, context.err());
    deepStrictEqual(JSON.parse(context.out()), {
      job_id: id,
      status: "failed",
      error: "cancelled",
      vm_ids: [vmId],
      deleted_vm_ids: [],
      effect: "cancelled",
    });
    strictEqual(
      context.err(),
      "note: nothing was cancelled on the server; to delete the VM: " +
        `vers delete ${vmId}\n`,
    );
    const { status, error } = lastEntry(context);
    deepStrictEqual([status, error], ["failed", "cancelled"]);
    strictEqual(await service.ask("GET", vmId), 200);
  }));

Deno.test("vers jobs cancel --delete-vm deletes the VM and what names it", () =>
  withJobInFlight(async (context, { id, vmId }, service) => {
    const line = ["jobs", "cancel", id, "--delete-vm"];
    strictEqual(await main(line, context), 0, context.err());
    deepStrictEqual(JSON.parse(context.out()).deleted_vm_ids, [vmId]);
    strictEqual(context.err(), "");
    strictEqual(await service.ask("GET", vmId), 404);
    const aliases = `${context.env("HOME")}/.vers/aliases.json`;
    strictEqual((await Deno.readTextFile(aliases)).includes(vmId), false);
  }));

Deno.test("vers jobs cancel, run again, changes nothing, and can still delete", () =>
  withJobInFlight(async (context, { id, vmId }) => {
    strictEqual(await main(["jobs", "cancel", id], context), 0);
    const before = lastEntry(context);
    const line = ["jobs", "cancel", id, "--delete-vm"];
    strictEqual(await main(line, context), 0, context.err());
    const { effect, deleted_vm_ids } = JSON.parse(
      context.out().split("\n")[1] ?? "",
    );
    deepStrictEqual([effect, deleted_vm_ids], ["unchanged", [vmId]]);
    deepStrictEqual(lastEntry(context), before);
    // And once more, when the VM is gone.
    strictEqual(await main(line, context), 0, context.err());
  }));

Deno.test("vers run after vers jobs cancel starts anew", () =>
  withJobInFlight(async (context, { id, vmId }) => {
    strictEqual(await main(["jobs", "cancel", id, "-q"], context), 0);
    strictEqual(context.out(), `${id}\n`);
    const line = ["run", "--wait", "--vm-alias", "my-vm"];
    strictEqual(await main(line, context), 0, context.err());
    const result = JSON.parse(context.out().split("\n")[1] ?? "");
    strictEqual(result.effect, "created");
    strictEqual(result.vm_id === vmId, false);
  }));

Deno.test("vers jobs cancel of a job that is complete is refused", async () => {
  await using context = await testContext();
  const { clock } = context;
  const ledger = new FileLedger({ dir: `${context.home}/.vers`, clock });
  const job = completeJob();
  await ledger.append(job);
  strictEqual(await main(["jobs", "cancel", job.id], context), 4);
  const { error } = JSON.parse(context.err());
  match(error.message, /it is complete already$/);
  strictEqual(
    error.hint,
    `to delete what it made: vers delete ${job.handle.vm_ids[0]}`,
  );
  strictEqual(lastEntry(context).status, "complete");
});

Deno.test("vers jobs cancel --delete-vm deletes no VM that the job did not make", async () => {
  await using context = await testContext();
  const { clock } = context;
  const ledger = new FileLedger({ dir: `${context.home}/.vers`, clock });
  const { completed_at: _, result: __, ...job } = completeJob({
    kind: "vm.resume",
  });
  await ledger.append({ ...job, status: "running" });
  const line = ["jobs", "cancel", job.id, "--delete-vm"];
  strictEqual(await main(line, context), 5);
  match(context.err(), /the job did not create it, but resumed it/);
  strictEqual(lastEntry(context).status, "running");
});

Deno.test("vers jobs cancel --delete-vm asks no other origin than the job's", async () => {
  await using context = await testContext({
    env: { VERS_URL: "https://other.example" },
  });
  const { clock } = context;
  const ledger = new FileLedger({ dir: `${context.home}/.vers`, clock });
  const { completed_at: _, result: __, ...job } = completeJob();
  await ledger.append({ ...job, status: "running" });
  const line = ["jobs", "cancel", job.id, "--delete-vm"];
  strictEqual(await main(line, context), 3);
  match(context.err(), /VERS_URL=https:\/\/api\.vers\.sh vers jobs cancel/);
  strictEqual(lastEntry(context).status, "running");
});
