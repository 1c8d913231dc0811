import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { main } from "../../../main.ts";
import {
  type TestContext,
  testContext,
} from "../../../tests/helpers/test_context.ts";
import { InterruptedError } from "../../patience.ts";

const LINE = ["run", "--wait", "--vm-alias", "my-vm"];

async function ledgerOf(context: TestContext) {
  const text = await Deno.readTextFile(`${context.home}/.vers/jobs.jsonl`);
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("vers run --wait prints the VM once it is running, and nothing else", async () => {
  await using context = await testContext();
  strictEqual(await main(LINE, context), 0, context.err());
  const result = JSON.parse(context.out());
  deepStrictEqual(Object.keys(result), [
    "vm_id",
    "status",
    "alias",
    "head",
    "job_id",
    "effect",
  ]);
  deepStrictEqual(
    [result.status, result.alias, result.head, result.effect],
    ["complete", "my-vm", result.vm_id, "created"],
  );
  strictEqual(context.out().split("\n").length, 2);
  const head = await Deno.readTextFile(`${context.cwd()}/.vers/HEAD`);
  strictEqual(head, result.vm_id);
  strictEqual(
    context.err(),
    "note: no vers.toml here; using 512 MiB of memory, 1 CPU and 1024 MiB " +
      "of disk where no flag says otherwise\n" +
      `job ${result.job_id} submitted\nVM ${result.vm_id} accepted\n`,
  );
});

Deno.test("vers run asks for what flags, vers.toml and defaults say, in that order", async () => {
  await using context = await testContext();
  await Deno.writeTextFile(
    `${context.cwd()}/vers.toml`,
    "[machine]\nmem_size_mib = 2048\nvcpu_count = 4\n",
  );
  const flags = ["--vcpu-count", "8", "--mem-size=0", "--kernel="];
  strictEqual(await main([...LINE, ...flags], context), 0, context.err());
  const [entry] = await ledgerOf(context);
  deepStrictEqual(entry.inputs, {
    alias: "my-vm",
    mem_size_mib: 2048,
    vcpu_count: 8,
    fs_size_vm_mib: 1024,
    rootfs: "default",
    kernel: "default.bin",
  });
  match(context.err(), /^job job_/);
});

Deno.test("vers run in other words for the same has the same key", async () => {
  const keys = new Set<string>();
  for (
    const words of [
      ["run", "--wait", "--vm-alias", "my-vm"],
      ["--json", "run", "-Nmy-vm", "--wait", "--timeout=5m"],
      ["run", "--vm-alias=my-vm", "--mem-size", "512", "--wait", "-q"],
    ]
  ) {
    await using context = await testContext();
    strictEqual(await main(words, context), 0, context.err());
    keys.add((await ledgerOf(context))[0].key);
  }
  strictEqual(keys.size, 1);
  strictEqual([...keys][0]?.length, 32);
});

Deno.test("vers run with another alias, size or VERS_RUN_ID has another key", async () => {
  const keys = new Set<string>();
  for (
    const [words, env] of [
      [LINE, {}],
      [["run", "--wait", "-N", "other"], {}],
      [[...LINE, "--mem-size", "513"], {}],
      [LINE, { VERS_RUN_ID: "ci-1" }],
      [["run", "--wait"], { VERS_RUN_ID: "ci-1" }],
      [[...LINE, "--idempotency-key", "k1"], {}],
    ] as const
  ) {
    await using context = await testContext({ env });
    strictEqual(await main(words, context), 0, context.err());
    keys.add((await ledgerOf(context))[0].key);
  }
  strictEqual(keys.size, 6);
  strictEqual(keys.has("undefined"), false);
});

Deno.test("vers run --wait without a stable key says how to have one", async () => {
  await using context = await testContext();
  strictEqual(await main(["run", "--wait"], context), 0);
  match(context.err(), /--vm-alias NAME, --idempotency-key KEY or VERS_RUN_ID/);
  strictEqual((await ledgerOf(context))[0].key, undefined);
});

Deno.test("vers run that is interrupted is gone on with by the same line", async () => {
  await using first = await testContext({
    onStderr(text, context) {
      if (/accepted/.test(text)) context.abort(new InterruptedError("SIGINT"));
    },
  });
  strictEqual(await main([...LINE, "--no-resume"], first), 130);
  strictEqual(first.out(), "");
  const { error } = JSON.parse(first.err().trimEnd().split("\n").pop() ?? "");
  strictEqual(error.resume_command, "vers run --wait --vm-alias my-vm");

  await using second = await testContext({
    clock: first.clock,
    simulator: first.simulator,
    env: { HOME: first.home },
  });
  strictEqual(await main(LINE, second), 0, second.err());
  const result = JSON.parse(second.out());
  deepStrictEqual(
    [result.job_id, [result.vm_id], result.effect],
    [error.job_id, error.vm_ids, "attached"],
  );
  match(
    second.err(),
    new RegExp(
      `^note: resuming in-flight job ${error.job_id} ` +
        `\\(status: running, age \\d+s\\)$`,
      "m",
    ),
  );
});

Deno.test("vers run without --wait prints the id at once, quiet or not", async () => {
  await using context = await testContext();
  strictEqual(await main(["run", "-q"], context), 0);
  match(context.out(), /^[0-9a-f-]{36}\n$/);
});

Deno.test("vers run on a terminal speaks to a person", async () => {
  await using context = await testContext({ isTerminal: true });
  strictEqual(await main(LINE, context), 0);
  match(
    context.out(),
    /^VM '(\S+)' started successfully\.\nAlias: my-vm\nHEAD now points to: \1\n$/,
  );
});

Deno.test("vers run whose result nobody takes ends with 1, and keeps it", async () => {
  const stdoutWriter = {
    write: () => Promise.reject(new Deno.errors.BrokenPipe()),
  };
  await using first = await testContext({ stdoutWriter });
  strictEqual(await main(LINE, first), 1);
  const { error } = JSON.parse(first.err().trimEnd().split("\n").pop() ?? "");
  deepStrictEqual(
    [error.code, error.resume_command],
    ["undelivered", "vers run --wait --vm-alias my-vm"],
  );
  await using second = await testContext({
    clock: first.clock,
    simulator: first.simulator,
    env: { HOME: first.home },
  });
  strictEqual(await main(LINE, second), 0);
  const result = JSON.parse(second.out());
  deepStrictEqual(
    [result.job_id, result.effect],
    [error.job_id, "returned"],
  );
});

Deno.test("vers run stores neither the idempotency key nor the API key", async () => {
  await using context = await testContext();
  const words = [...LINE, "--idempotency-key", "deploy-of-the-day"];
  strictEqual(await main(words, context), 0);
  const text = await Deno.readTextFile(`${context.home}/.vers/jobs.jsonl`);
  strictEqual(text.includes("deploy-of-the-day"), false);
  strictEqual(text.includes(context.simulator.apiKey), false);
});

Deno.test("vers run refuses arguments, and nothing is sent or written", async () => {
  await using context = await testContext();
  strictEqual(await main([...LINE, "ubuntu"], context), 5);
  match(context.err(), /\\"ubuntu\\" is one argument too many/);
  const left = [...Deno.readDirSync(context.home)].map(({ name }) => name);
  deepStrictEqual(left, []);
});
