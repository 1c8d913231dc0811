import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { main } from "../../../main.ts";
import {
  type TestContext,
  testContext,
} from "../../../tests/helpers/test_context.ts";

async function entryOf(context: TestContext) {
  const text = await Deno.readTextFile(`${context.home}/.vers/jobs.jsonl`);
  return JSON.parse(text.split("\n")[0] ?? "");
}

async function sha256(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

Deno.test("vers deploy sends all that it was told, and keeps commands as hashes", async () => {
  await using context = await testContext();
  const line = [
    "deploy",
    "acme/shop",
    "--wait",
    "--name=web",
    "--branch=next",
    "--working-dir=apps/web",
    "--install=npm ci",
    "--build=make\nmake check",
    "--run=",
  ];
  strictEqual(await main(line, context), 0, context.err());
  const entry = await entryOf(context);
  deepStrictEqual(entry.inputs, {
    repo: "acme/shop",
    name: "web",
    branch: "next",
    working_dir: "apps/web",
    install: await sha256("npm ci"),
    build: await sha256("make\nmake check"),
  });
  strictEqual(entry.key.length, 32);
  deepStrictEqual(entry.args.slice(-3, -1), [
    "--install=[left out]",
    "--build=[left out]",
  ]);
});

Deno.test("vers deploy has a key without any name of its own", async () => {
  const keys = new Set<string>();
  for (const more of [[], ["--timeout", "5m"], ["--build", "make"]]) {
    await using context = await testContext();
    const line = ["deploy", "acme/shop", "--wait", ...more];
    strictEqual(await main(line, context), 0, context.err());
    strictEqual(context.err().includes("will not find its job"), false);
    keys.add((await entryOf(context)).key);
  }
  strictEqual(keys.size, 2);
});

Deno.test("vers deploy on a terminal says what runs, and what is still going on", async () => {
  await using context = await testContext({ isTerminal: true });
  strictEqual(await main(["deploy", "acme/shop", "--wait"], context), 0);
  match(
    context.out(),
    /^Deploy initiated for project \S+\nVM: (\S+) \(running\)\nStatus: deploying\nHEAD now points to: \1\nThe deploy is running in the background on the VM\.\n$/,
  );
});

for (
  const [words, said] of [
    [["shop"], /\\"shop\\" is not a repository: .* vers deploy acme\/shop/],
    [
      ["https://github.com/acme/shop.git"],
      /it must be owner\/repo.* vers deploy acme\/shop/,
    ],
    [[], /owner\/repo is missing/],
  ] as const
) {
  Deno.test(`vers deploy ${words.join(" ")} is a mistake, and nothing is sent`, async () => {
    await using context = await testContext();
    strictEqual(await main(["deploy", ...words], context), 5);
    match(context.err(), said);
    deepStrictEqual(await context.simulator.requests(), []);
  });
}
