import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Fault, FaultRule } from "../../src/simulator/faults/faults.ts";
import { needing } from "../helpers/machine.ts";
import type { Program, ProgramResult } from "../helpers/program.ts";
import { Sandbox } from "../helpers/sandbox.ts";
import { addVm, setState, writeHead } from "../helpers/service.ts";
import {
  type SimulatorProcess,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { errorOf, killed } from "../helpers/program.ts";
import { storyOf, writeSettings } from "../helpers/sandbox.ts";
import { until } from "../helpers/until.ts";

interface Scene extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly simulator: SimulatorProcess;
  readonly vm: string;
  exec(...args: string[]): Promise<ProgramResult>;
  addFault(
    operation: FaultRule["operation"],
    ...faults: Fault[]
  ): Promise<void>;
  /** How often a command was started. */
  starts(): Promise<number>;
  /** The id of the only job. */
  jobId(): string;
}

/** A user with one VM, which is HEAD; a lost request shows in 700 ms. */
async function setUp(): Promise<Scene> {
  const sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox);
  const vm = await addVm(simulator);
  await writeHead(sandbox, vm);
  await writeSettings(sandbox, { confirm_window: "700ms" });
  return {
    sandbox,
    simulator,
    vm,
    exec: (...args) => sandbox.run(["exec", ...args]),
    addFault: (operation, ...faults) =>
      simulator.addFault({ operation, times: 1, faults }),
    async starts() {
      return (await simulator.requests()).filter(({ operation, committed }) =>
        operation === "exec_stream" && committed
      ).length;
    },
    jobId() {
      const ids = new Set(sandbox.ledgerLines().map(({ entry }) => entry.id));
      strictEqual(ids.size, 1);
      return [...ids].join();
    },
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

const KEY = ["--idempotency-key", "build-7"];

Deno.test("exec with a key runs once, and gives output and exit code again", async () => {
  await using here = await setUp();
  const results = [];
  for (let i = 0; i < 3; i++) {
    results.push(await here.exec(...KEY, "date; echo err >&2; exit 9"));
  }
  strictEqual(new Set(results.map(({ stdout }) => stdout)).size, 1);
  match(results[0]?.stdout ?? "", /^\d+\n$/);
  deepStrictEqual(results.map(({ code }) => code), [9, 9, 9]);
  ok(results.every(({ stderr }) => /^err$/m.test(stderr)));
  strictEqual(await here.starts(), 1);
});

Deno.test("exec without a key runs each time, whatever VERS_RUN_ID says", async () => {
  await using here = await setUp();
  for (let i = 0; i < 3; i++) {
    const { code } = await here.sandbox.run(["exec", "date"], {
      env: { VERS_RUN_ID: "ci-7" },
    });
    strictEqual(code, 0);
  }
  strictEqual(await here.starts(), 3);
});

Deno.test("exec with a key of other words is a conflict, and runs nothing", async () => {
  await using here = await setUp();
  await here.exec(...KEY, "echo one");
  const other = await here.exec(...KEY, "echo two");
  strictEqual(other.code, 125);
  const { code, message } = errorOf(other);
  deepStrictEqual([code, await here.starts()], ["conflict", 1]);
  match(message, /another command$/);
  strictEqual((await here.exec(...KEY, "--no-resume", "echo two")).code, 0);
  strictEqual(await here.starts(), 2);
});

Deno.test("exec keeps words, environment and stdin out of the ledger", async () => {
  await using here = await setUp();
  await here.sandbox.run([
    "exec",
    "-i",
    "-e",
    "TOKEN=hush-env",
    ...KEY,
    here.vm,
    "mysql",
    "--password=hush-word",
  ], { stdin: "hush-stdin" });
  await here.exec("PASSWORD=hush-line mysql");
  const text = await Deno.readTextFile(
    `${here.sandbox.home}/.vers/jobs.jsonl`,
  );
  ok(!text.includes("hush"), text);
  ok(!text.includes("build-7"), text);
  ok(text.includes("mysql"));
});

for (
  const [name, again] of [
    ["its key", KEY],
    ["--resume-job", undefined],
  ] as const
) {
  Deno.test(`exec that is killed is gone on with by ${name}, from the first byte`, async () => {
    await using here = await setUp();
    const script = "echo first; sleep 2; echo last; exit 5";
    const program = await here.sandbox.start(["exec", ...KEY, script]);
    await program.stdoutLine(/^first$/);
    await killed(program);
    const { code, stdout, stderr } = again === undefined
      ? await here.exec("--resume-job", here.jobId())
      : await here.exec(...again, script);
    deepStrictEqual([code, stdout], [5, "first\nlast\n"]);
    match(stderr, /note: resuming in-flight job job_/);
    strictEqual(await here.starts(), 1);
    deepStrictEqual(storyOf(here.sandbox), [
      "submitted",
      "running",
      "complete",
      "delivered",
    ]);
  });
}

Deno.test({
  ...needing(["posix"], "exec that is interrupted says how to go on"),
  async fn() {
    await using here = await setUp();
    const program = await here.sandbox.start(["exec", "echo a; sleep 600"]);
    await program.stdoutLine(/^a$/);
    program.kill("SIGTERM");
    const { code, stderr } = await program.done;
    strictEqual(code, 143);
    const { error } = JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "");
    strictEqual(
      error.resume_command,
      `vers exec --resume-job ${here.jobId()}`,
    );
    ok(error.retryable);
  },
});

