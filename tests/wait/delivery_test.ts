import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { type Need, needing } from "../helpers/machine.ts";
import {
  killedMidPoll,
  RUN,
  runInShell,
  Sandbox,
  storyOf,
} from "../helpers/sandbox.ts";
import {
  creations,
  livingVms,
  type SimulatorProcess,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { resultOf } from "../helpers/program.ts";
import { until } from "../helpers/until.ts";

/** For signals, /dev/full and pipes of sh. */
const NEEDS: readonly Need[] = ["posix"];

/** Runs the command to its end, with nobody there to read the result. */
async function loseResult(sandbox: Sandbox): Promise<void> {
  await runInShell(sandbox, "$VERS run --wait -N my-vm | head -c 0");
  deepStrictEqual(storyOf(sandbox), ["submitted", "running", "complete"]);
}

async function deleteVm(
  simulator: SimulatorProcess,
  vmId: string | undefined,
): Promise<void> {
  const response = await fetch(`${simulator.url}/api/v1/vm/${vmId}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${simulator.apiKey}` },
  });
  await response.body?.cancel();
  strictEqual(response.status, 200);
}

for (
  const [reader, line] of Object.entries({
    "has gone": "$VERS run --wait -N my-vm 2>err | head -c 0",
    "is a full disk": "$VERS run --wait -N my-vm >/dev/full 2>err",
  })
) {
  Deno.test({
    ...needing(
      NEEDS,
      `run --wait whose reader ${reader} ends with 1, and its result is owed`,
    ),
    async fn() {
      await using sandbox = await Sandbox.create();
      const simulator = await startSimulator(sandbox, ["--boot-ms", "300"]);
      const shell = await runInShell(
        sandbox,
        `{ ${line.replace("2>err", "2>err; echo $? >code")}; }`
          .replace("; echo $? >code |", "; echo $? >code; } |")
          .replace(/^\{ (.*\} \|)/, "{ { $1"),
      );
      strictEqual(shell.stdout, "");
      strictEqual(await Deno.readTextFile(`${sandbox.project}/code`), "1\n");
      const stderr = await Deno.readTextFile(`${sandbox.project}/err`);
      match(stderr, /vers run --wait -N my-vm/);
      deepStrictEqual(storyOf(sandbox), ["submitted", "running", "complete"]);
      const again = await sandbox.run(RUN);
      const { effect, job_id } = resultOf(again);
      strictEqual(effect, "returned");
      match(
        again.stderr,
        new RegExp(
          `^note: job ${job_id} already complete; returning its result$`,
          "m",
        ),
      );
      strictEqual(await creations(simulator), 1);
      strictEqual(storyOf(sandbox).at(-1), "delivered");
      strictEqual(resultOf(await sandbox.run(RUN)).effect, "created");
      strictEqual(await creations(simulator), 2);
    },
  });
}

for (
  const [what, redirections] of [
    ["stdin is closed", "<&-"],
    ["stderr is closed", "2>&-"],
    ["stderr is open for reading alone", "2</dev/null"],
    ["stderr is a full disk", "2>/dev/full"],
    ["stdin and stderr are closed", "<&- 2>&-"],
  ] as const
) {
  Deno.test({
    ...needing(NEEDS, `run --wait delivers its result when ${what}`),
    async fn() {
      await using sandbox = await Sandbox.create();
      await startSimulator(sandbox, ["--boot-ms", "0"]);
      const line = `$VERS run --wait -N my-vm ${redirections}`;
      const shell = await runInShell(sandbox, line);
      strictEqual(resultOf(shell).effect, "created");
      strictEqual(storyOf(sandbox).at(-1), "delivered");
    },
  });
}

Deno.test({
  ...needing(
    NEEDS,
    "run --wait twenty times at once returns an owed result twenty times",
  ),
  async fn() {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox, ["--boot-ms", "300"]);
    await loseResult(sandbox);
    // A copy that starts when it is delivered would be a new request.
    await simulator.addFault({
      operation: "status",
      faults: [{ type: "hold", when: "before" }],
    });
    const copies = await Promise.all(
      Array.from({ length: 20 }, () => sandbox.start(RUN)),
    );
    await until(async () => {
      const holds = await simulator.control("GET", "holds");
      return Array.isArray(holds) && holds.length === 20;
    });
    await simulator.control("DELETE", "faults");
    await simulator.control("POST", "release", {});
    const results = await Promise.all(copies.map(({ done }) => done));
    strictEqual(new Set(results.map((it) => resultOf(it).vm_id)).size, 1);
    strictEqual(await creations(simulator), 1);
    const delivered = storyOf(sandbox).filter((it) => it === "delivered");
    strictEqual(delivered.length, 1);
  },
});

Deno.test({
  ...needing(
    NEEDS,
    "run --wait whose owed VM was deleted makes a new one, and says so",
  ),
  async fn() {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox, ["--boot-ms", "300"]);
    await loseResult(sandbox);
    const [vmId] = await livingVms(simulator);
    await deleteVm(simulator, vmId);
    const again = await sandbox.run(RUN);
    strictEqual(resultOf(again).effect, "created");
    match(again.stderr, new RegExp(`^note: .*${vmId}.* was deleted; `, "m"));
    strictEqual((await livingVms(simulator)).length, 1);
  },
});

for (const copies of [1, 20]) {
  Deno.test(`run --wait, ${copies} at once, makes one new VM for one deleted in flight`, async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox, ["--boot-ms", "3000"]);
    await killedMidPoll(sandbox);
    const [vmId] = await livingVms(simulator);
    await deleteVm(simulator, vmId);
    const programs = await Promise.all(
      Array.from({ length: copies }, () => sandbox.start(RUN)),
    );
    const results = await Promise.all(programs.map(({ done }) => done));
    const vmIds = new Set(results.map((it) => resultOf(it).vm_id));
    deepStrictEqual([...vmIds], await livingVms(simulator));
    strictEqual(await creations(simulator), 2);
    match(
      results.map(({ stderr }) => stderr).join(""),
      new RegExp(`^note: .*${vmId}.* was deleted; `, "m"),
    );
  });
}

Deno.test("run --wait whose VM is deleted mid-wait fails with 20, once and for all", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "60000"]);
  const waiting = await sandbox.start(RUN);
  await waiting.stderrLine(/accepted/);
  await until(async () =>
    (await simulator.requests()).some(({ operation }) => operation === "status")
  );
  const [vmId] = await livingVms(simulator);
  await deleteVm(simulator, vmId);
  const done = await waiting.done;
  strictEqual(done.code, 20);
  match(done.stderr, new RegExp(`${vmId}.* is gone`));
  deepStrictEqual(storyOf(sandbox), ["submitted", "running", "failed"]);
});
