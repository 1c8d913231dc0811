import type { Answer } from "../api/exchange.ts";
import type { VmList } from "../api/types.ts";
import type { VersClient } from "../api/vers_client.ts";
import { Failure } from "../failure.ts";
import type { Job, RunningJob } from "../job/job.ts";
import { JOB_LABEL } from "./kinds.ts";
import { look, lookAgain, type Run } from "./look.ts";

/**
 * Reads all VMs of the organisation, and says once what the list shows besides:
 * how many entries were passed over, and a second VM with this job's token.
 */
export async function readVmList(
  run: Run,
  job: Job,
  client: VersClient,
  options: { readonly signal: AbortSignal },
): Promise<Answer<VmList>> {
  const answer = await client.listVms(options);
  const { skipped } = answer.value;
  if (skipped.length > 0 && isNews(run, "skipped")) {
    run.engine.notify({ type: "skippedVms", count: skipped.length });
  }
  nameDuplicates(run, job, answer.value);
  return answer;
}

/**
 * Names the VMs that carry the job's token besides those that are its own: its
 * request was carried out more than once.
 */
export function nameDuplicates(run: Run, job: Job, list: VmList): void {
  const own = job.status === "submitted" ? undefined : job.handle?.vm_ids;
  if (own === undefined) return;
  for (const other of labelledIds(list, job.token)) {
    if (!own.includes(other)) nameDuplicate(run, job, { own, other });
  }
}

/** Says, once, that a VM is, or may be, a second one of the job. */
export function nameDuplicate(
  run: Run,
  job: Job,
  found: {
    readonly own: readonly string[];
    readonly other: string;
    /** Whether it does not carry the job's label: it may be another's. */
    readonly isUnproven?: boolean;
  },
): void {
  const { own, other, isUnproven = false } = found;
  if (!isNews(run, other)) return;
  const kept = own.join(", ");
  run.engine.notify({
    type: "duplicate",
    job,
    kept,
    other,
    isProven: !isUnproven,
  });
}

/** Returns the VMs that carry a token, the oldest first, odd entries last. */
export function labelledIds(list: VmList, token: string): string[] {
  const isOwn = (labels: Readonly<Record<string, string>>) =>
    labels[JOB_LABEL] === token;
  const vms = list.vms.filter(({ labels }) => isOwn(labels)).sort(byAge);
  const odd = list.skipped.flatMap(({ vm_id, labels }) =>
    vm_id !== null && isOwn(labels) ? [vm_id] : []
  );
  return [...vms.map(({ vm_id }) => vm_id), ...odd];
}

/** Orders VMs by their age, the oldest first. */
export function byAge(a: Aged, b: Aged): number {
  const difference = Date.parse(a.created_at) - Date.parse(b.created_at);
  return difference !== 0 ? difference : a.vm_id < b.vm_id ? -1 : 1;
}

interface Aged {
  readonly vm_id: string;
  readonly created_at: string;
}

function isNews(run: Run, what: string): boolean {
  if (run.reported.has(what)) return false;
  run.reported.add(what);
  return true;
}

const TRIES = 3;
const INTERVAL_MS = 1_000;

/**
 * Labels the VMs of a job whose request could not: so that no other job takes
 * them for its own. It never fails; what could not be labelled is a notice.
 */
export async function labelVms(run: Run, job: RunningJob): Promise<void> {
  const { recovery } = run.kind;
  if (recovery === undefined || recovery.isLabelled) return;
  await Promise.all(job.handle.vm_ids.map(async (vmId) => {
    try {
      await label(run, job, vmId);
    } catch (error) {
      // A process that was interrupted has no more to say.
      if (!(error instanceof Failure) || error.code === "interrupted") return;
      run.engine.notify({ type: "notLabelled", job, vmId });
    }
  }));
}

function label(run: Run, job: RunningJob, vmId: string): Promise<void> {
  const labels = { [JOB_LABEL]: job.token };
  return run.patience.poll<void>(async (looks) => {
    const looked = await look(
      run,
      "vm",
      (client, options) => client.setLabels(vmId, labels, options),
    );
    if (looked.type === "answer") return { isDone: true, value: undefined };
    const { error, retryAfterMs } = looked;
    if (looks >= TRIES) throw error;
    const [intervalMs, doing] = [INTERVAL_MS, `labelling VM ${vmId}`];
    return lookAgain(run, { looks, intervalMs, retryAfterMs, doing });
  });
}