Deno.test("exec whose request was lost is sent again by the process that sent it, once", async () => {
  await using here = await setUp();
  await here.addFault("exec_stream", { type: "drop", when: "before" });
  const { code, stdout, stderr } = await here.exec("echo once; exit 3");
  deepStrictEqual([code, stdout], [3, "once\n"]);
  match(stderr, /the service knows no command of job .*; sending it again/);
  strictEqual(await here.starts(), 1);
});

Deno.test("exec whose request is lost twice ends with 21", async () => {
  await using here = await setUp();
  for (let i = 0; i < 2; i++) {
    await here.addFault("exec_stream", { type: "drop", when: "before" });
  }
  const result = await here.exec(...KEY, "echo never");
  strictEqual(result.code, 21);
  const { code, hint } = errorOf(result);
  strictEqual(code, "unconfirmed");
  match(hint, /vers exec --no-resume /);
  strictEqual(await here.starts(), 0);
});

Deno.test("exec whose request was carried out late is attached to", async () => {
  await using here = await setUp();
  await here.addFault("exec_stream", { type: "commit_late", ms: 400 });
  const { code, stdout } = await here.exec("echo late; exit 3");
  deepStrictEqual([code, stdout], [3, "late\n"]);
  strictEqual(await here.starts(), 1);
});

Deno.test("exec is not sent again while the VM does not run", async () => {
  await using here = await setUp();
  await here.addFault("exec_stream", { type: "drop", when: "before" });
  await here.addFault("exec_attach", { type: "hold", when: "before" });
  const running = here.exec("echo never");
  await until(async () =>
    (await here.simulator.control("GET", "holds") as unknown[]).length > 0
  );
  await setState(here.simulator, here.vm, "paused");
  await here.simulator.control("POST", "release");
  strictEqual((await running).code, 21);
  const sent = (await here.simulator.requests())
    .filter(({ operation }) => operation === "exec_stream");
  deepStrictEqual(sent.map(({ committed }) => committed), [false]);
});

Deno.test("exec that an intermediary repeats runs once, and is attached to", async () => {
  await using here = await setUp();
  await here.addFault("exec_stream", { type: "twice" });
  const { code, stdout } = await here.exec("echo twice; exit 3");
  deepStrictEqual([code, stdout], [3, "twice\n"]);
  strictEqual(await here.starts(), 1);
});

/** Kills a command while its request is held, before it is carried out. */
async function killedBefore(here: Scene, args: string[]): Promise<void> {
  await here.addFault("exec_stream", { type: "hold", when: "before" });
  const program = await here.sandbox.start(["exec", ...args]);
  await until(async () =>
    (await here.simulator.control("GET", "holds") as unknown[]).length > 0
  );
  await killed(program);
  await here.simulator.control("DELETE", "faults");
}

Deno.test("exec of which the service knows nothing ends with 21, and is not run by a later process", async () => {
  await using here = await setUp();
  await killedBefore(here, [...KEY, "echo x"]);
  for (let i = 0; i < 2; i++) {
    const later = await here.exec(...KEY, "echo x");
    strictEqual(later.code, 21, later.stderr);
    strictEqual(errorOf(later).code, "unconfirmed");
  }
  strictEqual(await here.starts(), 0);
  const anew = await here.exec("--no-resume", ...KEY, "echo x");
  deepStrictEqual([anew.code, anew.stdout], [0, "x\n"]);
  strictEqual(await here.starts(), 1);
});

