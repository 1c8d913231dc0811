import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { testNeeding } from "../helpers/machine.ts";
import { baseEnvironment, programCommand } from "../helpers/program_command.ts";
import { Sandbox } from "../helpers/sandbox.ts";
import { addVm, writeHead } from "../helpers/service.ts";
import {
  type SimulatorProcess,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { errorOf } from "../helpers/program.ts";
import { runInShell } from "../helpers/sandbox.ts";

interface Scene extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly simulator: SimulatorProcess;
}

/** A user with one VM, which is HEAD. */
async function setUp(): Promise<Scene> {
  const sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox);
  await writeHead(sandbox, await addVm(simulator));
  return {
    sandbox,
    simulator,
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

/** Starts exec with a stdin that stays open until it is closed. */
async function startWithPipe({ sandbox }: Scene, args: readonly string[]) {
  const { executable, args: before } = programCommand();
  return new Deno.Command(executable, {
    args: [...before, "exec", ...args],
    cwd: sandbox.project,
    env: { ...await baseEnvironment(), ...sandbox.env },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

testNeeding(
  ["posix"],
  "exec in a loop over stdin leaves the loop its lines",
  async () => {
    await using here = await setUp();
    const { stdout, code } = await runInShell(
      here.sandbox,
      "printf '1\\n2\\n3\\n' | while read l; do $VERS exec echo $l; done",
    );
    deepStrictEqual([code, stdout], [0, "1\n2\n3\n"]);
  },
);

Deno.test("exec does not read a pipe that stays open, with --no-stdin or without", async () => {
  await using here = await setUp();
  for (const args of [["echo", "x"], ["--no-stdin", "echo", "x"]]) {
    const child = await startWithPipe(here, args);
    const [status, stdout, stderr] = await Promise.all([
      child.status,
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    deepStrictEqual([status.code, stdout, stderr], [0, "x\n", ""]);
    await child.stdin.close().catch(() => {});
  }
});

Deno.test("exec -i whose pipe says nothing says what it waits for, and until when", async () => {
  await using here = await setUp();
  const child = await startWithPipe(here, ["-i", "-t", "3s", "cat"]);
  const { code, stdout, stderr } = await child.output();
  await child.stdin.close().catch(() => {});
  deepStrictEqual([code, textOf(stdout)], [124, ""]);
  const said = textOf(stderr);
  match(said, /^note: nothing came from stdin for 2 s; waiting for its end/);
  match(said, /Timed out after 3s while reading stdin/);
  strictEqual((await here.simulator.requests()).length, 0);
});

Deno.test("exec -i sends what comes late, too", async () => {
  await using here = await setUp();
  const child = await startWithPipe(here, ["-i", "cat"]);
  const reader = child.stderr.getReader();
  const { value } = await reader.read();
  match(textOf(value ?? new Uint8Array()), /nothing came from stdin/);
  reader.releaseLock();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("late"));
  await writer.close();
  const { stdout, code } = await child.output();
  deepStrictEqual([code, textOf(stdout)], [0, "late"]);
});

Deno.test("exec takes --ssh with one note, and --no-stdin beside -i as a mistake", async () => {
  await using here = await setUp();
  const { code, stdout, stderr } = await here.sandbox.run([
    "exec",
    "--ssh",
    "echo",
    "x",
  ]);
  deepStrictEqual([code, stdout], [0, "x\n"]);
  match(stderr, /^note: [^\n]*--ssh[^\n]*\n$/);
  const both = await here.sandbox.run(["exec", "-i", "--no-stdin", "cat"]);
  strictEqual(both.code, 125);
  match(errorOf(both).message, /--interactive and --no-stdin contradict/);
});

/** Ways to give a script to bash in a VM, and what comes of them. */
const WAYS: readonly {
  readonly name: string;
  /** A line of sh in which `$X` is `vers exec -i bash`. */
  readonly line: string;
  readonly stdout?: string;
  readonly code?: number;
  readonly error?: RegExp;
}[] = [
  {
    name: "a file",
    line: "printf 'echo file\\nexit 3\\n' > f; $X < f",
    stdout: "file\n",
    code: 3,
  },
  {
    name: "a heredoc",
    line: "$X <<'END'\necho \"here\"\nEND",
    stdout: "here\n",
  },
  {
    name: "a FIFO that is held open, until it is not",
    line: "mkfifo p; { printf 'echo fifo\\n'; sleep 1; } > p & $X < p; wait",
    stdout: "fifo\n",
  },
  { name: "/dev/null", line: "$X < /dev/null", stdout: "" },
  { name: "a closed stdin", line: "$X <&-", stdout: "" },
  {
    name: "3 MiB",
    line: "head -c 3145728 /dev/zero | tr '\\0' x | $X",
    code: 125,
    error: /stdin has more than 1048576 bytes/,
  },
  {
    name: "binary",
    line: "printf '\\377\\376\\000' | $X",
    code: 125,
    error: /stdin is not UTF-8 text/,
  },
  { name: "nothing", line: "printf '' | $X", stdout: "" },
  {
    name: "CRLF",
    line: "printf 'echo a\\r\\necho b\\r\\n' | $C",
    stdout: "echo a\r\necho b\r\n",
  },
  {
    name: "no newline at the end",
    line: "printf 'echo last' | $X",
    stdout: "last\n",
  },
  {
    name: "yes |",
    line: "yes | $X",
    code: 125,
    error: /stdin has more than 1048576 bytes/,
  },
  {
    name: "another program's output",
    line: "seq 1 3 | sed 's/^/echo /' | $X",
    stdout: "1\n2\n3\n",
  },
];

for (const { name, line, stdout = "", code = 0, error } of WAYS) {
  testNeeding(["posix"], `exec -i sends a script: ${name}`, async () => {
    await using here = await setUp();
    const result = await runInShell(
      here.sandbox,
      line.replaceAll("$X", "$VERS exec -i bash")
        .replaceAll("$C", "$VERS exec -i cat"),
    );
    if (error === undefined) strictEqual(result.stderr, "");
    else match(errorOf(result).message, error);
    deepStrictEqual([result.code, result.stdout], [code, stdout]);
    const sent = (await here.simulator.requests())
      .filter(({ operation }) => operation === "exec_stream");
    strictEqual(sent.length, error === undefined ? 1 : 0);
  });
}

testNeeding(["terminal"], "exec -i sends a script: a terminal", async () => {
  await using here = await setUp();
  const { executable, args } = programCommand();
  const command = [executable, ...args, "exec", "-i", "bash"]
    .map((word) => `'${word}'`).join(" ");
  const child = new Deno.Command("script", {
    args: ["-qec", command, "/dev/null"],
    cwd: here.sandbox.project,
    env: { ...await baseEnvironment(), ...here.sandbox.env },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("echo terminal-$((0))\n\x04"));
  await writer.close();
  const { stdout } = await child.output();
  ok(textOf(stdout).includes("terminal-"));
});

Deno.test("what every example of the Go CLI says works: exec -i -t 10 VM bash < script", async () => {
  await using here = await setUp();
  const vm = await addVm(here.simulator);
  const { code, stdout, stderr } = await here.sandbox.run(
    ["exec", "-i", "-t", "10", vm, "bash"],
    { stdin: "cd /tmp && echo ok\nexit 4\n" },
  );
  deepStrictEqual([code, stdout, stderr], [4, "ok\n", ""]);
});
