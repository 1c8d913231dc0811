import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { withChecksum } from "../helpers/ledger_lines.ts";
import {
  killedMidPoll,
  RUN,
  Sandbox,
  storyOf,
  writeSettings,
} from "../helpers/sandbox.ts";
import { setState } from "../helpers/service.ts";
import {
  creations,
  livingVms,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { errorOf, resultOf } from "../helpers/program.ts";

/** Returns the id of the ledger's first job. */
function jobIdOf(sandbox: Sandbox): string {
  return sandbox.ledgerLines()[0]?.entry.id;
}

/** Rewrites the ledger as if all of it had been written that much earlier. */
async function age(sandbox: Sandbox, ms: number): Promise<void> {
  const times = ["started_at", "at", "completed_at", "server_at"];
  const lines = sandbox.ledgerLines().map(({ entry: { crc: _, ...entry } }) => {
    for (const name of times) {
      if (entry[name] === undefined) continue;
      entry[name] = new Date(Date.parse(entry[name]) - ms).toISOString();
    }
    return withChecksum(entry);
  });
  const path = `${sandbox.home}/.vers/jobs.jsonl`;
  await Deno.writeTextFile(path, lines.join("\n") + "\n");
}

const HOUR_MS = 3_600_000;

Deno.test("run --wait passes over a job in flight that is too old, and names it", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "500"]);
  await killedMidPoll(sandbox);
  const jobId = jobIdOf(sandbox);
  await age(sandbox, 27 * HOUR_MS + 5_000);
  const again = await sandbox.run(RUN);
  strictEqual(resultOf(again).effect, "created");
  match(
    again.stderr,
    new RegExp(
      `^note: .*${jobId}.*1d3h.*--max-resume-age.*--resume-job ${jobId}`,
      "m",
    ),
  );
  strictEqual(await creations(simulator), 2);
});

for (
  const [source, { args = [], env = {}, settings = {} }] of Object.entries<{
    args?: string[];
    env?: Record<string, string>;
    settings?: Record<string, string>;
  }>({
    "the flag": { args: ["--max-resume-age", "30h"] },
    "the flag, over the variable": {
      args: ["--max-resume-age", "30h"],
      env: { VERS_MAX_RESUME_AGE: "1s" },
    },
    "the variable, over the setting": {
      env: { VERS_MAX_RESUME_AGE: "30h" },
      settings: { max_resume_age: "1s" },
    },
    "the setting": { settings: { max_resume_age: "2d" } },
  })
) {
  Deno.test(`run --wait goes on with an old job if ${source} says so`, async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox, ["--boot-ms", "500"]);
    await killedMidPoll(sandbox);
    await age(sandbox, 27 * HOUR_MS);
    await writeSettings(sandbox, settings);
    const again = await sandbox.run([...RUN, ...args], { env });
    strictEqual(resultOf(again).effect, "attached");
    match(again.stderr, /age 1d3h\)$/m);
    strictEqual(await creations(simulator), 1);
  });
}

Deno.test("run --wait --max-resume-age 0 goes on with nothing", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "500"]);
  await killedMidPoll(sandbox);
  const again = await sandbox.run([...RUN, "--max-resume-age", "0"]);
  strictEqual(resultOf(again).effect, "created");
  strictEqual(await creations(simulator), 2);
});

Deno.test("run --wait trusts the server's clock more than ours for a job's age", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "500"]);
  await killedMidPoll(sandbox);
  const path = `${sandbox.home}/.vers/jobs.jsonl`;
  const lines = sandbox.ledgerLines().map(({ entry: { crc: _, ...entry } }) => {
    // Our clock was two days behind when it was submitted.
    for (const name of ["started_at", "at"]) {
      const time = Date.parse(entry[name]) - 48 * HOUR_MS;
      entry[name] = new Date(time).toISOString();
    }
    return withChecksum(entry);
  });
  await Deno.writeTextFile(path, lines.join("\n") + "\n");
  strictEqual(resultOf(await sandbox.run(RUN)).effect, "attached");
  strictEqual(await creations(simulator), 1);
});

