import { formatAge } from "../../duration.ts";
import type { Work } from "../../engine/engine.ts";
import { explainWork, type Explanation } from "../../engine/choose.ts";
import type { Job } from "../../job/job.ts";
import { ageMs } from "../../job/decide.ts";
import { canonicalJson } from "../../job/key.ts";
import { isJsonObject, type JsonObject } from "../../json.ts";
import type { Command, CommandInput } from "../command_line/command.ts";
import type { Context } from "../context.ts";
import { deliverResult } from "./deliver.ts";
import type { Session } from "../session.ts";
import { type ResultView, textsIn } from "./render_result.ts";
import type { WaitOptions } from "../command_line/wait_flags.ts";

/** Options for {@linkcode explainJob}. */
export interface ExplainJobOptions {
  readonly input: Pick<CommandInput, "invocation" | "progress">;
  readonly context: Context;
  readonly command: Command;
  readonly work: Work;
  readonly waiting: WaitOptions;
}

/**
 * Prints what the command would do with its job, and why: `--explain`.
 * Nothing is sent and nothing written.
 *
 * @throws {Failure} when a job was named that the command cannot resume.
 */
export async function explainJob(
  { engine, account }: Session,
  { input, context, command, work, waiting }: ExplainJobOptions,
): Promise<void> {
  const { progress, invocation: { output } } = input;
  const explanation = await explainWork(engine, work, waiting);
  const { plan, reason, job, problem } = explanation;
  await deliverResult({
    would: plan,
    reason,
    why: whyOf(explanation),
    kind: work.kind,
    key: work.key ?? null,
    key_is_of: work.key === undefined ? null : keyParts(work),
    resume_key: command.resumeKey ?? null,
    scope: work.scope,
    account,
    inputs: work.inputs,
    source: work.source ?? null,
    ledger: engine.ledger.location ?? null,
    ...(problem === undefined ? {} : { ledger_problem: problem }),
    found: job === undefined ? null : describe(job, context),
    sent: false,
    written: false,
  }, { context, progress, output, view: VIEW, isKept: false });
}

function keyParts({ isIdempotencyKey }: Work): readonly string[] {
  return isIdempotencyKey
    ? ["scope", "idempotency key"]
    : ["kind", "scope", "inputs"];
}

function describe(job: Job, { clock }: Context): JsonObject {
  return {
    job_id: job.id,
    status: job.status,
    age: formatAge(ageMs(job.started_at, clock.now())),
    started_at: job.started_at,
    vm_ids: job.status === "submitted" ? [] : job.handle?.vm_ids ?? [],
    delivered: job.status === "complete" && job.delivered_at !== undefined,
    account: job.account,
    command: job.command,
  };
}

const PLANS: Record<Explanation["plan"], string> = {
  submit: "send a new request",
  attach: "go on waiting for the job that was found",
  recover: "look whether the request of the job that was found was carried " +
    "out, and go on with that",
  return: "print the result of the job that was found, if its VM is there",
  fail: "end with the error of the job that was found",
  unconfirmed: "end with exit 21, as the job that was found did",
  refuse: "end with an error, and send nothing",
};

const REASONS: Record<Explanation["reason"], string> = {
  not_waiting: "without --wait a command is always a new request",
  no_stable_key: "nothing makes this command stable, so none is looked for",
  no_resume: "--no-resume was given",
  nothing_found: "no job in the ledger has this key",
  named: "--resume-job names this job",
  in_flight: "a job of this key is in flight",
  accepted: "a job of this key was started without --wait a moment ago",
  accepted_before:
    "the newest job of this key was started without --wait, and was seen to " +
    "run, or that was more than 10 minutes ago",
  settled_meanwhile: "the job ended while this command was running",
  undelivered: "a job of this key is complete, and its result reached nobody",
  idempotency_key: "the work with this idempotency key is done",
  delivered: "the newest job of this key is complete, and was delivered",
  failed: "the newest job of this key has failed",
  gone: "the VM of the newest job of this key is gone",
  too_old: "the newest job of this key is older than --max-resume-age",
  source_moved: "the target stands for something else than it did for the job",
  conflict: "the idempotency key stands for other work",
  newer_format: "a newer vers wrote a line of this key",
  unreadable_line: "a line that may be of this key cannot be read",
  ledger_unreadable: "the ledger cannot be read",
};

function whyOf({ reason, isForeign, conflict }: Explanation): string {
  const why = REASONS[reason];
  if (conflict !== undefined) return `${why}: another ${conflict.join(", ")}`;
  return isForeign
    ? `${why}, made with another API key: if the service does not show its ` +
      "VM to this one, a new request is sent"
    : why;
}

const VIEW: ResultView = {
  ids: ({ found }) => isJsonObject(found) ? textsIn(found.job_id) : [],
  text(result) {
    const { would, why, key, key_is_of, kind, scope, inputs, source } = result;
    const { ledger, ledger_problem, found, resume_key } = result;
    const plan = Object.entries(PLANS).find(([plan]) => plan === would)?.[1];
    const [resumeKey] = textsIn(resume_key);
    const [problem] = textsIn(ledger_problem);
    return [
      `would: ${plan}`,
      `why: ${why}`,
      key === null
        ? `key: none${
          resumeKey === undefined ? "" : `; what makes one: ${resumeKey}`
        }`
        : `key: ${key}, made of ${textsIn(key_is_of).join(", ")}`,
      `kind: ${kind}`,
      `scope: ${scope}`,
      `inputs: ${canonicalJson(inputs)}`,
      ...(source === null ? [] : [`source: ${source}`]),
      `ledger: ${ledger ?? "none: there is no home folder"}`,
      ...(problem === undefined ? [] : [`ledger problem: ${problem}`]),
      `found: ${isJsonObject(found) ? foundText(found) : "no job"}`,
      "Nothing was sent, and nothing was written.",
    ];
  },
};

function foundText(found: JsonObject): string {
  const { job_id, status, age, vm_ids, command } = found;
  const vms = textsIn(vm_ids);
  const shown = vms.length === 0 ? "" : `, VM ${vms.join(", ")}`;
  return `job ${job_id} (status: ${status}, age ${age}${shown}): ${command}`;
}
