import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { submitted } from "../../../tests/helpers/entries.ts";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import { withChecksum } from "../../../tests/helpers/ledger_lines.ts";
import type { JobRecord } from "../../job/record.ts";
import type { GoRecord } from "../../job/go_job.ts";
import { formatLine } from "./entry_line.ts";
import { type Inspection, inspectLines } from "./inspect.ts";

const NOW = new FakeClock().now();

const line = (entry: JobRecord) => new TextDecoder().decode(formatLine(entry));

function go(changes: Partial<GoRecord> = {}): string {
  return JSON.stringify({
    id: "job_1a2b3c4d5e",
    kind: "vm.run",
    command: "vers run --wait",
    args: ["run", "--wait"],
    started_at: "2026-01-05T08:30:00.123456789Z",
    status: "submitted",
    ...changes,
  }) + "\n";
}

async function inspectionOf(text: string): Promise<Inspection> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, text);
    const file = await Deno.open(path);
    using _closing = file;
    return inspectLines(file, file.statSync().size, NOW);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("inspectLines() counts each line as what it is", async () => {
  const newer = withChecksum({ id: "job_9", v: 3 }) + "\n";
  const { ours, go: theirs, newer: newest, bad, stripped, future } =
    await inspectionOf(line(submitted()) + go() + newer + "\n" + "{}\n");
  deepStrictEqual({ ours, theirs, newest, bad, stripped, future }, {
    ours: 1,
    theirs: 1,
    newest: 1,
    bad: 1,
    stripped: 0,
    future: 0,
  });
});

Deno.test("inspectLines() shows lines that are more than an hour ahead", async () => {
  const soon = line(submitted({ at: "2026-01-05T09:59:00.000Z" }));
  const late = line(submitted({ at: "2026-01-05T10:00:01.000Z" }));
  const { future, futureLines } = await inspectionOf(soon + late);
  deepStrictEqual([future, futureLines], [1, [{
    line: 2,
    offset: soon.length,
    id: submitted().id,
    at: "2026-01-05T10:00:01.000Z",
  }]]);
});

Deno.test("inspectLines() tells lines together that are bad in the same way", async () => {
  const text = JSON.stringify({ key: "k", list: [1] }, null, 2);
  const { bad, badLines } = await inspectionOf(
    `${line(submitted())}${text}\n{"a":1}\n${line(submitted())}{"a":2}\n`,
  );
  const offset = line(submitted()).length;
  strictEqual(bad, 8);
  deepStrictEqual(
    badLines.map(({ line, lastLine, offset, length }) => ({
      line,
      lastLine,
      offset,
      length,
    })),
    [
      { line: 2, lastLine: 7, offset, length: text.length },
      { line: 8, lastLine: 8, offset: offset + text.length + 1, length: 7 },
      {
        line: 10,
        lastLine: 10,
        offset: 2 * offset + text.length + 9,
        length: 7,
      },
    ],
  );
});

for (
  const [what, text] of Object.entries({
    "a state it never writes": go({ status: "running" }),
    "a VM before the end": go({ result_id: "vm" }),
    "a time in milliseconds": go({ started_at: "2026-01-05T08:30:00.123Z" }),
    "a job of ours": line(submitted({ id: "job_1a2b3c4d5e" })) + go(),
  })
) {
  Deno.test(`inspectLines() takes a Go line with ${what} for one that was cut down`, async () => {
    const { stripped, strippedIds } = await inspectionOf(text);
    deepStrictEqual([stripped, strippedIds], [1, ["job_1a2b3c4d5e"]]);
  });
}
