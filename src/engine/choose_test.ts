import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { main } from "../../main.ts";
import { SlowService } from "../../tests/helpers/job_in_flight.ts";

/** The fields that the Go CLI knows; its prune writes no others. */
const GO_FIELDS = [
  ...["id", "kind", "command", "args", "started_at", "completed_at"],
  ...["duration_ms", "status", "result_id", "error"],
];

/** Does to the ledger what the Go CLI's `jobs prune` does. */
async function pruneAsGo(service: SlowService): Promise<void> {
  const path = `${service.home}/.vers/jobs.jsonl`;
  const newest = new Map(service.entries().map((entry) => [entry.id, entry]));
  const lines = [...newest.values()].map((entry) => {
    const fields = GO_FIELDS.flatMap((name) =>
      entry[name] === undefined ? [] : [[name, entry[name]] as const]
    );
    return JSON.stringify(Object.fromEntries(fields)) + "\n";
  });
  await Deno.writeTextFile(`${path}.tmp`, lines.join(""));
  await Deno.rename(`${path}.tmp`, path);
}

Deno.test("a job that the Go CLI's prune has stripped is still waited for by its id", async () => {
  for (const line of [["jobs", "wait"], ["run", "--resume-job"]]) {
    await using service = await SlowService.create();
    const { id, vmId } = await service.start("run", "--vm-alias", "my-vm");
    await pruneAsGo(service);
    const { code, err, result } = await service.run(...line, id);
    strictEqual(code, 0, err);
    const { vm_id } = result.jobs?.[0].result ?? result;
    strictEqual(vm_id, vmId);
    strictEqual(service.story(id).at(-1), "delivered");
    strictEqual((await service.alive()).length, 1);
  }
});

Deno.test("a new job says which stripped job of its kind and alias is in flight", async () => {
  await using service = await SlowService.create({ bootMs: 1_000 });
  const { id } = await service.start("run", "-Nmy-vm");
  const other = await service.start("run", "-N", "my-vm-2");
  await pruneAsGo(service);
  const { code, err, result } = await service.run(
    ...["run", "--wait", "--vm-alias=my-vm"],
  );
  strictEqual(code, 0, err);
  match(
    err,
    new RegExp(
      `^warning: job ${id} may be .*job ${result.job_id} is new beside it$`,
      "m",
    ),
  );
  match(err, new RegExp(`^hint: .*vers jobs wait ${id}$`, "m"));
  strictEqual(err.includes(other.id), false);
});

Deno.test("a wait whose lines were stripped writes what it knows again when it ends", async () => {
  await using service = await SlowService.create();
  let pruning: Promise<void> | undefined;
  service.clock.onAdvance = () => {
    const isRunning = service.entries().some(({ status }) =>
      status === "running"
    );
    if (isRunning) pruning ??= pruneAsGo(service);
  };
  const line = ["run", "--wait", "--vm-alias", "my-vm"];
  const first = await service.run(...line, "--timeout", "10s");
  await pruning;
  strictEqual(first.code, 6);
  match(first.error.resume_command, /^vers run --wait --vm-alias my-vm/);
  const again = await service.run(...line);
  strictEqual(again.result.effect, "attached");
  strictEqual(again.result.job_id, first.error.job_id);
  deepStrictEqual(await service.alive(), [again.result.vm_id]);
});

/** Runs a command with another API key of the organisation. */
async function runWithOtherKey(
  service: SlowService,
  ...line: readonly string[]
) {
  const key = await service.simulator.addKey();
  await using context = await service.context({ env: { VERS_API_KEY: key } });
  const code = await main(line, context);
  return { code, err: context.err(), result: JSON.parse(context.out()) };
}

const RUN = ["run", "--wait", "--vm-alias", "my-vm"];

/** Takes nothing, as a full disk does. */
const FULL = {
  write: () => Promise.reject(new Error("No space left on device")),
};

Deno.test("one 404 does not make a job of another API key somebody else's", async () => {
  await using service = await SlowService.create();
  const { vmId } = await service.start("run", "--vm-alias", "my-vm");
  await service.simulator.addFault({
    operation: "status",
    times: 2,
    faults: [{
      type: "answer",
      when: "before",
      status: 404,
      json: { error: "not found", success: false },
    }],
  });
  const { code, err, result } = await runWithOtherKey(service, ...RUN);
  strictEqual(code, 0, err);
  deepStrictEqual([result.effect, result.vm_id], ["attached", vmId]);
});

Deno.test("an open request of another API key is looked for until its confirm window is over", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  await service.simulator.addFault({
    operation: "new_root",
    times: 1,
    faults: [{ type: "commit_late", ms: 8_000 }],
  });
  const first = await service.run(...RUN, "--timeout", "1s");
  strictEqual(first.code, 6, first.err);
  const { code, err, result } = await runWithOtherKey(service, ...RUN);
  strictEqual(code, 0, err);
  strictEqual(result.effect, "recovered");
  strictEqual((await service.alive()).length, 1);
});

Deno.test("a job of another API key that is not shown to this one is named when it is passed over", async () => {
  await using service = await SlowService.create();
  const { id, vmId } = await service.start("run", "--vm-alias", "my-vm");
  await service.simulator.addFault({
    operation: "status",
    times: 3,
    faults: [{
      type: "answer",
      when: "before",
      status: 404,
      json: { error: "not found", success: false },
    }],
  });
  const { code, err, result } = await runWithOtherKey(service, ...RUN);
  strictEqual(code, 0, err);
  strictEqual(result.effect, "created");
  match(err, new RegExp(`note: job ${id} was started with another API key`));
  strictEqual(result.vm_id === vmId, false);
});

for (const days of [-2, 2]) {
  Deno.test(`a result that was never printed is returned though our clock stepped by ${days} days`, async () => {
    await using service = await SlowService.create({ bootMs: 0 });
    {
      await using context = await service.context({ stdoutWriter: FULL });
      strictEqual(await main(RUN, context), 1);
    }
    service.aheadMs = days * 86_400_000;
    const { code, err, result } = await service.run(...RUN);
    strictEqual(code, 0, err);
    strictEqual(result.effect, "returned", err);
  });
}

Deno.test("a result that was never printed and is too old is named", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  let id: string;
  {
    await using context = await service.context({ stdoutWriter: FULL });
    strictEqual(await main(RUN, context), 1);
    id = service.entries()[0]?.id ?? "";
  }
  service.clock.advance(2 * 86_400_000);
  const { err, result } = await service.run(...RUN);
  strictEqual(result.effect, "created", err);
  match(err, new RegExp(`result of job ${id} was never printed`));
});

Deno.test("the way on names the job where the command would not find it again", async () => {
  await using service = await SlowService.create();
  const line = [...RUN, "--max-resume-age", "0", "--timeout", "1s"];
  const { code, error } = await service.run(...line);
  strictEqual(code, 6);
  const [, ...words] = error.resume_command.split(" ");
  const again = await service.run(
    ...words.filter((word: string) => !word.startsWith("--timeout")),
  );
  strictEqual(again.result?.vm_id, error.vm_ids[0], again.err);
  strictEqual((await service.alive()).length, 1);
});

Deno.test("a job that could not be kept has no way on, and is not to be asked for again", async () => {
  await using service = await SlowService.create();
  await Deno.writeTextFile(`${service.home}/.vers`, "in the way");
  const { code, error } = await service.run(...RUN, "--timeout", "1s");
  strictEqual(code, 6);
  deepStrictEqual([error.retryable, error.resume_command], [false, undefined]);
  match(error.hint, new RegExp(`vers get ${error.vm_ids[0]}`));
});