Deno.test("--resume-job goes on with the job that it names, whatever its age", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "3600000"]);
  const first = await sandbox.run(["run", "--wait", "--timeout", "8s"]);
  strictEqual(first.code, 6);
  match(first.stderr, /note: .*--vm-alias NAME.*--idempotency-key/);
  const jobId = jobIdOf(sandbox);
  match(errorOf(first).resume_command, new RegExp(`--resume-job ${jobId}`));
  await age(sandbox, 300 * HOUR_MS);
  const [vmId = ""] = await livingVms(simulator);
  await setState(simulator, vmId, "running");
  const again = await sandbox.run(["run", "--resume-job", jobId]);
  strictEqual(resultOf(again).effect, "attached");
  const once = await sandbox.run(["run", "--resume-job", jobId]);
  strictEqual(resultOf(once).effect, "returned");
  strictEqual(await creations(simulator), 1);
});

Deno.test("--resume-job refuses what it cannot resume, before anything is sent", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "60000"]);
  await killedMidPoll(sandbox);
  const jobId = jobIdOf(sandbox);
  const before = (await simulator.requests()).length;
  const refusals: [string[], number, RegExp][] = [
    [["--resume-job", "job_0000000000"], 3, /it was not found in/],
    [["--resume-job", jobId, "--no-resume"], 5, /--no-resume/],
    [["--resume-job", jobId, "--vm-alias", "x"], 5, /--vm-alias/],
    [["--resume-job", "job-7"], 5, /job_8f2a3b4c5d/],
  ];
  for (const [args, code, message] of refusals) {
    const refused = await sandbox.run(["run", ...args]);
    strictEqual(refused.code, code, refused.stderr);
    match(refused.stderr, message);
  }
  const elsewhere = await sandbox.run(["run", "--resume-job", jobId], {
    env: { VERS_URL: "local" },
  });
  strictEqual(elsewhere.code, 3);
  match(elsewhere.stderr, /it belongs to http:/);
  strictEqual((await simulator.requests()).length, before);
  deepStrictEqual(storyOf(sandbox), ["submitted", "running"]);
});

Deno.test("--resume-job of a failed job gives its stored error, with 20", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox);
  await simulator.addFault({
    operation: "new_root",
    times: 1,
    faults: [{
      type: "answer",
      when: "before",
      status: 403,
      json: { error: "no", success: false },
    }],
  });
  strictEqual((await sandbox.run(RUN)).code, 2);
  const again = await sandbox.run(["run", "--resume-job", jobIdOf(sandbox)]);
  strictEqual(again.code, 20);
  match(errorOf(again).message, /403 \(no\)/);
});

Deno.test("--idempotency-key gives the same result again, delivered or not", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
  const args = ["run", "--wait", "--idempotency-key", "s3cret-name"];
  const first = resultOf(await sandbox.run(args));
  strictEqual(first.effect, "created");
  const again = resultOf(await sandbox.run(args));
  deepStrictEqual(again, { ...first, effect: "returned" });
  strictEqual(await creations(simulator), 1);
  const path = `${sandbox.home}/.vers/jobs.jsonl`;
  ok(!(await Deno.readTextFile(path)).includes("s3cret-name"));
});

Deno.test("--idempotency-key holds however old its job is", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
  const args = ["run", "--wait", "--idempotency-key", "k"];
  const first = resultOf(await sandbox.run(args));
  await age(sandbox, 500 * HOUR_MS);
  strictEqual(resultOf(await sandbox.run(args)).vm_id, first.vm_id);
  strictEqual(await creations(simulator), 1);
});

Deno.test("--idempotency-key for other work is a conflict that names the fields", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
  const args = ["run", "--wait", "--idempotency-key", "k"];
  resultOf(await sandbox.run(args));
  const other = await sandbox.run([...args, "--mem-size", "2048", "-N", "x"]);
  strictEqual(other.code, 4);
  match(errorOf(other).message, /another alias, mem_size_mib/);
  strictEqual(await creations(simulator), 1);
});

Deno.test("VERS_RUN_ID makes every waiting command of that run one that is found again", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.env.VERS_RUN_ID = "ci-4711";
  const simulator = await startSimulator(sandbox, ["--boot-ms", "1000"]);
  await killedMidPoll(sandbox, ["run", "--wait"]);
  const again = await sandbox.run(["run", "--wait"]);
  strictEqual(resultOf(again).effect, "attached");
  strictEqual(await creations(simulator), 1);
});

