import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  complete,
  failed,
  running,
  submitted,
} from "../../../tests/helpers/entries.ts";
import { formatLine, parseEntryLine } from "./entry_line.ts";
import { LedgerError } from "../ledger_error.ts";
import { appendLine, openForReading, statLedger } from "./ledger_file.ts";

const NEWLINE = 10;

/** Returns the ids of the entries in a file, in its order. */
function idsIn(content: Uint8Array): string[] {
  const ids: string[] = [];
  for (let start = 0; start < content.length;) {
    const newline = content.indexOf(NEWLINE, start);
    const end = newline < 0 ? content.length : newline;
    const parsed = parseEntryLine(content.subarray(start, end));
    if (parsed.type === "entry" && newline >= 0) ids.push(parsed.entry.id);
    start = end + 1;
  }
  return ids;
}

Deno.test("appendLine() to a ledger that was cut at any byte keeps and adds", () => {
  const dir = Deno.makeTempDirSync();
  const path = `${dir}/jobs.jsonl`;
  try {
    const lines = [
      formatLine(submitted({ id: "job_1", command: "ünï" })),
      formatLine(running({ id: "job_2" })),
      formatLine(complete({ id: "job_3" })),
      formatLine(failed({ id: "job_4" })),
    ];
    const added = formatLine(submitted({ id: "job_5" }));
    const whole = new Uint8Array(lines.flatMap((line) => [...line]));
    for (let cut = 0; cut <= whole.length; cut++) {
      const head = whole.subarray(0, cut);
      Deno.writeFileSync(path, head);
      appendLine(path, added);
      const content = Deno.readFileSync(path);
      const isTorn = cut > 0 && head[cut - 1] !== NEWLINE;
      const expected = new Uint8Array([
        ...head,
        ...(isTorn ? [NEWLINE] : []),
        ...added,
      ]);
      strictEqual(content.length, expected.length, `cut at ${cut}`);
      deepStrictEqual(content, expected);
      const ids = idsIn(content);
      strictEqual(ids.pop(), "job_5", `cut at ${cut}`);
      // A line that lacks its newline alone has all that it said.
      const isOnlyOpen = whole[cut] === NEWLINE;
      deepStrictEqual(
        ids,
        idsIn(whole.subarray(0, cut + (isOnlyOpen ? 1 : 0))),
      );
    }
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test("appendLine() says which file it cannot write, and why", () => {
  const dir = Deno.makeTempDirSync();
  try {
    throws(
      () => appendLine(`${dir}/missing/jobs.jsonl`, new Uint8Array([NEWLINE])),
      (error) =>
        error instanceof LedgerError && error.cause instanceof Error &&
        error.message.startsWith(
          `Cannot write to the ledger "${dir}/missing/jobs.jsonl": `,
        ),
    );
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test("statLedger() and openForReading() give nothing where nothing is", () => {
  const dir = Deno.makeTempDirSync();
  try {
    strictEqual(statLedger(`${dir}/jobs.jsonl`), undefined);
    strictEqual(openForReading(`${dir}/jobs.jsonl`), undefined);
    strictEqual(statLedger(`${dir}/missing/jobs.jsonl`), undefined);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test("statLedger() says which file it is and how long", () => {
  const path = Deno.makeTempFileSync();
  try {
    Deno.writeTextFileSync(path, "four");
    const first = statLedger(path);
    strictEqual(first?.size, 4);
    Deno.writeTextFileSync(`${path}.new`, "four");
    Deno.renameSync(`${path}.new`, path);
    const second = statLedger(path);
    ok(first.ino !== second?.ino);
  } finally {
    Deno.removeSync(path);
  }
});
