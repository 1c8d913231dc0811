import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { withChecksum } from "../helpers/ledger_lines.ts";
import { killedMidPoll, Sandbox, writeSettings } from "../helpers/sandbox.ts";
import { vmsOf } from "../helpers/service.ts";
import {
  creations,
  livingVms,
  type SimulatorProcess,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { errorOf, killed, resultOf } from "../helpers/program.ts";
import { until } from "../helpers/until.ts";

const DEPLOY = ["deploy", "acme/shop", "--wait"];

async function start(
  sandbox: Sandbox,
  settings: Readonly<Record<string, string>> = {},
): Promise<SimulatorProcess> {
  await writeSettings(sandbox, { confirm_window: "500ms", ...settings });
  return await startSimulator(sandbox, ["--boot-ms", "1200"]);
}

/** Rewrites the ledger as if all of it had been written that much earlier. */
async function age(sandbox: Sandbox, ms: number): Promise<void> {
  const lines = sandbox.ledgerLines().map(({ entry: { crc: _, ...entry } }) => {
    for (const name of ["started_at", "at", "server_at"]) {
      if (entry[name] === undefined) continue;
      entry[name] = new Date(Date.parse(entry[name]) - ms).toISOString();
    }
    return withChecksum(entry);
  });
  const path = `${sandbox.home}/.vers/jobs.jsonl`;
  await Deno.writeTextFile(path, lines.join("\n") + "\n");
}

Deno.test("deploy, killed mid-poll, goes on, and says how to deploy what is there now", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await start(sandbox);
  await killedMidPoll(sandbox, DEPLOY);
  const again = await sandbox.run(DEPLOY);
  const { job_id, project_id, ...rest } = resultOf(again);
  match(project_id, /^[0-9a-f-]{36}$/);
  const [vmId] = await livingVms(simulator);
  deepStrictEqual(rest, {
    vm_id: vmId,
    status: "complete",
    deploy_status: "deploying",
    head: vmId,
    effect: "attached",
  });
  match(
    again.stderr,
    new RegExp(
      `^note: resuming in-flight job ${job_id} .*\\n` +
        "note: --no-resume deploys what is there now$",
      "m",
    ),
  );
  strictEqual(await creations(simulator, "deploy"), 1);
});

for (const isAsked of [false, true]) {
  Deno.test(`deploy of more than an hour ago is ${isAsked ? "gone on with if --max-resume-age takes it" : "passed over, by default"}`, async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await start(sandbox);
    const line = [...DEPLOY, "--name", "shop-1"];
    await killedMidPoll(sandbox, line);
    await age(sandbox, 3_660_000);
    const again = await sandbox.run(
      isAsked ? [...line, "--max-resume-age", "2h"] : line,
    );
    if (isAsked) return strictEqual(resultOf(again).effect, "attached");
    // The name is taken by the first one: the second was sent, and refused.
    strictEqual(again.code, 4);
    match(again.stderr, /^note: job job_.* too old .*\(age 1h1m\)/m);
    strictEqual(await creations(simulator, "deploy"), 2);
  });
}

Deno.test("deploy whose name is taken ends with 4", async () => {
  await using sandbox = await Sandbox.create();
  await start(sandbox);
  resultOf(await sandbox.run(["deploy", "acme/shop"]));
  const again = await sandbox.run(["deploy", "other/shop", "--wait"]);
  strictEqual(again.code, 4);
  match(errorOf(again).message, /409 \(project shop already exists\)/);
});

/** Kills a deploy after its VM was made, and before it was told of it. */
async function killBeforeAnswer(
  sandbox: Sandbox,
  simulator: SimulatorProcess,
  line: readonly string[],
): Promise<void> {
  await simulator.addFault({
    operation: "deploy",
    times: 1,
    faults: [{ type: "hold", when: "after" }],
  });
  const program = await sandbox.start(line);
  await until(async () => (await livingVms(simulator)).length === 1);
  await killed(program);
}

Deno.test("deploy, killed between the VM and its answer, asks whose VM it is, with 21", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await start(sandbox);
  await killBeforeAnswer(sandbox, simulator, DEPLOY);
  const again = await sandbox.run(DEPLOY);
  strictEqual(again.code, 21);
  const { candidates, hint, job_id } = errorOf(again);
  const [vmId] = await livingVms(simulator);
  deepStrictEqual(candidates.map((it: { vm_id: string }) => it.vm_id), [vmId]);
  match(hint, new RegExp(`vers jobs adopt ${job_id} ${vmId};`));
  match(hint, /vers deploy acme\/shop --wait --no-resume$/);
  strictEqual(await creations(simulator, "deploy"), 1);
});

Deno.test("deploy with adopt = always takes the only VM that it can be", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await start(sandbox, { adopt: "always" });
  await killBeforeAnswer(sandbox, simulator, DEPLOY);
  const { effect, vm_id, project_id, deploy_status } = resultOf(
    await sandbox.run(DEPLOY),
  );
  deepStrictEqual(
    [effect, project_id, deploy_status, [vm_id]],
    ["recovered", null, null, await livingVms(simulator)],
  );
  strictEqual(await creations(simulator, "deploy"), 1);
});

Deno.test("deploy whose second send is refused with 409 ends with 21, not with 4", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await start(sandbox);
  await simulator.addFault({
    operation: "deploy",
    times: 1,
    faults: [{ type: "commit_late", ms: 3_000 }],
  });
  await simulator.addFault({
    operation: "deploy",
    faults: [{
      type: "answer",
      when: "before",
      status: 409,
      json: { error: "project shop already exists", success: false },
    }],
  });
  const done = await sandbox.run(DEPLOY);
  strictEqual(done.code, 21);
  match(errorOf(done).message, /sent again and refused: .*409/);
  strictEqual(await creations(simulator, "deploy"), 2);
});

Deno.test("deploy keeps its commands from the ledger and from every message", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await start(sandbox);
  const secret = "TOKEN=s3cr3t npm run build";
  const line = [...DEPLOY, "--build", secret, "--run=npm start s3cr3t"];
  await killBeforeAnswer(sandbox, simulator, line);
  const again = await sandbox.run(line);
  strictEqual(again.code, 21);
  const [, jobId = ""] = /(job_[0-9a-f]{10})/.exec(again.stderr) ?? [];
  const [vmId = ""] = await livingVms(simulator);
  const adopted = await sandbox.run(["jobs", "adopt", jobId, vmId]);
  strictEqual(resultOf(adopted).job_id, jobId);
  const attached = await sandbox.run(line);
  strictEqual(resultOf(attached).effect, "attached");
  const ledger = await Deno.readTextFile(`${sandbox.home}/.vers/jobs.jsonl`);
  const texts = [ledger, again.stderr, attached.stderr, attached.stdout];
  strictEqual(texts.join("").includes("s3cr3t"), false);
  const { inputs } = sandbox.ledgerLines()[0]?.entry ?? {};
  match(inputs.build, /^[0-9a-f]{64}$/);
  // Other commands are other work.
  const other = await sandbox.run([...DEPLOY, "--build", "make"]);
  strictEqual(other.code, 4);
});

Deno.test("deploy without --wait labels its VM", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await start(sandbox);
  resultOf(await sandbox.run(["deploy", "acme/shop"]));
  const [made] = await vmsOf(simulator);
  const { token } = sandbox.ledgerLines()[0]?.entry ?? {};
  deepStrictEqual(made?.labels, { "vers-job": token });
});
