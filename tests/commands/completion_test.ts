import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { findTool, needing } from "../helpers/machine.ts";
import { preparedSandbox } from "../helpers/prepared_sandbox.ts";
import { startProgram } from "../helpers/program.ts";
import { programCommand } from "../helpers/program_command.ts";

/** Lines up to the cursor, and what a shell may put there. */
const LINES: readonly (readonly [line: string, gives: readonly string[]])[] = [
  ["vers ru", ["run", "run-commit"]],
  ["vers jobs pr", ["prune"]],
  ["vers run --vm", ["--vm-alias"]],
  ["vers run --output ", ["json", "text"]],
  ["vers branch ", ["my-vm", "other-vm"]],
  ["vers branch --wait my", ["my-vm"]],
  ["vers nonsense x", []],
];

/** Asks each line of a shell that has read the script, and compares. */
function testInShell(
  shell: string,
  program: (lines: readonly string[]) => string,
  lines = LINES,
): void {
  Deno.test({
    ...needing(
      [`tool:${shell}`],
      `vers completion ${shell} completes lines in a real ${shell}`,
    ),
    async fn() {
      await using sandbox = await preparedSandbox();
      await Deno.mkdir(`${sandbox.home}/bin`);
      const { executable, args } = programCommand();
      const words = [executable, ...args].map((word) => `'${word}'`).join(" ");
      await Deno.writeTextFile(
        `${sandbox.home}/bin/vers`,
        `#!/bin/sh\nexec ${words} "$@"\n`,
        { mode: 0o755 },
      );
      await Deno.writeTextFile(`${sandbox.project}/a-file`, "");
      const { done } = await startProgram([], {
        cwd: sandbox.project,
        env: { ...sandbox.env, PATH: `${sandbox.home}/bin:/usr/bin:/bin` },
        command: {
          executable: findTool(shell) ?? "",
          args: ["-c", program(lines.map(([line]) => line))],
        },
      });
      const { code, stdout, stderr } = await done;
      deepStrictEqual([code, stderr], [0, ""]);
      const given = stdout.split("----\n").slice(0, -1)
        .map((part) => part.split("\n").slice(0, -1).sort());
      deepStrictEqual(
        lines.map(([line], index) => [line, given[index]]),
        lines.map(([line, gives]) => [line, [...gives]]),
      );
      strictEqual(given.length, lines.length);
    },
  });
}

testInShell("bash", (lines) => `
  source <(vers completion bash)
  for COMP_LINE in ${lines.map((line) => `'${line}'`).join(" ")}; do
    COMP_POINT=\${#COMP_LINE}
    _vers
    for each in "\${COMPREPLY[@]}"; do printf '%s\\n' "$each"; done
    echo ----
  done
`, [
  ...LINES,
  // To bash a new word begins behind = and :.
  ["vers run --output=j", ["json"]],
  ["vers simulate --state-dir a-f", ["a-file"]],
  ["vers simulate --state-dir=a-f", ["a-file"]],
]);

// What completes in zsh is a widget: its two functions stand in for it.
testInShell("zsh", (lines) => `
  compdef() { }
  _describe() { local each; for each in "\${(@P)2}"; do print -r -- "\${each%%:*}"; done }
  _files() { print a-file }
  source <(vers completion zsh)
  for line in ${lines.map((line) => `'${line}'`).join(" ")}; do
    words=("\${(@s: :)line}")
    CURRENT=\${#words}
    _vers
    print -- ----
  done
`, [
  ...LINES,
  ["vers run --output=j", ["--output=json"]],
  ["vers simulate --state-dir a-f", ["a-file"]],
]);

testInShell("fish", (lines) => `
  vers completion fish | source
  for line in ${lines.map((line) => `'${line}'`).join(" ")}
    complete -C "$line" | string replace -r '\\t.*' ''
    echo ----
  end
`, [
  ...LINES,
  ["vers run --output=j", ["--output=json"]],
  ["vers simulate --state-dir a-f", ["a-file"]],
]);
