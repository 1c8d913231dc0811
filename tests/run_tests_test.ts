import { match, strictEqual } from "node:assert/strict";
import { ROOT } from "./release/root.ts";

const MACHINE = new URL("helpers/machine.ts", import.meta.url).href;

/** Runs `deno task test` on one file of tests, and returns what it printed. */
async function runTests(content: string) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${folder}/a_test.ts`,
      `import { testNeeding } from ${JSON.stringify(MACHINE)};\n${content}`,
    );
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", `${ROOT}tests/run_tests.ts`, folder],
      cwd: ROOT,
      env: { NO_COLOR: "1", PATH: "" },
      stderr: "null",
    }).output();
    return { code, stdout: new TextDecoder().decode(stdout) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("deno task test says nothing of what passes, and last what was left out", async () => {
  const { code, stdout } = await runTests(`
    for (let number = 0; number < 20; number++) {
      Deno.test("test " + number, () => console.log("noise"));
    }
    testNeeding(["tool:no-such-tool"], "it is dug up", () => {});
  `);
  strictEqual(code, 0);
  match(stdout, /^\s*ok \| 20 passed \| 0 failed \| 1 ignored \(.*\)\n/);
  const [, end] = stdout.split(/(?=^left out)/m);
  strictEqual(
    end,
    "left out: 1 test\n  there is no no-such-tool:\n    it is dug up\n",
  );
});

Deno.test("deno task test shows what fails, and ends with 1", async () => {
  const { code, stdout } = await runTests(`
    Deno.test("it holds", () => { throw new Error("It broke"); });
  `);
  strictEqual(code, 1);
  match(stdout, /^it holds => .*\nerror: Error: It broke$/m);
  match(stdout, /^FAILED \| 0 passed \| 1 failed/m);
  match(stdout, /left out: nothing\n$/);
});

Deno.test("deno task test ends with 1 when no test could begin", async () => {
  const { code, stdout } = await runTests("no TypeScript");
  strictEqual(code, 1);
  strictEqual(stdout.includes("left out"), false);
});
