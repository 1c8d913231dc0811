import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { formatLine } from "../../src/ledger/file/entry_line.ts";
import { complete } from "../helpers/entries.ts";
import { errorOf, killed, resultOf, startProgram } from "../helpers/program.ts";
import { killedMidPoll, RUN, Sandbox, storyOf } from "../helpers/sandbox.ts";
import { creations, startSimulator } from "../helpers/simulator_process.ts";
import { until } from "../helpers/until.ts";

const GO_LEDGER = new URL("../testdata/ledgers/go.jsonl", import.meta.url);

/** Writes a ledger for the sandbox's user, and returns its path. */
async function writeLedger(sandbox: Sandbox, text: string): Promise<string> {
  await Deno.mkdir(`${sandbox.home}/.vers`, { recursive: true });
  const path = `${sandbox.home}/.vers/jobs.jsonl`;
  await Deno.writeTextFile(path, text);
  return path;
}

Deno.test("jobs wait, killed and run again, has the results of all", async () => {
  await using sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "2500"]);
  await killedMidPoll(sandbox);
  await killedMidPoll(sandbox, ["run", "--wait", "--vm-alias", "other"]);
  const ids = [...new Set(sandbox.ledgerLines().map(({ entry }) => entry.id))];
  strictEqual(ids.length, 2);
  const line = ["jobs", "wait", ...ids];
  const waiting = await sandbox.start(line);
  await waiting.stderrLine(/accepted/);
  await killed(waiting);
  const { jobs } = resultOf(await sandbox.run(line));
  deepStrictEqual(
    jobs.map(({ job_id, status }: Record<string, string>) => [job_id, status]),
    ids.map((id) => [id, "complete"]),
  );
  strictEqual(await creations(simulator), 2);
  const story = storyOf(sandbox);
  strictEqual(story.filter((status) => status === "delivered").length, 2);
});

Deno.test("jobs cancel ends the command that waits for the job with 20", async () => {
  await using sandbox = await Sandbox.create();
  await startSimulator(sandbox, ["--boot-ms", "1500"]);
  const running = await sandbox.start(RUN);
  await running.stderrLine(/accepted/);
  await until(() => storyOf(sandbox).includes("running"));
  const [line] = sandbox.ledgerLines();
  const cancelled = await sandbox.run(["jobs", "cancel", line?.entry.id]);
  strictEqual(resultOf(cancelled).effect, "cancelled");
  match(cancelled.stderr, /^note: nothing was cancelled on the server/);
  const { message, exit_code } = errorOf(await running.done);
  deepStrictEqual([message, exit_code], ["cancelled", 20]);
});

Deno.test("a ledger of the Go CLI's is listed, resumed past, and stays as it is", async () => {
  await using sandbox = await Sandbox.create();
  const go = await Deno.readTextFile(GO_LEDGER);
  const path = await writeLedger(sandbox, go);
  const simulator = await startSimulator(sandbox, ["--boot-ms", "2000"]);
  const killing = await sandbox.start(RUN);
  await killing.stderrLine(/accepted/);
  await until(() => storyOfOurs(sandbox).includes("running"));
  await killed(killing);
  strictEqual(resultOf(await sandbox.run(RUN)).effect, "attached");
  strictEqual(await creations(simulator), 1);

  const listed = resultOfList(await sandbox.run(["jobs", "list"]));
  strictEqual(listed.length, 5);
  strictEqual(listed[0]?.status, "complete");
  const { pruned_jobs } = resultOf(
    await sandbox.run(["jobs", "prune", "--older-than", "1d"]),
  );
  // The Go CLI's job in flight is dated as long ago as the others.
  strictEqual(pruned_jobs, 4);
  const kept = await Deno.readTextFile(path);
  for (const line of kept.trimEnd().split("\n")) {
    assertReadableByGo(JSON.parse(line));
  }
});

function storyOfOurs(sandbox: Sandbox): string[] {
  return sandbox.ledgerLines().filter(({ check }) => check === "good")
    .map(({ entry }) => entry.status);
}

function resultOfList(
  { stdout, stderr }: { stdout: string; stderr: string },
): { status: string }[] {
  strictEqual(stderr, "");
  return JSON.parse(stdout);
}

/** The types that the Go CLI reads each of its fields into. */
function assertReadableByGo(line: Record<string, unknown>): void {
  for (const name of ["id", "kind", "command", "started_at", "status"]) {
    strictEqual(typeof line[name], "string", name);
  }
  ok(Array.isArray(line.args));
  for (const name of ["result_id", "error", "completed_at"]) {
    ok(["string", "undefined"].includes(typeof line[name]), name);
  }
  ok(["number", "undefined"].includes(typeof line.duration_ms));
  // A time.Time takes RFC 3339 and nothing else.
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
  for (const name of ["started_at", "completed_at"]) {
    if (line[name] !== undefined) match(String(line[name]), time);
  }
}

/** Returns a ledger of jobs that ended at a time, larger than 16 MiB. */
function largeLedger(time: Date): string {
  const at = time.toISOString();
  const lines: string[] = [];
  let size = 0;
  while (size <= 16 * 1024 * 1024) {
    const id = `job_${String(lines.length).padStart(10, "0")}`;
    const line = new TextDecoder().decode(formatLine(complete({
      id,
      token: id,
      at,
      started_at: at,
      completed_at: at,
      delivered_at: at,
      args: ["x".repeat(30_000)],
    })));
    lines.push(line);
    size += line.length;
  }
  return lines.join("");
}

const DAY_MS = 24 * 3_600_000;

Deno.test("run --wait makes a large ledger smaller when it has printed its result", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.env.VERS_URL = "local";
  const old = new Date(Date.now() - 31 * DAY_MS);
  const path = await writeLedger(sandbox, largeLedger(old));
  const done = await sandbox.run(RUN);
  const { job_id } = resultOf(done);
  match(
    done.stderr,
    /^note: removed \d+ old jobs from the ledger \(16\.0 MiB before, 0\.0 MiB now\)$/m,
  );
  ok((await Deno.stat(path)).size < 10_000);
  deepStrictEqual(
    new Set(sandbox.ledgerLines().map(({ entry }) => entry.id)),
    new Set([job_id]),
  );
});

Deno.test("run --wait leaves a large ledger of young jobs, and says nothing of it", async () => {
  await using sandbox = await Sandbox.create();
  sandbox.env.VERS_URL = "local";
  const young = new Date(Date.now() - 29 * DAY_MS);
  const path = await writeLedger(sandbox, largeLedger(young));
  const { size } = await Deno.stat(path);
  const done = await sandbox.run(RUN);
  strictEqual(resultOf(done).status, "complete");
  strictEqual(/old jobs|ledger/.test(done.stderr), false, done.stderr);
  ok((await Deno.stat(path)).size > size);
});

for (
  const [words, code] of [
    ["list", 1],
    ["get job_8f2a3b4c5d", 1],
    ["wait job_8f2a3b4c5d", 1],
    ["cancel job_8f2a3b4c5d", 1],
    ["prune", 1],
    ["doctor", 1],
  ] as const
) {
  Deno.test(`jobs ${words} in an empty environment says that there is no home`, async () => {
    await using sandbox = await Sandbox.create();
    const program = await startProgram(["jobs", ...words.split(" ")], {
      cwd: sandbox.project,
      env: {},
    });
    const done = await program.done;
    strictEqual(done.code, code);
    match(errorOf(done).message, /there is no home folder$/);
  });
}
