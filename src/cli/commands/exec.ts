import { ApiError } from "../../api/api_error.ts";
import { sha256Hex } from "../../bytes.ts";
import type { Notice, Resume } from "../../engine/engine.ts";
import { JobError, OutputLostError } from "../../engine/engine_error.ts";
import type { ExecEnd, OnOutput } from "../../engine/exec.ts";
import { Failure, messageOf } from "../../failure.ts";
import { canonicalJson } from "../../job/key.ts";
import { isInFlight } from "../../job/job.ts";
import type { JsonObject } from "../../json.ts";
import { Patience } from "../../patience.ts";
import { vmOfAlias } from "../../project/aliases.ts";
import { isUuid } from "../../uuid.ts";
import {
  type CommandInput,
  defineCommand,
  JOB_FILES,
} from "../command_line/command.ts";
import {
  duration,
  type FlagTable,
  ValueError,
  withFacts,
  word,
} from "../command_line/flag.ts";
import { checkWaitFlags, WAIT_FLAGS } from "../command_line/wait_flags.ts";
import {
  LEFT_OUT,
  shellLine,
  storableWords,
} from "../command_line/written_line.ts";
import type { Context } from "../context.ts";
import { lazy } from "../lazy.ts";
import { passedOn, UsageError } from "../output/exit_code.ts";
import { type ResultView, textsIn } from "../output/render_result.ts";
import { ClosedPipeError } from "../output/sink.ts";
import { jsonLine } from "../output/terminal_text.ts";
import { readStdin } from "../read_stdin.ts";
import { openSession, type Session } from "../session.ts";
import {
  aliasesFor,
  resolveTarget,
  type Target,
  targetInput,
} from "../targets.ts";
import { noSuchVm } from "../vm_command.ts";

/** What the service takes as stdin is part of one request. */
const MAX_STDIN_BYTES = 1024 * 1024;
/** How many tries in a row may fail before a person should know. */
const SILENT_BREAKS = 3;

const EXAMPLE_VARIABLE = "NAME=value";
const parseTimeout = duration({ zero: "no limit", example: "90s" });

const FLAGS = {
  detach: {
    type: "boolean",
    brief: "Print the job's ID, and do not wait for the command",
  },
  workdir: {
    type: "value",
    brief: "Run it in this folder of the VM",
    shorthand: "w",
    placeholder: "DIR",
    parse: word({ what: "a path", example: "/srv/app", maxLength: 4_096 }),
  },
  timeout: {
    type: "value",
    brief: "End the command after this time; a bare number is seconds",
    shorthand: "t",
    placeholder: "DURATION",
    fallback: "0, no limit",
    parse: withFacts(
      { type: "duration", example: "90s" },
      (text) =>
        /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : parseTimeout(text),
    ),
  },
  env: {
    type: "list",
    brief: "Set an environment variable; all users here can see it",
    shorthand: "e",
    placeholder: "NAME=VALUE",
    privacy: "secret",
    parse: withFacts(
      { type: "string", example: EXAMPLE_VARIABLE },
      parseVariable,
    ),
  },
  interactive: {
    type: "boolean",
    brief: "Send stdin, to its end: text, up to 1 MiB",
    shorthand: "i",
  },
  "no-stdin": {
    type: "boolean",
    brief: "Send no stdin; that is so without it",
  },
  ssh: {
    type: "boolean",
    brief: "Taken for the Go CLI's sake: HTTPS is used all the same",
  },
  "idempotency-key": {
    ...WAIT_FLAGS["idempotency-key"],
    brief: "Your own key: the command runs once, its output is read again",
  },
  "resume-job": {
    ...WAIT_FLAGS["resume-job"],
    brief: "Go on with exactly this job: its output from the first byte",
  },
  "no-resume": {
    ...WAIT_FLAGS["no-resume"],
    brief: "Run it, even if a job of this key is in flight or complete",
  },
  "require-ledger": WAIT_FLAGS["require-ledger"],
  explain: WAIT_FLAGS.explain,
} as const satisfies FlagTable;

type Input = CommandInput<typeof FLAGS>;

