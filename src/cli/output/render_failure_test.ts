import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import {
  completeJob,
  failedJob,
  OTHER_VM,
  runningJob,
  SAMPLE_VM,
  submittedJob,
} from "../../../tests/helpers/sample_job.ts";
import { ApiError, NoAnswerError } from "../../api/api_error.ts";
import {
  IncompleteJobError,
  JobError,
  RecordedFailure,
  UnconfirmedError,
} from "../../engine/engine_error.ts";
import { InterruptedError, TimedOutError } from "../../patience.ts";
import { Failure } from "../../failure.ts";
import type { Job } from "../../job/job.ts";
import { FileLockError } from "../../file_lock.ts";
import { defineCommand } from "../command_line/command.ts";
import { UsageError } from "./exit_code.ts";
import { renderFailure } from "./render_failure.ts";
import type { InvokedCommand } from "../command_line/written_line.ts";

const invoked: InvokedCommand = {
  command: defineCommand({
    summary: "Start a VM",
    description: "Starts a VM.",
    flags: {},
    positionals: [],
    examples: [],
    run: () => Promise.resolve(0),
  }),
  invocation: {
    path: ["run"],
    typed: ["run", "--wait", "--vm-alias", "my-vm"],
    given: [{ name: "wait" }, { name: "vm-alias", value: "my-vm" }],
    output: { format: "text", isExplicit: false, isQuiet: false },
    isLocal: false,
    isVerbose: false,
  },
};

const SAME = "vers run --wait --vm-alias my-vm";

function text(error: unknown, job?: ReturnType<typeof runningJob>): string {
  return renderFailure(error, { format: "text", invoked, job });
}

function json(error: unknown): unknown {
  const line = renderFailure(error, { format: "json", invoked });
  strictEqual(line.indexOf("\n"), line.length - 1);
  return JSON.parse(line);
}

Deno.test("renderFailure() is the error, then the hint", () => {
  strictEqual(
    text(new UsageError("Cannot run", "for example: vers run")),
    "error: Cannot run\nhint: for example: vers run\n",
  );
});

Deno.test("renderFailure() says what the cause adds, and only that", () => {
  const cause = new Error("certificate has expired");
  strictEqual(
    text(new NoAnswerError("list the VMs", "no connection", { cause }))
      .split("\n")[1],
    "caused by: certificate has expired",
  );
  strictEqual(
    text(
      new Failure("Cannot: no disk", {
        code: "general",
        cause: new Error("no disk"),
      }),
    ),
    "error: Cannot: no disk\n",
  );
});

Deno.test("renderFailure() never lets a server's text at the terminal", () => {
  const error = new ApiError({
    action: "create the VM",
    status: 418,
    detail: "\x1b[2Jpwned\nerror: all is well",
    isFromService: true,
  });
  strictEqual(
    text(error),
    "error: Cannot create the VM: the service answered 418 " +
      "(\\x1b[2Jpwned\\nerror: all is well)\n",
  );
});

Deno.test("renderFailure() of a time-out shows how to go on", () => {
  const error = new JobError(new TimedOutError("Timed out"), runningJob());
  strictEqual(text(error), `error: Timed out\nhint: to resume: ${SAME}\n`);
  deepStrictEqual(json(error), {
    error: {
      code: "timed_out",
      message: "Timed out",
      hint: `to resume: ${SAME}`,
      exit_code: 6,
      job_id: "job_8f2a3b4c5d",
      vm_ids: [SAMPLE_VM],
      resume_command: SAME,
      retryable: true,
    },
  });
});

Deno.test("renderFailure() names a job that its words find no more, and calls none again that is not kept", () => {
  const timedOut = new TimedOutError("Timed out");
  match(
    text(new JobError(timedOut, runningJob(), "id")),
    /^hint: to resume: vers run --resume-job job_8f2a3b4c5d$/m,
  );
  const { error } = JSON.parse(renderFailure(
    new JobError(timedOut, runningJob(), "nothing"),
    { format: "json", invoked },
  ));
  deepStrictEqual([error.retryable, error.resume_command], [false, undefined]);
  match(error.hint, new RegExp(`another VM; .*: vers get ${SAMPLE_VM}$`));
});

Deno.test("renderFailure() repeats the words of the job itself, where the command named it", () => {
  const command = "vers branch my-vm --wait --alias b";
  const waiting: InvokedCommand = {
    ...invoked,
    invocation: {
      ...invoked.invocation,
      path: ["jobs", "wait"],
      typed: ["jobs", "wait", "job_8f2a3b4c5d", "--timeout", "6s"],
      given: [{ name: "timeout", value: "6s" }],
    },
  };
  const hintOf = (error: Failure, job: Job) =>
    JSON.parse(renderFailure(new JobError(error, job), {
      format: "json",
      invoked: waiting,
    })).error.hint;
  match(
    hintOf(new UnconfirmedError("Cannot tell"), submittedJob({ command })),
    new RegExp(`if none is: ${command} --no-resume$`),
  );
  match(
    hintOf(
      new UnconfirmedError("Cannot tell"),
      submittedJob({ command: "vers deploy a/b --build [left out]" }),
    ),
    /if none is: the command that started it, with --no-resume$/,
  );
  const incomplete = new IncompleteJobError("VM a is gone");
  const anew = `to make all of them again: ${command} --no-resume`;
  strictEqual(
    hintOf(incomplete, runningJob({ command })),
    `${anew}; to give the job up: vers jobs cancel job_8f2a3b4c5d`,
  );
  // What is complete cannot be given up.
  strictEqual(hintOf(incomplete, completeJob({ command })), anew);
});

