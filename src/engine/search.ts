import { ApiError } from "../api/api_error.ts";
import type { Answer } from "../api/exchange.ts";
import type { Vm, VmList, VmMetadata } from "../api/types.ts";
import type { Job, RunningJob, SubmittedJob } from "../job/job.ts";
import type { Handle } from "../job/record.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import { isUuid } from "../uuid.ts";
import type { Candidate } from "./engine_error.ts";
import { countOf, JOB_LABEL, kindOf, type Recovery } from "./kinds.ts";
import { confirmWindowMs, look, type Run } from "./look.ts";
import { byAge, labelledIds, nameDuplicate, readVmList } from "./vm_labels.ts";

/** What a search for the VMs of a job goes by. */
export interface Search {
  readonly run: Run;
  readonly job: Job;
  readonly recovery: Recovery;
  /** Every VM of the organisation, read just now. */
  readonly list: Answer<VmList>;
  readonly signal: AbortSignal;
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

/** A VM that no job has, and where it comes from. */
interface UnclaimedVm {
  readonly vm: Vm;
  readonly metadata: VmMetadata;
}

/** What a job may have made without a label. */
interface Unclaimed {
  /** By their time and their lineage they are what the job would have made. */
  readonly vms: readonly UnclaimedVm[];
  /**
   * What may be one of those, by a time that two clocks disagree about or by
   * metadata that are not there. None of it is adopted, and beside it nothing
   * is sent again.
   */
  readonly doubtful: readonly string[];
  /** Whether one of them is so young that its maker may yet label it. */
  readonly isEarly: boolean;
}

/**
 * Looks for the VMs that a request has made whose answer was lost.
 *
 * The job's label is proof. Without it, and for kinds that may be adopted by
 * lineage, exactly as many candidates as were asked for are the job's, if no
 * other open intent could have made them.
 */
export async function search(options: Search): Promise<Found> {
  const { run, job, recovery, list } = options;
  const count = countOf(job);
  const own = labelledIds(list.value, job.token);
  if (own.length >= count) {
    return { type: "found", handle: recovery.handleOf(own.slice(0, count)) };
  }
  const { vms, doubtful, isEarly } = await unclaimedVms(options);
  const vmIds = vms.map(({ vm }) => vm.vm_id);
  // Fewer than were asked for: these are the job's, and of the others some.
  const candidates = [...own, ...vmIds, ...doubtful]
    .map((vmId) => candidateOf(vmId, list.value));
  const isOurs = !recovery.isLabelled &&
    recovery.mayAdopt(run.options.adopt, job) &&
    isOwnerKnown(job) && !isEarly && own.length === 0 && vms.length === count;
  if (!isOurs || await hasRival(options, vms)) {
    return { type: "absent", candidates, isEarly };
  }
  return { type: "found", handle: recovery.handleOf(vmIds) };
}

/**
 * Names the VMs that this job may have made besides its handle, where they
 * carry no label. One look; what it misses is no reason to fail a job that is
 * done.
 */
export async function nameUnlabelledDuplicates(
  run: Run,
  job: RunningJob,
): Promise<void> {
  const { recovery } = run.kind;
  if (recovery === undefined) return;
  try {
    await look(run, "list", async (client, { signal }) => {
      const list = await readVmList(run, job, client, { signal });
      const { vms } = await unclaimedVms({ run, job, recovery, list, signal });
      const own = job.handle.vm_ids;
      for (const { vm: { vm_id: other } } of vms) {
        if (own.includes(other)) continue;
        nameDuplicate(run, job, { own, other, isUnproven: true });
      }
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
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

/** What writes the times of VMs may have another clock than what answers. */
const TWO_CLOCKS_MS = 60_000;

/** Without the server's clock all that is known is ours. */
const NO_CLOCK_MS = 600_000;

/** How old a VM is when whoever made it has surely labelled it. */
const LABELLED_BY_MS = 10_000;

/**
 * Returns the VMs that this job may have made: of the intent's account, from
 * the time of its requests, of the right lineage, without a label of somebody
 * else, and no handle in the ledger.
 */
async function unclaimedVms(options: Search): Promise<Unclaimed> {
  const { run, job, recovery, list } = options;
  const windowMs = confirmWindowMs(run);
  const { from, until } = requestTimes(job, {
    confirmWindowMs: windowMs,
    skewMs: skewOf(options),
  });
  const now = (list.serverTime ?? new Date(until)).getTime();
  const graceMs = Math.min(LABELLED_BY_MS, windowMs);
  const isWithin = ({ created_at }: Vm, slackMs: number) => {
    const createdAt = Date.parse(created_at);
    return createdAt >= from - slackMs && createdAt <= until + slackMs;
  };
  const doubtMs = recovery.isLabelled
    ? 0
    : job.server_at === undefined
    ? NO_CLOCK_MS
    : TWO_CLOCKS_MS;
  const possible = list.value.vms.filter((vm) =>
    vm.vm_id !== job.source &&
    (!isOwnerKnown(job) || vm.owner_id === job.account) &&
    isWithin(vm, doubtMs) && !isLabelledBySomebody(vm, recovery)
  );
  const possibleIds = possible.map(({ vm_id }) => vm_id);
  const owners = await orElse(
    () => run.engine.ledger.ownersOf(possibleIds, job),
    new Map<string, string>(),
  );
  const vms: UnclaimedVm[] = [];
  const doubtful: string[] = [];
  let isEarly = false;
  for (const vm of possible.sort(byAge)) {
    if (owners.has(vm.vm_id)) continue;
    const metadata = await metadataOf(options, vm.vm_id);
    if (metadata && !recovery.hasLineage(metadata, job)) continue;
    if (metadata && isWithin(vm, 0)) vms.push({ vm, metadata });
    else if (!recovery.isLabelled) doubtful.push(vm.vm_id);
    const ageMs = now - Date.parse(vm.created_at);
    if (!recovery.isLabelled && ageMs < graceMs) isEarly = true;
  }
  return { vms, doubtful, isEarly };
}

/** Returns how far the server's clock is ahead of ours, in milliseconds. */
function skewOf({ run, list }: Search): number {
  const now = run.engine.clock.now().getTime();
  return (list.serverTime?.getTime() ?? now) - now;
}

/**
 * When, by the server's clock, a job's requests can have been carried out.
 *
 * What our clock says of the time between two sends is believed only if it is
 * long enough: it may have stepped back.
 */
export function requestTimes(
  job: Job,
  { confirmWindowMs, skewMs }: {
    readonly confirmWindowMs: number;
    readonly skewMs: number;
  },
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

function isLabelledBySomebody(vm: Vm, recovery: Recovery): boolean {
  // Where the request sets the label, a VM with any label is another's; where
  // it does not, only that of another job says so.
  return recovery.isLabelled
    ? Object.keys(vm.labels).length > 0
    : vm.labels[JOB_LABEL] !== undefined;
}

async function metadataOf(
  { run, signal }: Search,
  vmId: string,
): Promise<VmMetadata | undefined> {
  try {
    return (await run.engine.client.vmMetadata(vmId, { signal })).value;
  } catch (error) {
    // What was deleted by now cannot be taken for ours.
    if (error instanceof ApiError && error.isNotFound) return undefined;
    throw error;
  }
}

/** Whether the account is a key's id, which the server gives as the owner. */
export function isOwnerKnown(job: Job): boolean {
  return isUuid(job.account);
}

/** Whether another open intent could have made some of these VMs. */
function hasRival(
  options: Search,
  vms: readonly UnclaimedVm[],
): Promise<boolean> {
  return orElse(async () => {
    const others = await options.run.engine.ledger.openIntents();
    return others.some((other) => isRival(options, other, vms));
  }, true);
}

function isRival(
  options: Search,
  other: SubmittedJob,
  vms: readonly UnclaimedVm[],
): boolean {
  const { run, job } = options;
  if (other.id === job.id && other.token === job.token) return false;
  if (other.scope !== job.scope || other.account !== job.account) return false;
  const { recovery, confirmWindowMs } = kindOf(other.kind);
  // What carries its label from the start is never taken for another's.
  if (recovery === undefined || recovery.isLabelled) return false;
  const { from, until } = requestTimes(other, {
    confirmWindowMs: run.options.confirmWindowMs ?? confirmWindowMs,
    skewMs: skewOf(options),
  });
  return vms.some(({ vm, metadata }) => {
    const createdAt = Date.parse(vm.created_at);
    return createdAt >= from && createdAt <= until &&
      recovery.hasLineage(metadata, other);
  });
}

/** A ledger that cannot be read must not cost the user the VM. */
async function orElse<Value>(
  read: () => Promise<Value>,
  unreadable: Value,
): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof LedgerError) return unreadable;
    throw error;
  }
}
