import {
  deepStrictEqual,
  match,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { readLedgerLines, withChecksum } from "./ledger_lines.ts";
import { type Program, startProgram } from "./program.ts";
import { permissionFlags } from "./program_command.ts";

/** Starts a program of one line, and not the one under test. */
function start(
  source: string,
  options: { stdin?: string; env?: Record<string, string> } = {},
): Promise<Program> {
  const args = ["eval", "--no-config", source];
  return startProgram([], {
    ...options,
    command: { executable: Deno.execPath(), args },
  });
}

Deno.test("startProgram() gives the code and all of the output", async () => {
  const program = await start(
    `console.log("result"); console.error("note"); Deno.exit(7);`,
  );
  deepStrictEqual(await program.done, {
    code: 7,
    signal: null,
    stdout: "result\n",
    stderr: "note\n",
  });
});

Deno.test("startProgram() hands on the environment it was given, and no other", async () => {
  Deno.env.set("VERS_TEST_OUTSIDE", "1");
  const program = await start(
    `console.log(Deno.env.get("VERS_TEST_OUTSIDE"), Deno.env.get("GIVEN"));`,
    { env: { GIVEN: "2" } },
  );
  strictEqual((await program.done).stdout, "undefined 2\n");
});

Deno.test("startProgram() gives stdin, and else an empty one", async () => {
  const source =
    `console.log(await new Response(Deno.stdin.readable).text() + ".");`;
  const [given, empty] = await Promise.all([
    start(source, { stdin: "yes" }),
    start(source),
  ]);
  strictEqual((await given.done).stdout, "yes.\n");
  strictEqual((await empty.done).stdout, ".\n");
});

Deno.test("Program.stderrLine() returns a line while the program runs, and kill() ends it", async () => {
  await using program = await start(
    `console.error("first"); console.error("VM x accepted"); setInterval(() => {}, 1_000);`,
  );
  strictEqual(await program.stderrLine(/VM .* accepted/), "VM x accepted");
  program.kill("SIGKILL");
  const { code, stderr } = await program.done;
  strictEqual(code === 0, false);
  strictEqual(stderr, "first\nVM x accepted\n");
});

Deno.test("Program.stdoutLine() rejects with what there was when the program ends", async () => {
  const program = await start(`console.log("something else");`);
  await rejects(program.stdoutLine(/accepted/), /it has ended\nsomething else/);
  await program.done;
});

Deno.test("Program leaves no process behind when it is disposed of", async () => {
  const program = await start(
    `console.log("up"); setInterval(() => {}, 1_000);`,
  );
  await program.stdoutLine(/up/);
  await program[Symbol.asyncDispose]();
  const { code } = await program.done;
  strictEqual(code === 0, false);
});

Deno.test("permissionFlags() names variables, and neither run nor ffi", () => {
  const flags = permissionFlags().join(" ");
  match(flags, /--allow-env=\S*VERS_\*/);
  match(flags, /--no-prompt/);
  strictEqual(/allow-(run|ffi|all|env(?!=))/.test(flags), false);
});

Deno.test("readLedgerLines() tells good lines from wrong, foreign and torn ones", async () => {
  const path = await Deno.makeTempFile();
  try {
    const good = withChecksum({ id: "job_0000000001", status: "running" });
    await Deno.writeTextFile(
      path,
      [good, good.replace("running", "walking"), `{"id":"go"}`, good.slice(9)]
        .join("\n"),
    );
    deepStrictEqual(
      readLedgerLines(path).map(({ check }) => check),
      ["good", "wrong", "none", "torn"],
    );
    strictEqual(readLedgerLines(path)[0]?.entry.status, "running");
    deepStrictEqual(readLedgerLines(`${path}.missing`), []);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("withChecksum() gives the CRC-32 that zlib gives", () => {
  // crc32(b'{"a":1}') of Python's zlib.
  strictEqual(withChecksum({ a: 1 }), `{"a":1,"crc":"561bacaf"}`);
});