/** `vers exec`: runs a command in a VM. */
export const command = defineCommand({
  summary: "Run a command in a VM",
  description:
    "Runs a command in a VM over HTTPS; no SSH is needed. Its output is\n" +
    "printed as it is, and its exit code is that of vers.\n\n" +
    "The first word names the VM if it is an ID or an alias; otherwise the\n" +
    "command runs in HEAD's VM. Flags after the first word belong to the\n" +
    "command. A single word is run as a bash command line; several are\n" +
    "passed as they are. stdin is read and sent only with -i.\n\n" +
    "If the connection breaks, vers reconnects to the same command: its\n" +
    "output continues where it stopped, and it is never started twice.\n" +
    "--timeout limits the command itself and ends it; waiting for stdin\n" +
    "counts. Without it there is no limit.",
  flags: FLAGS,
  positionals: [
    {
      name: "vm",
      brief: "Id or alias; default: HEAD of this folder",
      isOptional: true,
    },
    { name: "command", brief: "What to run, with its arguments", isList: true },
  ],
  check(given) {
    const { flags } = given;
    const mistakes = [...checkWaitFlags(given)];
    if (flags.has("interactive") && flags.has("no-stdin")) {
      mistakes.push({
        problem: "--interactive and --no-stdin contradict each other",
        example: "-i my-vm bash",
      });
    }
    return mistakes;
  },
  takesRest: true,
  passesExitCode: true,
  examples: [
    ["vers exec my-vm ls -la /srv", "run a command in the VM my-vm"],
    ["vers exec 'cd /srv && make | tail -5'", "run a line of shell"],
    ["vers exec -w /srv -t 10m my-vm make test", "in a folder, with a limit"],
    ["vers exec -i my-vm bash < script.sh", "run a script of this machine"],
    ["vers exec --json my-vm uname -a", "collect the output as JSON"],
    [
      "vers exec --idempotency-key build-7 my-vm make",
      "run it once, however often this is called",
    ],
    ["vers exec --detach my-vm make", "and wait for it later"],
  ],
  exitCodes: [
    [1, "some output was forgotten by the service; or the command's own code"],
    [21, "unconfirmed: the command may or may not have run"],
    [124, "the command was ended because --timeout passed"],
    [125, "vers itself failed: its error on stderr says why"],
    [130, "interrupted; the command continues in the VM"],
  ],
  files: { ...JOB_FILES, aliases: "read", head: "read" },
  resumeKey: "--idempotency-key",
  resuming:
    "With --idempotency-key, running the same command again goes on with it\n" +
    "and prints its output from the first byte; once it has ended, its\n" +
    "output and exit code are given again. --resume-job does so for any job;\n" +
    "vers jobs list shows them. Without a key, the same words run it anew.",
  run: exec,
});

async function exec(input: Input, context: Context): Promise<number> {
  const { flags, progress } = input;
  const { doJob } = await lazy.startJob();
  const asked = flags["resume-job"] === undefined
    ? await askedFor(input, context)
    : { words: ["exec", "--resume-job", flags["resume-job"]], inputs: {} };
  if (flags.ssh) {
    progress.say("note: --ssh is not needed: the command is run over HTTPS");
  }
  const session = await openSession(input, context);
  const output = new ExecOutput(input, context);
  const { target, ...work } = asked;
  try {
    await doJob(withNotices(session, input), {
      ...work,
      input,
      context,
      command,
      kind: "vm.exec",
      isStable: false,
      onAccepted: () => Promise.resolve({}),
      view: DETACHED_VIEW,
      waiting: {
        wait: !flags.detach,
        resume: readResume(input),
        timeoutMs: flags.timeout || undefined,
        requireLedger: flags["require-ledger"],
        ...confirmWindowOf(session),
        ...(flags.detach ? {} : { exec: output }),
      },
      ...(flags.detach ? {} : { deliver: output.deliver }),
    });
  } catch (error) {
    // Nobody reads its output any more: the command's own end still counts.
    if (error instanceof ClosedPipeError) return output.exitCode;
    const { job } = error instanceof JobError ? error : progress;
    if (context.signal.aborted && job !== undefined && isInFlight(job)) {
      progress.say(
        `note: the command continues in VM ${job.source}, if it was started`,
      );
    }
    throw await withReason(error, { session, target, context });
  }
  return output.exitCode;
}

/** What a command asks for, and how the ledger has it. */
interface AskedExec {
  readonly inputs: JsonObject;
  readonly secrets?: JsonObject;
  readonly source?: string;
  readonly words: readonly string[];
  readonly target?: Target;
}

/**
 * Returns what is to be run. The ledger gets the program's name, and one hash
 * of all the rest.
 */
