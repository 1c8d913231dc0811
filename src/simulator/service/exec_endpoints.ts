import * as z from "zod/mini";
import {
  badRequest,
  errorAnswer,
  jsonAnswer,
  notFound,
  type Pause,
  Refusal,
  type ServiceAnswer,
} from "./answer.ts";
import {
  awaitBoot,
  done,
  type Endpoint,
  type EndpointContext,
  idParam,
  jsonBody,
  shaped,
  shown,
} from "./endpoint.ts";
import { runInFakeShell, type ShellRun } from "./fake_shell.ts";
import { livingVm, stateAt } from "./vm_life.ts";
import type { ServiceCall, StoredExec } from "./world.ts";
import { joinBytes } from "../../bytes.ts";

/** How many commands are remembered: what is older cannot be attached to. */
const KEPT_EXECS = 20;
/** What a command that was ended for its time-out exits with. */
const TIMED_OUT = 124;
const WORKING_DIR = "/root";

const EXEC_BODY = z.object({
  command: z.array(z.string()).check(z.minLength(1)),
  env: z.nullish(z.record(z.string(), z.string())),
  exec_id: z.nullish(z.guid()),
  stdin: z.nullish(z.string()),
  timeout_secs: z.nullish(z.int().check(z.minimum(0))),
  working_dir: z.nullish(z.string()),
});

/** Runs a command and answers when it is over. */
export const execute: Endpoint = (call, context) => {
  const started = start(call, context);
  const { output, exitCode, endsAfterMs } = runOf(started);
  const textOf = (stream: string) =>
    new TextDecoder().decode(
      joinBytes(
        output.filter((piece) => piece.stream === stream)
          .map(({ bytes }) => bytes),
      ),
    );
  return done(
    jsonAnswer(200, {
      exit_code: exitCode,
      stdout: textOf("stdout"),
      stderr: textOf("stderr"),
      exec_id: started.execId,
    }),
    started.startedAt + endsAfterMs,
  );
};

/** Runs a command and tells what it does while it does it. */
export const streamExec: Endpoint = (call, context) =>
  done(streamOf(start(call, context), context));

const ATTACH_BODY = z.object({
  exec_id: z.guid(),
  cursor: z.nullish(z.int().check(z.minimum(0))),
  from_latest: z.nullish(z.boolean()),
});

/** Tells what a command does from some event on. */
export const attachExec: Endpoint = (call, context) => {
  const vmId = idParam(call, "vm");
  const body = shaped(jsonBody(call), ATTACH_BODY);
  const execId = body.exec_id.toLowerCase();
  livingVm(context.world, call.account, vmId);
  const exec = context.world.execs.find((exec) =>
    exec.vmId === vmId && exec.execId === execId
  );
  const { forget } = context.quirks;
  const isForgotten = forget && forget.events === undefined;
  if (!exec || isForgotten) throw notFound("exec session not found");
  const from = body.from_latest
    ? runOf(exec).output
      .filter(({ afterMs }) => exec.startedAt + afterMs <= context.now).length
    : body.cursor ?? 0;
  const after = Math.max(from, forget?.events ?? 0);
  return shown(streamOf(exec, context, after));
};

/** Starts a command. */
function start(call: ServiceCall, { world, now }: EndpointContext): StoredExec {
  const vmId = idParam(call, "vm");
  const body = shaped(jsonBody(call), EXEC_BODY);
  const vm = livingVm(world, call.account, vmId);
  awaitBoot(vm, now, { skipWait: false });
  const state = stateAt(vm, now);
  if (state !== "running") throw badRequest(`vm is ${state}`);
  const execId = body.exec_id?.toLowerCase() ?? crypto.randomUUID();
  if (world.execs.some((exec) => exec.execId === execId)) {
    throw new Refusal(errorAnswer(409, "exec_id is already in use"));
  }
  const exec: StoredExec = {
    execId,
    vmId,
    startedAt: now,
    command: body.command,
    env: body.env ?? {},
    stdin: body.stdin ?? "",
    workingDir: body.working_dir ?? WORKING_DIR,
    timeoutSecs: body.timeout_secs ?? 0,
  };
  world.execs = [...world.execs, exec].slice(-KEPT_EXECS);
  return exec;
}

/** What a command does, unless its time-out ends it. */
function runOf(exec: StoredExec): ShellRun {
  const run = runInFakeShell(exec);
  const limitMs = exec.timeoutSecs === 0 ? Infinity : exec.timeoutSecs * 1_000;
  if (run.endsAfterMs <= limitMs) return run;
  return {
    output: run.output.filter(({ afterMs }) => afterMs <= limitMs),
    exitCode: TIMED_OUT,
    endsAfterMs: limitMs,
  };
}

/** The events after the first `after`, one a line, each at its time. */
function streamOf(
  exec: StoredExec,
  { now }: EndpointContext,
  after = 0,
): ServiceAnswer {
  const { output, exitCode, endsAfterMs } = runOf(exec);
  const exec_id = exec.execId;
  const events = [
    ...output.map(({ afterMs, stream, bytes }, index) => ({
      afterMs,
      value: {
        type: "chunk",
        stream,
        data_b64: bytes.toBase64(),
        cursor: index + 1,
        exec_id,
      },
    })),
    {
      afterMs: endsAfterMs,
      value: {
        type: "exit",
        exit_code: exitCode,
        cursor: output.length + 1,
        exec_id,
      },
    },
  ].slice(after);
  const pauses: Pause[] = [];
  let body = "";
  let latest = now;
  for (const { afterMs, value } of events) {
    const until = exec.startedAt + afterMs;
    // All of it is ASCII: a character is a byte.
    if (until > latest) pauses.push({ at: body.length, until });
    latest = Math.max(latest, until);
    body += JSON.stringify(value) + "\n";
  }
  return {
    status: 200,
    headers: { "content-type": "application/x-ndjson" },
    body,
    ...(pauses.length === 0 ? {} : { pauses }),
  };
}
