import { match, ok, strictEqual } from "node:assert/strict";
import { testNeeding } from "../helpers/machine.ts";
import {
  type ProgramResult,
  resultOf,
  startProgram,
} from "../helpers/program.ts";
import { RUN, Sandbox } from "../helpers/sandbox.ts";
import { livingVms, startSimulator } from "../helpers/simulator_process.ts";

const HOLDER = decodeURIComponent(
  new URL("../helpers/lock_holder.ts", import.meta.url).pathname,
);

/** Much more than any command here takes, and less than a test may. */
const PATIENCE_MS = 60_000;

/** What lies where a file is looked for, and a command that looks there. */
interface OddFile {
  readonly path: (sandbox: Sandbox) => string;
  readonly args: readonly string[];
  readonly code: number;
  readonly says: RegExp;
}

const ODD_FILES: readonly OddFile[] = [
  {
    path: ({ home }) => `${home}/.vers/aliases.json`,
    args: RUN,
    code: 0,
    says: /^warning: alias "my-vm" is not set: .*it is a FIFO/m,
  },
  {
    path: ({ home }) => `${home}/.vers/aliases.lock`,
    args: RUN,
    code: 0,
    says: /^warning: alias "my-vm" is not set: .*it is a FIFO/m,
  },
  {
    path: ({ home }) => `${home}/.vers/aliases.json`,
    args: ["alias", "list"],
    code: 1,
    says: /Cannot read .*aliases\.json.*it is a FIFO/,
  },
  {
    path: ({ project }) => `${project}/.vers/HEAD`,
    args: RUN,
    code: 0,
    says: /^warning: HEAD is not set: .*it is a FIFO/m,
  },
  {
    path: ({ project }) => `${project}/.vers/HEAD`,
    args: ["resume", "--wait"],
    code: 1,
    says: /Cannot read .*HEAD.*it is a FIFO/,
  },
  {
    path: ({ home }) => `${home}/.vers/settings.jsonc`,
    args: RUN,
    code: 1,
    says: /Cannot read .*settings\.jsonc.*it is a FIFO/,
  },
  {
    path: ({ home }) => `${home}/.versrc`,
    args: ["logout"],
    code: 1,
    says: /Cannot read .*\.versrc.*it is a FIFO/,
  },
  {
    path: ({ project }) => `${project}/vers.toml`,
    args: RUN,
    code: 1,
    says: /Cannot read .*vers\.toml.*it is a FIFO/,
  },
  {
    path: ({ home }) => `${home}/.vers/jobs.lock`,
    args: RUN,
    code: 0,
    says: /^warning: this job cannot be resumed: .*it is a FIFO/m,
  },
  {
    path: ({ home }) => `${home}/.vers/jobs.jsonl`,
    args: RUN,
    code: 0,
    says: /^warning: this job cannot be resumed: .*not a regular file/m,
  },
  ...["state.json", "state.lock", "requests.jsonl"].map((name) => ({
    path: ({ home }: Sandbox) => `${home}/.vers/local/${name}`,
    args: ["status", "--local"],
    code: 1,
    says: /Cannot use the simulator's state .*it is a FIFO/,
  })),
];

async function makeFifo(path: string): Promise<void> {
  await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
  const made = await new Deno.Command("mkfifo", { args: [path] }).output();
  strictEqual(made.success, true);
}

/** Runs a command that may hang, where no signal but one would end it. */
async function runOrKill(
  sandbox: Sandbox,
  args: readonly string[],
): Promise<ProgramResult> {
  const program = await sandbox.start(args);
  const timer = setTimeout(() => program.kill("SIGKILL"), PATIENCE_MS);
  try {
    return await program.done;
  } finally {
    clearTimeout(timer);
  }
}

for (const { path, args, code, says } of ODD_FILES) {
  const shown = path({ home: "~", project: "." } as Sandbox);
  testNeeding(
    ["posix", "tool:mkfifo"],
    `${args.join(" ")} never opens a FIFO at ${shown}`,
    async () => {
      await using sandbox = await Sandbox.create();
      await startSimulator(sandbox, ["--boot-ms", "0"]);
      await makeFifo(path(sandbox));
      const done = await runOrKill(sandbox, args);
      strictEqual(done.signal, null, "it hung");
      strictEqual(done.code, code, done.stderr);
      match(done.stderr, says);
    },
  );
}

testNeeding(
  ["posix", "tool:mkfifo"],
  "run --wait leaves .versrc alone that is a FIFO, where VERS_API_KEY is given",
  async () => {
    await using sandbox = await Sandbox.create();
    await startSimulator(sandbox, ["--boot-ms", "0"]);
    ok(sandbox.env.VERS_API_KEY);
    await makeFifo(`${sandbox.home}/.versrc`);
    const done = await runOrKill(sandbox, RUN);
    resultOf(done);
  },
);

testNeeding(
  ["posix"],
  "run --wait takes the wait for the aliases from its --timeout",
  async () => {
    await using sandbox = await Sandbox.create();
    const simulator = await startSimulator(sandbox, ["--boot-ms", "0"]);
    await Deno.mkdir(`${sandbox.home}/.vers`);
    await using holder = await startProgram([
      `${sandbox.home}/.vers/aliases.lock`,
    ], {
      command: {
        executable: Deno.execPath(),
        args: ["run", "--quiet", "--no-config", "--allow-all", HOLDER],
      },
    });
    await holder.stdoutLine(/^locked$/);
    // The wait for the aliases alone would be 10 s: who has that as its limit,
    // and began first, is still waiting when this one is done.
    let isLater = false;
    const later = sandbox.run(["run", "--wait", "-N", "b", "--timeout", "10s"])
      .then((result) => (isLater = true, result));
    const done = await sandbox.run([...RUN, "--timeout", "5s"]);
    strictEqual(isLater, false);
    const { vm_id, status, alias } = resultOf(done);
    strictEqual(status, "complete");
    ok((await livingVms(simulator)).includes(vm_id));
    strictEqual(alias, undefined);
    match(done.stderr, /^warning: alias "my-vm" is not set: .*locked/m);
    resultOf(await later);
  },
);
