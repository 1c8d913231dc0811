import { strictEqual } from "node:assert/strict";
import {
  completeJob,
  failedJob,
  runningJob,
} from "../../tests/helpers/sample_job.ts";
import { Failure } from "../failure.ts";
import { InterruptedError, TimedOutError } from "../patience.ts";
import {
  IncompleteJobError,
  isResumable,
  UnconfirmedError,
} from "./engine_error.ts";

const NOT_FOUND = new Failure("Cannot read", { code: "not_found" });
const UNDELIVERED = new Failure("Cannot deliver", { code: "undelivered" });

for (
  const { name, failure, job, is } of [
    { name: "any with a job in flight", failure: NOT_FOUND, job: runningJob() },
    { name: "one without a job", failure: NOT_FOUND, is: false },
    { name: "an interruption", failure: new InterruptedError("SIGINT") },
    { name: "a time-out", failure: new TimedOutError("Timed out") },
    {
      name: "a result that was not printed",
      failure: UNDELIVERED,
      job: completeJob(),
    },
    {
      name: "a time-out after a job failed",
      failure: new TimedOutError("Timed out"),
      job: failedJob(),
      is: false,
    },
    {
      name: "an unconfirmed request",
      failure: new UnconfirmedError("Cannot tell"),
      job: runningJob(),
      is: false,
    },
    {
      name: "a batch that is partly deleted",
      failure: new IncompleteJobError("VM a was deleted"),
      job: runningJob(),
      is: false,
    },
  ]
) {
  Deno.test(`isResumable() of ${name} is ${is ?? true}`, () => {
    strictEqual(isResumable(failure, job), is ?? true);
  });
}
