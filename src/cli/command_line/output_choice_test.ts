import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { testContext } from "../../../tests/helpers/test_context.ts";
import { UsageError } from "../output/exit_code.ts";
import {
  chooseOutput,
  type GivenOutput,
  guessFormat,
} from "./output_choice.ts";

const NONE: GivenOutput = { output: undefined, json: false, quiet: false };

for (
  const [name, given, options, format, isExplicit] of [
    ["nothing on a terminal", {}, { isTerminal: true }, "text", false],
    ["nothing in a pipe", {}, { isTerminal: false }, "json", false],
    ["--json", { json: true }, { isTerminal: true }, "json", true],
    [
      "--output over VERS_OUTPUT",
      { output: "text" },
      { env: { VERS_OUTPUT: "json" } },
      "text",
      true,
    ],
    ["VERS_OUTPUT", {}, { env: { VERS_OUTPUT: "text" } }, "text", true],
    [
      "a wrong VERS_OUTPUT that does not decide",
      { json: true },
      { env: { VERS_OUTPUT: "yaml" } },
      "json",
      true,
    ],
  ] as const
) {
  Deno.test(`chooseOutput() of ${name} is ${format}`, async () => {
    await using context = await testContext(options);
    deepStrictEqual(chooseOutput({ ...NONE, ...given }, context), {
      format,
      isExplicit,
      isQuiet: false,
    });
  });
}

Deno.test("chooseOutput() refuses a VERS_OUTPUT that decides and is unknown", async () => {
  await using context = await testContext({ env: { VERS_OUTPUT: "yaml" } });
  throws(
    () => chooseOutput(NONE, context),
    (error) =>
      error instanceof UsageError &&
      error.message ===
        'Cannot use VERS_OUTPUT: it is "yaml", but it must be text or json',
  );
});

for (
  const [words, format] of [
    [["run", "--json", "--wat"], "json"],
    [["run", "--output=json"], "json"],
    [["run", "--output", "json"], "json"],
    [["run", "--output", "yaml"], "text"],
    [["exec", "vm", "--", "--json"], "text"],
    [["run"], "text"],
  ] as const
) {
  Deno.test(`guessFormat() of "${words.join(" ")}" on a terminal is ${format}`, async () => {
    await using context = await testContext({ isTerminal: true });
    strictEqual(guessFormat(words, context), format);
  });
}
