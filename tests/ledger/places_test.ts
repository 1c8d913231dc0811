import {
  deepStrictEqual,
  doesNotMatch,
  match,
  notStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import { asOneOfMany, testNeeding, unlessMissing } from "../helpers/machine.ts";
import { errorOf, type ProgramResult, resultOf } from "../helpers/program.ts";
import { RUN, runInShell, Sandbox, writeSettings } from "../helpers/sandbox.ts";
import { headOf } from "../helpers/service.ts";
import { creations, startSimulator } from "../helpers/simulator_process.ts";
import { runWrapped } from "../helpers/wrapped_program.ts";

for (const folder of ["jobs", "'~/jobs'", '"/jobs"', "$HOME/jobs", "~"]) {
  Deno.test(`run --wait with VERS_JOBS_DIR=${folder} sends nothing, and jobs list says why`, async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox);
    sandbox.env.VERS_JOBS_DIR = folder;
    const refused = await sandbox.run(RUN);
    strictEqual(refused.code, 5, refused.stderr);
    const { message, hint } = errorOf(refused);
    match(message, /^Cannot use VERS_JOBS_DIR: it is ".*not an absolute path/);
    match(hint, /write VERS_JOBS_DIR=[~/]/);
    strictEqual((await simulator.requests()).length, 0);
    deepStrictEqual([...Deno.readDirSync(sandbox.project)], []);
    const list = await sandbox.run(["jobs", "list"]);
    strictEqual(list.code, 0, list.stderr);
    strictEqual(list.stdout, "[]\n");
    match(list.stderr, /^warning: VERS_JOBS_DIR is [^\n]*\n$/);
  });
}

Deno.test("run --wait with VERS_JOBS_DIR=~/jobs goes on with one job, in whatever folder", async () => {
  await using sandbox = await Sandbox.create();
  await writeSettings(sandbox, { poll_interval: "200ms" });
  const simulator = await startSimulator(sandbox, ["--boot-ms", "2000"]);
  sandbox.env.VERS_JOBS_DIR = "~/jobs ";
  const program = await sandbox.start(RUN);
  await program.stderrLine(/accepted/);
  program.kill("SIGKILL");
  await program.done;
  const done = await sandbox.run(RUN, { cwd: sandbox.home });
  notStrictEqual(resultOf(done).effect, "created");
  strictEqual(await creations(simulator), 1);
  strictEqual(Deno.statSync(`${sandbox.home}/jobs/jobs.jsonl`).isFile, true);
});

testNeeding(
  ["posix"],
  "run --wait refuses a VERS_JOBS_DIR that is no UTF-8 text",
  async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox);
    const line = `VERS_JOBS_DIR=$(printf '/a\\377') $VERS run --wait -N my-vm`;
    const done = await runInShell(sandbox, line);
    strictEqual(done.code, 5, done.stderr);
    match(errorOf(done).message, /^Cannot use VERS_JOBS_DIR: it is not UTF-8/);
    strictEqual((await simulator.requests()).length, 0);
  },
);

testNeeding(
  ["posix"],
  "every command refuses a VERS_OUTPUT that is no UTF-8 text",
  async () => {
    await using sandbox = await Sandbox.create();
    const line = `VERS_OUTPUT=$(printf '\\377') $VERS alias list`;
    const done = await runInShell(sandbox, line);
    strictEqual(done.code, 5, done.stderr);
    match(errorOf(done).message, /^Cannot use VERS_OUTPUT: it is not UTF-8/);
  },
);

testNeeding(
  ["posix"],
  "run --wait refuses a VERS_RUN_ID that is no UTF-8 text",
  async () => {
    await using sandbox = await Sandbox.create();
    await startSimulator(sandbox);
    const line = `VERS_RUN_ID=$(printf '\\377') $VERS run --wait -N my-vm`;
    const done = await runInShell(sandbox, line);
    strictEqual(done.code, 5, done.stderr);
    match(errorOf(done).message, /^Cannot use VERS_RUN_ID: it is not UTF-8/);
  },
);

testNeeding(
  ["posix"],
  "a folder whose name is no UTF-8 text is not said to be gone",
  async () => {
    await using sandbox = await Sandbox.create();
    const line = `d=$(printf 'a\\377'); mkdir "$d"; cd "$d"; $VERS run --local`;
    const done = await runInShell(sandbox, line);
    strictEqual(done.code, 1, done.stderr);
    match(errorOf(done).message, /current folder: its path is not UTF-8 text/);
  },
);

/** A home that is none, and the words that a program is started with there. */
interface Home {
  readonly HOME?: (sandbox: Sandbox) => string;
  readonly isForbidden?: boolean;
  /** Why Deno by itself would not start there. */
  readonly why?: string | undefined;
}

/** Deno that runs a script reads an .npmrc first, and gives up on such ones. */
const NPMRC = Deno.env.get("VERS_BINARY")
  ? undefined
  : "deno run needs a home that can be looked into";

const HOMES: Readonly<Record<string, Home>> = {
  "that this user may not read": { isForbidden: true },
  "/dev/null": { HOME: () => "/dev/null", why: NPMRC },
  "/proc/self": { HOME: () => "/proc/self" },
  "below a file": { HOME: ({ home }) => `${home}/file/home`, why: NPMRC },
  "that does not exist": { HOME: ({ home }) => `${home}/closed/none` },
  "that is not set": { HOME: () => "" },
  "with a slash at its end": { HOME: ({ home }) => `${home}/` },
  "that is relative": { HOME: () => "home" },
};

