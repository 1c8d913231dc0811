import type { SimulatedVm } from "../../src/simulator/service/vm_life.ts";
import type { CommitSeed, VmSeed } from "../../src/simulator/service/seed.ts";
import type { Sandbox } from "./sandbox.ts";
import type { SimulatorProcess } from "./simulator_process.ts";

/** Adds a VM that nobody asked for, and returns its id. */
export async function addVm(
  simulator: SimulatorProcess,
  seed: VmSeed = {},
): Promise<string> {
  const { vmId } = await simulator.control("POST", "vms", seed) as {
    vmId: string;
  };
  return vmId;
}

/** Adds a commit, and returns its id. */
export async function addCommit(
  simulator: SimulatorProcess,
  seed: CommitSeed = {},
): Promise<string> {
  const { commitId } = await simulator.control("POST", "commits", seed) as {
    commitId: string;
  };
  return commitId;
}

/** Returns every VM that lives, as those see it who run the server. */
export async function vmsOf(
  simulator: SimulatorProcess,
): Promise<SimulatedVm[]> {
  const vms = await simulator.control("GET", "vms") as SimulatedVm[];
  return vms.filter(({ deletedAt }) => deletedAt === null);
}

/** Returns the ids of the VMs that were made of a VM or a commit. */
export async function offspringOf(
  simulator: SimulatorProcess,
  source: string,
): Promise<string[]> {
  const vms = await vmsOf(simulator);
  return vms.filter((vm) =>
    vm.grandparentVmId === source || vm.parentCommitId === source
  ).map(({ vmId }) => vmId);
}

/** Puts a VM in a state, now or later. */
export async function setState(
  simulator: SimulatorProcess,
  vmId: string,
  state: string,
  afterMs = 0,
): Promise<void> {
  await simulator.control("POST", "states", { vmId, state, afterMs });
}

/** Makes a VM HEAD of the sandbox's project. */
export async function writeHead(sandbox: Sandbox, vmId: string): Promise<void> {
  await Deno.mkdir(`${sandbox.project}/.vers`, { recursive: true });
  await Deno.writeTextFile(headOf(sandbox), vmId);
}

/** Returns the path of the project's HEAD. */
export function headOf(sandbox: Sandbox): string {
  return `${sandbox.project}/.vers/HEAD`;
}
