/** What an executable needs of a container, and that nothing else is needed. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { BareRoot } from "../helpers/bare_root.ts";
import { readLedgerLines } from "../helpers/ledger_lines.ts";
import { SmallDisk, testNeeding } from "../helpers/machine.ts";
import { type Program, resultOf } from "../helpers/program.ts";
import { RUN, Sandbox } from "../helpers/sandbox.ts";
import { creations, startSimulator } from "../helpers/simulator_process.ts";
import { until } from "../helpers/until.ts";

/** All that an executable is linked with. */
const LIBRARIES = [
  Deno.build.arch === "x86_64"
    ? "ld-linux-x86-64.so.2"
    : "ld-linux-aarch64.so.1",
  "libc.so.6",
  "libdl.so.2",
  "libgcc_s.so.1",
  "libm.so.6",
  "libpthread.so.0",
  "librt.so.1",
];

const DISK_BYTES = 256 * 1024;

/** Defines a test of the executable in a root of its own. */
function containerTest(
  name: string,
  fn: (root: BareRoot) => Promise<void>,
): void {
  testNeeding(["binary", "mount"], name, async () => {
    const root = await BareRoot.create(Deno.env.get("VERS_BINARY") ?? "");
    await using _root = root;
    await fn(root);
  });
}

containerTest(
  "in a container with 7 libraries, a wait is killed and goes on",
  async (root) => {
    deepStrictEqual(root.libraries.map(nameOf).toSorted(), LIBRARIES);
    const sandbox = await Sandbox.create();
    await using _sandbox = sandbox;
    const simulator = await startSimulator(sandbox, ["--boot-ms", "3000"]);
    const disk = new SmallDisk(`${root.path}/jobs`, DISK_BYTES);
    using _disk = disk;
    await Deno.chmod(disk.path, 0o777);
    const env = {
      VERS_URL: simulator.url,
      VERS_API_KEY: simulator.apiKey,
      VERS_JOBS_DIR: "/jobs",
    };
    const ledger = () => readLedgerLines(`${disk.path}/jobs.jsonl`);

    const first = await root.start(RUN, { env });
    await using _first = first;
    await first.stderrLine(/accepted/);
    await until(() =>
      ledger().some(({ entry }) => entry?.status === "running")
    );
    killInside(first, "SIGKILL");
    const killed = await first.done;
    strictEqual(killed.stdout, "");
    ok(killed.code !== 0);

    const second = await root.start(RUN, { env });
    await using _second = second;
    const result = await second.done;
    match(result.stderr, /^note: resuming in-flight job job_/m);
    strictEqual(resultOf(result).effect, "attached");
    strictEqual(await creations(simulator), 1);
    deepStrictEqual(
      new Set(ledger().map(({ check }) => check)),
      new Set(["good"]),
    );
  },
);

containerTest(
  "in a container without a writable folder, a wait says that it cannot be resumed",
  async (root) => {
    const sandbox = await Sandbox.create();
    await using _sandbox = sandbox;
    const simulator = await startSimulator(sandbox, ["--boot-ms", "10"]);
    const env = { VERS_URL: simulator.url, VERS_API_KEY: simulator.apiKey };
    for (const place of [{}, { HOME: "/" }, { VERS_JOBS_DIR: "/jobs" }]) {
      const program = await root.start(RUN, { env: { ...env, ...place } });
      await using _program = program;
      const result = await program.done;
      strictEqual(resultOf(result).effect, "created");
      match(result.stderr, /^warning: this job cannot be resumed: /m);
    }
    strictEqual(await creations(simulator), 3);
  },
);

containerTest(
  "in a container, the simulator of the program needs no folder either",
  async (root) => {
    const program = await root.start([...RUN, "--local"]);
    await using _program = program;
    strictEqual(resultOf(await program.done).effect, "created");
  },
);

containerTest(
  "as process 1, a waiting program ends on SIGTERM",
  async (root) => {
    const sandbox = await Sandbox.create();
    await using _sandbox = sandbox;
    const simulator = await startSimulator(sandbox, ["--boot-ms", "60000"]);
    const program = await root.start(RUN, {
      env: { VERS_URL: simulator.url, VERS_API_KEY: simulator.apiKey },
    });
    await using _program = program;
    await program.stderrLine(/accepted/);
    killInside(program, "SIGTERM");
    const { code, stdout } = await program.done;
    deepStrictEqual([code, stdout], [143, ""]);
  },
);

containerTest(
  "in a container that lacks any of it, the program does not start",
  async (root) => {
    const { code, stderr } = await (await root.start(["--version"], {
      hasProc: false,
    })).done;
    strictEqual(code, 1);
    match(stderr, /Is \/proc mounted\?/);
    for (const library of root.libraries) {
      await Deno.rename(root.path + library, `${root.path}/elsewhere`);
      const { code, stderr } = await (await root.start(["--version"])).done;
      strictEqual(code, 127, library);
      match(stderr, /cannot open shared object file|No such file or directory/);
      await Deno.rename(`${root.path}/elsewhere`, root.path + library);
    }
    const whole = await (await root.start(["--version"])).done;
    strictEqual(whole.code, 0, whole.stderr);
  },
);

/**
 * Sends a signal to the program in the root: the one child of what was started,
 * which does not pass signals on.
 */
function killInside(program: Program, signal: Deno.Signal): void {
  const { pid } = program;
  const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
  const inside = Number(children.trim());
  // Nothing would be 0: this test's own group of processes.
  if (!(inside > 0)) throw new Error(`Cannot find what ${pid} started`);
  Deno.kill(inside, signal);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
