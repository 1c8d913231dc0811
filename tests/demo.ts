/**
 * `deno task demo`: a wait is killed while it polls, the same command is run
 * again, and the server has seen one creation. All of it is real but the
 * server, which is `vers simulate` on this machine.
 */
import type { ProgramResult } from "./helpers/program.ts";
import { Sandbox } from "./helpers/sandbox.ts";
import { setState } from "./helpers/service.ts";
import {
  type SimulatorProcess,
  startSimulator,
} from "./helpers/simulator_process.ts";

const COMMAND = ["run", "--wait", "--vm-alias", "my-vm"];
/** What takes longer hangs, on any machine. */
const TIME_LIMIT_MS = 300_000;

/** Shows it, and throws when anything is not as it should be. */
async function demo(sandbox: Sandbox): Promise<void> {
  // The VM boots when it is told to: however slow the machine, the first
  // command is killed before that.
  const simulator = await startSimulator(sandbox, ["--boot-ms", "3600000"]);

  const first = await sandbox.start(COMMAND);
  await first.stderrLine(/VM .* accepted/);
  await untilPolled(simulator);
  first.kill("SIGKILL");
  const killed = await first.done;
  await show(killed, "Killed");
  check(killed.signal === "SIGKILL" || killed.code !== 0, "it was not killed");
  check(killed.stdout === "", "the killed command printed a result");
  const before = await simulator.requests();

  const second = await sandbox.start(COMMAND);
  await untilPolled(simulator, before.length);
  for (const vmId of await listVms(simulator)) {
    await setState(simulator, vmId, "running");
  }
  const finished = await second.done;
  await show(finished);
  check(finished.code === 0, `the second command ended with ${finished.code}`);
  check(
    /^note: resuming in-flight job job_[0-9a-f]{10} /m.test(finished.stderr),
    "the second command did not say that it resumes a job",
  );

  const requests = await simulator.requests();
  const creations = requests.filter(({ operation }) =>
    operation === "new_root"
  );
  const vms = await listVms(simulator);
  const looks = requests.length - before.length;
  await writeLine("What the server saw:");
  await writeLine(
    `  ${count(creations.length, "creation request")}, ${
      count(vms.length, "VM")
    }, and ${count(looks, "request")} of the second command to look at it`,
  );
  check(creations.length === 1, "the server saw more than one creation");
  check(vms.length === 1, "there is not exactly one VM");
  check(
    JSON.parse(finished.stdout).vm_id === vms[0],
    "the result names another VM than the server has",
  );
  check(
    sandbox.ledgerLines().every((line) => line.check === "good"),
    "the ledger has a line whose checksum does not hold",
  );
}

/** Shows a command as the person who typed it would have seen it. */
async function show(result: ProgramResult, ending?: string): Promise<void> {
  await writeLine(`$ vers ${COMMAND.join(" ")}`);
  for (const text of [result.stderr, result.stdout]) {
    if (text !== "") await writeLine(text.trimEnd());
  }
  if (ending) await writeLine(ending);
  await writeLine("");
}

/** Returns when the server was asked for the VM's state, after so many requests. */
async function untilPolled(
  simulator: SimulatorProcess,
  seen = 0,
): Promise<void> {
  for (;;) {
    const requests = (await simulator.requests()).slice(seen);
    if (requests.some(({ operation }) => operation === "status")) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function listVms(simulator: SimulatorProcess): Promise<string[]> {
  const response = await fetch(`${simulator.url}/api/v1/vms`, {
    headers: { authorization: `Bearer ${simulator.apiKey}` },
  });
  const vms: { vm_id: string }[] = await response.json();
  return vms.map((vm) => vm.vm_id);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function check(holds: boolean, why: string): void {
  if (!holds) throw new Error(why);
}

async function writeLine(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let written = 0; written < bytes.length;) {
    written += await Deno.stdout.write(bytes.subarray(written));
  }
}

const sandbox = await Sandbox.create();
let isLate = false;
const limit = setTimeout(() => {
  isLate = true;
  // Whoever waits for one of them then learns that it has ended.
  sandbox.killAll();
}, TIME_LIMIT_MS);
try {
  await demo(sandbox);
} catch (error) {
  const why = error instanceof Error ? error.message : String(error);
  await writeLine(
    `The demo failed: ${
      isLate ? `not done in ${TIME_LIMIT_MS} ms: ` : ""
    }${why}`,
  );
  Deno.exitCode = 1;
} finally {
  clearTimeout(limit);
  await sandbox[Symbol.asyncDispose]();
}
