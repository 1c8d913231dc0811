import type { Resume, WorkOptions } from "../../engine/engine.ts";
import type { Settings } from "../../project/settings.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../output/exit_code.ts";
import type { Given, Invocation, Mistake } from "./command.ts";
import {
  duration,
  type FlagTable,
  type FlagValues,
  ValueError,
  withFacts,
  word,
} from "./flag.ts";
import { GLOBAL_FLAGS } from "./output_choice.ts";

const MINUTE_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 10 * MINUTE_MS;

/** A job's id for examples. */
const EXAMPLE_JOB = "job_8f2a3b4c5d";

const parseMaxResumeAge = duration({
  zero: "no resuming",
  example: "24h",
});

/** The flags of every command that can wait for a VM. */
export const WAIT_FLAGS = {
  wait: {
    type: "boolean",
    brief: "Wait until the VM is ready; resumes an interrupted wait",
  },
  timeout: {
    type: "value",
    brief: "Stop waiting after this time; the job continues. 0: no limit",
    placeholder: "DURATION",
    fallback: "10m",
    parse: duration({ zero: "no limit", example: "10m" }),
  },
  "poll-interval": {
    type: "value",
    brief: "How often to check the VM",
    placeholder: "DURATION",
    fallback: "500ms, growing to 5s",
    parse: duration({ example: "2s" }),
  },
  "no-resume": {
    type: "boolean",
    brief: "Start a new job, even if one is in flight",
  },
  "resume-job": {
    type: "value",
    brief: "Resume exactly this job, whatever its age",
    placeholder: "JOB",
    parse: withFacts({ type: "string", example: EXAMPLE_JOB }, parseJobId),
  },
  "max-resume-age": {
    type: "value",
    brief: "Resume a job only if it is younger than this",
    placeholder: "DURATION",
    fallback: "24h",
    variable: "VERS_MAX_RESUME_AGE",
    parse: parseMaxResumeAge,
  },
  "idempotency-key": {
    type: "value",
    brief: "Your own key for this work: it is done once, its result kept",
    placeholder: "KEY",
    privacy: "unstored",
    parse: word({ what: "a text", example: "build-1234" }),
  },
  "require-ledger": {
    type: "boolean",
    brief: "Fail, and send nothing, if the ledger cannot be written",
  },
  explain: {
    type: "boolean",
    brief: "Print what would be done and why; nothing is sent or written",
  },
} as const satisfies FlagTable;

/** The part of the engine's options that flags and settings decide. */
export type WaitOptions = Omit<WorkOptions, "onAccepted" | "deliver">;

/** Options for {@linkcode readWaitOptions}. */
export interface ReadWaitOptions {
  readonly context: Context;
  readonly settings: Settings;
  /** The maximum age of a job that is resumed, where nothing else says. */
  readonly maxResumeAgeMs: number;
}

/**
 * Returns how the work is to be done: what the flags say, else the
 * environment, else the settings, else the defaults.
 *
 * @throws {UsageError} when a variable of the environment decides, and is not
 *   usable.
 */
export function readWaitOptions(
  flags: FlagValues<typeof WAIT_FLAGS>,
  options: ReadWaitOptions,
): WaitOptions {
  return {
    ...readPollOptions(flags, options.settings),
    wait: flags.wait || flags["resume-job"] !== undefined,
    resume: readResume(flags, options),
    requireLedger: flags["require-ledger"],
  };
}

/** The part of the engine's options that is about looking at the service. */
export type PollOptions = Pick<
  WorkOptions,
  "timeoutMs" | "pollIntervalMs" | "confirmWindowMs" | "adopt"
>;

