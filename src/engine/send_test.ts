import {
  deepStrictEqual,
  doesNotMatch,
  match,
  ok,
  strictEqual,
} from "node:assert/strict";
import { SlowService } from "../../tests/helpers/job_in_flight.ts";
import type { FaultRule } from "../simulator/faults/faults.ts";

const RUN = ["run", "--wait", "--vm-alias", "my-vm"];

type Fault = FaultRule["faults"][0];

function answer(status: number, headers: Record<string, string> = {}): Fault {
  return {
    type: "answer",
    when: "before",
    status,
    headers,
    json: { error: "no", success: false },
  };
}

const PAGE: Fault = {
  type: "answer",
  when: "before",
  status: 200,
  headers: { "content-type": "text/html" },
  text: "<html></html>",
};

Deno.test("a creation asks for the server's clock first, and for no list", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  strictEqual((await service.run(...RUN)).code, 0);
  const operations = await service.operations();
  deepStrictEqual(operations, ["version", "new_root", "status"]);
});

Deno.test("a creation sends and writes nothing before the look for the clock was answered", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  for (const fault of [answer(500), answer(429), { ...PAGE, status: 502 }]) {
    const rule = { operation: "version" as const, times: 1 };
    await service.simulator.addFault({ ...rule, faults: [fault] });
  }
  const drop: Fault = { type: "drop", when: "before" };
  await service.simulator.addFault({
    operation: "version",
    times: 1,
    faults: [drop],
  });
  const { code, err } = await service.run(...RUN);
  strictEqual(code, 0, err);
  deepStrictEqual(
    (await service.operations()).filter((one) => one !== "status"),
    ["version", "version", "version", "version", "version", "new_root"],
  );
  match(err, /^note: nothing was sent yet: /m);
});

Deno.test("a creation that is not told the time before its timeout has sent and written nothing", async () => {
  await using service = await SlowService.create();
  await service.simulator.addFault({
    operation: "version",
    faults: [answer(503)],
  });
  const { code, error } = await service.run(...RUN, "--timeout", "30s");
  strictEqual(code, 6);
  strictEqual(error.retryable, true);
  deepStrictEqual(service.entries(), []);
  ok(service.clock.elapsedMs() >= 30_000);
  ok(!(await service.operations()).includes("new_root"));
});

Deno.test("a creation at a server that cannot be reached is given up after three tries over 5 s", async () => {
  await using service = await SlowService.create();
  await service.simulator.addFault({ faults: [{ type: "unreachable" }] });
  const { code, error } = await service.run(...RUN);
  deepStrictEqual([code, error.code, error.retryable], [1, "not_sent", true]);
  strictEqual(service.clock.elapsedMs(), 5_000);
  strictEqual((await service.operations()).length, 3);
  deepStrictEqual(service.entries(), []);
});

Deno.test("a creation at something that is not the Vers API is given up after three tries over 2 s", async () => {
  await using service = await SlowService.create();
  await service.simulator.addFault({ faults: [PAGE] });
  const { code, error } = await service.run(...RUN);
  strictEqual(code, 1);
  strictEqual(error.retryable, true);
  match(
    error.message,
    /VERS_URL is answered by something that is not the Vers API.*200.*text\/html/,
  );
  strictEqual(service.clock.elapsedMs(), 2_000);
  deepStrictEqual(service.entries(), []);
});

Deno.test("a creation that the service is too busy for is sent again after Retry-After, under a line of its own", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  await service.simulator.addFault({
    operation: "new_root",
    times: 2,
    faults: [answer(429, { "retry-after": "40" })],
  });
  const { code, err } = await service.run(...RUN);
  strictEqual(code, 0, err);
  const entries = service.entries();
  deepStrictEqual(
    entries.map(({ status, sends }) => [status, sends]),
    [
      ["submitted", 1],
      ["submitted", 1],
      ["submitted", 1],
      ["running", 1],
      ["complete", 1],
      ["complete", 1],
    ],
  );
  deepStrictEqual(
    service.clock.sleeps.filter((ms) => ms === 40_000).length,
    2,
  );
  match(err, /^note: the service is too busy .*; sending it again in 40\.0s$/m);
  strictEqual((await service.alive()).length, 1);
});

Deno.test("a creation that the service stays too busy for times out, and its job has failed as not sent", async () => {
  await using service = await SlowService.create();
  await service.simulator.addFault({
    operation: "new_root",
    faults: [answer(429, { "retry-after": "40" })],
  });
  const { code, error } = await service.run(...RUN, "--timeout", "1m");
  deepStrictEqual([code, error.code], [6, "timed_out"]);
  deepStrictEqual(service.story(error.job_id), [
    "submitted",
    "submitted",
    "failed",
  ]);
  await service.simulator.clearFaults();
  const again = await service.run(...RUN, "--timeout", "1h");
  strictEqual(again.result.effect, "created");
  strictEqual((await service.alive()).length, 1);
});

