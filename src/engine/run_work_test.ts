import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { main } from "../../main.ts";
import { SlowService } from "../../tests/helpers/job_in_flight.ts";

const RUN = ["run", "--vm-alias", "my-vm"];
const WAIT = [...RUN, "--wait"];

function accepted(service: SlowService): string[] {
  return service.entries().flatMap(({ accepted_at, id }) =>
    accepted_at === undefined ? [] : [id ?? ""]
  );
}

Deno.test("run --wait attaches to the VM that the same command without --wait has started", async () => {
  await using service = await SlowService.create();
  const first = await service.run(...RUN);
  deepStrictEqual(
    [first.result.status, first.result.effect],
    ["accepted", "created"],
  );
  deepStrictEqual(accepted(service), [first.result.job_id]);
  const { result } = await service.run(...WAIT);
  deepStrictEqual(
    [result.vm_id, result.status, result.effect],
    [first.result.vm_id, "complete", "attached"],
  );
  ok(service.clock.elapsedMs() >= 60_000, "It has waited for the boot");
  strictEqual((await service.alive()).length, 1);
  // Once it was seen to run, the words stand for a new request.
  const third = await service.run(...WAIT);
  strictEqual(third.result.effect, "created");
});

Deno.test("run --wait finds nothing that was started without --wait more than 10 minutes ago", async () => {
  await using service = await SlowService.create();
  await service.run(...RUN);
  service.clock.advance(10 * 60_000 + 1);
  const { err, result } = await service.run(...WAIT);
  strictEqual(result.effect, "created");
  match(err, /^note: job job_\w+ was started without --wait/m);
});

Deno.test("run without --wait is a new request each time, whatever is in flight", async () => {
  await using service = await SlowService.create();
  const first = await service.run(...RUN);
  const second = await service.run(...RUN);
  strictEqual(second.result.effect, "created");
  // The newest is the one that the words stand for.
  const { result } = await service.run(...WAIT);
  strictEqual(result.vm_id, second.result.vm_id);
  strictEqual((await service.alive()).includes(first.result.vm_id), true);
});

Deno.test("run --wait goes on with the job that was waited for, before one that was not", async () => {
  await using service = await SlowService.create();
  const waited = await service.start(...RUN);
  await service.run(...RUN);
  const { result } = await service.run(...WAIT);
  strictEqual(result.vm_id, waited.vmId);
});

for (const line of [["jobs", "wait"], ["run", "--resume-job"]]) {
  Deno.test(`vers ${line.join(" ")} of a job that was not waited for waits until its VM runs`, async () => {
    await using service = await SlowService.create();
    const { result: { job_id, vm_id } } = await service.run("run");
    const { code, out, err } = await service.run(...line, job_id);
    strictEqual(code, 0, err);
    match(out, new RegExp(vm_id));
    match(out, /"status":"complete"/);
    ok(service.clock.elapsedMs() >= 60_000);
    deepStrictEqual(service.story(job_id).slice(-2), ["complete", "delivered"]);
  });
}

Deno.test("deploy --wait does not go on with a deploy that was not waited for", async () => {
  await using service = await SlowService.create();
  strictEqual((await service.run("deploy", "ada/site")).code, 0);
  const { code, error } = await service.run("deploy", "ada/site", "--wait");
  deepStrictEqual([code, error.code], [4, "conflict"]);
});

Deno.test("resume --wait does not go on with a resume that was not waited for", async () => {
  await using service = await SlowService.create();
  const vmId = await service.simulator.addVm({ state: "paused" });
  strictEqual((await service.run("resume", vmId)).code, 0);
  const { result } = await service.run("resume", vmId, "--wait");
  strictEqual(result.effect, "created");
});

Deno.test("vers jobs list calls a job accepted that nobody waited for", async () => {
  await using service = await SlowService.create();
  const { result: { job_id } } = await service.run("run");
  const { out } = await service.run("jobs", "list", "--status", "accepted");
  deepStrictEqual(
    JSON.parse(out).map((
      { id, status }: Record<string, string>,
    ) => [id, status]),
    [[job_id, "accepted"]],
  );
  const got = await service.run("jobs", "get", job_id);
  strictEqual(got.result.status, "accepted");
});

