import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { systemClock } from "../../src/clock.ts";
import { FileLedger } from "../../src/ledger/file/file_ledger.ts";
import { Maintenance } from "../../src/ledger/file/maintenance.ts";
import { readLedgerLines } from "../helpers/ledger_lines.ts";
import { type Program, startProgram } from "../helpers/program.ts";

const ROOT = new URL("../../", import.meta.url);

/** Starts a process that appends to a ledger, or prunes it. */
function startBeside(
  args: readonly string[],
  stdin?: string,
): Promise<Program> {
  const path = (name: string) =>
    decodeURIComponent(new URL(name, ROOT).pathname).replace(/^\/(\w:)/, "$1");
  return startProgram(args, {
    stdin,
    command: {
      executable: Deno.execPath(),
      args: [
        "run",
        "--quiet",
        "--allow-all",
        "--no-check",
        `--config=${path("deno.json")}`,
        path("tests/testdata/prune_beside.ts"),
      ],
    },
  });
}

async function inFolder(action: (dir: string) => Promise<void>) {
  const dir = await Deno.makeTempDir({ prefix: "vers_prune_" });
  try {
    await action(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** The jobs in flight of a ledger, and that each of its lines is whole. */
function keptIds(dir: string): string[] {
  const lines = readLedgerLines(`${dir}/jobs.jsonl`);
  deepStrictEqual(
    lines.filter(({ check }) => check !== "good").map(({ text }) => text),
    [],
  );
  return lines.filter(({ entry }) => entry.status === "submitted")
    .map(({ entry }) => entry.id);
}

const WRITERS = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** More by hand: VERS_TEST_APPENDS=10000 deno test -A tests/ledger/prune_test.ts */
const APPENDS = Number(Deno.env.get("VERS_TEST_APPENDS") || 800);

Deno.test(`prune beside eight appending processes loses none of ${APPENDS} appends`, () =>
  inFolder(async (dir) => {
    const count = APPENDS / WRITERS.length;
    const pruner = await startBeside(["prune", dir]);
    await using _killing = pruner;
    const writers = await Promise.all(
      WRITERS.map((name) =>
        startBeside(["append", dir, name, String(count)], "go")
      ),
    );
    for (const { done } of writers) {
      const { code, stderr } = await done;
      deepStrictEqual([code, stderr], [0, ""]);
    }
    pruner.kill("SIGKILL");
    const { stdout, stderr } = await pruner.done;
    strictEqual(stderr, "");
    const pruned = stdout.trim().split("\n").map(Number);
    // It did prune, and more than once, while they were appending.
    ok(pruned.filter((jobs) => jobs > 0).length > 2, stdout);
    const ids = keptIds(dir);
    strictEqual(ids.length, APPENDS);
    for (const name of WRITERS) {
      const own = ids.filter((id) => id.startsWith(`job_${name}0`));
      strictEqual(own.length, count);
      // Each process's own order is kept.
      deepStrictEqual(own, own.toSorted());
      strictEqual(new Set(own).size, count);
    }
  }));

Deno.test("prune, killed again and again, leaves the old ledger or the new one", () =>
  inFolder(async (dir) => {
    const appending = await startBeside(["append", dir, "a", "400"], "go");
    await using _killing = appending;
    let isOver = false;
    void appending.done.then(() => isOver = true);
    let kills = 0;
    while (!isOver) {
      const pruner = await startBeside(["prune", dir]);
      await pruner.stdoutLine(/^[1-9]/);
      await systemClock.sleep(Math.random() * 30);
      pruner.kill("SIGKILL");
      await pruner.done;
      kills++;
    }
    const { code, stderr } = await appending.done;
    deepStrictEqual([code, stderr], [0, ""]);
    ok(kills > 1, String(kills));
    strictEqual(keptIds(dir).length, 400);
    const ledger = new FileLedger({ dir, clock: systemClock });
    await new Maintenance(ledger, systemClock).prune({
      mayGo: ({ id }) => id.includes("over"),
    });
    deepStrictEqual(
      [...Deno.readDirSync(dir)].map(({ name }) => name).sort(),
      ["jobs.jsonl", "jobs.lock", "locks"],
    );
    strictEqual(keptIds(dir).length, 400);
  }));
