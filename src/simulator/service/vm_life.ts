import type { JsonObject } from "../../json.ts";
import { notFound, type Refusal } from "./answer.ts";
import type { Quirks } from "./quirks.ts";
import type { Account, StoredVm, World } from "./world.ts";

/** What a creation decides about its VM. */
export interface NewVmOptions {
  readonly account: Account;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** How long it boots; without it, the VM runs at once. */
  readonly bootMs?: number;
  readonly labels?: Record<string, string> | null;
  readonly parentCommitId?: string | undefined;
  readonly grandparentVmId?: string | undefined;
  readonly memSizeMib?: number | null | undefined;
  readonly vcpuCount?: number | null | undefined;
  readonly fsSizeMib?: number | null | undefined;
  readonly quirks?: Quirks;
}

/** Returns a VM that was made now. */
export function newVm(options: NewVmOptions): StoredVm {
  const { account, now, quirks: { unlisted, unreadable, labels } = {} } =
    options;
  return {
    vmId: crypto.randomUUID(),
    ownerId: account.keyId,
    organisation: account.organisation,
    createdAt: now,
    changes: firstChanges(options),
    labels: options.labels ?? null,
    memSizeMib: options.memSizeMib ?? 512,
    vcpuCount: options.vcpuCount ?? 1,
    fsSizeMib: options.fsSizeMib ?? 1024,
    parentCommitId: options.parentCommitId,
    grandparentVmId: options.grandparentVmId,
    listedFrom: unlisted && now + unlisted.ms,
    readableFrom: unreadable && now + unreadable.ms,
    labelsShownAs: labels?.as,
  };
}

function firstChanges(options: NewVmOptions): StoredVm["changes"] {
  const { now, quirks = {} } = options;
  if (quirks.states) {
    const changes = quirks.states.states.map(({ afterMs, state }) => ({
      at: now + afterMs,
      state,
    }));
    return changes.toSorted((one, other) => one.at - other.at);
  }
  const bootMs = quirks.boot?.ms ?? options.bootMs;
  if (bootMs === undefined) return [{ at: now, state: "running" }];
  return [
    { at: now, state: "booting" },
    { at: now + bootMs, state: "running" },
  ];
}

/** Returns the state a VM is in; before its first one it is in that. */
export function stateAt(vm: StoredVm, now: number): string {
  const past = vm.changes.findLast((change) => change.at <= now);
  return (past ?? vm.changes[0])?.state ?? "running";
}

/** Returns when the VM next changes by itself; `undefined`: never. */
export function nextChangeAt(vm: StoredVm, now: number): number | undefined {
  return vm.changes.find((change) => change.at > now)?.at;
}

/** Puts a VM in a state from `at` on; what was to come after is off. */
export function changeState(vm: StoredVm, at: number, state: string): void {
  vm.changes = vm.changes.filter((change) => change.at < at);
  vm.changes.push({ at, state });
}

/**
 * Returns the VM of this id.
 *
 * @throws {Refusal} when it does not live, or is not the account's to see.
 */
export function livingVm(
  world: World,
  account: Account,
  vmId: string,
  refusal: () => Refusal = notFound,
): StoredVm {
  const vm = findLivingVm(world, account, vmId);
  if (!vm) throw refusal();
  return vm;
}

/** Returns the VM of this id if it lives and is the account's to see. */
export function findLivingVm(
  world: World,
  account: Account,
  vmId: string,
): StoredVm | undefined {
  const vm = knownVm(world, account, vmId);
  return vm?.deletedAt === undefined ? vm : undefined;
}

/** Returns the VM of this id, deleted or not, if it is the account's to see. */
export function knownVm(
  world: World,
  { organisation }: Account,
  vmId: string,
): StoredVm | undefined {
  return world.vms.find((vm) =>
    vm.vmId === vmId && vm.organisation === organisation
  );
}

/** Returns a VM as list and status give it. */
export function renderVm(
  vm: StoredVm,
  now: number,
  labelsShownAs = vm.labelsShownAs,
): JsonObject {
  return {
    vm_id: vm.vmId,
    owner_id: vm.ownerId,
    created_at: new Date(vm.createdAt).toISOString(),
    state: stateAt(vm, now),
    labels: labelsShownAs === "missing"
      ? undefined
      : labelsShownAs === "null"
      ? null
      : labelsShownAs === "empty"
      ? {}
      : vm.labels,
  };
}

/** Returns a VM as metadata gives it: with its origin, without its labels. */
export function renderMetadata(vm: StoredVm, now: number): JsonObject {
  return {
    vm_id: vm.vmId,
    owner_id: vm.ownerId,
    created_at: new Date(vm.createdAt).toISOString(),
    state: vm.deletedAt === undefined ? stateAt(vm, now) : "dead",
    ip: `fd00:${vm.vmId.slice(0, 4)}:${vm.vmId.slice(4, 8)}::1`,
    deleted_at: deletionTime(vm),
    parent_commit_id: vm.parentCommitId ?? null,
    grandparent_vm_id: vm.grandparentVmId ?? null,
    vcpu_count: vm.vcpuCount,
    mem_size_mib: vm.memSizeMib,
  };
}

function deletionTime({ deletedAt }: StoredVm): string | null {
  return deletedAt === undefined ? null : new Date(deletedAt).toISOString();
}

/** A VM as tests and `/_simulator/vms` see it. */
export type SimulatedVm = Readonly<ReturnType<typeof simulatedVm>>;

/** Returns a VM as tests and `/_simulator/vms` see it; times as RFC 3339. */
export function simulatedVm(vm: StoredVm, now: number) {
  const { vmId, ownerId, organisation, createdAt } = vm;
  return {
    vmId,
    ownerId,
    organisation,
    createdAt: new Date(createdAt).toISOString(),
    deletedAt: deletionTime(vm),
    state: stateAt(vm, now),
    // Shown or withheld.
    labels: { ...vm.labels },
    parentCommitId: vm.parentCommitId ?? null,
    grandparentVmId: vm.grandparentVmId ?? null,
  };
}