/** Puts a file and a folder that cannot be written to into the home. */
async function prepare({ home }: Sandbox): Promise<void> {
  await Deno.writeTextFile(`${home}/file`, "");
  await Deno.mkdir(`${home}/closed`, { mode: 0o500 });
}

/** Runs a command in a sandbox with such a home, as a user like any other. */
async function runAtHome(
  sandbox: Sandbox,
  { HOME, isForbidden }: Home,
  args: readonly string[],
): Promise<ProgramResult> {
  if (HOME) sandbox.env.HOME = HOME(sandbox);
  if (isForbidden) await Deno.chmod(sandbox.home, 0);
  try {
    const done = await runWrapped(sandbox, asOneOfMany(), args);
    doesNotMatch(done.stderr, /--allow-|\/\/\.vers/);
    return done;
  } finally {
    await Deno.chmod(sandbox.home, 0o755);
  }
}

for (const [what, home] of Object.entries(HOMES)) {
  if (home.why !== undefined) {
    const name = `commands work with a home ${what}`;
    Deno.test({ ...unlessMissing(name, home.why), fn: () => {} });
    continue;
  }
  testNeeding(
    ["modes"],
    `with a home ${what}, VERS_JOBS_DIR and VERS_API_KEY, commands work`,
    async () => {
      await using sandbox = await Sandbox.create();
      await prepare(sandbox);
      await startSimulator(sandbox, ["--boot-ms", "0"]);
      sandbox.env.VERS_JOBS_DIR = `${sandbox.project}/jobs`;
      const { job_id, vm_id } = resultOf(await runAtHome(sandbox, home, RUN));
      for (
        const args of [
          ["status"],
          ["status", vm_id],
          ["whoami"],
          ["jobs", "list"],
          ["jobs", "get", job_id],
          ["jobs", "wait", job_id],
          ["jobs", "doctor"],
          ["branch", "--wait", "--idempotency-key", "k"],
          ["exec", vm_id, "true"],
          ["delete", "-y", vm_id],
        ]
      ) {
        const done = await runAtHome(sandbox, home, args);
        // A doctor may find something; it must be in its own words.
        const isFine = done.code === 0 || args[1] === "doctor";
        ok(isFine, `${args.join(" ")}: ${done.stderr}`);
      }
    },
  );

  testNeeding(
    ["modes"],
    `with a home ${what} alone, run --wait makes a VM`,
    async () => {
      if (what === "that is relative") return;
      await using sandbox = await Sandbox.create();
      await prepare(sandbox);
      await startSimulator(sandbox, ["--boot-ms", "0"]);
      const done = await runAtHome(sandbox, home, RUN);
      const { vm_id } = resultOf(done);
      strictEqual(await Deno.readTextFile(headOf(sandbox)), vm_id);
      if (what !== "with a slash at its end") {
        match(done.stderr, /^warning: this job cannot be resumed: /m);
        match(done.stderr, /^warning: alias "my-vm" is not set: /m);
      }
    },
  );
}

testNeeding(
  ["modes"],
  "a key in a home that may not be read is missing, and the error says why",
  async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox);
    delete sandbox.env.VERS_API_KEY;
    await Deno.writeTextFile(
      `${sandbox.home}/.versrc`,
      JSON.stringify({ apiKey: simulator.apiKey }),
    );
    const home = { isForbidden: true };
    const done = await runAtHome(sandbox, home, ["status"]);
    strictEqual(done.code, 2, done.stderr);
    const { message } = errorOf(done);
    match(message, /\.versrc" cannot be read: Permission denied/);
    strictEqual((await sandbox.run(["status"])).code, 0);
  },
);

testNeeding(
  ["modes"],
  "vers.toml that may not be read is an error with a hint, and nothing is sent",
  async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox);
    const path = `${sandbox.project}/vers.toml`;
    await Deno.writeTextFile(path, "[machine]\n", { mode: 0o600 });
    await Deno.chmod(path, 0);
    const done = await runAtHome(sandbox, {}, RUN);
    strictEqual(done.code, 1, done.stderr);
    const { message, hint } = errorOf(done);
    match(message, /^Cannot read ".*vers\.toml": Permission denied/);
    match(hint, /ls -ld ".*vers\.toml"/);
    strictEqual(await creations(simulator), 0);
  },
);

testNeeding(
  ["modes"],
  "HEAD and aliases that may not be read are left out with a warning",
  async () => {
    await using sandbox = await Sandbox.create();
    await startSimulator(sandbox, ["--boot-ms", "0"]);
    resultOf(await sandbox.run(RUN));
    await Deno.chmod(headOf(sandbox), 0);
    await Deno.chmod(`${sandbox.home}/.vers/aliases.json`, 0);
    const byHead = await runAtHome(sandbox, {}, ["resume", "--wait"]);
    strictEqual(byHead.code, 3, byHead.stderr);
    match(byHead.stderr, /^warning: HEAD is ignored: ".*HEAD": Permission/m);
    match(errorOf(byHead).message, /HEAD" cannot be read$/);
    const byName = await runAtHome(sandbox, {}, ["pause", "my-vm"]);
    strictEqual(byName.code, 3, byName.stderr);
    match(
      byName.stderr,
      /^warning: the aliases are ignored: ".*aliases.json"/m,
    );
    match(errorOf(byName).hint, /the aliases of this machine cannot be read/);
    const list = await runAtHome(sandbox, {}, ["alias", "list"]);
    strictEqual(list.code, 1, list.stderr);
  },
);
