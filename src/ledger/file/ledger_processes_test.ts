import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { submitted } from "../../../tests/helpers/entries.ts";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import { readLedgerLines } from "../../../tests/helpers/ledger_lines.ts";
import { needing, testNeeding } from "../../../tests/helpers/machine.ts";
import { type Program, startProgram } from "../../../tests/helpers/program.ts";
import { foldRecords } from "../../job/job.ts";
import { formatLine } from "./entry_line.ts";
import { FileLedger } from "./file_ledger.ts";

const ROOT = new URL("../../../", import.meta.url);
const WRITER = new URL("tests/testdata/ledger_writer.ts", ROOT);
const IS_ROOT = Deno.uid() === 0;
const NOBODY = "65534";

/** Starts a process that writes to a ledger. */
function startWriter(
  ...args: readonly [dir: string, name: string, ...string[]]
): Promise<Program> {
  return startProgram(args, {
    command: {
      executable: Deno.execPath(),
      args: [
        "run",
        "--quiet",
        "--allow-all",
        "--no-check",
        `--config=${
          new URL("deno.json", ROOT).pathname.replace(/^\/(\w:)/, "$1")
        }`,
        WRITER.href,
      ],
    },
  });
}

async function inFolder(
  action: (dir: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await action(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("Ledger keeps every entry of eight processes that write at once", () =>
  inFolder(async (dir) => {
    const names = ["a", "b", "c", "d", "e", "f", "0", "1"];
    const writers = await Promise.all(
      names.map((name) => startWriter(dir, name, "200")),
    );
    const results = await Promise.all(writers.map(({ done }) => done));
    deepStrictEqual(
      results.map(({ code, stderr }) => ({ code, stderr })),
      names.map(() => ({ code: 0, stderr: "" })),
    );
    const lines = readLedgerLines(`${dir}/jobs.jsonl`);
    deepStrictEqual(
      new Set(lines.map(({ check }) => check)),
      new Set(["good"]),
    );
    strictEqual(lines.length, 1_600);
    for (const name of names) {
      const own = lines.map(({ entry }): string => entry.id)
        .filter((id) => id.startsWith(`job_${name}`));
      // Each process's own order is kept.
      deepStrictEqual(own, own.toSorted());
      strictEqual(new Set(own).size, 200);
    }
    const times = lines.map(({ entry }): string => entry.at);
    deepStrictEqual(times, times.toSorted());
  }));

Deno.test("Ledger keeps what a process wrote that was killed, and takes more", () =>
  inFolder(async (dir) => {
    const kept: string[] = [];
    for (let round = 0; round < 4; round++) {
      const count = Math.floor(Math.random() * 60);
      await using writer = await startWriter(dir, String(round), "1000000");
      await writer.stdoutLine(new RegExp(`^${count}$`));
      writer.kill("SIGKILL");
      const { stdout } = await writer.done;
      const said = stdout.trimEnd().split("\n").slice(1).map(Number);
      ok(said.length > count);
      for (const index of said) {
        kept.push(`job_${round}${String(index).padStart(9, "0")}`);
      }
      const clock = new FakeClock();
      const ledger = new FileLedger({ dir, clock });
      const id = `job_${round}aaaaaaaaa`;
      await ledger.append(foldRecords([submitted({ id })]));
      kept.push(id);
      strictEqual((await ledger.findById(id))?.status, "submitted");
    }
    const lines = readLedgerLines(`${dir}/jobs.jsonl`);
    const ids = new Set(
      lines.filter(({ check }) => check === "good").map(({ entry }) =>
        entry.id
      ),
    );
    deepStrictEqual(kept.filter((id) => !ids.has(id)), []);
  }));

Deno.test({
  // There is no such mode on Windows, and elsewhere root must become nobody.
  ...needing(
    IS_ROOT ? ["linux"] : ["posix"],
    "Ledger reads in a folder where nothing may be written",
  ),
  fn: () =>
    inFolder(async (dir) => {
      const path = `${dir}/jobs.jsonl`;
      const before = formatLine(submitted({ id: "job_a000000000" }));
      await Deno.writeFile(path, before);
      await Deno.chmod(path, 0o444);
      await Deno.chmod(dir, 0o555);
      const writer = await startWriter(dir, "a", "1", IS_ROOT ? NOBODY : "");
      const { code, stdout, stderr } = await writer.done;
      await Deno.chmod(dir, 0o755);
      strictEqual(stderr, "");
      strictEqual(code, 0);
      const [found, refusal = ""] = stdout.split("\n");
      strictEqual(found, "submitted");
      match(
        refusal,
        /^LedgerError: Cannot lock the ledger: .*ermission denied/,
      );
      deepStrictEqual(await Deno.readFile(path), before);
    }),
});

Deno.test({
  // The size of a file is limited by a call of this system's library.
  ...needing(
    ["linux"],
    "Ledger cuts back an entry that could not be written to its end",
  ),
  fn: () =>
    inFolder(async (dir) => {
      const path = `${dir}/jobs.jsonl`;
      const before = formatLine(submitted({ id: "job_b000000000" }));
      await Deno.writeFile(path, before);
      const limit = String(before.length + 100);
      const writer = await startWriter(dir, "a", "2", "", limit);
      const { code, stdout, stderr } = await writer.done;
      strictEqual(stderr, "");
      strictEqual(code, 0);
      const [, first = "", second = ""] = stdout.split("\n");
      match(
        first,
        /^LedgerError: Cannot write to the ledger ".*": File too large/,
      );
      strictEqual(second, first);
      deepStrictEqual(await Deno.readFile(path), before);
    }),
});

testNeeding(
  ["root"],
  "Ledger does not use another user's file",
  () =>
    inFolder(async (dir) => {
      const path = `${dir}/jobs.jsonl`;
      Deno.writeTextFileSync(path, "");
      for (const place of [dir, path]) Deno.chmodSync(place, 0o777);
      Deno.chownSync(path, 12_345, 12_345);
      const writer = await startWriter(dir, "a", "1", NOBODY);
      const { stderr } = await writer.done;
      match(stderr, /it belongs to user 12345, and this is user 65534/);
      strictEqual(Deno.readTextFileSync(path), "");
    }),
);
