import { strictEqual } from "node:assert/strict";
import { ApiError } from "../../api/api_error.ts";
import { JobError, UnconfirmedError } from "../../engine/engine_error.ts";
import { InterruptedError, TimedOutError } from "../../patience.ts";
import { Failure } from "../../failure.ts";
import { runningJob } from "../../../tests/helpers/sample_job.ts";
import { exitCodeFor, UsageError } from "./exit_code.ts";

function answered(status: number): ApiError {
  return new ApiError({
    action: "create the VM",
    status,
    detail: "",
    isFromService: true,
  });
}

for (
  const [name, error, code] of [
    ["401", answered(401), 2],
    ["403", answered(403), 2],
    ["404", answered(404), 3],
    ["409", answered(409), 4],
    ["400", answered(400), 5],
    ["422", answered(422), 5],
    ["500", answered(500), 1],
    ["418", answered(418), 1],
    ["bad usage", new UsageError("Cannot", "for example"), 5],
    ["a time-out", new TimedOutError("Timed out"), 6],
    ["a decline", new Failure("Declined", { code: "declined" }), 7],
    ["a failed job", new Failure("Dead", { code: "job_failed" }), 20],
    ["an unconfirmed job", new UnconfirmedError("Cannot tell"), 21],
    ["a job in flight", new Failure("Not yet", { code: "in_flight" }), 22],
    ["an undelivered result", new Failure("No", { code: "undelivered" }), 1],
    ["SIGINT", new InterruptedError("SIGINT"), 130],
    ["SIGTERM", new InterruptedError("SIGTERM"), 143],
    ["SIGHUP", new InterruptedError("SIGHUP"), 129],
    ["a bug", new TypeError("x is not a function"), 1],
    ["a text that names a status", new Error("404 not found"), 1],
    ["what is no error", "404", 1],
  ] as const
) {
  Deno.test(`exitCodeFor() of ${name} is ${code}`, () => {
    strictEqual(exitCodeFor(error), code);
  });
}

Deno.test("exitCodeFor() of a job's error is that of its cause", () => {
  const error = new JobError(new InterruptedError("SIGHUP"), runningJob());
  strictEqual(exitCodeFor(error), 129);
});
