import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { main } from "../../../main.ts";
import { testContext } from "../../../tests/helpers/test_context.ts";

for (const isTag of [false, true]) {
  Deno.test(`vers run-commit of ${isTag ? "a tag" : "an id"} keeps which commit that is`, async () => {
    await using context = await testContext();
    const commitId = await context.simulator.addCommit({
      tags: ["base:latest"],
    });
    const typed = isTag ? "base:latest" : commitId.toUpperCase();
    const line = ["run-commit", typed, "--wait", "-N", "my-vm"];
    strictEqual(await main(line, context), 0, context.err());
    strictEqual(JSON.parse(context.out()).commit_key, typed);
    const text = await Deno.readTextFile(`${context.home}/.vers/jobs.jsonl`);
    const entry = JSON.parse(text.split("\n")[0] ?? "");
    deepStrictEqual(entry.inputs, { commit: typed, alias: "my-vm" });
    strictEqual(entry.source, commitId);
    const [vm] = await context.simulator.vms();
    strictEqual(vm?.parentCommitId, commitId);
  });
}

Deno.test("vers run-commit on a terminal says what it started, and moves HEAD", async () => {
  await using context = await testContext({ isTerminal: true });
  const commitId = await context.simulator.addCommit();
  strictEqual(await main(["run-commit", commitId, "--wait"], context), 0);
  const [vm] = await context.simulator.vms();
  strictEqual(
    context.out(),
    `VM '${vm?.vmId}' started successfully from commit ${commitId}.\n` +
      `HEAD now points to: ${vm?.vmId}\n`,
  );
  const head = await Deno.readTextFile(`${context.cwd()}/.vers/HEAD`);
  strictEqual(head, vm?.vmId);
});

for (
  const [words, said] of [
    [["latest"], /\\"latest\\" is not a commit: it must be an ID or repo:tag/],
    [
      ["5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e", "--ref"],
      /with --ref it must be repo:tag/,
    ],
    [[], /commit-id\|repo:tag is missing/],
  ] as const
) {
  Deno.test(`vers run-commit ${words.join(" ")} is a mistake, and nothing is sent`, async () => {
    await using context = await testContext();
    strictEqual(await main(["run-commit", ...words], context), 5);
    match(context.err(), said);
    deepStrictEqual(await context.simulator.requests(), []);
  });
}

Deno.test("vers run-commit of a tag that is not there ends with 3", async () => {
  await using context = await testContext();
  strictEqual(await main(["run-commit", "base:latest"], context), 3);
  match(context.err(), /tag not found/);
});
