import * as z from "zod/mini";
import {
  badRequest,
  bareAnswer,
  forbidden,
  jsonAnswer,
  notFound,
} from "./answer.ts";
import {
  awaitBoot,
  done,
  type Endpoint,
  type EndpointContext,
  flagQuery,
  idParam,
  jsonBody,
  shaped,
  shown,
} from "./endpoint.ts";
import {
  changeState,
  knownVm,
  livingVm,
  renderMetadata,
  renderVm,
  stateAt,
} from "./vm_life.ts";
import type { ServiceCall, StoredVm } from "./world.ts";

/** Every living VM of the organisation, whoever made it, in no order. */
export const listVms: Endpoint = (call, { world, now, quirks }) => {
  const { lag: { ms: lagMs } = { ms: 0 }, alsoListed, labels } = quirks;
  const vms = world.vms
    .filter((vm) => vm.organisation === call.account.organisation)
    .filter((vm) => (vm.listedFrom ?? 0) <= now)
    .flatMap((vm) => asItWas(vm, { now, lagMs }) ?? [])
    .filter((vm) => vm.deletedAt === undefined)
    // The service promises no order: not the order of creation, then.
    .toSorted((one, other) => one.vmId < other.vmId ? -1 : 1)
    .map((vm) => renderVm(vm, now - lagMs, labels?.as));
  return shown(jsonAnswer(200, [...alsoListed?.entries ?? [], ...vms]));
};

/** One living VM. */
export const readStatus: Endpoint = (call, context) => {
  const { vm, shownAt } = readableVm(call, context);
  if (vm.deletedAt !== undefined) throw notFound();
  const as = context.quirks.labels?.as;
  return shown(jsonAnswer(200, renderVm(vm, shownAt, as)));
};

/** A VM's origin and end: deleted ones stay readable. */
export const readMetadata: Endpoint = (call, context) => {
  const { vm, shownAt } = readableVm(call, context);
  return shown(jsonAnswer(200, renderMetadata(vm, shownAt)));
};

/**
 * Returns a VM and the time as of which it is shown.
 *
 * @throws {Refusal} when there is no such VM, or was none then.
 */
function readableVm(
  call: ServiceCall,
  { world, now, quirks }: EndpointContext,
) {
  const lagMs = quirks.lag?.ms ?? 0;
  const known = knownVm(world, call.account, idParam(call, "vm"));
  const vm = known && asItWas(known, { now, lagMs });
  if (!vm || (vm.readableFrom ?? 0) > now) throw notFound();
  return { vm, shownAt: now - lagMs };
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
  // No 404 is declared here; as with a deletion, then.
  const vm = livingVm(world, call.account, vmId, forbidden);
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
  if (stateAt(vm, now) === "dead") throw badRequest("vm is dead");
  awaitBoot(vm, now, { skipWait });
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
  if (fsSizeMib <= vm.fsSizeMib) {
    throw badRequest(`fs_size_mib must be larger than ${vm.fsSizeMib}`);
  }
  awaitBoot(vm, now, { skipWait });
  vm.fsSizeMib = fsSizeMib;
  return done(bareAnswer(200));
};

/** Deletes a VM; one that is not there is answered as one of others. */
export const deleteVm: Endpoint = (call, { world, now }) => {
  const vmId = idParam(call, "vm");
  const vm = livingVm(world, call.account, vmId, forbidden);
  vm.deletedAt = now;
  return done(jsonAnswer(200, { vm_id: vm.vmId }));
};
