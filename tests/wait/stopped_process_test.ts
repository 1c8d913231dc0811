import { doesNotMatch, match, ok, strictEqual } from "node:assert/strict";
import { testNeeding } from "../helpers/machine.ts";
import {
  errorOf,
  type Program,
  resultOf,
  startProgram,
} from "../helpers/program.ts";
import { RUN, Sandbox, storyOf } from "../helpers/sandbox.ts";
import {
  creations,
  livingVms,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { until } from "../helpers/until.ts";

const HOLDER = decodeURIComponent(
  new URL("../helpers/lock_holder.ts", import.meta.url).pathname,
);

/** Returns a process that holds the ledger's lock and is stopped. */
async function stoppedHolder(sandbox: Sandbox): Promise<Program> {
  await Deno.mkdir(`${sandbox.home}/.vers`, { recursive: true });
  const holder = await startProgram([`${sandbox.home}/.vers/jobs.lock`], {
    command: {
      executable: Deno.execPath(),
      args: ["run", "--quiet", "--no-config", "--allow-all", HOLDER],
    },
  });
  await holder.stdoutLine(/^locked$/);
  holder.kill("SIGSTOP");
  return holder;
}

/** What takes longer hangs, on any machine. */
const HANGS_MS = 120_000;

testNeeding(
  ["posix"],
  "run --wait is not held up for long by a stopped holder of the ledger's lock",
  async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
    resultOf(await sandbox.run(RUN));
    await using _holder = await stoppedHolder(sandbox);
    const held = await timed(() => sandbox.run(RUN));
    resultOf(held.value);
    strictEqual(await creations(simulator), 2);
    match(held.value.stderr, /^warning: this job cannot be resumed: .*lock/m);
    ok(held.ms < HANGS_MS, `it took ${held.ms} ms`);
    strictEqual(storyOf(sandbox).length, 4);
  },
);

testNeeding(
  ["posix"],
  "run --wait --timeout ends in time beside a stopped holder of the ledger's lock",
  async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox);
    await using _holder = await stoppedHolder(sandbox);
    // Who has six times as long, and began first, is still waiting then.
    let isLater = false;
    const later = sandbox.run(["run", "--wait", "-N", "b", "--timeout", "6s"])
      .then((result) => (isLater = true, result));
    const sooner = await sandbox.run([...RUN, "--timeout", "1s"]);
    strictEqual(sooner.code, 6, sooner.stderr);
    // Nothing was written, and nothing was sent: there is no job to name.
    doesNotMatch(sooner.stderr, /job_/);
    strictEqual(isLater, false);
    strictEqual((await later).code, 6);
    strictEqual(await creations(simulator), 0);
  },
);

testNeeding(
  ["posix"],
  "run --wait lets go of one that is stopped inside its request, with 6 at its --timeout",
  async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
    await simulator.addFault({
      operation: "new_root",
      times: 1,
      faults: [{ type: "hold", when: "after" }],
    });
    const first = await sandbox.start(RUN);
    await until(async () => (await livingVms(simulator)).length === 1);
    first.kill("SIGSTOP");
    const second = await sandbox.run([...RUN, "--timeout", "6s"]);
    strictEqual(second.code, 6, second.stderr);
    const { code, holder } = errorOf(second);
    strictEqual(code, "timed_out");
    strictEqual(holder.pid, first.pid);
    ok(Date.parse(holder.since) <= Date.now());
    match(second.stderr, /^note: waiting for another process with the same/m);
    first.kill("SIGCONT");
    await simulator.control("POST", "release");
    const { vm_id } = resultOf(await first.done);
    strictEqual(await creations(simulator), 1);
    strictEqual((await livingVms(simulator))[0], vm_id);
  },
);

/** Returns what `work` came to, and how long it took. */
async function timed<T>(work: () => Promise<T>) {
  const start = performance.now();
  const value = await work();
  return { value, ms: performance.now() - start };
}
