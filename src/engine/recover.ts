import type { ForeignAnswer } from "../api/api_error.ts";
import type { VmList } from "../api/types.ts";
import type { Failure } from "../failure.ts";
import { type RunningJob, type SubmittedJob, taken } from "../job/job.ts";
import type { Handle } from "../job/record.ts";
import { type Candidate, UnconfirmedError } from "./engine_error.ts";
import { type Recovery, sourceOf } from "./kinds.ts";
import {
  confirmWindowMs,
  type Look,
  look,
  lookAgain,
  type Run,
} from "./look.ts";
import { type Found, search } from "./search.ts";
import {
  accept,
  type Accepted,
  journalFailure,
  openSend,
  sendOnce,
} from "./send.ts";
import { nameDuplicates, readVmList } from "./vm_labels.ts";

/** Options for {@linkcode recover}. */
export interface RecoverOptions {
  /** Whether the request may be sent a second time, if it proves lost. */
  readonly maySend: boolean;
  /** Whether this process has sent it. */
  readonly isOwn?: boolean;
}

const FIRST_PAUSE_MS = 1_000;
const PAUSE_MS = 2_000;

/**
 * Finds out what became of a request whose answer is not known, and returns
 * the job with a handle: adopted from the server, or made by sending again.
 *
 * The caller holds the job's lock. The request is sent again at most once, and
 * not before the newest send is a confirm window old and a list read after
 * that showed nothing of it.
 *
 * @throws {UnconfirmedError} when the truth could not be found out, though the
 *   list was read.
 * @throws {TimedOutError} when time ran out first; the intent stays open.
 */
export async function recover(
  run: Run,
  intent: SubmittedJob,
  options: RecoverOptions,
): Promise<Accepted> {
  const { kind: { recovery }, engine: { clock, notify } } = run;
  if (recovery === undefined) return await repeat(run, intent);
  let job = intent;
  let age = sendAge(run, job, { isJustLost: options.isOwn });
  let mayStillSend = options.maySend;
  let refusal: Failure | undefined;
  return await run.patience.poll<Accepted>(async (looks) => {
    if (looks === 2 && job === intent) notify({ type: "confirming", job });
    const lookedAtMs = clock.elapsedMs();
    const looked = await searchOnce(run, job, recovery, age);
    // Only a list that was read after the window says that nothing was made.
    const isLate = age.at(lookedAtMs) >= confirmWindowMs(run);
    let seen = looked.type === "answer" ? looked.value.found : undefined;
    if (looked.type === "answer" && seen?.type === "found") {
      const adopted = await adopt(run, job, seen.handle);
      if (adopted !== undefined) {
        nameDuplicates(run, adopted, looked.value.list);
        const value = { job: adopted, effect: "recovered" as const };
        return { isDone: true, value };
      }
      // Another job took it a moment ago: the next look will not offer it.
      seen = undefined;
    }
    const isOver = isLate || refusal !== undefined;
    if (seen?.type === "absent" && isOver && !seen.isEarly) {
      const { candidates } = seen;
      if (!mayStillSend || refusal || candidates.length > 0) {
        throw await unconfirmed(run, job, candidates, refusal);
      }
      mayStillSend = false;
      const send = run.kind.prepare(job, run.work.secrets, run);
      const again = await openSend(run, job);
      if (again === undefined) {
        throw await unconfirmed(run, job, candidates, refusal);
      }
      const sent = await sendOnce(run, again, send);
      job = sent.job;
      age = sendAge(run, job, { isJustLost: true });
      if (sent.type === "accepted") {
        const value = await accept(run, job, sent.handle, "created");
        return { isDone: true, value };
      }
      if (sent.type === "refused") refusal = sent.error;
      return { isDone: false };
    }
    return lookAgain(run, {
      looks,
      intervalMs: looks <= 2 ? FIRST_PAUSE_MS : PAUSE_MS,
      retryAfterMs: looked.type === "missed" ? looked.retryAfterMs : undefined,
      doing: `finding out what became of job ${job.id}`,
    });
  });
}

/**
 * Sends an idempotent request again. If that answer is lost too, the wait finds
 * out: what it looks at was known before the request.
 */