async function askedFor(input: Input, context: Context): Promise<AskedExec> {
  const { args, flags, invocation, progress } = input;
  const { target, words } = targetAndWords(input, context);
  const { clock, signal: interrupt } = context;
  const timeoutMs = flags.timeout || undefined;
  const patience = new Patience({ clock, interrupt, timeoutMs });
  using _stopping = patience;
  const stdin = flags.interactive
    ? await readStdin(context, {
      progress,
      maxBytes: MAX_STDIN_BYTES,
      action: "run the command",
      hint: "without -i no stdin is sent",
      patience,
    })
    : "";
  const secrets: JsonObject = {
    command: ["bash", "-c", scriptOf(words)],
    ...(flags.env.length === 0 ? {} : { env: Object.fromEntries(flags.env) }),
    ...(stdin === "" ? {} : { stdin }),
    ...(flags.workdir === undefined ? {} : { working_dir: flags.workdir }),
  };
  const program = programOf(words);
  const head = invocation.typed.slice(0, invocation.typed.length - args.length);
  const isWhole = words.length === 1 && words[0] === program && stdin === "";
  return {
    target,
    source: target.id,
    inputs: {
      target: targetInput(target, context),
      program,
      command: await sha256Hex(canonicalJson(secrets)),
    },
    secrets,
    words: [
      ...storableWords({ command, invocation: { ...invocation, typed: head } }),
      ...(target.typed === undefined ? [] : [target.typed]),
      program,
      ...(isWhole ? [] : [LEFT_OUT]),
    ],
  };
}

/** The program that a command begins with; a line of shell may hide it. */
function programOf(words: readonly string[]): string {
  const [first = ""] = words;
  const [name = ""] = words.length === 1 ? first.trim().split(/\s/) : [first];
  return /^[A-Za-z0-9_./+-]{1,100}$/.test(name) ? name : "bash";
}

function readResume({ flags }: Input): Resume {
  const id = flags["resume-job"];
  if (id !== undefined) return { type: "job", id };
  return flags["no-resume"]
    ? { type: "never" }
    : { type: "auto", maxAgeMs: Infinity };
}

function confirmWindowOf({ settings: { confirmWindowMs } }: Session) {
  return confirmWindowMs === undefined ? {} : { confirmWindowMs };
}

/**
 * What the command writes to stderr is not mixed with what is said of every
 * job, unless somebody has shown that the job matters to them.
 */
function withNotices(session: Session, { flags, progress }: Input): Session {
  const isNamed = flags.detach || flags["idempotency-key"] !== undefined;
  const notify = (notice: Notice) => {
    const isUsual = notice.type === "accepted" || notice.type === "look" ||
      (notice.type === "submitted" && !isNamed);
    if (isUsual) progress.heed(notice);
    else progress.notify(notice);
  };
  return { ...session, engine: { ...session.engine, notify } };
}