Deno.test("a second key of the organisation goes on with the first one's job", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "1000"]);
  await killedMidPoll(sandbox);
  const { apiKey } = await simulator.control("POST", "keys", {}) as {
    apiKey: string;
  };
  const again = await sandbox.run(RUN, { env: { VERS_API_KEY: apiKey } });
  strictEqual(resultOf(again).effect, "attached");
  strictEqual(await creations(simulator), 1);
});

Deno.test("a key of another organisation passes over a job that it cannot see", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "500"]);
  await killedMidPoll(sandbox);
  const { apiKey } = await simulator.control("POST", "keys", {
    organisation: "another",
  }) as { apiKey: string };
  const first = jobIdOf(sandbox);
  const again = await sandbox.run(RUN, { env: { VERS_API_KEY: apiKey } });
  strictEqual(resultOf(again).effect, "created");
  strictEqual((await livingVms(simulator)).length, 2);
  // It is unchanged: whose key it is goes on with it.
  deepStrictEqual(
    sandbox.ledgerLines().filter(({ entry }) => entry.id === first)
      .map(({ entry }) => entry.status),
    ["submitted", "running"],
  );
});

Deno.test("a job that a newer vers wrote is never submitted beside", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "500"]);
  await killedMidPoll(sandbox);
  const last = sandbox.ledgerLines().at(-1)?.entry;
  const { crc: _, ...entry } = last;
  const newer = withChecksum({ ...entry, v: 3, status: "hibernating" });
  const path = `${sandbox.home}/.vers/jobs.jsonl`;
  await Deno.writeTextFile(path, newer + "\n", { append: true });
  const again = await sandbox.run(RUN);
  strictEqual(again.code, 1);
  match(errorOf(again).message, /written by a newer vers/);
  const named = await sandbox.run(["run", "--resume-job", jobIdOf(sandbox)]);
  strictEqual(named.code, 1);
  match(errorOf(named).message, /written by a newer vers/);
  strictEqual(await creations(simulator), 1);
});

Deno.test("a login that expired ends a wait with 2, and the job goes on with the next one", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "2000"]);
  const waiting = await sandbox.start(RUN);
  await waiting.stderrLine(/accepted/);
  await simulator.addFault({
    operation: "status",
    times: 1,
    faults: [{ type: "answer", when: "before", status: 401 }],
  });
  const done = await waiting.done;
  strictEqual(done.code, 2);
  deepStrictEqual(storyOf(sandbox), ["submitted", "running"]);
  strictEqual(resultOf(await sandbox.run(RUN)).effect, "attached");
  strictEqual(await creations(simulator), 1);
});

Deno.test("a paused VM ends the wait with 20, and the job completes when it runs", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "60000"]);
  const waiting = await sandbox.start(RUN);
  await waiting.stderrLine(/accepted/);
  const [vmId] = await livingVms(simulator);
  await simulator.control("POST", "states", { vmId, state: "paused" });
  const done = await waiting.done;
  strictEqual(done.code, 20);
  match(errorOf(done).hint, new RegExp(`vers resume ${vmId} --wait`));
  deepStrictEqual(storyOf(sandbox), ["submitted", "running"]);
  await simulator.control("POST", "states", { vmId, state: "running" });
  strictEqual(resultOf(await sandbox.run(RUN)).effect, "attached");
});

for (const state of ["dead", "quantum"]) {
  Deno.test(`a VM that is "${state}" ${state === "dead" ? "fails the job" : "is waited for"}`, async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox);
    await simulator.addFault({
      operation: "new_root",
      faults: [{
        type: "states",
        states: [{ afterMs: 0, state }, { afterMs: 1_500, state: "running" }],
      }],
    });
    const done = await sandbox.run(RUN);
    strictEqual(done.code, state === "dead" ? 20 : 0);
    const last = state === "dead" ? "failed" : "delivered";
    strictEqual(storyOf(sandbox).at(-1), last);
  });
}
