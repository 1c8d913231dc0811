import { match, ok, strictEqual } from "node:assert/strict";
import { main } from "../../main.ts";
import type { FaultRule } from "../../src/simulator/faults/faults.ts";
import { type TestContext, testContext } from "../helpers/test_context.ts";

/** What a terminal would obey, inside a text that is seen. */
const HOSTILE = "seen\x1b[2J\x1b]0;owned\x07\r\n\u202eback\x9b31m";
const OBEYED = /[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u;

/** Runs a line on a terminal, and returns all that came to it. */
async function shown(
  context: TestContext,
  words: readonly string[],
): Promise<string> {
  await main(words, context);
  // The live line is ours, and taken away by these alone.
  return (context.out() + context.err()).replaceAll("\r\x1b[K", "");
}

Deno.test("no name, state or label of the service reaches a terminal as it is", async () => {
  await using probe = await testContext();
  const { simulator } = probe;
  const vmId = await simulator.addVm({
    state: HOSTILE,
    labels: { [`name${HOSTILE}`]: HOSTILE },
  });
  await simulator.addCommit({ name: HOSTILE, parentVmId: vmId });
  const states = [{ afterMs: 0, state: HOSTILE }];
  await simulator.addFault({
    operation: "new_root",
    faults: [{ type: "states", states }],
  });
  for (
    const [words, isSeen] of [
      [["status"], true],
      [["status", vmId], true],
      [["get", vmId], true],
      [["commit", "list"], true],
      [["label", "get", vmId], true],
      [["pause", vmId], false],
      [["run", "--wait", "--timeout", "2s"], true],
    ] as const
  ) {
    for (const format of ["text", "json"]) {
      await using context = await testContext({
        isTerminal: true,
        simulator,
        columns: 1_000,
      });
      const text = await shown(context, [...words, "--output", format]);
      const line = `${words.join(" ")} ${format}`;
      ok(!OBEYED.test(text), `${line}: ${JSON.stringify(text)}`);
      if (isSeen) match(text, /seen/, line);
    }
  }
});

Deno.test("no error of the service reaches a terminal as it is", async () => {
  const answers = [
    { text: HOSTILE },
    { json: { error: HOSTILE, success: false } },
    { json: { message: HOSTILE } },
  ];
  for (const answer of answers) {
    for (const status of [400, 403, 404, 409, 500]) {
      for (const format of ["text", "json"]) {
        await using context = await testContext({ isTerminal: true });
        const rule: FaultRule = {
          operation: "list",
          faults: [{ type: "answer", when: "before", status, ...answer }],
        };
        await context.simulator.addFault(rule);
        const text = await shown(context, ["status", "--output", format]);
        ok(!OBEYED.test(text), JSON.stringify(text));
        match(text, /seen/);
      }
    }
  }
});

Deno.test("no word of the command line reaches a terminal as it is", async () => {
  for (
    const words of [
      [HOSTILE],
      ["run", `--${HOSTILE}`],
      ["run", HOSTILE],
      ["run", "--output", HOSTILE],
      ["run", "--timeout", HOSTILE],
      ["status", HOSTILE],
      ["jobs", "get", HOSTILE],
      ["agent-context", HOSTILE],
      ["completion", HOSTILE],
      ["run-commit", HOSTILE],
      ["deploy", HOSTILE],
      ["alias", "set", HOSTILE],
      ["config", "get", HOSTILE],
    ]
  ) {
    await using context = await testContext({ isTerminal: true });
    const text = await shown(context, words);
    ok(!OBEYED.test(text), JSON.stringify([words, text]));
    strictEqual(text.includes("error:"), true, JSON.stringify(words));
  }
});
