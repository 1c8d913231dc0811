import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { freePort } from "../helpers/free_port.ts";
import { needing } from "../helpers/machine.ts";
import {
  killedMidPoll,
  RUN,
  runInShell,
  Sandbox,
  storyOf,
} from "../helpers/sandbox.ts";
import { setState } from "../helpers/service.ts";
import {
  creations,
  livingVms,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { errorOf, killed, resultOf } from "../helpers/program.ts";

Deno.test("run --wait on the local simulator prints one line and keeps four", async () => {
  await using sandbox = await Sandbox.create();
  const program = await sandbox.start(RUN, { env: { VERS_URL: "local" } });
  await program.stderrLine(/^job job_[0-9a-f]{10} submitted$/);
  await program.stderrLine(/^VM [0-9a-f-]{36} accepted$/);
  deepStrictEqual(storyOf(sandbox).includes("complete"), false);
  const done = await program.done;
  match(done.stdout, /^\{"vm_id":"[0-9a-f-]{36}","status":"complete",/);
  const { vm_id, job_id, ...rest } = resultOf(done);
  deepStrictEqual(rest, {
    status: "complete",
    alias: "my-vm",
    head: vm_id,
    effect: "created",
  });
  match(job_id, /^job_[0-9a-f]{10}$/);
  const story = ["submitted", "running", "complete", "delivered"];
  deepStrictEqual(storyOf(sandbox), story);
  strictEqual(
    await Deno.readTextFile(`${sandbox.project}/.vers/HEAD`),
    vm_id,
  );
});

Deno.test("run --wait, killed mid-poll and run again, goes on with the same VM", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "4000"]);
  await killedMidPoll(sandbox);
  const again = await sandbox.run(RUN);
  const { effect, job_id } = resultOf(again);
  strictEqual(effect, "attached");
  match(
    again.stderr,
    new RegExp(
      `^note: resuming in-flight job ${job_id} \\(status: running, age \\ds\\)$`,
      "m",
    ),
  );
  strictEqual(await creations(simulator), 1);
});

for (
  const [spelling, args] of Object.entries({
    "-N my-vm": ["run", "--wait", "-N", "my-vm"],
    "-Nmy-vm": ["run", "--wait", "-Nmy-vm"],
    "--vm-alias=my-vm": ["run", "--wait", "--vm-alias=my-vm"],
    "another order": ["--wait", "run", "--vm-alias", "my-vm", "--json"],
    "defaults spelled out": [...RUN, "--mem-size", "512", "--vcpu-count=1"],
    "other waiting flags": [...RUN, "--timeout", "1m", "--poll-interval=200ms"],
  })
) {
  Deno.test(`run --wait with ${spelling} is the same work`, async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox, ["--boot-ms", "1500"]);
    await killedMidPoll(sandbox);
    const again = await sandbox.run(args);
    strictEqual(resultOf(again).effect, "attached");
    strictEqual(await creations(simulator), 1);
  });
}

for (
  const [what, { args = RUN, env, toml }] of Object.entries<{
    args?: string[];
    env?: Record<string, string>;
    toml?: string;
  }>({
    "another alias": { args: ["run", "--wait", "-N", "other"] },
    "another vers.toml": { toml: "[machine]\nmem_size_mib = 1024\n" },
    "--no-resume": { args: [...RUN, "--no-resume"] },
    "a run id": { env: { VERS_RUN_ID: "ci-7" } },
  })
) {
  Deno.test(`run --wait with ${what} makes a second VM`, async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox, ["--boot-ms", "1000"]);
    await killedMidPoll(sandbox);
    if (toml) await Deno.writeTextFile(`${sandbox.project}/vers.toml`, toml);
    const again = await sandbox.run(args, { env });
    strictEqual(resultOf(again).effect, "created");
    strictEqual(await creations(simulator), 2);
  });
}

