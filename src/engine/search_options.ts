import type { Answer } from "../api/exchange.ts";
import type { Vm } from "../api/types.ts";
import type { JobBase, SubmittedJob } from "../job/job.ts";
import { LedgerError } from "../ledger/ledger_error.ts";
import type { Traces } from "./driver.ts";
import { confirmWindowMs, type Run } from "./run.ts";
import { requestTimes, type Search } from "./search.ts";

/** Returns what a search asks of this command's ledger and settings. */
export function searchOf(
  run: Run,
  job: JobBase,
  traces: Traces,
  list: Answer<readonly Vm[]>,
  signal: AbortSignal,
): Search {
  const { ledger, client } = run.engine;
  return {
    client,
    job,
    traces,
    list,
    confirmWindowMs: confirmWindowMs(run),
    adopt: run.options.adopt,
    isTaken: (vmId) =>
      orElse(() => ledger.ownerOf(vmId, job) !== undefined, false),
    hasRival: () =>
      orElse(
        () => ledger.openIntents().some((other) => isRival(run, job, other)),
        true,
      ),
    signal,
  };
}

/** Whether another open intent could have made what looks like this job's. */
function isRival(run: Run, job: JobBase, other: SubmittedJob): boolean {
  if (other.id === job.id && other.token === job.token) return false;
  if (other.kind !== job.kind || other.source !== job.source) return false;
  if (other.scope !== job.scope) return false;
  const ours = requestTimes(job, confirmWindowMs(run));
  const theirs = requestTimes(other, confirmWindowMs(run));
  return theirs.from <= ours.until && ours.from <= theirs.until;
}

function orElse<Value>(read: () => Value, unreadable: Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof LedgerError) return unreadable;
    throw error;
  }
}