/** What a command writes, on its way to this process's own streams. */
class ExecOutput {
  readonly #input: Input;
  readonly #context: Context;
  readonly #isCollected: boolean;
  readonly #collected = {
    stdout: [] as Uint8Array[],
    stderr: [] as Uint8Array[],
  };
  #isWhole = true;
  #isClosed = false;
  /** What the process is to end with. */
  exitCode = 0;

  constructor(input: Input, context: Context) {
    this.#input = input;
    this.#context = context;
    const { isExplicit, format } = input.invocation.output;
    this.#isCollected = isExplicit && format === "json";
  }

  readonly onOutput: OnOutput = async (stream, bytes) => {
    if (this.#isCollected) this.#collected[stream].push(bytes.slice());
    else await this.#write(stream, bytes);
  };

  readonly onBroken = ({ message }: Failure, times: number): void => {
    if (times !== SILENT_BREAKS + 1) return;
    const { progress } = this.#input;
    progress.say(`note: still reconnecting to the command: ${message}`);
  };

  readonly onEnd = ({ exitCode, isWhole }: ExecEnd): void => {
    this.#isWhole = isWhole;
    this.exitCode = passedOn(exitCode);
  };

  /**
   * Gives out what is left to be given out.
   *
   * @throws {OutputLostError} when that is not all.
   * @throws {ClosedPipeError} when not all of it found a reader.
   */
  readonly deliver = async (result: JsonObject): Promise<void> => {
    const { exit_code, exec_id, vm_id, job_id = "", effect } = result;
    if (typeof exit_code === "number") this.exitCode = passedOn(exit_code);
    const { isQuiet } = this.#input.invocation.output;
    if (this.#isCollected) {
      const { stdout, stderr } = this.#collected;
      const text = isQuiet ? String(exec_id) : jsonLine({
        exit_code,
        stdout: textOf(stdout),
        stderr: textOf(stderr),
        exec_id,
        vm_id,
        job_id,
        effect,
      });
      await this.#write("stdout", text + "\n");
    }
    if (!this.#isWhole) throw new OutputLostError(String(job_id), exit_code);
    if (this.#isClosed) throw new ClosedPipeError("it was closed earlier");
  };

  /**
   * Writes to a stream, if somebody still reads it: the command continues
   * without a reader, and its exit code is still to come.
   */
  async #write(
    stream: "stdout" | "stderr",
    content: string | Uint8Array,
  ): Promise<void> {
    try {
      await this.#context[stream].write(content);
    } catch (cause) {
      if (cause instanceof ClosedPipeError) {
        this.#isClosed = true;
        return;
      }
      throw new Failure(
        `Cannot deliver the output of the command: ${messageOf(cause)}`,
        { code: "undelivered", retryable: true, cause },
      );
    }
  }
}

/** What is shown of a command that runs on by itself. */
const DETACHED_VIEW: ResultView = {
  ids: (result) => textsIn(result.job_id),
  text: ({ job_id, vm_id }) => [
    `Job ${job_id} runs in VM ${vm_id}`,
    `Its output: vers jobs logs ${job_id} --follow`,
    `Its exit code: vers jobs wait ${job_id}`,
  ],
};

/** Returns the error that says why the VM would not run the command. */
async function withReason(
  error: unknown,
  { session: { engine: { client } }, target, context: { signal } }: {
    readonly session: Session;
    readonly target: Target | undefined;
    readonly context: Context;
  },
): Promise<unknown> {
  const refusal = error instanceof JobError ? error.cause : error;
  if (!(refusal instanceof ApiError) || !refusal.isFromService) return error;
  if (target === undefined) return error;
  if (refusal.status === 404) return anew(noSuchVm(target, refusal));
  if (refusal.status !== 400) return error;
  try {
    const { value: { state } } = await client.vmStatus(target.id, { signal });
    if (state === "running") return error;
    return anew(
      new Failure(
        `Cannot run the command in VM ${target.id}: the VM is ${state}`,
        {
          code: "bad_request",
          hint: `nothing was run; vers resume --wait ${target.id}`,
          cause: refusal,
        },
      ),
    );
  } catch {
    return error;
  }

  function anew(failure: Failure): Failure {
    return error instanceof JobError
      ? new JobError(failure, error.job, error.foundBy)
      : failure;
  }
}

function targetAndWords(
  { args, progress: { warn } }: Input,
  context: Context,
): { target: Target; words: readonly string[] } {
  const [first = "", ...rest] = args;
  const options = { context, path: ["exec"], warn };
  const isTarget = isUuid(first) ||
    vmOfAlias(aliasesFor(options) ?? new Map(), first) !== undefined;
  const typed = isTarget ? first : undefined;
  const words = isTarget ? rest : args;
  const target = resolveTarget(typed, options);
  const [program, ...others] = words;
  const isFlag = program !== undefined && /^--?[a-z]/.test(program);
  if (isFlag && isTarget) {
    throw new UsageError(
      `Cannot run "${program}": flags of vers go before the VM`,
      "for example: vers exec --timeout 90s my-vm make",
    );
  }
  const command = program === "--" ? others : words;
  if (command.length > 0) return { target, words: command };
  throw new UsageError(
    `Cannot run a command in VM ${target.id}: none is given`,
    "put it after the VM, for example: vers exec my-vm uname -a",
  );
}

/** One word is a line of shell as it is; several are words to it. */
function scriptOf(words: readonly string[]): string {
  const [only = ""] = words;
  return words.length === 1 ? only : shellLine(words);
}

function parseVariable(text: string): readonly [name: string, value: string] {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text);
  const [, name, value] = match ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw new ValueError("a name, = and a value", EXAMPLE_VARIABLE);
}

function textOf(pieces: readonly Uint8Array[]): string {
  // A mark at the beginning is a character like any other.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const text = pieces.map((piece) => decoder.decode(piece, { stream: true }));
  return text.join("") + decoder.decode();
}
