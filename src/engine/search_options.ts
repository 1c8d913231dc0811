import type { Answer } from "../api/exchange.ts";
import type { VmList } from "../api/types.ts";
import type { Job, SubmittedJob } from "../job/job.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import { driverOf, type Traces } from "./kinds.ts";
import { confirmWindowMs, type Run } from "./look.ts";
import {
  requestTimes,
  type Search,
  type Taken,
  type UnclaimedVm,
} from "./search.ts";

/** Returns what a search asks of this command's ledger and settings. */
export function searchOf(
  run: Run,
  job: Job,
  traces: Traces,
  list: Answer<VmList>,
  signal: AbortSignal,
): Search {
  const { ledger, client, clock } = run.engine;
  const now = clock.now().getTime();
  const skewMs = (list.serverTime?.getTime() ?? now) - now;
  const hasRival = async (vms: readonly UnclaimedVm[]) => {
    const others = await ledger.openIntents();
    return others.some((other) => isRival(run, other, { job, vms, skewMs }));
  };
  return {
    client,
    job,
    traces,
    list,
    confirmWindowMs: confirmWindowMs(run),
    adopt: run.options.adopt,
    takenOf: (vmIds) =>
      orElse<Taken>(() => ledger.ownersOf(vmIds, job), new Map()),
    hasRival: (vms) => orElse(() => hasRival(vms), true),
    skewMs,
    signal,
  };
}

/** What looks like the VMs of a job. */
interface Findings {
  readonly job: Job;
  readonly vms: readonly UnclaimedVm[];
  readonly skewMs: number;
}

/** Whether another open intent could have made what looks like a job's. */
function isRival(
  run: Run,
  other: SubmittedJob,
  { job, vms, skewMs }: Findings,
): boolean {
  if (other.id === job.id && other.token === job.token) return false;
  if (other.scope !== job.scope || other.account !== job.account) return false;
  const { traces, confirmWindowMs } = driverOf(other.kind);
  // What carries its label from the start is never taken for another's.
  if (traces === undefined || traces.areLabelled) return false;
  const { from, until } = requestTimes(other, {
    confirmWindowMs: run.options.confirmWindowMs ?? confirmWindowMs,
    skewMs,
  });
  return vms.some(({ vm, metadata }) => {
    const createdAt = Date.parse(vm.created_at);
    return createdAt >= from && createdAt <= until &&
      traces.isOffspring(metadata, other);
  });
}

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
