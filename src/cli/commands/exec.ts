import { ApiError } from "../../api/api_error.ts";
import type { ExecRequest } from "../../api/types.ts";
import type { VersClient } from "../../api/vers_client.ts";
import { Failure } from "../../failure.ts";
import { Patience, TimedOutError } from "../../patience.ts";
import { vmOfAlias } from "../../project/aliases.ts";
import { isUuid } from "../../uuid.ts";
import {
  type CommandInput,
  defineCommand,
  TARGET_FILES,
} from "../command_line/command.ts";
import {
  duration,
  type FlagTable,
  ValueError,
  withFacts,
  word,
} from "../command_line/flag.ts";
import { shellLine } from "../command_line/written_line.ts";
import type { Context } from "../context.ts";
import { lazy } from "../lazy.ts";
import { UsageError } from "../output/exit_code.ts";
import { ClosedPipeError, type Sink } from "../output/sink.ts";
import { jsonLine } from "../output/terminal_text.ts";
import { readStdin } from "../read_stdin.ts";
import { openSession } from "../session.ts";
import { aliasesFor, resolveTarget, type Target } from "../targets.ts";
import { noSuchVm } from "../vm_command.ts";

/** What the service takes as stdin is part of one request. */
const MAX_STDIN_BYTES = 1024 * 1024;
/** How much later than its time-out a command may end, before it is given up. */
const GRACE_MS = 10_000;
/** How many tries in a row may fail before a person should know. */
const SILENT_BREAKS = 3;

const EXAMPLE_VARIABLE = "NAME=value";
const parseTimeout = duration({ zero: "no limit", example: "90s" });

const FLAGS = {
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
  "no-stdin": {
    type: "boolean",
    brief: "Send no stdin, even if it is piped",
  },
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
    "passed as they are. Piped stdin is sent along: text, up to 1 MiB.\n\n" +
    "If the connection breaks, vers reconnects to the same command: its\n" +
    "output continues where it stopped, and it is never started twice.",
  flags: FLAGS,
  positionals: [
    {
      name: "vm",
      brief: "Id or alias; default: HEAD of this folder",
      isOptional: true,
    },
    { name: "command", brief: "What to run, with its arguments", isList: true },
  ],
  takesRest: true,
  passesExitCode: true,
  examples: [
    ["vers exec my-vm ls -la /srv", "run a command in the VM my-vm"],
    ["vers exec 'cd /srv && make | tail -5'", "run a line of shell"],
    ["vers exec -w /srv -t 10m my-vm make test", "in a folder, with a limit"],
    ["vers exec --json my-vm uname -a", "collect the output as JSON"],
  ],
  exitCodes: [
    [125, "vers itself failed: its error on stderr says why"],
    [130, "interrupted; the command continues in the VM"],
  ],
  files: TARGET_FILES,
  run: exec,
});

async function exec(input: Input, context: Context): Promise<number> {
  const { flags, progress } = input;
  const { target, words } = targetAndWords(input, context);
  const { engine: { client } } = await openSession(input, context);
  const stdin = flags["no-stdin"] || context.stdin.isTerminal
    ? ""
    : await readStdin(context, {
      progress,
      maxBytes: MAX_STDIN_BYTES,
      action: "run the command",
      hint: "--no-stdin sends none",
    });
  const request: ExecRequest = {
    command: ["bash", "-c", scriptOf(words)],
    exec_id: crypto.randomUUID(),
    ...(flags.env.length === 0 ? {} : { env: Object.fromEntries(flags.env) }),
    ...(stdin === "" ? {} : { stdin }),
    ...(flags.timeout
      ? { timeout_secs: Math.ceil(flags.timeout / 1_000) }
      : {}),
    ...(flags.workdir === undefined ? {} : { working_dir: flags.workdir }),
  };
  return await follow(input, context, { client, target, request });
}

/** A command that is to be run, and where. */
interface Started {
  readonly client: VersClient;
  readonly target: Target;
  readonly request: ExecRequest;
}

async function follow(
  { flags, invocation: { output }, progress }: Input,
  context: Context,
  { client, target, request }: Started,
): Promise<number> {
  const { execInVm } = await lazy.execStream();
  const isCollected = output.isExplicit && output.format === "json";
  const collected = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const { clock, signal: interrupt } = context;
  const { timeout } = flags;
  const patience = new Patience({
    clock,
    interrupt,
    timeoutMs: timeout ? clock.elapsedMs() + timeout : undefined,
  });
  using _stopping = patience;
  let exitCode: number;
  try {
    // The service ends a command whose time is up, and says so. The limit here
    // is for when it does not.
    exitCode = await patience.within(
      (signal) =>
        execInVm({ client, clock, signal }, {
          vmId: target.id,
          request,
          async onOutput(stream, bytes) {
            if (isCollected) collected[stream].push(bytes);
            else await writeIfRead(context[stream], bytes);
          },
          onBroken({ message }, times) {
            if (times !== SILENT_BREAKS + 1) return;
            progress.say(`note: still reconnecting to the command: ${message}`);
          },
        }),
      {
        graceMs: GRACE_MS,
        reason: () =>
          new TimedOutError(
            `Timed out after ${(timeout ?? 0) / 1_000}s, and the service did ` +
              "not end the command",
          ),
      },
    );
  } catch (error) {
    if (context.signal.aborted) {
      progress.say(
        `note: the command continues in VM ${target.id}, if it was started`,
      );
      throw error;
    }
    throw await withReason(error, { client, target, signal: context.signal });
  }
  if (isCollected) {
    await writeIfRead(
      context.stdout,
      output.isQuiet ? `${request.exec_id}\n` : jsonLine({
        exit_code: exitCode,
        stdout: textOf(collected.stdout),
        stderr: textOf(collected.stderr),
        exec_id: request.exec_id,
      }) + "\n",
    );
  }
  // More than a byte does not fit; and it must not look like success.
  return exitCode >= 0 && exitCode <= 255 ? exitCode : exitCode & 0xff || 255;
}

/**
 * Writes to a stream, if somebody still reads it: the command continues without
 * a reader, and its exit code is still to come.
 */
async function writeIfRead(
  stream: Sink,
  content: string | Uint8Array,
): Promise<void> {
  try {
    await stream.write(content);
  } catch (error) {
    if (!(error instanceof ClosedPipeError)) throw error;
  }
}

/** Returns the error that says why the VM would not run the command. */
async function withReason(
  error: unknown,
  { client, target, signal }: Omit<Started, "request"> & {
    readonly signal: AbortSignal;
  },
): Promise<unknown> {
  if (!(error instanceof ApiError) || !error.isFromService) return error;
  if (error.status === 404) return noSuchVm(target, error);
  if (error.status !== 400) return error;
  try {
    const { value: { state } } = await client.vmStatus(target.id, { signal });
    if (state === "running") return error;
    return new Failure(
      `Cannot run the command in VM ${target.id}: the VM is ${state}`,
      {
        code: "bad_request",
        hint: `nothing was run; vers resume --wait ${target.id}`,
        cause: error,
      },
    );
  } catch {
    return error;
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