/** Returns how long to wait and how to look: flags, settings, defaults. */
export function readPollOptions(
  flags: Pick<FlagValues<typeof WAIT_FLAGS>, "timeout" | "poll-interval">,
  settings: Settings,
): PollOptions {
  const timeoutMs = flags.timeout ?? settings.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const pollIntervalMs = flags["poll-interval"] ?? settings.pollIntervalMs;
  const { confirmWindowMs, adopt } = settings;
  return {
    timeoutMs: timeoutMs === 0 ? undefined : timeoutMs,
    ...(pollIntervalMs === undefined ? {} : { pollIntervalMs }),
    ...(confirmWindowMs === undefined ? {} : { confirmWindowMs }),
    ...(adopt === undefined ? {} : { adopt }),
  };
}

function readResume(
  flags: FlagValues<typeof WAIT_FLAGS>,
  { context, settings, maxResumeAgeMs }: ReadWaitOptions,
): Resume {
  const id = flags["resume-job"];
  if (id !== undefined) return { type: "job", id };
  if (flags["no-resume"]) return { type: "never" };
  const maxAgeMs = flags["max-resume-age"] ??
    usualMaxResumeAge(context, settings) ?? maxResumeAgeMs;
  return { type: "auto", maxAgeMs };
}

/**
 * Returns the maximum age of a job that is resumed: the environment's, else
 * that of the settings; `undefined` without either.
 *
 * @throws {UsageError} when the variable is not usable.
 */
export function usualMaxResumeAge(
  context: Context,
  settings: Settings,
): number | undefined {
  return fromVariable(context, "VERS_MAX_RESUME_AGE", parseMaxResumeAge) ??
    settings.maxResumeAgeMs;
}

/** Finds which of a waiting command's flags contradict each other. */
export function checkWaitFlags(
  given: Pick<Given, "flags" | "args">,
): readonly Mistake[] {
  const { flags, args } = given;
  const mistakes: Mistake[] = [];
  if (!flags.has("resume-job")) return mistakes;
  if (flags.has("no-resume")) {
    mistakes.push({
      problem: "--no-resume and --resume-job contradict each other",
      example: "--resume-job job_8f2a3b4c5d",
    });
  }
  const shaping = [...flags].filter(shapesTheWork).map((name) => `--${name}`);
  const strange = [...shaping, ...args.map((arg) => `"${arg}"`)];
  if (strange.length > 0) {
    mistakes.push({
      problem: `--resume-job resumes a job as it was requested: remove ` +
        strange.join(", "),
      example: "--resume-job job_8f2a3b4c5d",
    });
  }
  return mistakes;
}

/** Whether a flag says what is to be done, and not how to go about it. */
export function shapesTheWork(name: string): boolean {
  if (name === "idempotency-key") return true;
  return !(Object.hasOwn(WAIT_FLAGS, name) ||
    Object.hasOwn(GLOBAL_FLAGS, name));
}

/** Returns the `run_id` of the work's inputs, for every command of one run. */
export function runIdInput(context: Context): { readonly run_id?: string } {
  const parse = word({ what: "a text", example: "ci-1234" });
  const runId = fromVariable(context, "VERS_RUN_ID", parse);
  return runId === undefined ? {} : { run_id: runId };
}

/** Returns the flags that the command which resumes a job keeps. */
export function flagsThatStay(invocation: Invocation): string[] {
  const leaving = new Set([
    "wait",
    "no-resume",
    "resume-job",
    "max-resume-age",
    "explain",
  ]);
  return invocation.given
    .filter(({ name }) => !leaving.has(name) && !shapesTheWork(name))
    .map(({ name, value }) =>
      value === undefined ? `--${name}` : `--${name}=${value}`
    );
}

function fromVariable<T>(
  context: Context,
  name: string,
  parse: (text: string) => T,
): T | undefined {
  const text = context.env(name);
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new UsageError(
      `Cannot use ${name}: it is "${text}", but it must be ${error.wanted}`,
      `set it to one of these forms, for example: ${name}=${error.example}`,
    );
  }
}

function parseJobId(text: string): string {
  if (/^job_[0-9a-f]{10}$/.test(text)) return text;
  throw new ValueError(
    "a job ID: job_ and 10 hex digits, as printed on stderr",
    EXAMPLE_JOB,
  );
}
