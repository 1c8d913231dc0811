import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { durableSize, parseTrace } from "./strace.ts";

const LEDGER = "/home/ada/.vers/jobs.jsonl";

/** A first entry, synced under its name; and a second that never was. */
const LOG = `
7 openat(AT_FDCWD</home/ada>, "${LEDGER}", O_RDWR|O_CREAT, 0600) = 26<${LEDGER}>
7 write(26<${LEDGER}>, ""..., 500) = 500
9 write(1<pipe:[77]>, ""..., 30) = 30
7 fdatasync(26<${LEDGER}> <unfinished ...>
9 write(1<pipe:[77]>, ""..., 10) = 10
7 <... fdatasync resumed>) = 0
7 close(26<${LEDGER}>) = 0
7 fsync(26</home/ada/.vers>) = 0
7 write(26<${LEDGER}>, ""..., 600) = 600
7 fdatasync(26<${LEDGER}> <unfinished ...>
7 +++ killed by SIGKILL +++
`;

Deno.test("parseTrace() counts calls by thread, name and file", () => {
  const calls = parseTrace(LOG).filter(({ call }) => call === "write");
  deepStrictEqual(
    calls.map(({ thread, path, nth, nthOnPath, result }) => [
      thread,
      path,
      nth,
      nthOnPath,
      result,
    ]),
    [
      [7, LEDGER, 1, 1, 500],
      [9, "pipe:[77]", 1, 1, 30],
      [9, "pipe:[77]", 2, 2, 10],
      [7, LEDGER, 2, 2, 600],
    ],
  );
});

Deno.test("parseTrace() knows what came back of a call that others interrupted", () => {
  const syncs = parseTrace(LOG).filter(({ call }) => call === "fdatasync");
  deepStrictEqual(syncs.map(({ result }) => result), [0, undefined]);
});

for (
  const { name, log, before, size } of [
    { name: "all that was synced", log: LOG, before: 0, size: 500 },
    {
      name: "nothing of a file whose name was not synced",
      log: LOG.replace(/^7 fsync.*$/m, ""),
      before: 0,
      size: 0,
    },
    {
      name: "what was there before, where nothing was synced",
      log: LOG.replaceAll("fdatasync", "close"),
      before: 400,
      size: 400,
    },
  ]
) {
  Deno.test(`durableSize() is ${name}`, () => {
    strictEqual(durableSize(parseTrace(log), LEDGER, before), size);
  });
}
