import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Fault, FaultRule } from "../../src/simulator/faults/faults.ts";
import { runInFakeShell } from "../../src/simulator/service/fake_shell.ts";
import { needing, testNeeding } from "../helpers/machine.ts";
import { baseEnvironment, programCommand } from "../helpers/program_command.ts";
import { runInShell, Sandbox } from "../helpers/sandbox.ts";
import {
  type SimulatorProcess,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { errorOf } from "../helpers/program.ts";

interface Scene extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly simulator: SimulatorProcess;
  readonly vm: string;
  exec(args: string[], stdin?: string): ReturnType<Sandbox["run"]>;
  addFault(operation: FaultRule["operation"], fault: Fault): Promise<void>;
  /** How often a command was sent, and how often it was started. */
  starts(): Promise<[sent: number, started: number]>;
}

/** A user with one VM, which is HEAD and called my-vm. */
async function setUp(seed: Record<string, unknown> = {}): Promise<Scene> {
  const sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox);
  const { vmId: vm } = await simulator.control("POST", "vms", seed) as {
    vmId: string;
  };
  await Deno.mkdir(`${sandbox.project}/.vers`);
  await Deno.writeTextFile(`${sandbox.project}/.vers/HEAD`, vm);
  await Deno.mkdir(`${sandbox.home}/.vers`);
  await Deno.writeTextFile(
    `${sandbox.home}/.vers/aliases.json`,
    JSON.stringify({ "my-vm": vm }),
  );
  return {
    sandbox,
    simulator,
    vm,
    exec: (args, stdin) => sandbox.run(["exec", ...args], { stdin }),
    addFault: (operation, fault) =>
      simulator.addFault({ operation, times: 1, faults: [fault] }),
    async starts() {
      const sent = (await simulator.requests())
        .filter(({ operation }) => operation === "exec_stream");
      return [sent.length, sent.filter(({ committed }) => committed).length];
    },
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

Deno.test("exec passes output and exit code through, whoever the VM is named by", async () => {
  await using here = await setUp();
  for (const target of [[], ["my-vm"], [here.vm]]) {
    const script = "echo out; echo err >&2; exit 42";
    const { code, stdout, stderr } = await here.exec([...target, script]);
    deepStrictEqual([code, stdout, stderr], [42, "out\n", "err\n"]);
  }
});

Deno.test("exec passes words as they are; one word is a line of shell", async () => {
  await using here = await setUp();
  for (
    const [args, stdout] of [
      [["echo a  b; echo c"], "a b\nc\n"],
      [["echo", "a  b", "it's", "; echo c"], "a  b it's ; echo c\n"],
      [["my-vm", "echo", "-n", "-la", "--output", "json"], "-la --output json"],
      [["my-vm", "--", "echo", "x"], "x\n"],
      [["--", "echo", "my-vm"], "my-vm\n"],
      [["-w", "/srv", "my-vm", "pwd"], "/srv\n"],
      [["--env", "A=1=2", "-e", "B=", "printenv A"], "1=2\n"],
    ] as const
  ) {
    const result = await here.exec([...args]);
    strictEqual(result.stdout, stdout, result.stderr);
    strictEqual(result.code, 0);
  }
});

Deno.test("exec sends with -i what is piped to it, and no more", async () => {
  await using here = await setUp();
  strictEqual((await here.exec(["-i", "cat"], "línea\n")).stdout, "línea\n");
  strictEqual((await here.exec(["cat"], "x")).stdout, "");
  strictEqual((await here.exec(["--no-stdin", "cat"], "x")).stdout, "");
  const whole = "x".repeat(1024 * 1024);
  strictEqual((await here.exec(["-i", "cat"], whole)).stdout, whole);
});

Deno.test("exec --json collects everything", async () => {
  await using here = await setUp();
  const script = "echo out; echo err >&2; exit 3";
  const result = await here.exec(["--json", "my-vm", script]);
  strictEqual(result.code, 3);
  const collected = JSON.parse(result.stdout);
  deepStrictEqual(Object.keys(collected), [
    "exit_code",
    "stdout",
    "stderr",
    "exec_id",
    "vm_id",
    "job_id",
    "effect",
  ]);
  deepStrictEqual(
    [collected.exit_code, collected.stdout, collected.stderr],
    [3, "out\n", "err\n"],
  );
  strictEqual(result.stderr, "");
  const quiet = await here.exec(["--json", "-q", "true"]);
  match(quiet.stdout, /^[0-9a-f-]{36}\n$/);
  const byVariable = await here.sandbox.run(["exec", "true"], {
    env: { VERS_OUTPUT: "json" },
  });
  strictEqual(JSON.parse(byVariable.stdout).exit_code, 0);
});

/** Numbers that are the same on every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state / 0x8000_0000;
  };
}

for (const seed of [1, 2, 3]) {
  Deno.test(`exec cut ten times at random (${seed}) delivers the bytes written, in order, once`, async () => {
    await using here = await setUp();
    const next = random(seed);
    const length = 120_000;
    const script = `noise ${length} ${seed}; echo err >&2; exit 9`;
    for (let cut = 0; cut < 10; cut++) {
      await here.addFault(cut === 0 ? "exec_stream" : "exec_attach", {
        type: "cut",
        bytes: Math.floor(next() * 12_000),
      });
    }
    const { executable, args } = programCommand();
    const child = new Deno.Command(executable, {
      args: [...args, "exec", "my-vm", script],
      cwd: here.sandbox.project,
      env: { ...await baseEnvironment(), ...here.sandbox.env },
      clearEnv: true,
      stdin: "null",
    });
    const { code, stdout, stderr } = await child.output();
    const written = runInFakeShell({
      command: ["bash", "-c", `noise ${length} ${seed}`],
      env: {},
      stdin: "",
      workingDir: "/",
    }).output.flatMap(({ bytes }) => [...bytes]);
    ok(new Uint8Array(written).toHex() === stdout.toHex());
    strictEqual(new TextDecoder().decode(stderr), "err\n");
    strictEqual(code, 9);
    deepStrictEqual(await here.starts(), [1, 1]);
    const attaches = (await here.simulator.requests())
      .filter(({ operation }) => operation === "exec_attach");
    strictEqual(attaches.length, 10);
  });
}

Deno.test("exec whose connection is cut before the first byte attaches, and runs it once", async () => {
  await using here = await setUp();
  await here.addFault("exec_stream", { type: "drop", when: "after" });
  const { code, stdout } = await here.exec(["echo once; exit 5"]);
  deepStrictEqual([code, stdout], [5, "once\n"]);
  deepStrictEqual(await here.starts(), [1, 1]);
});

Deno.test("exec shows output while the command runs", async () => {
  await using here = await setUp();
  const program = await here.sandbox.start([
    "exec",
    "echo first; sleep 60; echo last",
  ]);
  await program.stdoutLine(/^first$/);
});

Deno.test({
  ...needing(
    ["posix"],
    "exec that is interrupted ends with 130, and the command goes on",
  ),
  async fn() {
    await using here = await setUp();
    const program = await here.sandbox.start([
      "exec",
      "echo first; sleep 3600",
    ]);
    await program.stdoutLine(/^first$/);
    program.kill("SIGINT");
    const { code, stdout, stderr } = await program.done;
    deepStrictEqual([code, stdout], [130, "first\n"]);
    match(stderr, new RegExp(`^note: the command continues in VM ${here.vm}`));
  },
});

Deno.test("exec's own failures end with 125, whatever they are", async () => {
  await using here = await setUp();
  const nobody = "6c2d9b51-8d2f-4d66-8e1f-3a7b4c5d6e7f";
  const { vmId: paused } = await here.simulator.control("POST", "vms", {
    state: "paused",
  }) as { vmId: string };
  for (
    const [args, why] of [
      [[], /command is missing/],
      [["my-vm"], /none is given/],
      [["my-vm", "-t", "5", "ls"], /flags of vers go before the VM/],
      [["--bogus", "ls"], /--bogus does not exist/],
      [["--timeout", "soon", "ls"], /--timeout is "soon"/],
      [["--env", "s3cret", "ls"], /--env is not usable/],
      [[nobody, "ls"], /the service has none/],
      [[paused, "ls"], /the VM is paused/],
    ] as const
  ) {
    const result = await here.exec([...args]);
    strictEqual(result.code, 125, args.join(" "));
    const { message, hint } = errorOf(result);
    match(message, why);
    match(hint, /vers (exec|status|resume)/);
    ok(!result.stderr.includes("s3cret"));
  }
  const keyless = await here.sandbox.run(["exec", "ls"], {
    env: { VERS_API_KEY: "" },
  });
  strictEqual(keyless.code, 125);
  strictEqual(errorOf(keyless).code, "authentication");
  await Deno.remove(`${here.sandbox.project}/.vers/HEAD`);
  strictEqual((await here.exec(["ls"])).code, 125);
  deepStrictEqual((await here.starts())[1], 0);
});

Deno.test("exec speaks plainly where nothing asked for JSON but its errors", async () => {
  await using here = await setUp();
  const result = await here.exec(["--output", "text", "my-vm"]);
  strictEqual(result.code, 125);
  match(result.stderr, /^error: Cannot run a command in VM .*\nhint: .*\n$/);
});

for (
  const [what, words, shown] of [
    ["its output", "", "1\n"],
    ["its result", "--json", ""],
  ] as const
) {
  testNeeding(
    ["posix"],
    `exec ends with the command's own exit code when nobody reads ${what} to its end`,
    async () => {
      await using here = await setUp();
      const lines = shown === "" ? "-c 0" : "-n 1";
      const { stdout } = await runInShell(
        here.sandbox,
        `{ $VERS exec ${words} my-vm 'seq 1 40000; exit 3' 2>err; ` +
          `echo $? >code; } | head ${lines}`,
      );
      const read = (name: string) =>
        Deno.readTextFile(`${here.sandbox.project}/${name}`);
      strictEqual(stdout, shown);
      strictEqual(await read("code"), "3\n");
      strictEqual(await read("err"), "");
    },
  );
}
