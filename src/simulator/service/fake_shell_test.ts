import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { runInFakeShell, type ShellInput } from "./fake_shell.ts";

function run(script: string, input: Partial<ShellInput> = {}) {
  const { output, exitCode, endsAfterMs } = runInFakeShell({
    command: ["bash", "-c", script],
    env: {},
    stdin: "",
    workingDir: "/root",
    ...input,
  });
  const textOf = (name: string) =>
    output.filter(({ stream }) => stream === name)
      .map(({ bytes }) => new TextDecoder().decode(bytes)).join("");
  return {
    stdout: textOf("stdout"),
    stderr: textOf("stderr"),
    exitCode,
    endsAfterMs,
  };
}

for (
  const [script, stdout, exitCode] of [
    ["echo hello", "hello\n", 0],
    ["echo -n hello", "hello", 0],
    [`echo 'a  b' "c d" e\\ f`, "a  b c d e f\n", 0],
    ["echo a; echo b\necho c", "a\nb\nc\n", 0],
    ["false && echo no; echo yes", "yes\n", 0],
    ["true && echo yes", "yes\n", 0],
    ["echo a; exit 7; echo b", "a\n", 7],
    ["pwd", "/root\n", 0],
    ["seq 8 11", "8\n9\n10\n11\n", 0],
    ["printenv NONE", "", 1],
    ["", "", 0],
  ] as const
) {
  Deno.test(`the fake shell runs ${JSON.stringify(script)}`, () => {
    deepStrictEqual(run(script), {
      stdout,
      stderr: "",
      exitCode,
      endsAfterMs: 0,
    });
  });
}

Deno.test("the fake shell reads stdin once, its environment, and writes to stderr", () => {
  const input = { stdin: "in\n", env: { A: "1" } };
  deepStrictEqual(run("cat; cat; printenv A >&2; nope", input), {
    stdout: "in\n",
    stderr: "1\nbash: line 1: nope: command not found\n",
    exitCode: 127,
    endsAfterMs: 0,
  });
});

Deno.test("the fake shell runs a program without a shell", () => {
  const { stdout } = run("", { command: ["echo", "a  b", ";", "c"] });
  strictEqual(stdout, "a  b ; c\n");
});

Deno.test("the fake shell writes in pieces, each at its time, the same each time", () => {
  const input = {
    command: ["bash", "-c", "noise 3000 7; sleep 2.5; echo end"],
    env: {},
    stdin: "",
    workingDir: "/",
  };
  const { output, endsAfterMs } = runInFakeShell(input);
  deepStrictEqual(
    output.map(({ afterMs, bytes }) => [afterMs, bytes.length]),
    [[0, 1024], [0, 1024], [0, 952], [2_500, 4]],
  );
  strictEqual(endsAfterMs, 2_500);
  deepStrictEqual(runInFakeShell(input).output, output);
  const values = new Set(output.flatMap(({ bytes }) => [...bytes]));
  strictEqual(values.size > 200, true);
});

for (
  const [words, stdin, stdout] of [
    [["bash"], "# a comment\ncd /srv && pwd\nexit 3\n", "/srv\n"],
    [["sh", "-s"], "echo one\necho two", "one\ntwo\n"],
    [["bash", "-c", "bash"], "echo nested; cat", "nested\n"],
    [["bash", "-lc", "cat"], "left to cat", "left to cat"],
    [["env"], "", "A=1\n"],
    [["ls", "-la"], "", "app\nREADME.md\n"],
  ] as const
) {
  Deno.test(`the fake shell runs ${words.join(" ")} with ${JSON.stringify(stdin)} on stdin`, () => {
    strictEqual(
      run("", { command: words, stdin, env: { A: "1" } }).stdout,
      stdout,
    );
  });
}