Deno.test("renderFailure() of an interruption knows the job from the notices", () => {
  const line = renderFailure(new InterruptedError("SIGTERM"), {
    format: "json",
    invoked,
    job: submittedJob(),
  });
  deepStrictEqual(JSON.parse(line), {
    error: {
      code: "interrupted",
      message: "Interrupted by SIGTERM",
      hint: `to resume: ${SAME}`,
      exit_code: 143,
      job_id: "job_8f2a3b4c5d",
      resume_command: SAME,
      retryable: true,
    },
  });
});

Deno.test("renderFailure() of a job that failed has nothing to go on with", () => {
  const dead = new Failure("The VM is dead", { code: "job_failed" });
  strictEqual(
    text(new JobError(dead, failedJob())),
    "error: The VM is dead\n",
  );
});

Deno.test("renderFailure() of a wrong command line has nothing to go on with", () => {
  deepStrictEqual(json(new UsageError("Cannot run", "for example: vers run")), {
    error: {
      code: "usage",
      message: "Cannot run",
      hint: "for example: vers run",
      exit_code: 5,
      retryable: false,
    },
  });
});

Deno.test("renderFailure() of an unconfirmed job lists what it may be, and what settles it", () => {
  const candidate = {
    vmId: OTHER_VM,
    state: "running",
    createdAt: "2026-01-05T09:00:01Z",
  };
  const error = new JobError(
    new UnconfirmedError("Cannot tell", [candidate]),
    submittedJob(),
  );
  strictEqual(
    text(error),
    "error: Cannot tell\n" +
      `it may be: VM ${OTHER_VM} (running, 2026-01-05T09:00:01Z)\n` +
      `hint: if a VM is the one: vers jobs adopt job_8f2a3b4c5d ${OTHER_VM}; ` +
      `if none is: ${SAME} --no-resume\n`,
  );
  const { error: told } = json(error) as { error: Record<string, unknown> };
  deepStrictEqual(told.candidates, [{
    vm_id: OTHER_VM,
    state: "running",
    created_at: "2026-01-05T09:00:01Z",
  }]);
  strictEqual(told.exit_code, 21);
});

Deno.test("renderFailure() of what is no failure says that it is a bug", () => {
  strictEqual(
    text(new TypeError("x is not a function")),
    "error: Cannot continue: TypeError: x is not a function\n" +
      "hint: this is a bug in vers; please report it " +
      "with the command line and this message\n" +
      `hint: to resume: ${SAME}\n`,
  );
});

for (
  const [status, hint] of [
    [400, /vers run --help$/],
    [404, /vers status$/],
    [409, /vers status$/],
    [422, /vers run --help$/],
    [429, /run the same command again$/],
    [500, /run the same command again later$/],
    [501, /vers help$/],
  ] as const
) {
  Deno.test(`renderFailure() of a ${status} of the service has a hint`, () => {
    const error = new ApiError({
      action: "create the VM",
      status,
      detail: "no",
      isFromService: true,
    });
    const { error: told } = json(error) as { error: Record<string, unknown> };
    match(String(told.hint), hint);
  });
}

Deno.test("renderFailure() tells the same of a refusal that the ledger has", () => {
  for (const status of [400, 402, 404, 409, 422, 501]) {
    const error = new ApiError({
      action: "create the VM",
      status,
      detail: "no",
      isFromService: true,
    });
    const { message, code, hint, retryable } = error;
    const recorded = new RecordedFailure(message, { code, hint, retryable });
    deepStrictEqual(
      json(new JobError(recorded, failedJob())),
      json(new JobError(error, failedJob())),
    );
  }
});

Deno.test("renderFailure() leaves the hint out where there is none", () => {
  const { error } = json(new Failure("Cannot", { code: "general" })) as {
    error: Record<string, unknown>;
  };
  strictEqual("hint" in error, false);
});

Deno.test("renderFailure() carries on how long the service wants to be left alone", () => {
  const busy = new ApiError({
    action: "create the VM",
    status: 429,
    detail: "",
    isFromService: true,
    retryAfterMs: 7_000,
  });
  for (const error of [busy, new TimedOutError("Timed out", busy)]) {
    const { error: told } = json(error) as { error: Record<string, unknown> };
    deepStrictEqual([told.retryable, told.retry_after_ms], [true, 7_000]);
  }
});

Deno.test("renderFailure() says who holds a lock, in fields and in a line", () => {
  const holder = { pid: 4_711, since: "2026-01-05T09:00:00.000Z" };
  const error = new TimedOutError(
    "Timed out",
    new FileLockError("/locks/1.lock", "held", { holder }),
  );
  const { error: told } = json(error) as { error: Record<string, unknown> };
  deepStrictEqual(told.holder, holder);
  strictEqual(
    text(error).split("\n")[1],
    "held by: pid 4711, since 2026-01-05T09:00:00.000Z",
  );
});
