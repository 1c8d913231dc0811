import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { main } from "../../main.ts";
import { SlowService } from "../../tests/helpers/job_in_flight.ts";
import { fetchTransport } from "../api/transport.ts";

const RUN = ["run", "--wait", "--vm-alias", "my-vm", "--timeout", "1h"];

const FOREIGN_PAGE = {
  headers: { "content-type": "text/html" },
  text: "<html><title>Log in to the guest network</title></html>",
};

for (
  const status of [
    ...[200, 302, 400, 401, 403, 404, 405, 407, 410, 418, 422],
    ...[429, 451, 499, 500, 502, 503],
  ]
) {
  Deno.test(`run --wait takes a page under ${status} for a missed look, not for the service's word`, async () => {
    await using service = await SlowService.create({ bootMs: 3_000 });
    await service.simulator.addFault({
      operation: "status",
      times: 3,
      faults: [{ type: "answer", when: "before", status, ...FOREIGN_PAGE }],
    });
    const { code, err } = await service.run(...RUN);
    strictEqual(code, 0, err);
  });
}

Deno.test("run --wait ends with exit 2 when the service itself refuses the key, and the job goes on", async () => {
  await using service = await SlowService.create();
  await service.simulator.addFault({
    operation: "status",
    times: 1,
    faults: [{ type: "answer", when: "before", status: 401, text: "" }],
  });
  const { code, error } = await service.run(...RUN);
  strictEqual(code, 2);
  strictEqual(service.story(error.job_id).at(-1), "running");
  strictEqual((await service.run(...RUN)).result.effect, "attached");
});

Deno.test("run --wait looks again no sooner than Retry-After says", async () => {
  await using service = await SlowService.create({ bootMs: 10_000 });
  await service.simulator.addFault({
    operation: "status",
    skip: 1,
    times: 1,
    faults: [{
      type: "answer",
      when: "before",
      status: 503,
      headers: { "retry-after": "37" },
    }],
  });
  strictEqual((await service.run(...RUN)).code, 0);
  ok(service.clock.sleeps.includes(37_000), `${service.clock.sleeps}`);
});

Deno.test("branch --wait of several VMs honours the longest Retry-After of a look", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  const parent = await service.simulator.addVm();
  for (const seconds of ["41", "2"]) {
    await service.simulator.addFault({
      operation: "status",
      times: 1,
      faults: [{
        type: "answer",
        when: "before",
        status: 503,
        headers: { "retry-after": seconds },
      }],
    });
  }
  const { code } = await service.run("branch", parent, "--count=2", "--wait");
  strictEqual(code, 0);
  ok(service.clock.sleeps.includes(41_000), `${service.clock.sleeps}`);
});

Deno.test("run --wait completes whatever the letter case of the state", async () => {
  await using service = await SlowService.create();
  await service.simulator.addFault({
    operation: "new_root",
    faults: [{
      type: "states",
      states: [{ afterMs: 0, state: "Booting" }, {
        afterMs: 2_000,
        state: "Running",
      }],
    }],
  });
  const { result } = await service.run(...RUN);
  strictEqual(result.status, "complete");
  ok(service.clock.elapsedMs() < 60_000);
});

Deno.test("branch --count 300 asks for at most 8 things at once, and looks by one list", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  const parent = await service.simulator.addVm();
  await using context = await service.context();
  let now = 0;
  let most = 0;
  const transport = fetchTransport(async (request) => {
    most = Math.max(most, ++now);
    try {
      return await service.simulator.fetch(request);
    } finally {
      now--;
    }
  });
  const line = ["branch", parent, "--count=300", "--wait", "--timeout=0"];
  const code = await main(line, {
    ...context,
    transport: () => Promise.resolve(transport),
  });
  strictEqual(code, 0, context.err());
  ok(most <= 8, `${most} at once`);
  const operations = await service.operations();
  const count = (of: string) => operations.filter((one) => one === of).length;
  strictEqual(count("status"), 0);
  strictEqual(count("label"), 300);
  ok(count("list") <= 5, `${count("list")} lists`);
});

Deno.test("jobs cancel ends the wait for the job at its next look, with exit 20", async () => {
  await using service = await SlowService.create();
  let isCancelled = false;
  service.clock.onAdvance = () => {
    const [job] = service.entries().filter(({ status }) =>
      status === "running"
    );
    if (isCancelled || job === undefined) return;
    isCancelled = true;
    cancelling = service.run("jobs", "cancel", job.id ?? "");
  };
  let cancelling: ReturnType<SlowService["run"]> | undefined;
  const { code, error } = await service.run(...RUN);
  strictEqual((await cancelling)?.code, 0);
  strictEqual(code, 20);
  match(error.message, /cancelled/);
  strictEqual(error.resume_command, undefined);
  deepStrictEqual(service.story(error.job_id), [
    "submitted",
    "running",
    "failed",
  ]);
  ok(service.clock.elapsedMs() < 30_000);
});

Deno.test("branch --count 3, one VM deleted, names those that live each time it is asked, and makes no second batch", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  const parent = await service.simulator.addVm();
  const line = ["branch", parent, "--count=3", "--wait"];
  const keyed = [...line, "--idempotency-key", "k"];
  const { result } = await service.run(...keyed);
  const [first, ...others] = result.new_ids;
  strictEqual(await service.ask("DELETE", first), 200);
  for (let times = 0; times < 2; times++) {
    const { code, error } = await service.run(...keyed);
    strictEqual(code, 20);
    match(error.message, new RegExp(`still there: ${others.join(", ")}$`));
    match(error.hint, /--no-resume/);
  }
  deepStrictEqual(
    (await service.alive()).toSorted(),
    [parent, ...others].toSorted(),
  );
});

Deno.test("branch --count 3, one VM deleted in mid-wait, stays in flight and is told again", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  const parent = await service.simulator.addVm();
  await service.simulator.addFault({
    operation: "branch",
    faults: [{
      type: "states",
      states: [{ afterMs: 0, state: "booting" }, {
        afterMs: 120_000,
        state: "running",
      }],
    }],
  });
  const line = ["branch", parent, "--count=3", "--wait"];
  const keyed = [...line, "--idempotency-key", "k", "--timeout", "1h"];
  let isDeleted = false;
  service.clock.onAdvance = () => {
    const job = service.entries().find(({ status }) => status === "running");
    if (isDeleted || job === undefined) return;
    isDeleted = true;
    void service.ask("DELETE", job.result_id?.split(",")[0] ?? "");
  };
  const first = await service.run(...keyed);
  strictEqual(first.code, 20, first.err);
  strictEqual(service.story(first.error.job_id).at(-1), "running");
  const again = await service.run(...keyed);
  strictEqual(again.code, 20);
  strictEqual(again.error.message, first.error.message);
  strictEqual((await service.alive()).length, 3);
});

Deno.test("a process that slept through its limit looks once more before it gives up", async () => {
  await using service = await SlowService.create();
  service.clock.onAdvance = () => {
    if (!service.entries().some(({ status }) => status === "running")) return;
    service.clock.onAdvance = undefined;
    service.clock.advance(3_600_000);
  };
  const line = ["run", "--wait", "--vm-alias", "my-vm", "--timeout", "2m"];
  const { code, err } = await service.run(...line);
  strictEqual(code, 0, err);
  ok(service.clock.elapsedMs() > 3_600_000);
});
