import { match, ok, strictEqual } from "node:assert/strict";
import { FileSnapshot } from "../helpers/file_snapshot.ts";
import { readLedgerLines } from "../helpers/ledger_lines.ts";
import { SmallDisk, testNeeding } from "../helpers/machine.ts";
import { RUN, Sandbox } from "../helpers/sandbox.ts";
import { creations, startSimulator } from "../helpers/simulator_process.ts";
import { errorOf, resultOf } from "../helpers/program.ts";

/** A block of a file system in memory. */
const BLOCK = 4096;

const EFFECTS = ["created", "recovered", "attached", "returned"];

for (
  const [index, entry] of ["submitted", "running", "complete", "delivered"]
    .entries()
) {
  testNeeding(
    ["mount"],
    `run --wait on a disk that is full from its ${entry} entry on makes one VM`,
    async () => {
      await using sandbox = await Sandbox.create();
      const simulator = await startSimulator(sandbox, ["--boot-ms", "100"]);
      resultOf(await sandbox.run(RUN));
      const lengths = sandbox.ledgerLines().map(({ text }) => text.length + 1);
      const folder = await Deno.makeTempDir({ dir: sandbox.project });
      using disk = new SmallDisk(folder, 16 * BLOCK);
      sandbox.env.VERS_JOBS_DIR = folder;
      // The last block ends in the middle of the line that is to fail: what fits
      // is written, and has to go again.
      const before = lengths.slice(0, index).reduce((sum, it) => sum + it, 0);
      const half = Math.floor((lengths[index] ?? 0) / 2);
      await Deno.writeTextFile(
        `${folder}/jobs.jsonl`,
        goLine(BLOCK - before - half),
      );
      const snapshot = new FileSnapshot(`${folder}/jobs.jsonl`);
      disk.fill();
      if (index === 0) {
        const refused = await sandbox.run([...RUN, "--require-ledger"]);
        strictEqual(refused.code, 1, refused.stderr);
        strictEqual(errorOf(refused).code, "ledger_required");
        strictEqual(await creations(simulator), 1);
        snapshot.assertSame();
      }
      const first = await sandbox.run(RUN);
      const { vm_id: vmId } = resultOf(first);
      strictEqual(await creations(simulator), 2);
      match(
        first.stderr,
        index === 0
          ? /cannot be resumed.*No space/
          : /ledger is behind.*No space/,
      );
      strictEqual(first.stderr.match(/^warning/gm)?.length, 1, first.stderr);
      snapshot.assertOnlyAppendedTo();
      const lines = readLedgerLines(`${folder}/jobs.jsonl`).slice(1);
      strictEqual(lines.length, index);
      ok(lines.every(({ check }) => check === "good"));
      disk.free();
      const again = resultOf(await sandbox.run(RUN));
      strictEqual(again.effect, EFFECTS[index]);
      strictEqual(again.vm_id === vmId, index > 0);
    },
  );
}

/** Returns a line of the Go CLI's that is `length` bytes long. */
function goLine(length: number): string {
  const [before, after] = JSON.stringify({
    id: "job_0123456789",
    kind: "vm.run",
    command: "vers run",
    args: [],
    started_at: "2026-01-05T09:00:00Z",
    status: "failed",
    error: "|",
  }).split("|");
  const rest = length - `${before}${after}\n`.length;
  return `${before}${"x".repeat(rest)}${after}\n`;
}
