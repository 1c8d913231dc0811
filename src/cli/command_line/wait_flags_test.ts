import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import {
  testContext,
  type TestContextOptions,
} from "../../../tests/helpers/test_context.ts";
import type { Settings } from "../../project/settings.ts";
import { UsageError } from "../output/exit_code.ts";
import type { FlagValues } from "./flag.ts";
import {
  checkWaitFlags,
  flagsThatStay,
  readWaitOptions,
  runIdInput,
  type WAIT_FLAGS,
} from "./wait_flags.ts";

type WaitFlags = FlagValues<typeof WAIT_FLAGS>;

const NONE: WaitFlags = {
  wait: false,
  timeout: undefined,
  "poll-interval": undefined,
  "no-resume": false,
  "resume-job": undefined,
  "max-resume-age": undefined,
  "idempotency-key": undefined,
  "require-ledger": false,
  explain: false,
};

async function read(
  flags: Partial<WaitFlags>,
  options: TestContextOptions & { readonly settings?: Settings } = {},
) {
  await using context = await testContext(options);
  const { settings = {} } = options;
  const maxResumeAgeMs = 86_400_000;
  return readWaitOptions({ ...NONE, ...flags }, {
    context,
    settings,
    maxResumeAgeMs,
  });
}

Deno.test("readWaitOptions() of nothing given is the defaults", async () => {
  deepStrictEqual(await read({}), {
    wait: false,
    resume: { type: "auto", maxAgeMs: 86_400_000 },
    timeoutMs: 600_000,
    requireLedger: false,
  });
});

for (
  const [name, flags, env, settings, maxAgeMs] of [
    ["the flag first", 1, "2h", 3, 1],
    ["then the variable", undefined, "2h", 3, 7_200_000],
    ["then the setting", undefined, undefined, 3, 3],
    ["a flag of 0", 0, "2h", 3, 0],
    ["a variable of 0", undefined, "0", 3, 0],
    ["a setting of 0", undefined, undefined, 0, 0],
  ] as const
) {
  Deno.test(`readWaitOptions() takes the age of a job from ${name}`, async () => {
    const options = await read({ "max-resume-age": flags }, {
      env: env === undefined ? {} : { VERS_MAX_RESUME_AGE: env },
      settings: { maxResumeAgeMs: settings },
    });
    deepStrictEqual(options.resume, { type: "auto", maxAgeMs });
  });
}

Deno.test("readWaitOptions() takes a time-out of 0 as none", async () => {
  strictEqual((await read({ timeout: 0 })).timeoutMs, undefined);
  const settings = { timeoutMs: 0 };
  strictEqual((await read({}, { settings })).timeoutMs, undefined);
  strictEqual((await read({ timeout: 5 }, { settings })).timeoutMs, 5);
});

Deno.test("readWaitOptions() takes what only the settings say", async () => {
  const options = await read({}, {
    settings: { pollIntervalMs: 7, confirmWindowMs: 8, adopt: "never" },
  });
  strictEqual(options.pollIntervalMs, 7);
  strictEqual(options.confirmWindowMs, 8);
  strictEqual(options.adopt, "never");
  const flags = { "poll-interval": 9 };
  const settings = { pollIntervalMs: 7 };
  strictEqual((await read(flags, { settings })).pollIntervalMs, 9);
});

Deno.test("readWaitOptions() of --resume-job waits for exactly that job", async () => {
  const options = await read({ "resume-job": "job_8f2a3b4c5d" });
  strictEqual(options.wait, true);
  deepStrictEqual(options.resume, { type: "job", id: "job_8f2a3b4c5d" });
});

Deno.test("readWaitOptions() of --no-resume never resumes", async () => {
  deepStrictEqual((await read({ "no-resume": true })).resume, {
    type: "never",
  });
});

Deno.test("readWaitOptions() names the variable, its value and what is wanted", async () => {
  await using context = await testContext({
    env: { VERS_MAX_RESUME_AGE: "1,5h" },
  });
  throws(
    () => readWaitOptions(NONE, { context, settings: {}, maxResumeAgeMs: 1 }),
    (error) =>
      error instanceof UsageError &&
      error.message ===
        'Cannot use VERS_MAX_RESUME_AGE: it is "1,5h", but it must be a ' +
          "duration in ms, s, m, h or d, such as 500ms, 90s or 1h30m, " +
          "or 0 for no resuming",
  );
});

for (
  const [flags, args, problems] of [
    [["wait", "idempotency-key"], [], []],
    [["resume-job", "timeout", "json", "local"], [], []],
    [["idempotency-key"], [], []],
    [["resume-job", "no-resume"], [], [
      "--no-resume and --resume-job contradict each other",
    ]],
    [["resume-job", "mem-size", "vm-alias"], ["x"], [
      "--resume-job resumes a job as it was requested: remove " +
      '--mem-size, --vm-alias, "x"',
    ]],
  ] as const
) {
  Deno.test(`checkWaitFlags() of ${[...flags, ...args].join(" ")}`, () => {
    const mistakes = checkWaitFlags({ flags: new Set(flags), args });
    deepStrictEqual(mistakes.map(({ problem }) => problem), problems);
  });
}

Deno.test("runIdInput() is VERS_RUN_ID, if that is set", async () => {
  await using unset = await testContext();
  deepStrictEqual(runIdInput(unset), {});
  await using set = await testContext({ env: { VERS_RUN_ID: "ci-12" } });
  deepStrictEqual(runIdInput(set), { run_id: "ci-12" });
  await using bad = await testContext({ env: { VERS_RUN_ID: "a\nb" } });
  throws(() => runIdInput(bad), UsageError);
});

Deno.test("flagsThatStay() keeps how, and drops what and which", () => {
  const given = [
    { name: "wait" },
    { name: "vm-alias", value: "x" },
    { name: "timeout", value: "5m" },
    { name: "no-resume" },
    { name: "local" },
  ];
  const stay = flagsThatStay({
    path: ["run"],
    typed: [],
    given,
    output: { format: "json", isExplicit: false, isQuiet: false },
    isLocal: true,
    isVerbose: false,
  });
  deepStrictEqual(stay, ["--timeout=5m", "--local"]);
});