Deno.test("run --wait at another VERS_URL makes a VM there", async () => {
  await using sandbox = await Sandbox.create();
  const first = await startSimulator(sandbox, ["--boot-ms", "1000"]);
  await killedMidPoll(sandbox);
  const second = await startSimulator(sandbox, ["--boot-ms", "0"]);
  strictEqual(resultOf(await sandbox.run(RUN)).effect, "created");
  strictEqual(await creations(first), 1);
  strictEqual(await creations(second), 1);
});

Deno.test("run --wait twenty times at once makes one VM and twenty results", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "600000"]);
  const copies = await Promise.all(
    Array.from({ length: 20 }, () => sandbox.start(RUN)),
  );
  // A copy that starts when the result is delivered would be a new request.
  await Promise.all(copies.map((copy) => copy.stderrLine(/accepted/)));
  const [vmId, ...more] = await livingVms(simulator);
  deepStrictEqual(more, []);
  await simulator.control("POST", "states", { vmId, state: "running" });
  const results = await Promise.all(copies.map(({ done }) => done));
  const vmIds = new Set(results.map((result) => resultOf(result).vm_id));
  deepStrictEqual([...vmIds], [vmId]);
  strictEqual(await creations(simulator), 1);
  const story = storyOf(sandbox);
  deepStrictEqual(story, ["submitted", "running", "complete", "delivered"]);
});

for (const status of [403, 402]) {
  Deno.test(`run --wait twenty times at once, refused with ${status}, asks once`, async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox);
    const refusal = {
      type: "answer",
      when: "before",
      status,
      json: { error: "quota exceeded", success: false },
    } as const;
    await simulator.addFault({
      operation: "new_root",
      times: 1,
      faults: [refusal, { type: "hold", when: "before" }],
    });
    // Who asks again is not held up: that would be for ever.
    await simulator.addFault({ operation: "new_root", faults: [refusal] });
    const holder = await sandbox.start(RUN);
    await holder.stderrLine(/submitted/);
    const others = await Promise.all(
      Array.from({ length: 19 }, () => sandbox.start(RUN)),
    );
    await Promise.all(others.map((it) => it.stderrLine(/another process/)));
    await simulator.control("POST", "release", {});
    const copies = [holder, ...others];
    const results = await Promise.all(copies.map(({ done }) => done));
    strictEqual(await creations(simulator), 1);
    const errors = results.map((result) => {
      strictEqual(result.code, status === 403 ? 2 : 1);
      return JSON.stringify(errorOf(result));
    });
    ok(errors[0]?.includes("quota exceeded"));
    strictEqual(new Set(errors).size, 1);
  });
}

/** Starts a simulator whose VMs run when they are told to. */
const NEVER = ["--boot-ms", "3600000"];

for (
  const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], [
    "SIGHUP",
    129,
  ]] as const
) {
  Deno.test({
    // Windows has no signals that one process can send another.
    ...needing(
      ["posix"],
      `run --wait ends on ${signal}, and says how to go on`,
    ),
    async fn() {
      await using sandbox = await Sandbox.create();
      const simulator = await startSimulator(sandbox, NEVER);
      const first = await sandbox.start(RUN);
      await first.stderrLine(/accepted/);
      first.kill(signal);
      const ended = await first.done;
      strictEqual(ended.code, code);
      strictEqual(ended.stdout, "");
      const error = errorOf(ended);
      strictEqual(error.resume_command, "vers run --wait --vm-alias my-vm");
      strictEqual(error.job_id, sandbox.ledgerLines()[0]?.entry.id);
      const args = error.resume_command.split(" ").slice(1);
      const [vmId = ""] = await livingVms(simulator);
      await setState(simulator, vmId, "running");
      strictEqual(resultOf(await sandbox.run(args)).effect, "attached");
      strictEqual(await creations(simulator), 1);
    },
  });

  Deno.test({
    ...needing(
      ["posix"],
      `run --wait that waits for another process's lock ends on ${signal}`,
    ),
    async fn() {
      await using sandbox = await Sandbox.create();
      const simulator = await startSimulator(sandbox);
      await simulator.addFault({
        operation: "new_root",
        times: 1,
        faults: [{ type: "hold", when: "before" }],
      });
      const holder = await sandbox.start(RUN);
      await holder.stderrLine(/submitted/);
      const waiting = await sandbox.start(RUN);
      await waiting.stderrLine(/another process/);
      waiting.kill(signal);
      const ended = await waiting.done;
      strictEqual(ended.code, code);
      match(
        ended.stderr,
        /"resume_command":"vers run --wait --vm-alias my-vm"/,
      );
      await killed(holder);
    },
  });
}

