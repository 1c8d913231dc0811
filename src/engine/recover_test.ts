import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { until } from "../../tests/helpers/until.ts";
import { SlowService } from "../../tests/helpers/job_in_flight.ts";
import type { FaultRule } from "../simulator/faults/faults.ts";

const SHORT = ["run", "--wait", "--vm-alias", "my-vm", "--timeout", "2m"];
const RUN = ["run", "--wait", "--vm-alias", "my-vm", "--timeout", "1h"];

const LOST: FaultRule = {
  operation: "new_root",
  times: 1,
  faults: [{ type: "drop", when: "after" }],
};

for (const status of [200, 302, 400, 404, 407, 418, 500]) {
  Deno.test(`a recovery whose list is answered by a page under ${status} looks again`, async () => {
    await using service = await SlowService.create({ bootMs: 0 });
    await service.simulator.addFault(LOST);
    await service.simulator.addFault({
      operation: "list",
      times: 2,
      faults: [{
        type: "answer",
        when: "before",
        status,
        headers: { "content-type": "text/html" },
        text: "<html></html>",
      }],
    });
    const { code, err, result } = await service.run(...RUN);
    strictEqual(code, 0, err);
    strictEqual(result.effect, "recovered");
    strictEqual((await service.alive()).length, 1);
  });
}

Deno.test("a recovery that reads no list ends with exit 6, and its intent stays open", async () => {
  await using service = await SlowService.create();
  await service.simulator.addFault(LOST);
  await service.simulator.addFault({
    operation: "list",
    faults: [{
      type: "answer",
      when: "before",
      status: 404,
      json: { error: "not found", success: false },
    }],
  });
  const { code, error } = await service.run(...SHORT);
  strictEqual(code, 6);
  deepStrictEqual(service.story(error.job_id), ["submitted"]);
  await service.simulator.clearFaults();
  strictEqual((await service.run(...RUN)).result.effect, "recovered");
});

Deno.test("two processes that have one job, without its lock, keep one VM, and name the other", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  await service.simulator.addFault({
    operation: "new_root",
    times: 1,
    faults: [{ type: "hold", when: "before" }],
  });
  const running = service.run(...RUN);
  await until(async () => (await service.operations()).includes("new_root"));
  // Somebody cleans up, and the lock that is held is worth nothing.
  await Deno.remove(`${service.home}/.vers/locks`, { recursive: true });
  const other = await service.run(...RUN);
  await service.simulator.release();
  const first = await running;
  strictEqual(first.code, 0, first.err);
  strictEqual(other.code, 0, other.err);
  const kept = other.result.vm_id;
  strictEqual(first.result.vm_id, kept);
  const handles = service.entries().map(({ handle }) => JSON.stringify(handle))
    .filter((handle) => handle !== undefined);
  strictEqual(new Set(handles).size, 1);
  const [extra] = (await service.alive()).filter((vmId) => vmId !== kept);
  match(first.err, new RegExp(`vers delete ${extra}`));
});

Deno.test("a recovery asks for the list no sooner than Retry-After says", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  await service.simulator.addFault(LOST);
  await service.simulator.addFault({
    operation: "list",
    times: 1,
    faults: [{
      type: "answer",
      when: "before",
      status: 429,
      headers: { "retry-after": "33" },
    }],
  });
  strictEqual((await service.run(...RUN)).code, 0);
  ok(service.clock.sleeps.includes(33_000), `${service.clock.sleeps}`);
});

Deno.test("an odd entry of the list hinders no recovery, and is counted", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  await service.simulator.addFault(LOST);
  const odd = {
    vm_id: "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e",
    owner_id: service.simulator.apiKey.slice(0, 36),
    created_at: null,
    state: "running",
    labels: [],
  };
  await service.simulator.addFault({
    operation: "list",
    faults: [{ type: "also_listed", entries: [odd, 7, { state: [] }] }],
  });
  const { code, err, result } = await service.run(...RUN);
  strictEqual(code, 0, err);
  strictEqual(result.effect, "recovered");
  match(err, /^note: 3 entries of the list of VMs cannot be understood/m);
  strictEqual(err.match(/cannot be understood/g)?.length, 1);
});

Deno.test("a recovery that finds two VMs with its token keeps one, and names the other", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  await service.simulator.addFault(LOST);
  await service.simulator.addFault({
    operation: "list",
    times: 1,
    faults: [{ type: "lag", ms: 3_600_000 }],
  });
  let isDoubled = false;
  service.clock.onAdvance = () => {
    const [intent] = service.entries();
    if (isDoubled || intent === undefined) return;
    isDoubled = true;
    doubling = service.simulator.addVm({
      labels: { "vers-job": intent.token ?? "" },
    });
  };
  let doubling: Promise<string> | undefined;
  const { code, err, result } = await service.run(...RUN);
  strictEqual(code, 0, err);
  const alive = await service.alive();
  const [other] = alive.filter((vmId) => vmId !== result.vm_id);
  strictEqual(alive.length, 2);
  strictEqual(
    await doubling === other || await doubling === result.vm_id,
    true,
  );
  match(err, new RegExp(`made two VMs; ${result.vm_id} is kept`));
  match(err, new RegExp(`hint: .*vers delete ${other}`));
});