async function repeat(run: Run, intent: SubmittedJob): Promise<Accepted> {
  const send = run.kind.prepare(intent, run.work.secrets, run);
  const again = await openSend(run, intent) ?? intent;
  const sent = await sendOnce(run, again, send);
  const { job } = sent;
  if (sent.type === "refused") {
    await journalFailure(run, job, sent.error);
    throw sent.error;
  }
  const handle = sent.type === "accepted"
    ? sent.handle
    : { vm_ids: [sourceOf(job)] };
  return await accept(run, job, handle, "created");
}

/** What one look for a lost request's VMs shows. */
interface Searched {
  readonly found: Found;
  readonly list: VmList;
}

async function searchOnce(
  run: Run,
  job: SubmittedJob,
  recovery: Recovery,
  age: SendAge,
): Promise<Look<Searched>> {
  const looked = await look(run, "list", async (client, { signal }) => {
    const list = await readVmList(run, job, client, { signal });
    age.note(list.serverTime);
    const found = await search({ run, job, recovery, list, signal });
    return { found, list: list.value };
  });
  if (looked.type === "missed") {
    run.engine.notify({ type: "missedLook", job, error: looked.error });
  }
  return looked;
}

/**
 * Takes what the server has for the job's own, in one step that refuses a VM
 * which is another job's handle; then `undefined`.
 */
async function adopt(
  run: Run,
  job: SubmittedJob,
  handle: Handle,
): Promise<RunningJob | undefined> {
  const running = taken(job, handle, run.engine.clock.now());
  const isAdopted = await run.journal.update(
    job,
    ({ owners }) =>
      owners.size > 0 ? { result: false } : { append: running, result: true },
    { vmIds: handle.vm_ids },
  );
  // A ledger that cannot be written must not cost the user the VM.
  if (isAdopted === false) return undefined;
  run.job = running;
  run.engine.notify({
    type: "accepted",
    job: running,
    handle,
    effect: "recovered",
  });
  return running;
}

/** Records that exit 21 is given for a job, and returns the failure. */
export async function unconfirmed(
  run: Run,
  job: SubmittedJob,
  candidates: readonly Candidate[],
  refusal: Failure | undefined,
): Promise<UnconfirmedError> {
  const at = run.engine.clock.now().toISOString();
  const declared = { ...job, unconfirmed_at: at };
  run.job = declared;
  await run.journal.append(declared);
  const why = refusal !== undefined
    ? `: it was sent again and refused: ${refusal.message}`
    : run.lostTo !== undefined
    ? `: it was answered by ${describe(run.lostTo)}, not by the Vers API`
    : "";
  return new UnconfirmedError(
    `Cannot tell whether the request of job ${job.id} was carried out${why}`,
    candidates,
  );
}

function describe({ status, contentType }: ForeignAnswer): string {
  return contentType === undefined
    ? `a ${status}`
    : `a ${status} of type ${contentType}`;
}

/** How long ago the newest send was, as far as is certain. */
export interface SendAge {
  /** Returns how long ago that was at one moment of this process. */
  at(elapsedMs: number): number;
  /** Takes note of the server's clock. */
  note(serverTime: Date | undefined): void;
}

/** A `Date` header is cut to the second: the request left up to one later. */
const HEADER_SLACK_MS = 1_000;

/**
 * The wall clock may have stepped since the send. What this process has seen
 * pass is certain; beyond that, our clock and the server's must agree.
 */
export function sendAge(
  run: Run,
  job: SubmittedJob,
  { isJustLost = false }: { readonly isJustLost?: boolean | undefined } = {},
): SendAge {
  const { clock } = run.engine;
  const startMs = clock.elapsedMs();
  const sentMs = Date.parse(job.sent_at);
  // It may have been carried out until a moment ago, whenever it was sent.
  const wallMs = isJustLost ? 0 : Math.max(0, clock.now().getTime() - sentMs);
  let serverMs: number | undefined;
  let notedMs = startMs;
  return {
    at(elapsedMs) {
      const seenMs = elapsedMs - startMs;
      const localMs = wallMs + seenMs;
      if (serverMs === undefined) return localMs;
      const remoteMs = serverMs + elapsedMs - notedMs;
      return Math.max(seenMs, Math.min(localMs, remoteMs));
    },
    note(serverTime) {
      if (serverTime === undefined || job.server_at === undefined) return;
      if (job.sends > 1) return;
      const sentMs = Date.parse(job.server_at) + HEADER_SLACK_MS;
      notedMs = clock.elapsedMs();
      serverMs = Math.max(0, serverTime.getTime() - sentMs);
    },
  };
}
