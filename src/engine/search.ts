import { ApiError } from "../api/api_error.ts";
import type { Answer } from "../api/exchange.ts";
import type { Vm, VmList, VmMetadata } from "../api/types.ts";
import type { VersClient } from "../api/vers_client.ts";
import type { Handle } from "../job/entry.ts";
import type { JobBase } from "../job/job.ts";
import type { Traces } from "./driver.ts";
import type { AdoptPolicy } from "./engine.ts";
import type { Candidate } from "./engine_error.ts";

/** The label that ties a VM to the job that made it; its value is the token. */
export const JOB_LABEL = "vers-job";

/** What a search for a lost request's VMs needs. */
export interface Search {
  readonly client: VersClient;
  readonly job: JobBase;
  readonly traces: Traces;
  /** Every VM of the organisation, read just now. */
  readonly list: Answer<VmList>;
  readonly confirmWindowMs: number;
  readonly adopt: AdoptPolicy;
  /** Whether a VM is the handle of another job. */
  readonly isTaken: (vmId: string) => boolean;
  /** Whether another job may have made one of these, too. */
  readonly hasRival: (vms: readonly UnclaimedVm[]) => boolean;
  /** How far the server's clock is ahead of ours. */
  readonly skewMs: number;
  readonly signal: AbortSignal;
}

/** A VM that no job has, and where it comes from. */
export interface UnclaimedVm {
  readonly vm: Vm;
  readonly metadata: VmMetadata;
}

/** What a search has shown so far. */
export type Found =
  | { readonly type: "found"; readonly handle: Handle }
  | {
    readonly type: "absent";
    /** What may be the job's: with one of these it must not be sent again. */
    readonly candidates: readonly Candidate[];
    /** Whether one of them is so young that its maker may yet label it. */
    readonly isEarly: boolean;
  };

/**
 * Looks for the VMs that a request has made whose answer was lost.
 *
 * The job's label is proof. Without it, and for kinds that may be adopted by
 * lineage, exactly as many candidates as were asked for are the job's, if no
 * other open intent could have made them.
 */
export async function search(options: Search): Promise<Found> {
  const { job, traces, list } = options;
  const count = traces.count(job);
  const own = labelledVms(list.value.vms, job);
  if (own.length >= count) {
    return {
      type: "found",
      handle: traces.handleOf(own.slice(0, count).map((vm) => vm.vm_id)),
    };
  }
  const { vms, isEarly } = await unclaimedVms(options);
  const candidates = vms.map(({ vm }) => ({
    vmId: vm.vm_id,
    state: vm.state,
    createdAt: vm.created_at,
  }));
  const isOurs = !traces.areLabelled && traces.mayAdopt(options.adopt, job) &&
    isOwnerKnown(job) && !isEarly && vms.length === count;
  if (!isOurs || options.hasRival(vms)) {
    return { type: "absent", candidates, isEarly };
  }
  const vmIds = vms.map(({ vm }) => vm.vm_id);
  return { type: "found", handle: traces.handleOf(vmIds) };
}

/** Returns the VMs that carry the job's token, the oldest first. */
export function labelledVms(vms: readonly Vm[], job: JobBase): Vm[] {
  return vms.filter((vm) => vm.labels[JOB_LABEL] === job.token).sort(byAge);
}

const CLOCK_SLACK_MS = 2_000;

/** How old a VM is when whoever made it has surely labelled it. */
const LABELLED_BY_MS = 10_000;

/**
 * Returns the VMs that this job may have made: of the intent's account, from
 * the time of its requests, of the right lineage, without a label of somebody
 * else, and no handle in the ledger.
 */
export async function unclaimedVms(
  options: Search,
): Promise<
  { readonly vms: readonly UnclaimedVm[]; readonly isEarly: boolean }
> {
  const { job, traces, list, confirmWindowMs } = options;
  const { from, until } = requestTimes(job, options);
  const now = (list.serverTime ?? new Date(until)).getTime();
  const graceMs = Math.min(LABELLED_BY_MS, confirmWindowMs);
  const vms: UnclaimedVm[] = [];
  let isEarly = false;
  for (const vm of [...list.value.vms].sort(byAge)) {
    const createdAt = Date.parse(vm.created_at);
    if (isOwnerKnown(job) && vm.owner_id !== job.account) continue;
    if (createdAt < from || createdAt > until) continue;
    if (isLabelledBySomebody(vm, traces) || options.isTaken(vm.vm_id)) continue;
    const metadata = await metadataOf(options, vm.vm_id);
    if (!metadata || !traces.isOffspring(metadata, job)) continue;
    vms.push({ vm, metadata });
    if (!traces.areLabelled && now - createdAt < graceMs) isEarly = true;
  }
  return { vms, isEarly };
}

/**
 * When, by the server's clock, a job's requests can have been carried out.
 *
 * What our clock says of the time between two sends is believed only if it is
 * long enough: it may have stepped back.
 */
export function requestTimes(
  job: JobBase,
  { confirmWindowMs, skewMs }: Pick<Search, "confirmWindowMs" | "skewMs">,
): { readonly from: number; readonly until: number } {
  const startedAt = Date.parse(job.startedAt);
  const first = job.serverAt ? Date.parse(job.serverAt) : startedAt + skewMs;
  const betweenMs = Math.max(
    (job.sends - 1) * confirmWindowMs,
    Date.parse(job.submittedAt) - startedAt,
  );
  return {
    from: first - CLOCK_SLACK_MS,
    // A `Date` header is cut to the second: the request left up to one later.
    until: first + betweenMs + confirmWindowMs + CLOCK_SLACK_MS,
  };
}

function isLabelledBySomebody(vm: Vm, traces: Traces): boolean {
  // Where the request sets the label, a VM with any label is another's; where
  // it does not, only that of another job says so.
  return traces.areLabelled
    ? Object.keys(vm.labels).length > 0
    : vm.labels[JOB_LABEL] !== undefined;
}

async function metadataOf(
  options: Search,
  vmId: string,
): Promise<VmMetadata | undefined> {
  const { client, signal } = options;
  try {
    return (await client.vmMetadata(vmId, { signal })).value;
  } catch (error) {
    // What is gone by now cannot be taken for ours.
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether the account is a key's id, which the server gives as the owner. */
export function isOwnerKnown(job: JobBase): boolean {
  return UUID.test(job.account);
}

function byAge(a: Vm, b: Vm): number {
  const difference = Date.parse(a.created_at) - Date.parse(b.created_at);
  return difference !== 0 ? difference : a.vm_id < b.vm_id ? -1 : 1;
}
