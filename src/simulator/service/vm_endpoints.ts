import * as z from "zod/mini";
import {
  badRequest,
  bareAnswer,
  forbidden,
  jsonAnswer,
  notFound,
} from "./answer.ts";
import {
  bootingUntil,
  done,
  type Endpoint,
  type EndpointContext,
  flagQuery,
  idParam,
  jsonBody,
  shaped,
  shown,
} from "./endpoint.ts";
import { type Fault, faultOf } from "../faults/faults.ts";
import {
  changeState,
  knownVm,
  livingVm,
  renderMetadata,
  renderVm,
  stateAt,
} from "./vm_life.ts";
import type { Call, StoredVm } from "./world.ts";

/** Every living VM of the organisation, whoever made it, in no order. */
export const listVms: Endpoint = (call, { world, now, faults }) => {
  const lagMs = lagOf(faults);
  const as = faultOf(faults, "labels")?.as;
  const vms = world.vms
    .filter((vm) => vm.organisation === call.account.organisation)
    .filter((vm) => (vm.listedFrom ?? 0) <= now)
    .flatMap((vm) => asItWas(vm, { now, lagMs }) ?? [])
    .filter((vm) => vm.deletedAt === undefined)
    // The service promises no order: not the order of creation, then.
    .toSorted((one, other) => one.vmId < other.vmId ? -1 : 1)
    .map((vm) => renderVm(vm, now - lagMs, as));
  const others = faultOf(faults, "also_listed")?.entries ?? [];
  return shown(jsonAnswer(200, [...others, ...vms]));
};

/** One living VM. */
export const readStatus: Endpoint = (call, context) => {
  const { now, faults } = context;
  const vm = readableVm(call, context);
  if (vm.deletedAt !== undefined) throw notFound();
  const as = faultOf(faults, "labels")?.as;
  return shown(jsonAnswer(200, renderVm(vm, now - lagOf(faults), as)));
};

/** A VM's origin and end: deleted ones stay readable. */
export const readMetadata: Endpoint = (call, context) => {
  const vm = readableVm(call, context);
  const shownAt = context.now - lagOf(context.faults);
  return shown(jsonAnswer(200, renderMetadata(vm, shownAt)));
};

/** @throws {Refusal} when there is no such VM, or was none then. */
function readableVm(
  call: Call,
  { world, now, faults }: EndpointContext,
): StoredVm {
  const known = knownVm(world, call.account, idParam(call, "vm"));
  const vm = known && asItWas(known, { now, lagMs: lagOf(faults) });
  if (!vm || (vm.readableFrom ?? 0) > now) throw notFound();
  return vm;
}

/** How old an answer is. */
function lagOf(faults: readonly Fault[]): number {
  return faultOf(faults, "lag")?.ms ?? 0;
}

/**
 * Returns a VM as an answer has it that is so old; `undefined` when it was not
 * there by then. In an answer of now everything is, whatever its date.
 */
function asItWas(
  vm: StoredVm,
  { now, lagMs }: { readonly now: number; readonly lagMs: number },
): StoredVm | undefined {
  if (lagMs === 0) return vm;
  const then = now - lagMs;
  if (vm.createdAt > then) return undefined;
  const { deletedAt, ...living } = vm;
  return deletedAt !== undefined && deletedAt > then ? living : vm;
}

const LABEL_BODY = z.object({
  labels: z.nullish(z.record(z.string(), z.string())),
});

/** Adds labels to those that a VM has. */
export const labelVm: Endpoint = (call, { world }) => {
  const vmId = idParam(call, "vm");
  const { labels } = shaped(jsonBody(call), LABEL_BODY);
  const vm = livingVm(world, call.account, vmId);
  // No 404 is declared here; as with a deletion, then.
  if (!vm) throw forbidden();
  if (labels) vm.labels = { ...vm.labels, ...labels };
  return done(bareAnswer(200));
};

const STATE_BODY = z.object({
  state: z.enum(["Running", "Paused", "Sleeping"]),
});

/** Pauses, puts to sleep or resumes a VM; answers before it is so. */
export const changeVmState: Endpoint = (call, context) => {
  const { world, now, resumeMs } = context;
  const vmId = idParam(call, "vm");
  const skipWait = flagQuery(call, "skip_wait_boot");
  const { state } = shaped(jsonBody(call), STATE_BODY);
  const vm = livingVm(world, call.account, vmId);
  if (!vm) throw notFound();
  if (stateAt(vm, now) === "dead") throw badRequest("vm is dead");
  const until = bootingUntil(vm, now, { skipWait });
  if (until !== undefined) return { type: "wait", until };
  const wanted = state.toLowerCase();
  if (stateAt(vm, now) !== wanted) {
    changeState(vm, wanted === "running" ? now + resumeMs : now, wanted);
  }
  return done(bareAnswer(200));
};

const DISK_BODY = z.object({ fs_size_mib: z.int32().check(z.minimum(0)) });

/** Makes a VM's disk larger. */
export const resizeDisk: Endpoint = (call, { world, now }) => {
  const vmId = idParam(call, "vm");
  const skipWait = flagQuery(call, "skip_wait_boot");
  const { fs_size_mib: fsSizeMib } = shaped(jsonBody(call), DISK_BODY);
  const vm = livingVm(world, call.account, vmId);
  if (!vm) throw notFound();
  if (fsSizeMib <= vm.fsSizeMib) {
    throw badRequest(`fs_size_mib must be larger than ${vm.fsSizeMib}`);
  }
  const until = bootingUntil(vm, now, { skipWait });
  if (until !== undefined) return { type: "wait", until };
  vm.fsSizeMib = fsSizeMib;
  return done(bareAnswer(200));
};

/** Deletes a VM; one that is not there is answered as one of others. */
export const deleteVm: Endpoint = (call, { world, now }) => {
  const vm = livingVm(world, call.account, idParam(call, "vm"));
  if (!vm) throw forbidden();
  vm.deletedAt = now;
  return done(jsonAnswer(200, { vm_id: vm.vmId }));
};
