import { systemClock } from "../../src/clock.ts";
import { FileLedger } from "../../src/ledger/file/file_ledger.ts";
import { writeHead } from "../../src/project/head.ts";
import { setAlias } from "../../src/project/aliases.ts";
import { Simulator } from "../../src/simulator/simulator.ts";
import type { RunningJob } from "../../src/job/job.ts";
import { runningJob, SAMPLE_VM } from "./sample_job.ts";
import { Sandbox } from "./sandbox.ts";

/**
 * Returns a sandbox whose user has all that the examples in the help name, in
 * the local simulator: the VMs `my-vm` and `other-vm`, HEAD, a commit and its
 * tag, two jobs in flight, and one that is a command in a VM.
 */
export async function preparedSandbox(): Promise<Sandbox> {
  const sandbox = await Sandbox.create();
  const folder = `${sandbox.home}/.vers`;
  const simulator = new Simulator({
    clock: systemClock,
    stateDir: `${folder}/local`,
  });
  const myVm = await simulator.addVm();
  const otherVm = await simulator.addVm();
  await simulator.addCommit({ commitId: SAMPLE_VM, tags: ["base:latest"] });
  await setAlias(`${folder}/aliases.json`, "my-vm", { vmId: myVm });
  await setAlias(`${folder}/aliases.json`, "other-vm", { vmId: otherVm });
  writeHead(`${sandbox.project}/.vers/HEAD`, myVm);
  await addJob(folder, "job_8f2a3b4c5d", myVm);
  await addJob(folder, "job_91bc3b4c5d", otherVm);
  await addCommand(folder, "job_4d5e6f7a8b", myVm, simulator);
  sandbox.env.VERS_URL = "local";
  // Nobody listens there: what needs another service finds none.
  sandbox.env.VERS_RELEASES_URL = "http://127.0.0.1:9";
  return sandbox;
}

async function addCommand(
  dir: string,
  id: string,
  vmId: string,
  simulator: Simulator,
): Promise<void> {
  const token = crypto.randomUUID();
  const body = JSON.stringify({ command: ["echo", "x"], exec_id: token });
  const url = `http://localhost/api/v1/vm/${vmId}/exec/stream`;
  const authorization = `Bearer ${simulator.apiKey}`;
  await simulator.fetch(
    new Request(url, { method: "POST", headers: { authorization }, body }),
  );
  const more = { kind: "vm.exec", source: vmId, token } as const;
  await addJob(dir, id, vmId, more);
}

async function addJob(
  dir: string,
  id: string,
  vmId: string,
  more: Partial<RunningJob> = {},
): Promise<void> {
  const now = new Date().toISOString();
  const ledger = new FileLedger({ dir, clock: systemClock });
  const { handle: _, ...fields } = runningJob();
  await ledger.append({
    ...fields,
    id,
    token: crypto.randomUUID(),
    scope: "local",
    started_at: now,
    sent_at: now,
    running_at: now,
    handle: { vm_ids: [vmId] },
    ...more,
  });
}
