import {
  deepStrictEqual,
  match,
  strictEqual,
  throws,
} from "node:assert/strict";
import {
  testContext,
  type TestContextOptions,
} from "../../tests/helpers/test_context.ts";
import { UsageError } from "./output/exit_code.ts";
import {
  checkFolders,
  homeFolder,
  ledgerFolder,
  simulatorFolder,
} from "./folders.ts";

const HOME = { HOME: "/home/ada" };
const WINDOWS: TestContextOptions = {
  platform: "windows",
  env: { USERPROFILE: "C:\\Users\\Ada", HOME: "/home/ada" },
};

function jobsDir(path: string, options: TestContextOptions = { env: HOME }) {
  return { ...options, env: { ...options.env, VERS_JOBS_DIR: path } };
}

for (
  const [name, options, folder] of [
    ["VERS_JOBS_DIR", jobsDir("/jobs"), "/jobs"],
    ["VERS_JOBS_DIR with white space at its end", jobsDir("/a b \r"), "/a b"],
    ["VERS_JOBS_DIR with a slash at its end", jobsDir("/jobs//"), "/jobs"],
    ["VERS_JOBS_DIR in the home folder", jobsDir("~/jobs"), "/home/ada/jobs"],
    ["VERS_JOBS_DIR of white space", jobsDir(" \t"), "/home/ada/.vers"],
    ["HOME", { env: HOME }, "/home/ada/.vers"],
    ["HOME with a slash at its end", { env: { HOME: "/ada/" } }, "/ada/.vers"],
    ["HOME that is /", { env: { HOME: "/" } }, "/.vers"],
    ["HOME that is no place", { env: { HOME: "/dev/null" } }, undefined],
    ["HOME that is the process", { env: { HOME: "/proc/self" } }, undefined],
    ["HOME that is relative", { env: { HOME: "ada" } }, undefined],
    ["USERPROFILE on Windows", WINDOWS, "C:\\Users\\Ada/.vers"],
    ["a drive on Windows", jobsDir("D:/jobs", WINDOWS), "D:/jobs"],
    [
      "a server on Windows",
      jobsDir("\\\\host\\share", WINDOWS),
      "\\\\host\\share",
    ],
    [
      "the home folder on Windows",
      jobsDir("~\\jobs", WINDOWS),
      "C:\\Users\\Ada\\jobs",
    ],
    ["nothing", { hasHome: false }, undefined],
  ] as const
) {
  Deno.test(`ledgerFolder() by ${name} is ${folder}`, async () => {
    await using context = await testContext(options);
    strictEqual(ledgerFolder(context), folder);
  });
}

for (
  const [text, instead, options] of [
    ["jobs", /^nothing was sent; write VERS_JOBS_DIR=\/.*\/jobs$/],
    ["./jobs", /^nothing was sent; write VERS_JOBS_DIR=\/[^.]*\/jobs$/],
    ["'~/jobs'", /write VERS_JOBS_DIR=~\/jobs$/],
    ['"~/jobs"', /write VERS_JOBS_DIR=~\/jobs$/],
    ['"/data/my jobs"', /write VERS_JOBS_DIR='\/data\/my jobs'$/],
    ["$HOME/jobs", /write VERS_JOBS_DIR=~\/jobs$/],
    ["${HOME}/jobs", /write VERS_JOBS_DIR=~\/jobs$/],
    ["$JOBS", /write VERS_JOBS_DIR=\/var\/lib\/vers$/],
    ["~", /write VERS_JOBS_DIR=\/var\/lib\/vers$/],
    ["~ada/jobs", /write VERS_JOBS_DIR=\/var\/lib\/vers$/],
    [" /jobs", /write VERS_JOBS_DIR=\/var\/lib\/vers$/],
    ["~/jobs", /write VERS_JOBS_DIR=\/var\/lib\/vers$/, { hasHome: false }],
    ["C:jobs", /write VERS_JOBS_DIR=/, WINDOWS],
    ["\\jobs", /write VERS_JOBS_DIR=/, WINDOWS],
    ["/jobs", /write VERS_JOBS_DIR=/, WINDOWS],
    ["%USERPROFILE%\\jobs", /write VERS_JOBS_DIR='~\\jobs'$/, WINDOWS],
  ] as const
) {
  Deno.test(`checkFolders() refuses ${JSON.stringify(text)} to what has a job, and warns the others`, async () => {
    await using context = await testContext(jobsDir(text, options));
    const warnings: string[] = [];
    const warn = (text: string) => warnings.push(text);
    throws(
      () => checkFolders(context, { hasJob: true, isLocal: false, warn }),
      (error) => {
        if (!(error instanceof UsageError)) return false;
        strictEqual(error.exitCode, 5);
        match(error.message, /^Cannot use VERS_JOBS_DIR: it is "/);
        match(error.hint ?? "", instead);
        return true;
      },
    );
    deepStrictEqual(warnings, []);
    checkFolders(context, { hasJob: false, isLocal: false, warn });
    strictEqual(warnings.length, 1);
    match(
      warnings[0] ?? "",
      /^warning: VERS_JOBS_DIR is ".*write VERS_JOBS_DIR=/,
    );
  });
}

Deno.test("checkFolders() has nothing to say of folders that are the same everywhere", async () => {
  for (const options of [{ env: HOME }, jobsDir("~/jobs"), WINDOWS]) {
    await using context = await testContext(options);
    const warn = (text: string) => {
      throw new Error(text);
    };
    checkFolders(context, { hasJob: true, isLocal: true, warn });
    checkFolders(context, { hasJob: false, isLocal: false, warn });
  }
});

Deno.test("checkFolders() looks at VERS_STATE_DIR for the simulator alone", async () => {
  await using context = await testContext({ env: { VERS_STATE_DIR: "state" } });
  const warn = () => {};
  checkFolders(context, { hasJob: true, isLocal: false, warn });
  throws(
    () => checkFolders(context, { hasJob: true, isLocal: true, warn }),
    /Cannot use VERS_STATE_DIR: it is "state"/,
  );
  strictEqual(simulatorFolder(context), "state");
});

Deno.test("checkFolders() needs HOME for a job only where the ledger is in it", async () => {
  await using bare = await testContext({ env: { HOME: "ada" } });
  const warnings: string[] = [];
  const options = {
    hasJob: true,
    isLocal: false,
    warn: (text: string) => warnings.push(text),
  };
  throws(() => checkFolders(bare, options), /Cannot use HOME: it is "ada"/);
  await using context = await testContext(jobsDir("/jobs", {
    env: { HOME: "ada" },
  }));
  checkFolders(context, options);
  strictEqual(warnings.length, 1);
  strictEqual(homeFolder(context), undefined);
});