Deno.test("exit 21 lists the VMs first that carry the job's label when they are fewer than asked for", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  const parent = await service.simulator.addVm();
  await service.simulator.addFault({
    operation: "branch",
    times: 1,
    faults: [{ type: "drop", when: "after" }],
  });
  const line = ["branch", parent, "--count=3", "--wait", "--timeout", "1h"];
  let isLabelled = false;
  service.clock.onAdvance = () => {
    if (isLabelled) return;
    isLabelled = true;
    labelling = labelLast(service);
  };
  let labelling: Promise<string> | undefined;
  const { code, error } = await service.run(...line);
  strictEqual(code, 21);
  const labelled = await labelling;
  strictEqual(error.candidates[0].vm_id, labelled);
  strictEqual(error.candidates.length, 3);
  match(error.hint, new RegExp(`vers jobs adopt job_\\w+ ${labelled} `));
  strictEqual((await service.alive()).length, 4);
});

/** Labels the newest VM as that of the job whose intent is in the ledger. */
async function labelLast(service: SlowService): Promise<string> {
  const vmId = (await service.alive()).at(-1) ?? "";
  const [intent] = service.entries();
  await label(service, vmId, intent?.token ?? "");
  return vmId;
}

Deno.test("a labelling asks again no sooner than Retry-After says", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  const parent = await service.simulator.addVm();
  await service.simulator.addFault({
    operation: "label",
    times: 1,
    faults: [{
      type: "answer",
      when: "before",
      status: 503,
      headers: { "retry-after": "29" },
    }],
  });
  const { code, err } = await service.run("branch", parent, "--wait");
  strictEqual(code, 0, err);
  ok(service.clock.sleeps.includes(29_000), `${service.clock.sleeps}`);
  deepStrictEqual(
    (await service.simulator.vms()).map(({ labels }) => "vers-job" in labels),
    [false, true],
  );
});

Deno.test("a request that was sent twice and then refused is no failure: exit 21 gives the refusal", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  await service.simulator.addFault({
    operation: "new_root",
    times: 1,
    faults: [{ type: "drop", when: "before" }],
  });
  await service.simulator.addFault({
    operation: "new_root",
    times: 1,
    faults: [{
      type: "answer",
      when: "before",
      status: 400,
      json: { error: "no such image", success: false },
    }],
  });
  const { code, error } = await service.run(...RUN);
  strictEqual(code, 21);
  match(error.message, /sent again and refused: .*no such image/);
});

Deno.test("a step of our clock does not shorten the confirm window: the server's tells, too", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  await service.simulator.addFault({
    operation: "new_root",
    times: 1,
    faults: [{ type: "commit_late", ms: 10_000 }],
  });
  const first = await service.run(...RUN.slice(0, 4), "--timeout", "2s");
  strictEqual(first.code, 6);
  service.aheadMs = 3_600_000;
  const { result, err } = await service.run(...RUN);
  strictEqual(result?.effect, "recovered", err);
  strictEqual((await service.alive()).length, 1);
});

Deno.test("a request that was lost late may show until its confirm window after that", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  await service.simulator.addFault({
    operation: "new_root",
    times: 1,
    faults: [
      { type: "delay", when: "before", ms: 30_000 },
      { type: "drop", when: "after" },
      { type: "unlisted", ms: 5_000 },
    ],
  });
  const { result, err } = await service.run(...RUN);
  strictEqual(result?.effect, "recovered", err);
  strictEqual((await service.alive()).length, 1);
});

Deno.test("a candidate that its maker may yet label is waited for", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  const parent = await service.simulator.addVm();
  await service.simulator.addFault({
    operation: "branch",
    times: 1,
    faults: [{ type: "drop", when: "before" }],
  });
  let others: string | undefined;
  service.clock.onAdvance = () => {
    const elapsedMs = service.clock.elapsedMs();
    // Another user of the key branches the same VM, and labels it a bit later.
    if (elapsedMs >= 70_000 && others === undefined) {
      others = "";
      void service.simulator.addVm({ grandparentVmId: parent })
        .then((vmId) => others = vmId);
    }
    if (elapsedMs >= 76_000 && others) {
      const vmId = others;
      others = undefined;
      service.clock.onAdvance = undefined;
      void label(service, vmId, crypto.randomUUID());
    }
  };
  const line = ["branch", parent, "--wait", "--alias", "b", "--timeout", "1h"];
  const { result, err } = await service.run(...line);
  strictEqual(result?.effect, "created", err);
  strictEqual((await service.alive()).length, 3);
});

async function label(
  service: SlowService,
  vmId: string,
  token: string,
): Promise<void> {
  const response = await service.simulator.fetch(
    new Request(`http://localhost/api/v1/vm/${vmId}/label`, {
      method: "PATCH",
      headers: { authorization: `Bearer ${service.simulator.apiKey}` },
      body: JSON.stringify({ labels: { "vers-job": token } }),
    }),
  );
  await response.body?.cancel();
}

