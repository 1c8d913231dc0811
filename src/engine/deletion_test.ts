import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { SlowService } from "../../tests/helpers/job_in_flight.ts";
import type { FaultRule } from "../simulator/faults/faults.ts";

const RUN = ["run", "--wait", "--vm-alias", "my-vm", "--timeout", "1h"];

type Fault = FaultRule["faults"][0];

const NOT_FOUND: Fault = {
  type: "answer",
  when: "before",
  status: 404,
  json: { error: "not found", success: false },
};

const NOTHING: Fault = {
  type: "answer",
  when: "before",
  status: 200,
  json: [],
};

/** Lets the service know nothing of any VM from now on. */
async function forget(service: SlowService): Promise<void> {
  for (const operation of ["status", "metadata"] as const) {
    await service.simulator.addFault({ operation, faults: [NOT_FOUND] });
  }
  await service.simulator.addFault({ operation: "list", faults: [NOTHING] });
}

Deno.test("a VM that does not show yet, nowhere, is waited for", async () => {
  await using service = await SlowService.create({ bootMs: 1_000 });
  const ms = 25_000;
  await service.simulator.addFault({
    operation: "new_root",
    faults: [{ type: "unreadable", ms }, { type: "unlisted", ms }],
  });
  const { code, err } = await service.run(...RUN);
  strictEqual(code, 0, err);
});

Deno.test("a VM that is listed is not gone, whatever its status and metadata say", async () => {
  await using service = await SlowService.create({ bootMs: 1_000 });
  await service.simulator.addFault({
    operation: "new_root",
    faults: [{ type: "unreadable", ms: 120_000 }],
  });
  const { code, err } = await service.run(...RUN);
  strictEqual(code, 0, err);
});

Deno.test("a VM that nothing shows is gone after three looks over 5 s, 30 s after it was accepted", async () => {
  await using service = await SlowService.create();
  let isForgotten = false;
  service.clock.onAdvance = () => {
    const isRunning = service.entries().some(({ status }) =>
      status === "running"
    );
    if (isForgotten || !isRunning) return;
    isForgotten = true;
    void forget(service);
  };
  const { code, error } = await service.run(...RUN);
  strictEqual(code, 20);
  match(error.message, /is gone: it was deleted/);
  const times = service.entries().filter(({ id }) => id === error.job_id)
    .map(({ at }) => Date.parse(at ?? ""));
  const [, runningAt = 0, failedAt = 0] = times;
  ok(failedAt - runningAt >= 30_000, `${failedAt - runningAt} ms`);
  ok(failedAt - runningAt <= 36_000, `${failedAt - runningAt} ms`);
});

Deno.test("an old VM that nothing shows is gone after three looks over 5 s, and not before", async () => {
  await using service = await SlowService.create({ bootMs: 600_000 });
  await service.start("run", "--vm-alias", "my-vm");
  service.clock.advance(60_000);
  await forget(service);
  const started_at = service.clock.now().getTime();
  const { code, err } = await service.run(...RUN, "--poll-interval", "1s");
  strictEqual(code, 20, err);
  match(err, /was deleted; starting a new one/);
  const gone = service.entries().find(({ status }) => status === "failed");
  const tookMs = Date.parse(gone?.at ?? "") - started_at;
  ok(tookMs >= 5_000 && tookMs < 10_000, `${tookMs} ms`);
});

Deno.test("a VM whose metadata has a time of deletion is gone at once", async () => {
  await using service = await SlowService.create();
  const { vmId } = await service.start("run", "--vm-alias", "my-vm");
  strictEqual(await service.ask("DELETE", vmId), 200);
  const before = service.clock.elapsedMs();
  const { result, err } = await service.run(...RUN);
  match(
    err,
    new RegExp(`VM ${vmId} of job .* was deleted; starting a new one`),
  );
  strictEqual(result.effect, "created");
  ok(service.clock.elapsedMs() - before < 90_000);
  deepStrictEqual(await service.alive(), [result.vm_id]);
});
