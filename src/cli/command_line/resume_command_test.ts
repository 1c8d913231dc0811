import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  completeJob,
  failedJob,
  keyless,
  runningJob,
} from "../../../tests/helpers/sample_job.ts";
import { testContext } from "../../../tests/helpers/test_context.ts";
import {
  type Command,
  defineCommand,
  type Route,
  type Routes,
} from "./command.ts";
import { parseCommandLine } from "./parse.ts";
import {
  type InvokedCommand,
  resumeCommand,
  storableWords,
} from "./resume_command.ts";
import { WAIT_FLAGS } from "./wait_flags.ts";

const deploy: Command = defineCommand({
  summary: "Deploy",
  description: "Deploys.",
  flags: {
    build: {
      type: "value",
      brief: "Build command",
      shorthand: "b",
      placeholder: "COMMAND",
      privacy: "secret",
      parse: (text) => text,
    },
    ...WAIT_FLAGS,
  },
  positionals: [{ name: "repository", brief: "The repository" }],
  examples: [],
  run: () => Promise.resolve(0),
});

const routes: Routes = new Map<string, Route>([["deploy", {
  type: "command",
  summary: "Deploy",
  load: () => Promise.resolve({ command: deploy }),
}]]);

async function invoke(...words: string[]): Promise<InvokedCommand> {
  return await invokeIn({}, ...words);
}

async function invokeIn(
  env: Readonly<Record<string, string>>,
  ...words: string[]
): Promise<InvokedCommand> {
  await using context = await testContext({ env });
  const request = await parseCommandLine(words, { routes, context });
  if (request.type !== "command") throw new Error(`It is ${request.type}`);
  return request;
}

Deno.test("resumeCommand() is the same line where that finds the job again", async () => {
  const invoked = await invoke("deploy", "a/b c", "--wait", "--no-resume");
  strictEqual(
    resumeCommand(invoked, runningJob()),
    "vers deploy 'a/b c' --wait",
  );
  strictEqual(resumeCommand(invoked), "vers deploy 'a/b c' --wait");
});

Deno.test("resumeCommand() names a job that its command cannot find", async () => {
  const invoked = await invoke(
    "deploy",
    "a/b",
    "--wait",
    "--timeout",
    "5m",
    "--local",
  );
  strictEqual(
    resumeCommand(invoked, { ...keyless(runningJob()), status: "running" }),
    "vers deploy --resume-job job_8f2a3b4c5d --timeout=5m --local",
  );
});

Deno.test("resumeCommand() of a command that did not wait names the job", async () => {
  strictEqual(
    resumeCommand(await invoke("deploy", "a/b"), runningJob()),
    "vers deploy --resume-job job_8f2a3b4c5d",
  );
});

Deno.test("resumeCommand() tells no secret", async () => {
  const invoked = await invoke(
    "deploy",
    "a/b",
    "--wait",
    "--build",
    "T=1 make",
  );
  strictEqual(
    resumeCommand(invoked, runningJob()),
    "vers deploy --resume-job job_8f2a3b4c5d",
  );
  strictEqual(resumeCommand(invoked), undefined);
});

Deno.test("resumeCommand() of a result that was not delivered finds it", async () => {
  strictEqual(
    resumeCommand(await invoke("deploy", "a/b", "--wait"), completeJob()),
    "vers deploy a/b --wait",
  );
});

Deno.test("resumeCommand() of a job without a key that failed is none", async () => {
  strictEqual(
    resumeCommand(await invoke("deploy", "a/b", "--wait"), {
      ...keyless(failedJob()),
      status: "failed",
    }),
    undefined,
  );
});

Deno.test("storableWords() leaves out what no file may hold, however it is typed", async () => {
  for (
    const words of [
      ["--build", "T=1 make", "--idempotency-key", "k"],
      ["--build=T=1 make", "--idempotency-key=k"],
      ["-b=T=1 make", "--idempotency-key=k"],
      ["-bT=1 make", "--idempotency-key=k"],
    ]
  ) {
    const invoked = await invoke("deploy", "a/b", "--wait", ...words);
    const stored = storableWords(invoked);
    const text = stored.join(" ");
    deepStrictEqual(stored.slice(0, 3), ["deploy", "a/b", "--wait"]);
    strictEqual(text.includes("T=1"), false, text);
    strictEqual(/(=| )k( |$)/.test(text), false, text);
  }
});

Deno.test("resumeCommand() has the id of the run that is a part of the key", async () => {
  const env = { VERS_RUN_ID: "ci 12's" };
  const line = `VERS_RUN_ID='ci 12'\\''s' vers deploy a/b --wait`;
  const invoked = await invokeIn(env, "deploy", "a/b", "--wait");
  strictEqual(resumeCommand(invoked, runningJob()), line);
  strictEqual(resumeCommand(invoked), line);
});

Deno.test("resumeCommand() leaves the run's id out where something else is the key", async () => {
  const env = { VERS_RUN_ID: "ci-12" };
  const keyed = ["deploy", "a/b", "--wait", "--idempotency-key", "k"];
  strictEqual(
    resumeCommand(await invokeIn(env, ...keyed), runningJob()),
    "vers deploy a/b --wait --idempotency-key k",
  );
  const named = ["deploy", "--resume-job", "job_8f2a3b4c5d"];
  strictEqual(
    resumeCommand(await invokeIn(env, ...named), runningJob()),
    "vers deploy --resume-job job_8f2a3b4c5d",
  );
  const unfound = await invokeIn(env, "deploy", "a/b");
  strictEqual(
    resumeCommand(unfound, runningJob()),
    "vers deploy --resume-job job_8f2a3b4c5d",
  );
});

Deno.test("resumeCommand() of a key of the user's own needs no --wait", async () => {
  const words = ["deploy", "a/b", "--idempotency-key", "k"];
  strictEqual(
    resumeCommand(await invoke(...words), runningJob()),
    "vers deploy a/b --idempotency-key k",
  );
});
