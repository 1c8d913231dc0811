import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { main } from "../../../main.ts";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import { FileSnapshot } from "../../../tests/helpers/file_snapshot.ts";
import {
  type TestContext,
  testContext,
} from "../../../tests/helpers/test_context.ts";
import { InterruptedError } from "../../patience.ts";

const RUN = ["run", "--wait", "--vm-alias", "my-vm"];

/**
 * Returns what a line with `--explain` prints, after it was made sure that it
 * asked the service nothing and left every file as it was.
 */
async function explained(context: TestContext, words: readonly string[]) {
  const home = new FileSnapshot(context.env("HOME") ?? context.home);
  const project = new FileSnapshot(context.cwd());
  const asked = (await context.simulator.requests()).length;
  const before = context.out().length;
  const code = await main([...words, "--explain"], context);
  strictEqual(code, 0, context.err());
  home.assertSame();
  project.assertSame();
  strictEqual((await context.simulator.requests()).length, asked);
  return JSON.parse(context.out().slice(before));
}

/** Returns the context of a line that is interrupted while it polls. */
async function interrupted(words: readonly string[], env = {}) {
  const clock = new FakeClock();
  const context = await testContext({
    clock,
    env,
    onStderr(text, context) {
      if (!/accepted/.test(text)) return;
      // By the first pause between looks, the VM's id is on disk.
      clock.onAdvance = () => {
        clock.onAdvance = undefined;
        context.abort(new InterruptedError("SIGINT"));
      };
    },
  });
  strictEqual(await main(words, context), 130);
  return context;
}

/** Returns a later command's context, of the same user. */
function later(first: TestContext, env: Record<string, string> = {}) {
  return testContext({
    clock: first.clock,
    simulator: first.simulator,
    env: { HOME: first.home, ...env },
  });
}

Deno.test("--explain of a first command sends nothing, and makes no folder", async () => {
  await using context = await testContext();
  const result = await explained(context, RUN);
  deepStrictEqual(
    [result.would, result.reason, result.found, result.key_is_of],
    ["submit", "nothing_found", null, ["kind", "scope", "inputs"]],
  );
  match(result.key, /^[0-9a-f]{32}$/);
  deepStrictEqual([...Deno.readDirSync(context.home)], []);
});

Deno.test("--explain tells the key that the command itself then has", async () => {
  await using context = await testContext();
  const { key } = await explained(context, RUN);
  strictEqual(await main(RUN, context), 0);
  const ledger = `${context.home}/.vers/jobs.jsonl`;
  const [first = ""] = (await Deno.readTextFile(ledger)).split("\n");
  strictEqual(JSON.parse(first).key, key);
});

Deno.test("--explain of a job in flight says that it would be gone on with", async () => {
  await using first = await interrupted(RUN);
  await using second = await later(first);
  const result = await explained(second, RUN);
  deepStrictEqual(
    [result.would, result.reason, result.found.status],
    ["attach", "in_flight", "running"],
  );
  strictEqual(await main(RUN, second), 0);
  const done = JSON.parse(second.out().trimEnd().split("\n").pop() ?? "");
  deepStrictEqual(
    [done.effect, done.job_id, [done.vm_id]],
    ["attached", result.found.job_id, result.found.vm_ids],
  );
});

Deno.test("--explain tells why nothing is gone on with", async () => {
  await using first = await interrupted(RUN);
  for (
    const [words, reason] of [
      [["run", "--vm-alias", "my-vm"], "not_waiting"],
      [["run", "--wait"], "no_stable_key"],
      [[...RUN, "--no-resume"], "no_resume"],
      [[...RUN, "--mem-size", "1024"], "nothing_found"],
      [[...RUN, "--max-resume-age", "0"], "too_old"],
    ] as const
  ) {
    await using second = await later(first);
    const result = await explained(second, words);
    deepStrictEqual([result.would, result.reason], ["submit", reason]);
  }
});

Deno.test("--explain of what is done says whether its result is still owed", async () => {
  await using first = await testContext();
  strictEqual(await main(RUN, first), 0);
  await using second = await later(first);
  strictEqual((await explained(second, RUN)).reason, "delivered");

  const stdoutWriter = {
    write: () => Promise.reject(new Deno.errors.BrokenPipe()),
  };
  await using unread = await testContext({ stdoutWriter });
  strictEqual(await main(RUN, unread), 1);
  await using third = await later(unread);
  const owed = await explained(third, RUN);
  deepStrictEqual([owed.would, owed.reason], ["return", "undelivered"]);
});

Deno.test("--explain of an idempotency key does not show it, and refuses other work", async () => {
  const words = ["run", "--wait", "--idempotency-key", "build-1234"];
  await using first = await interrupted(words);
  await using second = await later(first);
  const same = await explained(second, words);
  deepStrictEqual([same.would, same.key_is_of], [
    "attach",
    ["scope", "idempotency key"],
  ]);
  strictEqual(second.out().includes("build-1234"), false);
  await using third = await later(first);
  const other = await explained(third, [...words, "--mem-size", "1024"]);
  deepStrictEqual([other.would, other.reason], ["refuse", "conflict"]);
  match(other.why, /another mem_size_mib/);
});

Deno.test("--explain --resume-job is about that job, or says that there is none", async () => {
  await using first = await interrupted(["run", "--wait"]);
  const { error } = JSON.parse(first.err().trimEnd().split("\n").pop() ?? "");
  await using second = await later(first);
  const result = await explained(second, ["run", "--resume-job", error.job_id]);
  deepStrictEqual([result.would, result.reason, result.found.job_id], [
    "attach",
    "named",
    error.job_id,
  ]);
  const none = ["run", "--resume-job", "job_0000000000", "--explain"];
  strictEqual(await main(none, second), 3);
});

Deno.test("--explain on a terminal speaks to a person, and of every kind", async () => {
  for (
    const words of [
      RUN,
      ["branch", "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e", "--wait"],
      ["run-commit", "base:latest", "--wait", "-N", "x"],
      ["deploy", "acme/shop", "--wait", "--build", "make TOKEN=hunter2"],
      ["resume", "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e", "--wait"],
    ]
  ) {
    await using context = await testContext({ isTerminal: true });
    const home = new FileSnapshot(context.env("HOME") ?? context.home);
    strictEqual(await main([...words, "--explain"], context), 0);
    home.assertSame();
    deepStrictEqual(await context.simulator.requests(), []);
    match(context.out(), /^would: send a new request\nwhy: .*\nkey: /);
    match(context.out(), /\nNothing was sent, and nothing was written\.\n$/);
    strictEqual(context.out().includes("hunter2"), false);
  }
});

Deno.test("--explain with --local makes no simulated VMs, nor a folder for them", async () => {
  await using context = await testContext({ hasKey: false });
  await explained(context, [...RUN, "--local"]);
  deepStrictEqual([...Deno.readDirSync(context.home)], []);
});
