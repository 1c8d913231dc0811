import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { main } from "../../main.ts";
import {
  type TestContext,
  testContext,
  type TestContextOptions,
} from "../../tests/helpers/test_context.ts";
import { InterruptedError } from "../patience.ts";
import { defineCommand, type Route } from "./command_line/command.ts";
import { runCommandLine } from "./run_command_line.ts";

/** Runs one command that does what `run` does. */
async function withCommand(
  run: (context: TestContext) => Promise<number>,
  options: TestContextOptions = {},
) {
  await using context = await testContext(options);
  const command = defineCommand({
    summary: "Try",
    description: "Tries.",
    flags: {},
    positionals: [],
    examples: [],
    run: () => run(context),
  });
  const code = await runCommandLine(
    ["try", "--output=text"],
    context,
    new Map<string, Route>([["try", {
      type: "command",
      summary: "Try",
      load: () => Promise.resolve({ command }),
    }]]),
  );
  return { code, out: context.out(), err: context.err() };
}

Deno.test("runCommandLine() ends with what the command returns", async () => {
  deepStrictEqual(await withCommand(() => Promise.resolve(42)), {
    code: 42,
    out: "",
    err: "",
  });
});

Deno.test("runCommandLine() of a reader who had enough ends well, silently", async () => {
  const stdoutWriter = {
    write: () => Promise.reject(new Deno.errors.BrokenPipe()),
  };
  const result = await withCommand(async (context) => {
    await context.stdout.write("much\n");
    return 0;
  }, { stdoutWriter });
  deepStrictEqual(result, { code: 0, out: "", err: "" });
});

Deno.test("runCommandLine() of a bug says so, and ends with 1", async () => {
  const result = await withCommand(() => {
    throw new TypeError("x is not a function");
  });
  strictEqual(result.code, 1);
  match(
    result.err,
    /^error: Cannot continue: TypeError: x is not a function\n/,
  );
});

Deno.test("runCommandLine() does not wait for ever for somebody to read stderr", async () => {
  const stderrWriter = { write: () => new Promise<never>(() => {}) };
  const ends: (() => Promise<number>)[] = [
    () => Promise.resolve(42),
    () => Promise.reject(new TypeError("x is not a function")),
  ];
  const codes = [];
  for (const end of ends) {
    const { code } = await withCommand(async (context) => {
      context.stderr.write("a note").catch(() => {});
      return await end();
    }, { stderrWriter });
    codes.push(code);
  }
  deepStrictEqual(codes, [42, 1]);
});

Deno.test("runCommandLine() does not wait for what hangs once it is to stop", async () => {
  const result = await withCommand((context) => {
    context.abort(new InterruptedError("SIGHUP"));
    return new Promise<never>(() => {});
  });
  deepStrictEqual(result, {
    code: 129,
    out: "",
    err: "error: Interrupted by SIGHUP\n",
  });
});

Deno.test("vers --version is one line, or JSON", async () => {
  await using context = await testContext();
  strictEqual(await main(["--version"], context), 0);
  match(context.out(), /^vers \d+\.\d+\.\d+ \(source\)\n$/);
  await using other = await testContext();
  strictEqual(await main(["--json", "--version"], other), 0);
  const { version, ...rest } = JSON.parse(other.out());
  match(version, /^\d+\.\d+\.\d+$/);
  deepStrictEqual(rest, { name: "vers", commit: "source", commit_date: null });
});

Deno.test("vers, vers help and vers --help are the same help, on stdout", async () => {
  const texts = new Set<string>();
  for (const words of [[], ["help"], ["--help"], ["-h"]]) {
    await using context = await testContext();
    strictEqual(await main(words, context), 0);
    strictEqual(context.err(), "");
    texts.add(context.out());
  }
  strictEqual(texts.size, 1);
});

Deno.test("a wrong command line is one line of JSON where stdout is no terminal", async () => {
  await using context = await testContext();
  strictEqual(await main(["rnu"], context), 5);
  strictEqual(context.out(), "");
  strictEqual(JSON.parse(context.err()).error.exit_code, 5);
  await using terminal = await testContext({ isTerminal: true });
  strictEqual(await main(["rnu"], terminal), 5);
  match(terminal.err(), /^error: Cannot run "vers rnu": .*\nhint: .*\n$/);
});