Deno.test("exec killed after its request was carried out is attached to by its id", async () => {
  await using here = await setUp();
  await here.addFault("exec_stream", { type: "hold", when: "after" });
  const program = await here.sandbox.start(["exec", ...KEY, "echo x; exit 4"]);
  await until(async () => await here.starts() === 1);
  await killed(program);
  const { code, stdout } = await here.exec("--resume-job", here.jobId());
  deepStrictEqual([code, stdout], [4, "x\n"]);
  strictEqual(await here.starts(), 1);
});

Deno.test("exec in a VM that is gone fails, and says so", async () => {
  await using here = await setUp();
  const program = await here.sandbox.start([
    "exec",
    ...KEY,
    "echo a; sleep 99",
  ]);
  await program.stdoutLine(/^a$/);
  await killed(program);
  await here.sandbox.run(["delete", "-y", here.vm]);
  const result = await here.exec("--resume-job", here.jobId());
  strictEqual(result.code, 125);
  const { code, message } = errorOf(result);
  strictEqual(code, "job_failed");
  match(message, /is gone: it was deleted/);
});

Deno.test("fifty copies with one key start one command, and print the same", async () => {
  await using here = await setUp();
  const script = "date; noise 3000 4; sleep 1; exit 6";
  const results = await Promise.all(
    Array.from({ length: 50 }, () => here.exec(...KEY, script)),
  );
  deepStrictEqual(new Set(results.map(({ code }) => code)), new Set([6]));
  strictEqual(new Set(results.map(({ stdout }) => stdout)).size, 1);
  ok((results[0]?.stdout.length ?? 0) > 2_000);
  strictEqual(await here.starts(), 1);
});

Deno.test("exec --timeout whose end the service does not tell is over all the same", async () => {
  await using here = await setUp();
  await here.addFault("exec_stream", { type: "cut", bytes: 0 });
  await here.simulator.addFault({
    operation: "exec_attach",
    faults: [{ type: "drop", when: "before" }],
  });
  const result = await here.exec("-t", "1s", "sleep 90");
  strictEqual(result.code, 124);
  strictEqual(errorOf(result).code, "timed_out");
  deepStrictEqual(storyOf(here.sandbox), ["submitted", "running"]);
});

Deno.test("exec whose output was forgotten prints what is left, and names the code", async () => {
  await using here = await setUp();
  await here.exec(...KEY, "seq 1 900; exit 8");
  await here.simulator.addFault({
    operation: "exec_attach",
    faults: [{ type: "forget", events: 2 }],
  });
  const some = await here.exec(...KEY, "seq 1 900; exit 8");
  strictEqual(some.code, 1);
  ok(some.stdout.endsWith("900\n") && !some.stdout.startsWith("1\n"));
  match(some.stderr, /forgotten some of it; .*exit code 8/);
  await here.simulator.control("DELETE", "faults");
  await here.simulator.addFault({
    operation: "exec_attach",
    faults: [{ type: "forget" }],
  });
  const none = await here.exec(...KEY, "seq 1 900; exit 8");
  deepStrictEqual([none.code, none.stdout], [1, ""]);
  const error = errorOf(none);
  deepStrictEqual([error.code, error.command_exit_code], ["output_lost", 8]);
  strictEqual(await here.starts(), 1);
});

Deno.test("exec with a closed ledger runs all the same, unless it is required", async () => {
  await using here = await setUp();
  await Deno.mkdir(`${here.sandbox.home}/.vers/jobs.jsonl`);
  const plain = await here.exec("echo x");
  deepStrictEqual([plain.code, plain.stdout], [0, "x\n"]);
  match(plain.stderr, /^warning: this job cannot be resumed/);
  const required = await here.exec("--require-ledger", "echo x");
  strictEqual(required.code, 125);
  strictEqual(errorOf(required).code, "ledger_required");
  strictEqual(await here.starts(), 1);
});

Deno.test("exec --explain says what would be done, and does nothing", async () => {
  await using here = await setUp();
  const { code, stdout } = await here.exec("--explain", ...KEY, "echo x");
  strictEqual(code, 0);
  const { would, kind } = JSON.parse(stdout);
  deepStrictEqual([would, kind], ["submit", "vm.exec"]);
  deepStrictEqual(storyOf(here.sandbox), []);
  strictEqual(await here.starts(), 0);
});

