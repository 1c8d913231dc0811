import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { complete, running, submitted } from "../../tests/helpers/entries.ts";
import { FakeClock } from "../../tests/helpers/fake_clock.ts";
import { withChecksum } from "../../tests/helpers/ledger_lines.ts";
import type { Entry } from "../job/entry.ts";
import { formatEntryLine } from "./entry_line.ts";
import { Ledger } from "./ledger.ts";
import { Upkeep } from "./upkeep.ts";

const line = (entry: Entry) => new TextDecoder().decode(formatEntryLine(entry));
const NEWER = withChecksum({ id: "job_9", v: 3 }) + "\n";
const TORN = line(running()).slice(0, 100);

async function repairOf(text: string) {
  const dir = await Deno.makeTempDir();
  try {
    const path = `${dir}/jobs.jsonl`;
    await Deno.writeTextFile(path, text);
    const clock = new FakeClock();
    const upkeep = new Upkeep(new Ledger({ dir, clock }), clock);
    const inspection = upkeep.inspect();
    const report = await upkeep.repair();
    const name = report.path?.slice(dir.length + 1);
    return {
      moved: report.moved,
      name,
      aside: report.path && await Deno.readTextFile(report.path),
      mode: report.path && ((await Deno.stat(report.path)).mode ?? 0) & 0o777,
      after: await Deno.readTextFile(path),
      badBefore: inspection?.badLines,
      badAfter: upkeep.inspect()?.bad,
    };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("repair() moves torn and corrupt lines away and leaves the others as they are", async () => {
  const corrupt = line(complete()).replace("my-vm", "my-VM");
  const good = [line(submitted()), NEWER, line(complete())];
  const repaired = await repairOf(
    `${good[0]}${TORN}\n${good[1]}${corrupt}${good[2]}${TORN}`,
  );
  strictEqual(repaired.after, good.join(""));
  strictEqual(repaired.aside, `${TORN}\n${corrupt}${TORN}\n`);
  strictEqual(repaired.name, "jobs.jsonl.bad-2026-01-05T09-00-00.000Z");
  strictEqual(repaired.moved, 3);
  strictEqual(repaired.badAfter, 0);
  if (Deno.build.os !== "windows") strictEqual(repaired.mode, 0o600);
});

Deno.test("inspect() says where bad lines are, and what is wrong with each", async () => {
  const first = line(submitted());
  const corrupt = line(complete()).replace("my-vm", "my-VM");
  const { badBefore } = await repairOf(`${first}${TORN}\n${corrupt}{"a":1}`);
  deepStrictEqual(badBefore, [
    {
      line: 2,
      offset: first.length,
      length: 100,
      isTorn: true,
      why: "it was cut off",
    },
    {
      line: 3,
      offset: first.length + 101,
      length: corrupt.length - 1,
      isTorn: false,
      why: "its checksum does not match",
    },
    {
      line: 4,
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
