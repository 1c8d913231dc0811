import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { needing } from "../../../tests/helpers/machine.ts";
import {
  exposedSecrets,
  type InvokedCommand,
  resumeCommand,
  shellLine,
  storableWords,
  withoutSecrets,
} from "./written_line.ts";
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
import { WAIT_FLAGS } from "./wait_flags.ts";
import { main } from "../../../main.ts";
import { ROUTES } from "../app.ts";

Deno.test("shellLine() leaves plain words plain and quotes the others", () => {
  strictEqual(
    shellLine(["vers", "run", "-N", "my vm", "it's", "", "a=b", "=x"]),
    `vers run -N 'my vm' 'it'\\''s' '' a=b '=x'`,
  );
});

Deno.test({
  ...needing(
    ["posix"],
    "shellLine() comes back from a shell as the words that went in",
  ),
  async fn() {
    const words = ["$HOME", "`id`", "a\nb", "~", "*", "'", '"', "\\", "a;b&c"];
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", `printf '%s\\0' ${shellLine(words)}`],
    }).output();
    const seen = new TextDecoder().decode(stdout).split("\0").slice(0, -1);
    deepStrictEqual(seen, words);
  },
});

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

const ID = "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e";
const KEY = ID + "0123456789abcdef".repeat(4);

async function warningsOf(...words: string[]): Promise<readonly string[]> {
  await using context = await testContext();
  const request = await parseCommandLine(words, { routes: ROUTES, context });
  return request.type === "command" ? exposedSecrets(request) : [];
}

for (
  const { words, named } of [
    {
      words: ["login", "--token", KEY],
      named: /value of --token .*vers login --token - reads/,
    },
    { words: ["login", `-t${KEY}`], named: /value of --token/ },
    { words: ["login", "--token", "-"] },
    {
      words: ["exec", "-e", "NPM_TOKEN=s3cret", "ls"],
      named: /NPM_TOKEN in --env/,
    },
    {
      words: ["exec", "-e", "api_key=s3cret", "ls"],
      named: /api_key in --env/,
    },
    { words: ["exec", "-e", "NPM_TOKEN=$X", "ls"] },
    { words: ["exec", "-e", "PATH=/bin", "ls"] },
    {
      words: ["deploy", "a/b", "--build", "A=1 DB_PASSWORD='s3cret' make"],
      named: /DB_PASSWORD in --build/,
    },
    { words: ["deploy", "a/b", "--build", 'DB_PASSWORD="$X" make'] },
    { words: ["deploy", "a/b", "--build", "npm run build"] },
  ]
) {
  Deno.test(`exposedSecrets() of ${words.join(" ").replace(KEY, "KEY")} names ${named ?? "none"}`, async () => {
    const warnings = await warningsOf(...words);
    strictEqual(warnings.length, named ? 1 : 0, warnings.join());
    if (named) match(warnings[0] ?? "", named);
    strictEqual(/s3cret|0123456789abcdef/.test(warnings.join()), false);
  });
}

Deno.test("withoutSecrets() leaves a key's id, and takes the user out of a URL", () => {
  strictEqual(withoutSecrets(`a ${KEY} b ${ID}`), `a ${ID}… b ${ID}`);
  strictEqual(
    withoutSecrets("https://me:tok@github.com/a/b@c"),
    "https://…@github.com/a/b@c",
  );
  const hint = "HTTPS_PROXY=http://USER:PASSWORD@proxy.test:8080";
  strictEqual(withoutSecrets(hint), hint);
});

for (
  const words of [
    ["login", KEY],
    [KEY],
    ["status", KEY],
    ["login", "--token", KEY, "--output", KEY],
    ["deploy", `https://x:${KEY}@github.com/a/b`],
    ["jobs", "get", KEY],
  ]
) {
  Deno.test(`a key in a wrong place is not repeated: ${words.join(" ").replaceAll(KEY, "KEY")}`, async () => {
    await using context = await testContext();
    const code = await main(words, context);
    strictEqual(code === 0, false);
    const said = context.out() + context.err();
    deepStrictEqual(said.match(/[0-9a-f]{40}/), null, said);
  });
}
