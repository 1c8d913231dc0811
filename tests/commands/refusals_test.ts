import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { RUINOUS } from "../helpers/damages.ts";
import { withChecksum } from "../helpers/ledger_lines.ts";
import {
  killedMidPoll,
  RUN,
  Sandbox,
  writeSettings,
} from "../helpers/sandbox.ts";
import {
  livingVms,
  type SimulatorProcess,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { errorOf } from "../helpers/program.ts";

const KEYED = ["run", "--wait", "--idempotency-key", "k"];

/** A user with a job in flight, and what its words are made of. */
interface SetUp {
  readonly sandbox: Sandbox;
  readonly simulator: SimulatorProcess;
  readonly jobId: string;
  readonly vmId: string;
}

/** One refusal: what leads to it, and all that is said of it. */
interface Refusal {
  readonly args: (setUp: SetUp) => string[];
  readonly arrange?: (setUp: SetUp) => Promise<void>;
  /** What the job in flight is made with. */
  readonly first?: readonly string[];
  readonly code: number;
  readonly message: (setUp: SetUp) => string;
  readonly hint: (setUp: SetUp) => string;
}

function ledgerOf({ sandbox }: SetUp): string {
  return `${sandbox.home}/.vers/jobs.jsonl`;
}

async function setState(setUp: SetUp, state: string): Promise<void> {
  const { simulator, vmId } = setUp;
  await simulator.control("POST", "states", { vmId, state });
}

/** Does what Python does with lines of JSON. */
async function rewriteLedger(setUp: SetUp): Promise<void> {
  const { "Python's json.dumps": damage } = RUINOUS;
  const path = ledgerOf(setUp);
  const harmed = damage?.(await Deno.readFile(path));
  await Deno.writeFile(path, harmed ?? new Uint8Array());
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  "a job that there is not": {
    args: () => ["run", "--resume-job", "job_0000000000"],
    code: 3,
    message: (setUp) =>
      `Cannot resume job "job_0000000000": it was not found in "${
        ledgerOf(setUp)
      }"`,
    hint: () =>
      "a job's id is on stderr of the command that submitted it: job_ and 10 hex digits",
  },
  "a job of another kind": {
    args: ({ jobId }) => ["deploy", "--resume-job", jobId],
    code: 5,
    message: ({ jobId }) =>
      `Cannot resume job "${jobId}": it is of kind vm.run, and this command resumes vm.deploy`,
    hint: ({ jobId }) => `vers run --resume-job ${jobId}`,
  },
  "other work under a key of the user's own": {
    first: KEYED,
    args: () => [...KEYED, "--mem-size", "1024"],
    code: 4,
    message: ({ jobId }) =>
      `Cannot use this idempotency key: job ${jobId} (vers run --wait --idempotency-key '[left out]') has it, and asked for another mem_size_mib`,
    hint: () =>
      "use another --idempotency-key for other work, or run the command with the same flags",
  },
  "a job that a newer vers wrote": {
    async arrange({ sandbox }) {
      const { crc: _, ...entry } = sandbox.ledgerLines().at(-1)?.entry;
      const newer = withChecksum({ ...entry, v: 3 });
      const path = `${sandbox.home}/.vers/jobs.jsonl`;
      await Deno.writeTextFile(path, newer + "\n", { append: true });
    },
    args: () => RUN,
    code: 1,
    message: (setUp) =>
      `Cannot submit this work: line 3 of "${
        ledgerOf(setUp)
      }" may be its job, and cannot be read: it was written by a newer vers`,
    hint: () =>
      "run the newer vers; vers jobs doctor --repair sets the line aside; --no-resume starts another VM beside it",
  },
  "a ledger that a tool has written anew": {
    arrange: rewriteLedger,
    args: () => RUN,
    code: 1,
    message: (setUp) =>
      `Cannot submit this work: line 2 of "${
        ledgerOf(setUp)
      }" may be its job, and cannot be read: its checksum is missing`,
    hint: () =>
      "vers jobs doctor --repair sets the line aside; --no-resume starts another VM beside it",
  },
  "a job that is named, in a ledger that a tool has written anew": {
    arrange: rewriteLedger,
    args: ({ jobId }) => ["run", "--resume-job", jobId],
    code: 1,
    message: (setUp) =>
      `Cannot resume job "${setUp.jobId}": line 2 of "${
        ledgerOf(setUp)
      }" may be of it, and cannot be read: its checksum is missing`,
    hint: () => "vers jobs doctor --repair sets the line aside",
  },
  "a VM that was paused": {
    arrange: (setUp) => setState(setUp, "paused"),
    args: () => RUN,
    code: 20,
    message: ({ vmId }) => `VM ${vmId} does not run: its state is "paused"`,
    hint: ({ vmId }) =>
      `vers resume ${vmId} --wait, then run the same command again`,
  },
  "a time limit": {
    args: () => [...RUN, "--timeout", "8s"],
    code: 6,
    message: ({ vmId }) => `Timed out after 8s while waiting for VM ${vmId}`,
    hint: () => "to resume: vers run --wait --vm-alias my-vm --timeout 8s",
  },
};

for (const [what, refusal] of Object.entries(REFUSALS)) {
  Deno.test(`run --wait says of ${what} exactly why, and how to go on`, async () => {
    await using sandbox = await Sandbox.create();
    await writeSettings(sandbox, { poll_interval: "200ms" });
    const simulator = await startSimulator(sandbox, ["--boot-ms", "600000"]);
    await killedMidPoll(sandbox, refusal.first);
    const [vmId = ""] = await livingVms(simulator);
    const jobId = sandbox.ledgerLines()[0]?.entry.id;
    const setUp = { sandbox, simulator, jobId, vmId };
    await refusal.arrange?.(setUp);
    const done = await sandbox.run(refusal.args(setUp));
    strictEqual(done.code, refusal.code, done.stderr);
    const { message, hint } = errorOf(done);
    deepStrictEqual(
      { message, hint },
      { message: refusal.message(setUp), hint: refusal.hint(setUp) },
    );
  });
}
