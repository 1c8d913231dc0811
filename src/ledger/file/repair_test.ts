import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { RUINOUS } from "../../../tests/helpers/damages.ts";
import {
  complete,
  failed,
  running,
  submitted,
} from "../../../tests/helpers/entries.ts";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import { withChecksum } from "../../../tests/helpers/ledger_lines.ts";
import type { JobRecord } from "../../job/record.ts";
import { formatLine } from "./entry_line.ts";
import { FileLedger } from "./file_ledger.ts";
import { Maintenance } from "./maintenance.ts";

const line = (entry: JobRecord) => new TextDecoder().decode(formatLine(entry));
const NEWER = withChecksum({ id: "job_9", v: 3 }) + "\n";
const TORN = line(running()).slice(0, 100);

/** Returns what bytes say, a mark in front of them included. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

async function repairOf(text: string | Uint8Array) {
  const dir = await Deno.makeTempDir();
  try {
    const path = `${dir}/jobs.jsonl`;
    await Deno.writeFile(
      path,
      typeof text === "string" ? new TextEncoder().encode(text) : text,
    );
    const clock = new FakeClock();
    const maintenance = new Maintenance(new FileLedger({ dir, clock }), clock);
    const inspection = maintenance.inspect();
    const report = await maintenance.repair();
    const name = report.path?.slice(dir.length + 1);
    return {
      moved: report.moved,
      newer: report.newer,
      isAll: report.isAll,
      name,
      aside: report.path && textOf(await Deno.readFile(report.path)),
      asideBytes: report.path && await Deno.readFile(report.path),
      mode: report.path && ((await Deno.stat(report.path)).mode ?? 0) & 0o777,
      after: textOf(await Deno.readFile(path)),
      badBefore: inspection?.badLines,
      badAfter: maintenance.inspect()?.bad,
    };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("repair() moves away what this program cannot read and leaves the others as they are", async () => {
  const corrupt = line(complete()).replace("my-vm", "my-VM");
  const [first, last] = [
    line(submitted()),
    `${line(complete()).trimEnd()}\r\n`,
  ];
  const repaired = await repairOf(
    `\ufeff${first}${TORN}\n${NEWER}\r\n${corrupt}${last}${TORN}`,
  );
  strictEqual(repaired.after, `\ufeff${first}\r\n${last}`);
  strictEqual(repaired.aside, `${TORN}\n${NEWER}${corrupt}${TORN}`);
  strictEqual(repaired.name, "jobs.jsonl.bad-2026-01-05T09-00-00.000Z");
  deepStrictEqual([repaired.moved, repaired.newer, repaired.isAll], [
    4,
    1,
    false,
  ]);
  strictEqual(repaired.badAfter, 0);
  if (Deno.build.os !== "windows") strictEqual(repaired.mode, 0o600);
});

for (const [name, damage] of Object.entries(RUINOUS)) {
  Deno.test(`repair() after ${name} sets all of it aside, byte for byte, and what comes then is found`, async () => {
    const entries = [submitted(), running(), complete()];
    const text = new TextEncoder().encode(entries.map(line).join(""));
    const bytes = damage(text);
    const repaired = await repairOf(bytes);
    strictEqual(repaired.after, "");
    strictEqual(repaired.isAll, true);
    deepStrictEqual(repaired.asideBytes, bytes);
    const behind = new Uint8Array([
      ...bytes,
      ...new TextEncoder().encode(`\n${line(failed())}`),
    ]);
    const { after, isAll, badAfter } = await repairOf(behind);
    deepStrictEqual([after.trimStart(), isAll, badAfter], [
      line(failed()),
      false,
      0,
    ]);
  });
}

Deno.test("inspect() says where bad lines are, and what is wrong with each", async () => {
  const first = line(submitted());
  const corrupt = line(complete()).replace("my-vm", "my-VM");
  const { badBefore } = await repairOf(`${first}${TORN}\n${corrupt}{"a":1}`);
  deepStrictEqual(badBefore, [
    {
      line: 2,
      lastLine: 2,
      offset: first.length,
      length: 100,
      isTorn: true,
      why: "it was cut off",
    },
    {
      line: 3,
      lastLine: 3,
      offset: first.length + 101,
      length: corrupt.length - 1,
      isTorn: false,
      why: "its checksum does not match",
    },
    {
      line: 4,
      lastLine: 4,
      offset: first.length + 101 + corrupt.length,
      length: 7,
      isTorn: false,
      why: "it is no entry",
    },
  ]);
});

Deno.test("repair() of a line that lacks its newline alone leaves it", async () => {
  const text = line(submitted()).slice(0, -1);
  const { after, moved, name } = await repairOf(text);
  deepStrictEqual({ after, moved, name }, {
    after: text,
    moved: 0,
    name: undefined,
  });
});

Deno.test("repair() with nothing to move makes no file", async () => {
  const { name, after } = await repairOf(line(submitted()));
  deepStrictEqual([name, after], [undefined, line(submitted())]);
});