Deno.test("run --wait --timeout ends with 6, and the job goes on", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, NEVER);
  const args = [...RUN, "--timeout", "8s"];
  const first = await sandbox.run(args);
  strictEqual(first.code, 6);
  strictEqual(first.stdout, "");
  match(
    first.stderr,
    /"resume_command":"vers run --wait --vm-alias my-vm --timeout 8s"/,
  );
  deepStrictEqual(storyOf(sandbox), ["submitted", "running"]);
  const [vmId = ""] = await livingVms(simulator);
  await setState(simulator, vmId, "running");
  strictEqual(resultOf(await sandbox.run(RUN)).effect, "attached");
  strictEqual(await creations(simulator), 1);
});

Deno.test({
  ...needing(
    ["posix"],
    "run --wait of a run tells a command that another shell goes on with",
  ),
  async fn() {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox, NEVER);
    const first = await sandbox.start(["run", "--wait"], {
      env: { VERS_RUN_ID: "ci 12" },
    });
    await first.stderrLine(/accepted/);
    first.kill("SIGTERM");
    const { resume_command } = errorOf(await first.done);
    match(resume_command, /^VERS_RUN_ID='ci 12' vers run --wait/);
    const [vmId = ""] = await livingVms(simulator);
    await setState(simulator, vmId, "running");
    const line = resume_command.replace(" vers ", " $VERS ");
    strictEqual(resultOf(await runInShell(sandbox, line)).effect, "attached");
    strictEqual(await creations(simulator), 1);
  },
});

Deno.test("run --wait outlives a time in which the server cannot be reached", async () => {
  await using sandbox = await Sandbox.create();
  const state = await Deno.makeTempDir();
  const port = ["--port", String(freePort())];
  const args = [...port, "--state-dir", state, ...NEVER];
  const simulator = await startSimulator(sandbox, args);
  const waiting = await sandbox.start([...RUN, "--verbose"]);
  await waiting.stderrLine(/accepted/);
  simulator.program.kill("SIGKILL");
  await simulator.program.done;
  await waiting.stderrLine(/^trace: GET .* no answer/, 3);
  const back = await startSimulator(sandbox, args);
  const [vmId = ""] = await livingVms(back);
  await setState(back, vmId, "running");
  strictEqual(resultOf(await waiting.done).effect, "created");
  await Deno.remove(state, { recursive: true });
});

Deno.test("run without --wait prints the VM's id at once, and is a new request each time", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "60000"]);
  const args = ["run", "--vm-alias", "my-vm"];
  const { status, effect, head, vm_id } = resultOf(await sandbox.run(args));
  deepStrictEqual([status, effect, head], ["accepted", "created", vm_id]);
  deepStrictEqual(storyOf(sandbox), ["submitted", "running", "running"]);
  ok(sandbox.ledgerLines().at(-1)?.entry.accepted_at);
  resultOf(await sandbox.run(args));
  strictEqual(await creations(simulator), 2);
});

Deno.test("run --wait prints only the id with --quiet, and text with --output text", async () => {
  await using sandbox = await Sandbox.create();
  await startSimulator(sandbox, ["--boot-ms", "0"]);
  const quiet = await sandbox.run([...RUN, "-q"]);
  match(quiet.stdout, /^[0-9a-f-]{36}\n$/);
  const text = await sandbox.run([...RUN, "--output", "text"]);
  match(text.stdout, /^VM '[0-9a-f-]{36}' started successfully\.$/m);
});
