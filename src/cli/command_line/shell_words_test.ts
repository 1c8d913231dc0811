import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { needing } from "../../../tests/helpers/machine.ts";
import { shellLine } from "./shell_words.ts";

Deno.test("shellLine() leaves plain words plain and quotes the others", () => {
  strictEqual(
    shellLine(["vers", "run", "-N", "my vm", "it's", "", "a=b", "=x"]),
    `vers run -N 'my vm' 'it'\\''s' '' a=b '=x'`,
  );
});

Deno.test({
  ...needing(
    ["posix"],
    "shellLine() comes back from a shell as the words that went in",
  ),
  async fn() {
    const words = ["$HOME", "`id`", "a\nb", "~", "*", "'", '"', "\\", "a;b&c"];
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", `printf '%s\\0' ${shellLine(words)}`],
    }).output();
    const seen = new TextDecoder().decode(stdout).split("\0").slice(0, -1);
    deepStrictEqual(seen, words);
  },
});
