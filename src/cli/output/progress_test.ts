import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { FakeClock } from "../../../tests/helpers/fake_clock.ts";
import { runningJob, SAMPLE_VM } from "../../../tests/helpers/sample_job.ts";
import { testContext } from "../../../tests/helpers/test_context.ts";
import type { Notice } from "../../engine/engine.ts";
import { Progress } from "./progress.ts";

const job = runningJob();
const look: Notice = {
  type: "look",
  job,
  states: [{ vmId: SAMPLE_VM, state: "booting" }],
  nextLookMs: 1_000,
};

Deno.test("Progress without a terminal says what looks show every 30 seconds", async () => {
  const clock = new FakeClock();
  await using context = await testContext({ clock });
  const progress = new Progress(context);
  for (let second = 0; second < 95; second += 5) {
    progress.notify(look);
    await clock.sleep(5_000);
  }
  await context.stderr.flush();
  const lines = context.err().trimEnd().split("\n");
  deepStrictEqual(
    lines.map((line) => /waited (\w+)/.exec(line)?.[1]),
    ["30s", "1m", "1m30s"],
  );
});

Deno.test("Progress on a terminal rewrites one line, cut to its width", async () => {
  await using context = await testContext({ isTerminal: true, columns: 30 });
  const progress = new Progress(context);
  progress.notify(look);
  progress.notify(look);
  await context.stderr.flush();
  match(
    context.err(),
    // deno-lint-ignore no-control-regex
    /^(\r\x1b\[K[^\r\n]{29}){2}$/,
  );
});

Deno.test("Progress takes the live line away before it says anything else", async () => {
  await using context = await testContext({ isTerminal: true });
  const progress = new Progress(context);
  progress.notify({ type: "submitted", job });
  progress.notify(look);
  progress.notify({ type: "returning", job });
  progress.clear();
  await context.stderr.flush();
  const [first, live, said] = context.err().split("\r\x1b[K");
  strictEqual(first, "job job_8f2a3b4c5d submitted\n");
  match(live ?? "", /booting/);
  strictEqual(
    said,
    "note: job job_8f2a3b4c5d already complete; returning its result\n",
  );
});

Deno.test("Progress on a terminal that cannot go back writes lines", async () => {
  await using context = await testContext({
    isTerminal: true,
    env: { TERM: "dumb" },
  });
  const progress = new Progress(context);
  progress.notify(look);
  await context.stderr.flush();
  strictEqual(context.err(), "");
});

Deno.test("Progress knows the job that is under way, not those passed over", async () => {
  await using context = await testContext();
  const progress = new Progress(context);
  strictEqual(progress.job, undefined);
  progress.notify({ type: "tooOld", job, ageMs: 1 });
  strictEqual(progress.job, undefined);
  progress.notify({ type: "submitted", job });
  strictEqual(progress.job, job);
});
