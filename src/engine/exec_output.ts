import type { Job } from "../job/job.ts";
import type { Patience } from "../patience.ts";
import type { Engine } from "./engine.ts";
import { JobError, OutputLostError } from "./engine_error.ts";
import { ExecStream, type OnOutput, UnknownExecError } from "./exec.ts";
import { vmOfExec } from "./kinds.ts";

/** Options for {@linkcode readOutput}. */
export interface ReadOutputOptions {
  readonly patience: Patience;
  /** Whether to go on until the command has ended. */
  readonly isToItsEnd: boolean;
  readonly onOutput: OnOutput;
}

/** After how long without output what there is was printed. */
const QUIET_MS = 1_000;

/**
 * Reads what the command of a job has written, from its first byte; returns
 * whether all of that was there to be read. Nothing is recorded.
 *
 * @throws {OutputLostError} when the service does not know the command.
 * @throws {TimedOutError} at the deadline.
 * @throws {unknown} what `onOutput` threw.
 */
export async function readOutput(
  { client, clock }: Engine,
  job: Job,
  { patience, isToItsEnd, onOutput }: ReadOutputOptions,
): Promise<{ readonly isWhole: boolean }> {
  const quiet = new Quiet();
  const over = new AbortController();
  let pending = new AbortController();
  const stream = new ExecStream({
    client,
    clock,
    vmId: vmOfExec(job),
    execId: job.token,
    async onOutput(name, bytes) {
      pending.abort();
      await onOutput(name, bytes);
      endWhenQuiet();
    },
  });
  const signal = AbortSignal.any([patience.signal, over.signal]);
  try {
    await attach();
    endWhenQuiet();
    return await stream.follow(signal);
  } catch (error) {
    if (error === quiet) return { isWhole: stream.isWhole };
    if (!(error instanceof UnknownExecError)) throw error;
    const { exit_code } = job.status === "complete" ? job.result : {};
    throw new JobError(new OutputLostError(job.id, exit_code), job);
  } finally {
    pending.abort();
  }

  /** What cannot be attached to now is tried again by who follows. */
  async function attach(): Promise<void> {
    try {
      await stream.attach(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Error)) throw error;
    }
  }

  function endWhenQuiet(): void {
    if (isToItsEnd) return;
    pending = new AbortController();
    clock.sleep(QUIET_MS, pending.signal).then(
      () => over.abort(quiet),
      () => {}, // Something came first.
    );
  }
}

/** Nothing has come for a while. */
class Quiet extends Error {
  override readonly name = "Quiet";
}
