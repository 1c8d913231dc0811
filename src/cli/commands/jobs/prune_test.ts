import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { main } from "../../../../main.ts";
import {
  complete,
  failed,
  running,
} from "../../../../tests/helpers/entries.ts";
import { FakeClock } from "../../../../tests/helpers/fake_clock.ts";
import {
  type TestContext,
  testContext,
} from "../../../../tests/helpers/test_context.ts";
import type { JobRecord } from "../../../job/record.ts";
import { formatLine } from "../../../ledger/file/entry_line.ts";

const GO_LEDGER = new URL(
  "../../../../tests/testdata/ledgers/go.jsonl",
  import.meta.url,
);

/** The entries were written on 5 January. */
function onDay(day: number): FakeClock {
  return new FakeClock({
    start: new Date(Date.UTC(2026, 0, day, 12)).toISOString(),
  });
}

const RUNNING = { id: "job_1111111111", token: "1" };
const OWED = { id: "job_2222222222", token: "2" };
const DELIVERED = {
  id: "job_3333333333",
  token: "3",
  delivered_at: "2026-01-05T09:01:00.000Z",
};
const FAILED = { id: "job_4444444444", token: "4" };

async function writeFour(context: TestContext): Promise<void> {
  await Deno.mkdir(`${context.home}/.vers`, { recursive: true });
  const entries: JobRecord[] = [
    running(RUNNING),
    complete(OWED),
    complete(DELIVERED),
    failed(FAILED),
  ];
  await Deno.writeTextFile(
    `${context.home}/.vers/jobs.jsonl`,
    entries.map((entry) => new TextDecoder().decode(formatLine(entry)))
      .join(""),
  );
}

function idsIn(context: TestContext): string[] {
  return Deno.readTextFileSync(`${context.home}/.vers/jobs.jsonl`).split("\n")
    .filter((line) => line !== "").map((line) => JSON.parse(line).id);
}

for (
  const [flags, day, pruned] of [
    [[], 6, []],
    [[], 13, [DELIVERED, FAILED]],
    [["--older-than", "2h"], 5, [DELIVERED, FAILED]],
    [["--all"], 5, [DELIVERED, FAILED]],
    [["--all", "--force"], 5, [RUNNING, OWED, DELIVERED, FAILED]],
    [["--force", "--older-than=4h"], 5, []],
    [[], 40, [RUNNING, OWED, DELIVERED, FAILED]],
  ] as const
) {
  const line = ["jobs", "prune", ...flags];
  Deno.test(`vers ${line.join(" ")}, ${day - 5} days later, takes ${pruned.length} of four jobs`, async () => {
    await using context = await testContext({
      clock: onDay(day),
      hasKey: false,
    });
    await writeFour(context);
    strictEqual(await main(line, context), 0, context.err());
    const ids: string[] = pruned.map(({ id }) => id);
    deepStrictEqual(
      idsIn(context),
      [RUNNING, OWED, DELIVERED, FAILED].map(({ id }) => id)
        .filter((id) => !ids.includes(id)),
    );
    strictEqual(JSON.parse(context.out()).pruned_jobs, pruned.length);
  });
}

Deno.test("vers jobs prune says in one line what it did, and why it kept what it did", async () => {
  await using context = await testContext({ isTerminal: true });
  await writeFour(context);
  strictEqual(await main(["jobs", "prune", "--all"], context), 0);
  strictEqual(
    context.out(),
    `pruned 2 entries (2 kept), 2 jobs (2 kept)
kept: 1 in flight, 1 undelivered; --force prunes them too
`,
  );
});

Deno.test("vers jobs prune --dry-run says the same in other words, and changes nothing", async () => {
  await using context = await testContext({ isTerminal: true });
  await writeFour(context);
  const before = idsIn(context);
  strictEqual(await main(["jobs", "prune", "--all", "--dry-run"], context), 0);
  match(context.out(), /^would prune 2 entries \(2 kept\)/);
  deepStrictEqual(idsIn(context), before);
});

Deno.test("vers jobs prune keeps what is owed as long as the settings say", async () => {
  await using context = await testContext({ clock: onDay(40) });
  await writeFour(context);
  const path = `${context.home}/.vers/settings.jsonc`;
  await Deno.writeTextFile(path, `{"retention": "60d"}`);
  strictEqual(await main(["jobs", "prune"], context), 0);
  deepStrictEqual(idsIn(context), [RUNNING.id, OWED.id]);
});

Deno.test("vers jobs prune keeps what is owed as long as it may be resumed", async () => {
  await using context = await testContext({
    clock: onDay(40),
    env: { VERS_MAX_RESUME_AGE: "60d" },
  });
  await writeFour(context);
  strictEqual(await main(["jobs", "prune"], context), 0);
  deepStrictEqual(idsIn(context), [RUNNING.id, OWED.id]);
});

Deno.test("vers jobs prune takes --all or --older-than, not both", async () => {
  await using context = await testContext();
  await writeFour(context);
  const line = ["jobs", "prune", "--all", "--older-than", "1d"];
  strictEqual(await main(line, context), 5);
  match(context.err(), /contradict each other/);
  strictEqual(idsIn(context).length, 4);
});

Deno.test("vers jobs prune leaves the Go CLI's lines as the Go CLI reads them", async () => {
  await using context = await testContext({
    clock: new FakeClock({ start: "2026-05-18T08:31:30.000Z" }),
  });
  await Deno.mkdir(`${context.home}/.vers`);
  const path = `${context.home}/.vers/jobs.jsonl`;
  const text = await Deno.readTextFile(GO_LEDGER);
  await Deno.writeTextFile(path, text);
  strictEqual(await main(["jobs", "prune"], context), 0, context.err());
  // Seven days after the first two ended, and before the others did.
  const kept = text.split("\n").filter((line) =>
    !/job_1a2b3c4d5e|job_2b3c4d5e6f/.test(line)
  );
  strictEqual(await Deno.readTextFile(path), kept.join("\n"));
});