Deno.test("a request that is lost twice is sent no third time by one run", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  await service.simulator.addFault({
    operation: "new_root",
    faults: [{ type: "drop", when: "before" }],
  });
  const { code, error } = await service.run(...RUN);
  strictEqual(code, 21);
  const operations = await service.operations();
  strictEqual(operations.filter((one) => one === "new_root").length, 2);
  deepStrictEqual(
    service.entries().filter(({ id }) => id === error.job_id)
      .map(({ sends }) => Number(sends)),
    [1, 2, 2],
  );
});

Deno.test("a job that ended with exit 21 is recorded as not confirmed, and not beyond the next try", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  await service.simulator.addFault({
    operation: "new_root",
    times: 2,
    faults: [{ type: "drop", when: "before" }],
  });
  const { error } = await service.run(...RUN);
  const last = service.entries().at(-1);
  strictEqual(last?.id, error.job_id);
  ok(last?.unconfirmed_at);
  const { result } = await service.run(...RUN);
  deepStrictEqual([result.effect, result.job_id], ["created", error.job_id]);
});

/** Loses a branch that was never made, while other VMs come to be. */
async function branchBeside(
  others: (
    parent: string,
    now: Date,
  ) => Parameters<SlowService["simulator"]["addVm"]>[0][],
  before?: (service: SlowService, parent: string) => Promise<void>,
) {
  const service = await SlowService.create({ bootMs: 0 });
  const parent = await service.simulator.addVm();
  await before?.(service, parent);
  await service.simulator.addFault({
    operation: "branch",
    times: 1,
    faults: [{ type: "drop", when: "before" }],
  });
  let adding: Promise<unknown> | undefined;
  service.clock.onAdvance = () => {
    if (!service.entries().some(({ status }) => status === "submitted")) return;
    adding ??= Promise.all(
      others(parent, service.clock.now()).map((seed) =>
        service.simulator.addVm(seed)
      ),
    );
  };
  const line = ["branch", parent, "--wait", "--alias", "b", "--timeout", "1h"];
  const ended = await service.run(...line);
  await adding;
  return { service, parent, ...ended };
}

Deno.test("a VM of another parent is no candidate of a lost branch", async () => {
  const other = "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e";
  const { service, result, err } = await branchBeside(() => [
    { grandparentVmId: other },
    {},
  ]);
  await using _service = service;
  strictEqual(result?.effect, "created", err);
});

Deno.test("a VM that was made a few seconds early, by the service's other clock, is told of, not taken", async () => {
  const { service, code, error } = await branchBeside((parent, now) => [{
    grandparentVmId: parent,
    createdAt: new Date(now.getTime() - 5_000).toISOString(),
  }]);
  await using _service = service;
  strictEqual(code, 21);
  strictEqual(error.candidates.length, 1);
  strictEqual((await service.alive()).length, 2);
});

Deno.test("a VM that is listed and has no metadata is told of, not made again", async () => {
  const { service, code, error } = await branchBeside(
    (parent) => [{ grandparentVmId: parent }],
    async (service) => {
      await service.simulator.addFault({
        operation: "metadata",
        faults: [{
          type: "answer",
          when: "before",
          status: 404,
          json: { error: "not found", success: false },
        }],
      });
    },
  );
  await using _service = service;
  strictEqual(code, 21);
  strictEqual(error.candidates.length, 1);
  const operations = await service.operations();
  strictEqual(operations.filter((one) => one === "branch").length, 1);
});

Deno.test("more candidates than were asked for are nobody's: exit 21 lists them", async () => {
  const { service, code, error } = await branchBeside((parent) => [
    { grandparentVmId: parent },
    { grandparentVmId: parent },
  ]);
  await using _service = service;
  strictEqual(code, 21);
  strictEqual(error.candidates.length, 2);
});

Deno.test("a VM that another job of the ledger has is no candidate of a lost branch", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  const parent = await service.simulator.addVm();
  // Its label is lost: only the ledger knows whose it is.
  await service.simulator.addFault({
    operation: "label",
    faults: [{
      type: "answer",
      when: "before",
      status: 403,
      json: { error: "no", success: false },
    }],
  });
  await service.simulator.addFault({
    operation: "branch",
    times: 1,
    faults: [{ type: "drop", when: "before" }],
  });
  let other: ReturnType<SlowService["run"]> | undefined;
  service.clock.onAdvance = () => {
    if (!service.entries().some(({ status }) => status === "submitted")) return;
    other ??= service.run("branch", parent, "--wait", "--alias", "other");
  };
  const line = ["branch", parent, "--wait", "--alias", "b", "--timeout", "1h"];
  const { result, err } = await service.run(...line);
  const others = await other;
  strictEqual(others?.code, 0, others?.err);
  strictEqual(result?.effect, "created", err);
  strictEqual(result.new_ids.includes(others?.result.new_ids[0]), false);
  strictEqual((await service.alive()).length, 3);
});