Deno.test("--idempotency-key without --wait prints the id of its job again, until its VM is gone", async () => {
  await using service = await SlowService.create();
  const line = ["run", "--idempotency-key", "k"];
  const first = await service.run(...line);
  strictEqual(first.result.effect, "created", first.err);
  const second = await service.run(...line);
  deepStrictEqual(
    [second.result.vm_id, second.result.status, second.result.effect],
    [first.result.vm_id, "accepted", "attached"],
  );
  // However long ago that was, and waited for or not.
  service.clock.advance(48 * 3_600_000);
  const waited = await service.run(...line, "--wait");
  strictEqual(waited.result.vm_id, first.result.vm_id);
  const third = await service.run(...line);
  deepStrictEqual(
    [third.result.vm_id, third.result.status, third.result.effect],
    [first.result.vm_id, "complete", "returned"],
  );
  strictEqual((await service.alive()).length, 1);
  strictEqual(await service.ask("DELETE", first.result.vm_id), 200);
  const anew = await service.run(...line);
  strictEqual(anew.result.effect, "created");
  strictEqual((await service.alive()).length, 1);
});

Deno.test("--idempotency-key without --wait recovers its lost request", async () => {
  await using service = await SlowService.create();
  await service.simulator.addFault({
    operation: "new_root",
    times: 1,
    faults: [{ type: "drop", when: "after" }],
  });
  const line = ["run", "--idempotency-key", "k"];
  const { result } = await service.run(...line);
  deepStrictEqual(
    [result.effect, result.status],
    ["recovered", "accepted"],
  );
  strictEqual((await service.run(...line)).result.vm_id, result.vm_id);
});

Deno.test("--explain and the run decide alike on an old job of an idempotency key in a large ledger", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  const line = ["run", "--wait", "--idempotency-key", "k"];
  const { result } = await service.run(...line);
  service.clock.advance(10 * 24 * 3_600_000);
  const path = `${service.home}/.vers/jobs.jsonl`;
  const lines = Deno.readTextFileSync(path);
  // Newer lines of other work, over more than what is always read.
  await service.run("run", "--wait", "--vm-alias", "other");
  const other = Deno.readTextFileSync(path).slice(lines.length);
  await Deno.writeTextFile(path, other.repeat(400), { append: true });
  ok(Deno.statSync(path).size > 256 * 1024);
  const explained = (await service.run(...line, "--explain")).result;
  deepStrictEqual(
    [explained.would, explained.reason, explained.found?.job_id],
    ["return", "idempotency_key", result.job_id],
  );
  const again = await service.run(...line);
  deepStrictEqual(again.result, { ...result, effect: "returned" });
});

const BUSY = {
  type: "answer",
  when: "before",
  status: 503,
  headers: { "retry-after": "31" },
} as const;

Deno.test("a command asks whose a job is no sooner than Retry-After says", async () => {
  await using service = await SlowService.create();
  await service.start(...RUN);
  const key = await service.simulator.addKey();
  await service.simulator.addFault({
    operation: "status",
    times: 1,
    faults: [BUSY],
  });
  await using context = await service.context({ env: { VERS_API_KEY: key } });
  strictEqual(await main(WAIT, context), 0, context.err());
  strictEqual(JSON.parse(context.out()).effect, "attached");
  ok(service.clock.sleeps.includes(31_000), `${service.clock.sleeps}`);
});

Deno.test("a stored result asks for its VM no sooner than Retry-After says", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  const line = [...WAIT, "--idempotency-key", "k"];
  strictEqual((await service.run(...line)).code, 0);
  await service.simulator.addFault({
    operation: "status",
    times: 1,
    faults: [BUSY],
  });
  strictEqual((await service.run(...line)).result.effect, "returned");
  ok(service.clock.sleeps.includes(31_000), `${service.clock.sleeps}`);
});

Deno.test("a stored result whose VM is gone is not printed: a new VM is made", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  const line = [...WAIT, "--idempotency-key", "k"];
  const { result } = await service.run(...line);
  strictEqual(await service.ask("DELETE", result.vm_id), 200);
  const again = await service.run(...line);
  strictEqual(again.result.effect, "created", again.err);
  match(
    again.err,
    new RegExp(
      `VM ${result.vm_id} of job .* was deleted; starting a new one$`,
      "m",
    ),
  );
});

Deno.test("resume of a VM that stays paused asks once more after 30 s, and no oftener", async () => {
  await using service = await SlowService.create();
  const vmId = await service.simulator.addVm({ state: "paused" });
  // The first request is heard and does nothing.
  await service.simulator.addFault({
    operation: "state",
    times: 1,
    faults: [{ type: "answer", when: "before", status: 200, text: "" }],
  });
  const { code, err } = await service.run("resume", vmId, "--wait");
  strictEqual(code, 0, err);
  const { elapsedMs } = { elapsedMs: service.clock.elapsedMs() };
  ok(elapsedMs >= 30_000 && elapsedMs < 60_000, `${elapsedMs} ms`);
  const operations = await service.operations();
  strictEqual(operations.filter((one) => one === "state").length, 2);
});