/** What is printed by a program that runs on. */
async function detached(here: Scene, ...args: string[]) {
  const { code, stdout, stderr } = await here.exec("--detach", ...args);
  strictEqual(code, 0, stderr);
  return JSON.parse(stdout);
}

Deno.test("exec --detach prints the ids and ends; jobs wait ends with the command's code", async () => {
  await using here = await setUp();
  const { sandbox } = here;
  const printed = await detached(here, "echo a; sleep 1; echo b >&2; exit 7");
  deepStrictEqual(Object.keys(printed).slice(0, 3), [
    "job_id",
    "exec_id",
    "vm_id",
  ]);
  const { job_id } = printed;
  const waited = await sandbox.run(["jobs", "wait", job_id]);
  strictEqual(waited.code, 7);
  const [report] = JSON.parse(waited.stdout).jobs;
  deepStrictEqual([report.status, report.exit_code, report.result.exit_code], [
    "complete",
    7,
    7,
  ]);
  for (
    const [more, stdout, stderr] of [
      [[], "a\n", "b\n"],
      [["--stream", "stdout"], "a\n", ""],
      [["--stream", "stderr"], "", "b\n"],
      [["--follow"], "a\n", "b\n"],
    ] as const
  ) {
    const logs = await sandbox.run(["jobs", "logs", job_id, ...more]);
    deepStrictEqual([logs.code, logs.stdout, logs.stderr], [0, stdout, stderr]);
  }
  strictEqual(await here.starts(), 1);
});

Deno.test("exec --detach with a key is one command, whoever waits for it", async () => {
  await using here = await setUp();
  const script = "date; sleep 1; exit 3";
  const first = await detached(here, ...KEY, script);
  const second = await detached(here, ...KEY, script);
  strictEqual(second.job_id, first.job_id);
  const { code, stdout } = await here.exec(...KEY, script);
  strictEqual(code, 3);
  match(stdout, /^\d+\n$/);
  strictEqual((await detached(here, ...KEY, script)).job_id, first.job_id);
  strictEqual(await here.starts(), 1);
});

Deno.test("jobs logs prints what there is by now; with --follow, all that comes", async () => {
  await using here = await setUp();
  const { job_id } = await detached(here, "echo a; sleep 4; echo b");
  const soFar = await here.sandbox.run(["jobs", "logs", job_id]);
  deepStrictEqual([soFar.code, soFar.stdout], [0, "a\n"]);
  const all = await here.sandbox.run(["jobs", "logs", job_id, "--follow"]);
  deepStrictEqual([all.code, all.stdout], [0, "a\nb\n"]);
});

Deno.test("jobs logs of a job that has no output says which have", async () => {
  await using here = await setUp();
  await here.sandbox.run(["run", "--wait", "--vm-alias", "x"]);
  const result = await here.sandbox.run(["jobs", "logs", here.jobId()]);
  strictEqual(result.code, 5);
  match(errorOf(result).message, /it is of kind vm.run/);
});

Deno.test("jobs wait waits for commands and VMs together", async () => {
  await using here = await setUp();
  const { sandbox } = here;
  const exec = await detached(here, "sleep 1; exit 7");
  const run = JSON.parse(
    (await sandbox.run(["run", "--idempotency-key", "r"])).stdout,
  );
  const { code, stdout } = await sandbox.run([
    "jobs",
    "wait",
    run.job_id,
    exec.job_id,
  ]);
  strictEqual(code, 7);
  const { jobs } = JSON.parse(stdout);
  deepStrictEqual(
    jobs.map(({ kind, exit_code }: Record<string, unknown>) => [
      kind,
      exit_code,
    ]),
    [["vm.run", 0], ["vm.exec", 7]],
  );
});

Deno.test("jobs cancel ends the wait for a command", async () => {
  await using here = await setUp();
  const program: Program = await here.sandbox.start([
    "exec",
    ...KEY,
    "echo a; sleep 600",
  ]);
  await program.stdoutLine(/^a$/);
  const cancelled = await here.sandbox.run(["jobs", "cancel", here.jobId()]);
  strictEqual(cancelled.code, 0);
  const { code, stderr } = await program.done;
  strictEqual(code, 125);
  match(stderr, /"code":"job_failed","message":"cancelled"/);
});
