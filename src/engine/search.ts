import { ApiError } from "../api/api_error.ts";
import type { Answer } from "../api/exchange.ts";
import type { Vm, VmList, VmMetadata } from "../api/types.ts";
import type { VersClient } from "../api/vers_client.ts";
import type { Handle } from "../job/record.ts";
import type { Job } from "../job/job.ts";
import type { Traces } from "./kinds.ts";
import type { AdoptPolicy } from "./engine.ts";
import type { Candidate } from "./engine_error.ts";
import { byAge, JOB_LABEL, labelledIds } from "./vm_list.ts";
import { isUuid } from "../uuid.ts";

/** What a search for a lost request's VMs needs. */
export interface Search {
  readonly client: VersClient;
  readonly job: Job;
  readonly traces: Traces;
  /** Every VM of the organisation, read just now. */
  readonly list: Answer<VmList>;
  readonly confirmWindowMs: number;
  readonly adopt: AdoptPolicy;
  /** Returns which of these VMs are the handle of another job. */
  readonly takenOf: (vmIds: readonly string[]) => Promise<Taken>;
  /** Whether another job may have made one of these, too. */
  readonly hasRival: (vms: readonly UnclaimedVm[]) => Promise<boolean>;
  /** How far the server's clock is ahead of ours. */
  readonly skewMs: number;
  readonly signal: AbortSignal;
}

/** The VMs that are taken. */
export type Taken = Pick<ReadonlyMap<string, unknown>, "has">;

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
  const own = labelledIds(list.value, job.token);
  if (own.length >= count) {
    return { type: "found", handle: traces.handleOf(own.slice(0, count)) };
  }
  const { vms, isEarly } = await unclaimedVms(options);
  // Fewer than were asked for: these are the job's, and of the others some.
  const candidates = [...own, ...vms.map(({ vm }) => vm.vm_id)]
    .map((vmId) => candidateOf(vmId, list.value));
  const isOurs = !traces.areLabelled && traces.mayAdopt(options.adopt, job) &&
    isOwnerKnown(job) && !isEarly && own.length === 0 && vms.length === count;
  if (!isOurs || await options.hasRival(vms)) {
    return { type: "absent", candidates, isEarly };
  }
  const vmIds = vms.map(({ vm }) => vm.vm_id);
  return { type: "found", handle: traces.handleOf(vmIds) };
}

function candidateOf(vmId: string, { vms }: VmList): Candidate {
  const vm = vms.find(({ vm_id }) => vm_id === vmId);
  return {
    vmId,
    state: vm?.state ?? "unknown",
    createdAt: vm?.created_at ?? "unknown",
  };
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
  const possible = list.value.vms.filter((vm) => {
    const createdAt = Date.parse(vm.created_at);
    return (!isOwnerKnown(job) || vm.owner_id === job.account) &&
      createdAt >= from && createdAt <= until &&
      !isLabelledBySomebody(vm, traces);
  });
  const taken = await options.takenOf(possible.map(({ vm_id }) => vm_id));
  const vms: UnclaimedVm[] = [];
  let isEarly = false;
  for (const vm of possible.sort(byAge)) {
    if (taken.has(vm.vm_id)) continue;
    const metadata = await metadataOf(options, vm.vm_id);
    if (!metadata || !traces.isOffspring(metadata, job)) continue;
    vms.push({ vm, metadata });
    const ageMs = now - Date.parse(vm.created_at);
    if (!traces.areLabelled && ageMs < graceMs) isEarly = true;
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
  job: Job,
  { confirmWindowMs, skewMs }: Pick<Search, "confirmWindowMs" | "skewMs">,
): { readonly from: number; readonly until: number } {
  const started_at = Date.parse(job.started_at);
  const first = job.server_at ? Date.parse(job.server_at) : started_at + skewMs;
  const betweenMs = Math.max(
    (job.sends - 1) * confirmWindowMs,
    Date.parse(job.sent_at) - started_at,
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
    if (error instanceof ApiError && error.isNotFound) return undefined;
    throw error;
  }
}

/** Whether the account is a key's id, which the server gives as the owner. */
export function isOwnerKnown(job: Job): boolean {
  return isUuid(job.account);
}
