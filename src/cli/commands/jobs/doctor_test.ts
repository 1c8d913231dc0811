import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { main } from "../../../../main.ts";
import { complete, running } from "../../../../tests/helpers/entries.ts";
import { withChecksum } from "../../../../tests/helpers/ledger_lines.ts";
import { testNeeding } from "../../../../tests/helpers/machine.ts";
import {
  type TestContext,
  testContext,
} from "../../../../tests/helpers/test_context.ts";
import type { JobRecord } from "../../../job/record.ts";
import { formatLine } from "../../../ledger/file/entry_line.ts";

const line = (entry: JobRecord) => new TextDecoder().decode(formatLine(entry));
const TORN = line(running()).slice(0, 40);

async function writeLedger(
  context: TestContext,
  text: string,
): Promise<string> {
  await Deno.mkdir(`${context.home}/.vers`, { recursive: true, mode: 0o700 });
  const path = `${context.home}/.vers/jobs.jsonl`;
  await Deno.writeTextFile(path, text, { mode: 0o600 });
  return path;
}

/** What the doctor says, by the names of its checks. */
function statusesIn(context: TestContext): Record<string, string> {
  const { checks } = JSON.parse(context.out());
  return Object.fromEntries(
    checks.map(({ name, status }: Record<string, string>) => [name, status]),
  );
}

Deno.test(
  "vers jobs doctor finds a sound ledger fine, without a key",
  async () => {
    await using context = await testContext({ hasKey: false });
    const path = await writeLedger(context, line(running()) + line(complete()));
    strictEqual(await main(["jobs", "doctor"], context), 0, context.out());
    const report = JSON.parse(context.out());
    deepStrictEqual(
      [report.ok, report.ledger.path, report.lines.ours, report.bad_lines],
      [true, path, 2, []],
    );
    deepStrictEqual(statusesIn(context), {
      ledger: "ok",
      access: "ok",
      locks: "ok",
      lines: "ok",
      settings: "ok",
    });
  },
);

Deno.test(
  "vers jobs doctor finds that there is no ledger yet, and makes nothing",
  async () => {
    await using context = await testContext({ hasKey: false });
    strictEqual(await main(["jobs", "doctor"], context), 0, context.out());
    strictEqual(JSON.parse(context.out()).ledger.exists, false);
    deepStrictEqual([...Deno.readDirSync(context.home)], []);
  },
);

Deno.test(
  "vers jobs doctor shows where bad lines are, and ends with 1",
  async () => {
    await using context = await testContext({ isTerminal: true });
    const good = line(running());
    await writeLedger(context, `${good}${TORN}\n{"a":1}\n`);
    strictEqual(await main(["jobs", "doctor"], context), 1);
    const lines = context.out().split("\n");
    ok(
      lines.includes(
        `  line 2, at byte ${good.length}: torn, 40 bytes: it was cut off`,
      ),
      context.out(),
    );
    ok(
      lines.includes(
        `  line 3, at byte ${
          good.length + 41
        }: corrupt, 7 bytes: it is no entry`,
      ),
      context.out(),
    );
    match(
      context.out(),
      /^problem +lines: 1 of ours, 0 of the Go CLI's, 2 torn/m,
    );
    strictEqual(lines.at(-2), "Something is wrong with the ledger");
  },
);

Deno.test(
  "vers jobs doctor --repair sets bad lines aside, and is fine then",
  async () => {
    await using context = await testContext();
    const path = await writeLedger(context, `${TORN}\n${line(running())}`);
    strictEqual(await main(["jobs", "doctor", "--repair"], context), 0);
    const { repaired, lines } = JSON.parse(context.out());
    deepStrictEqual([repaired.moved, lines.bad, lines.ours], [1, 0, 1]);
    strictEqual(await Deno.readTextFile(repaired.path), `${TORN}\n`);
    strictEqual(await Deno.readTextFile(path), line(running()));
  },
);

Deno.test(
  "vers jobs doctor warns of what may surprise, and ends with 0",
  async () => {
    await using context = await testContext();
    const path = await writeLedger(
      context,
      withChecksum({ id: "job_9", v: 3 }) + "\n" +
        line(running({ at: "2026-01-06T09:00:00.000Z" })) +
        JSON.stringify({
          id: "job_1a2b3c4d5e",
          kind: "vm.run",
          command: "vers run --wait",
          args: [],
          started_at: "2026-01-05T08:00:00Z",
          status: "running",
        }) + "\n",
    );
    await Deno.writeTextFile(`${path}.${crypto.randomUUID()}.tmp`, "half");
    strictEqual(await main(["jobs", "doctor"], context), 0, context.out());
    deepStrictEqual(statusesIn(context), {
      ledger: "ok",
      access: "ok",
      locks: "ok",
      lines: "ok",
      "newer lines": "warning",
      "future lines": "warning",
      "pruned by the Go CLI": "warning",
      leftovers: "warning",
      settings: "ok",
    });
    const { future_lines, stripped_jobs } = JSON.parse(context.out());
    strictEqual(future_lines[0].at, "2026-01-06T09:00:00.000Z");
    deepStrictEqual(stripped_jobs, ["job_1a2b3c4d5e"]);
  },
);

testNeeding(
  ["modes"],
  "vers jobs doctor warns of a ledger that others can write",
  async () => {
    await using context = await testContext();
    const path = await writeLedger(context, line(running()));
    await Deno.chmod(path, 0o666);
    strictEqual(await main(["jobs", "doctor"], context), 0);
    strictEqual(statusesIn(context).access, "warning");
    strictEqual(JSON.parse(context.out()).ledger.mode, "0666");
  },
);

Deno.test(
  "vers jobs doctor finds a ledger that is a folder a problem",
  async () => {
    await using context = await testContext();
    await Deno.mkdir(`${context.home}/.vers/jobs.jsonl`, { recursive: true });
    strictEqual(await main(["jobs", "doctor"], context), 1);
    strictEqual(statusesIn(context).ledger, "problem");
  },
);

Deno.test(
  "vers jobs doctor finds locks that cannot be had a problem",
  async () => {
    await using context = await testContext();
    await writeLedger(context, line(running()));
    await Deno.writeTextFile(`${context.home}/.vers/locks`, "in the way");
    strictEqual(await main(["jobs", "doctor"], context), 1);
    strictEqual(statusesIn(context).locks, "problem");
  },
);

Deno.test(
  "vers jobs doctor finds settings that are not usable a problem",
  async () => {
    await using context = await testContext();
    await writeLedger(context, "");
    const path = `${context.home}/.vers/settings.jsonc`;
    await Deno.writeTextFile(path, `{"retention": "soon"}`);
    strictEqual(await main(["jobs", "doctor"], context), 1);
    strictEqual(statusesIn(context).settings, "problem");
  },
);
