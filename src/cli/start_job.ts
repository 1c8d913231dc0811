import type { LocalEffects, Work, WorkOptions } from "../engine/engine.ts";
import { kindOf } from "../engine/kinds.ts";
import { runWork } from "../engine/run_work.ts";
import { keyOf } from "../job/key.ts";
import type { Handle, JobKind } from "../job/record.ts";
import type { Job } from "../job/job.ts";
import type { JsonObject } from "../json.ts";
import type { Patience } from "../patience.ts";
import type { Command, CommandInput } from "./command_line/command.ts";
import { lazy } from "./lazy.ts";
import type { Context } from "./context.ts";
import { deliverResult } from "./output/deliver.ts";
import { readNames, type WantedNames } from "./local_effects.ts";
import type { Session } from "./session.ts";
import type { ResultView } from "./output/render_result.ts";
import { shellLine, storableWords } from "./command_line/written_line.ts";
import {
  readWaitOptions,
  runIdInput,
  type WAIT_FLAGS,
  type WaitOptions,
} from "./command_line/wait_flags.ts";

/** The flags by which a job is found again. */
type IdentityFlags = Pick<
  typeof WAIT_FLAGS,
  "resume-job" | "idempotency-key" | "explain"
>;

/** What a command asks the engine for. */
export interface StartJobOptions<
  Flags extends IdentityFlags = typeof WAIT_FLAGS,
> {
  readonly input: CommandInput<Flags>;
  readonly context: Context;
  readonly command: Command;
  readonly kind: JobKind;
  /** The normalised wishes; the run's id is added. */
  readonly inputs: JsonObject;
  /** What the request also needs, and no file may hold. */
  readonly secrets?: JsonObject;
  /** The VM or commit that the target stands for now. */
  readonly source?: string | undefined;
  /** The names that the command sets; without them it sets none. */
  readonly sets?: WantedNames;
  /** Whether the inputs alone tell this work from any other. */
  readonly isStable: boolean;
  /** Sets the names; it must not take longer than `patience` allows. */
  readonly onAccepted: (
    job: Job & { readonly handle: Handle },
    patience: Patience,
  ) => Promise<LocalEffects>;
  readonly view: ResultView;
}

/** What a command asks the engine for that waits in its own way. */
export interface DoJobOptions extends StartJobOptions<IdentityFlags> {
  readonly waiting: WaitOptions & Pick<WorkOptions, "exec">;
  /** Prints the result; without it, the view does. */
  readonly deliver?: WorkOptions["deliver"];
  /** The words of the command as a file may hold them; else those typed. */
  readonly words?: readonly string[];
}

/** From this size on a ledger is made smaller by itself: 16 MiB. */
const LARGE_LEDGER = 16 * 1024 * 1024;

/**
 * Starts a job, or resumes the one in flight, and prints its result.
 *
 * @throws {Failure} what ended it.
 */
export async function startJob(
  session: Session,
  options: StartJobOptions,
): Promise<void> {
  const { input, context } = options;
  const { settings } = session;
  const { maxResumeAgeMs } = kindOf(options.kind);
  const waiting = readWaitOptions(input.flags, {
    context,
    settings,
    maxResumeAgeMs,
  });
  await doJob(session, { ...options, waiting });
}

/**
 * Does a job, or goes on with the one that is on its way, as it is told how.
 *
 * @throws {Failure} what ended it.
 */
export async function doJob(
  session: Session,
  options: DoJobOptions,
): Promise<void> {
  const { input, context, view, onAccepted, waiting } = options;
  const { progress, invocation: { output } } = input;
  const deliver = options.deliver ??
    ((result: JsonObject) =>
      deliverResult(result, {
        context,
        progress,
        output,
        view,
        isKept: waiting.wait,
      }));
  const work = await workOf(session, options);
  if (input.flags.explain) {
    const { explainJob } = await lazy.explainJob();
    return await explainJob(session, { ...options, work, waiting });
  }
  await runWork(session.engine, work, { ...waiting, onAccepted, deliver });
  // What makes a ledger smaller is not loaded where it is small, as usual.
  if ((session.ledger.openedAt.file?.size ?? 0) <= LARGE_LEDGER) return;
  const { compact } = await lazy.retention();
  await compact(session, { context, progress });
}

async function workOf(
  { scope, account }: Session,
  options: DoJobOptions,
): Promise<Work> {
  const { input, context, command, kind, secrets, source, sets } = options;
  const { isStable } = options;
  const { flags, invocation } = input;
  const isNamed = flags["resume-job"] !== undefined;
  const runId = isNamed || kindOf(kind).isOneOff ? {} : runIdInput(context);
  const inputs: JsonObject = { ...options.inputs, ...runId };
  const words = options.words ?? storableWords({ command, invocation });
  const idempotencyKey = flags["idempotency-key"];
  const key = isNamed
    ? undefined
    : await keyOf({ kind, scope, inputs, isStable, idempotencyKey });
  return {
    kind,
    command: shellLine(["vers", ...words]),
    args: words,
    scope,
    account,
    inputs,
    ...(secrets === undefined ? {} : { secrets }),
    ...(source === undefined ? {} : { source }),
    ...(sets === undefined ? {} : { names: readNames(context, sets) }),
    ...(key === undefined ? {} : { key }),
    isIdempotencyKey: idempotencyKey !== undefined,
  };
}