for (const inWhat of ["in one run", "in the next run"]) {
  Deno.test(`a creation that is lost after a 429 has its confirm window from when it left, ${inWhat}`, async () => {
    await using service = await SlowService.create({ bootMs: 0 });
    const busy = answer(429, { "retry-after": "60" });
    await service.simulator.addFault({
      operation: "new_root",
      times: 1,
      faults: [busy],
    });
    // Carried out 14 s after it left: within the 15 s that it may take.
    await service.simulator.addFault({
      operation: "new_root",
      times: 1,
      faults: [{ type: "commit_late", ms: 14_000 }],
    });
    if (inWhat === "in the next run") {
      const cut = await service.run(...RUN, "--timeout", "62s");
      strictEqual(cut.code, 6, cut.err);
    }
    const { code, err, result } = await service.run(...RUN);
    strictEqual(code, 0, err);
    strictEqual(result.effect, "recovered", err);
    strictEqual((await service.alive()).length, 1);
  });
}

for (
  const [what, page] of [
    ["404", { ...PAGE, status: 404 }],
    ["403", { ...PAGE, status: 403 }],
    ["422 in text", {
      ...PAGE,
      status: 422,
      headers: { "content-type": "text/plain" },
      text: "what?",
    }],
  ] as const
) {
  Deno.test(`a creation that something else answers with ${what} counts as lost, not as refused`, async () => {
    await using service = await SlowService.create({ bootMs: 0 });
    await service.simulator.addFault({
      operation: "new_root",
      times: 1,
      faults: [{ ...page, when: "after" }],
    });
    const { code, err, result } = await service.run(...RUN);
    strictEqual(code, 0, err);
    strictEqual(result.effect, "recovered");
    strictEqual((await service.alive()).length, 1);
  });
}

Deno.test("exit 21 names what answered in the service's place", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  const parent = await service.simulator.addVm();
  // Twice: so that it cannot be told which is this job's.
  for (const when of ["after", "after"] as const) {
    await service.simulator.addFault({
      operation: "branch",
      times: 1,
      faults: [{ ...PAGE, status: 404, when }],
    });
  }
  await service.set({ adopt: "never" });
  const line = ["branch", parent, "--wait", "--timeout", "1h"];
  const { code, error } = await service.run(...line);
  strictEqual(code, 21);
  match(error.message, /answered by a 404 of type text\/html/);
  strictEqual((await service.alive()).length, 2);
});

for (const status of [301, 302, 307]) {
  Deno.test(`a creation that is answered by ${status} has failed, and is not sent elsewhere`, async () => {
    await using service = await SlowService.create();
    await service.simulator.addFault({
      operation: "new_root",
      times: 1,
      faults: [{
        type: "answer",
        when: "before",
        status,
        headers: { location: "https://example.com/" },
        text: "",
      }],
    });
    const { code, error } = await service.run(...RUN);
    strictEqual(code, 1);
    deepStrictEqual(service.story(error.job_id), ["submitted", "failed"]);
    // Whoever is told of it later is told the same.
    const { hint } = Object(service.entries().at(-1)?.result);
    match(hint, /^check VERS_URL/);
    strictEqual(hint, error.hint);
  });
}

Deno.test("deploy --resume-job without the command it needs writes no line, and sends nothing", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  await service.simulator.addFault({
    operation: "deploy",
    times: 1,
    faults: [{ type: "drop", when: "before" }],
  });
  const first = await service.run(
    ...["deploy", "ada/site", "--wait", "--build", "npm run build"],
    ...["--timeout", "5s"],
  );
  strictEqual(first.code, 6, first.err);
  const before = service.entries();
  for (let times = 0; times < 2; times++) {
    const { code, error, err } = await service.run(
      ...["deploy", "--resume-job", first.error.job_id, "--timeout", "1h"],
    );
    strictEqual(code, 1);
    match(error.message, /does not keep its --build command/);
    ok(!/sending it again/.test(err), err);
  }
  deepStrictEqual(service.entries(), before);
  const operations = await service.operations();
  strictEqual(operations.filter((one) => one === "deploy").length, 1);
});

Deno.test("a creation whose answer names the VM of another job says so", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  const first = await service.run(...RUN);
  // What stands in between answers from its cache.
  await service.simulator.addFault({
    operation: "new_root",
    times: 1,
    faults: [{
      type: "answer",
      when: "after",
      status: 201,
      json: { vm_id: first.result.vm_id },
    }],
  });
  const { err } = await service.run("run", "--wait", "--vm-alias", "other");
  const { job_id, vm_id } = first.result;
  match(
    err,
    new RegExp(
      `^warning: the service answered .* VM ${vm_id}, .* ${job_id}`,
      "m",
    ),
  );
});

Deno.test("a resumed VM that a job has made is no answer for another job", async () => {
  await using service = await SlowService.create({ bootMs: 0 });
  const { result } = await service.run(...RUN);
  strictEqual((await service.run("pause", result.vm_id)).code, 0);
  const { code, err } = await service.run("resume", result.vm_id, "--wait");
  strictEqual(code, 0, err);
  doesNotMatch(err, /warning/);
});

Deno.test("a command of a deploy that the service repeats is kept nowhere", async () => {
  await using service = await SlowService.create();
  const secret = "TOKEN='a b' make";
  await service.simulator.addFault({
    operation: "deploy",
    times: 1,
    faults: [{
      type: "answer",
      when: "before",
      status: 400,
      json: { error: `cannot run ${secret} here`, success: false },
    }],
  });
  const line = ["deploy", "a/b", "--wait", "--install", secret];
  const { code, err } = await service.run(...line);
  strictEqual(code, 5, err);
  match(err, /cannot run \[left out\] here/);
  doesNotMatch(JSON.stringify(service.entries()), /make/);
});
