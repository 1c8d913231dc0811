import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { renderVersion } from "./render_version.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const DATE = "2026-08-01T10:00:00.000Z";

for (
  const { commit, date, shown } of [
    { commit: COMMIT, date: DATE, shown: "0123456789ab 2026-08-01" },
    {
      commit: `${COMMIT}-modified`,
      date: DATE,
      shown: "0123456789ab-modified 2026-08-01",
    },
    { commit: "unknown", date: "", shown: "unknown" },
  ]
) {
  Deno.test(`renderVersion() says ${shown}`, () => {
    const line = renderVersion(false, { commit, date });
    match(line, /^vers \d+\.\d+\.\d+ \([^()]+\)\n$/);
    strictEqual(line.includes(`(${shown})`), true);
  });
}

Deno.test("renderVersion() gives JSON all of the commit and its date", () => {
  const line = renderVersion(true, { commit: COMMIT, date: DATE });
  const { version: _, ...rest } = JSON.parse(line);
  deepStrictEqual(rest, { name: "vers", commit: COMMIT, commit_date: DATE });
});
