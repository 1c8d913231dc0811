import { strictEqual } from "node:assert/strict";
import {
  OTHER_VM,
  runningJob,
  SAMPLE_VM,
  submittedJob,
} from "../../../tests/helpers/sample_job.ts";
import { NoAnswerError } from "../../api/api_error.ts";
import type { Notice } from "../../engine/engine.ts";
import {
  isLook,
  renderLook,
  renderNotice,
  renderTrace,
} from "./render_notice.ts";

const job = runningJob();
const handle = job.handle;

for (
  const [notice, text] of [
    [
      { type: "submitted", job: submittedJob() },
      "job job_8f2a3b4c5d submitted",
    ],
    [
      { type: "confirming", job },
      "note: the answer to job job_8f2a3b4c5d was lost; checking whether the VM was made",
    ],
    [
      { type: "sendingAgain", job },
      "note: nothing was made for job job_8f2a3b4c5d; sending it again",
    ],
    [
      { type: "sendingAgain", job: runningJob({ kind: "vm.resume" }) },
      "note: the answer to job job_8f2a3b4c5d was lost; asking again",
    ],
    [
      { type: "sourceMoved", job: runningJob({ source: OTHER_VM }) },
      `note: job job_8f2a3b4c5d was about ${OTHER_VM}, which is not what is meant now; starting a new one. --resume-job job_8f2a3b4c5d resumes it`,
    ],
    [
      { type: "resumedAgain", job },
      "note: the VM of job job_8f2a3b4c5d is asleep; asked for it to be resumed again",
    ],
    [
      { type: "notLabelled", job, vmId: OTHER_VM },
      `warning: VM ${OTHER_VM} could not be labelled as that of job job_8f2a3b4c5d`,
    ],
    [
      { type: "accepted", job, handle, effect: "created" },
      `VM ${SAMPLE_VM} accepted`,
    ],
    [
      {
        type: "accepted",
        job,
        handle: { vm_ids: [SAMPLE_VM, OTHER_VM] },
        effect: "created",
      },
      `VM ${SAMPLE_VM} accepted\nVM ${OTHER_VM} accepted`,
    ],
    [
      { type: "resuming", job, ageMs: 12_345 },
      "note: resuming in-flight job job_8f2a3b4c5d " +
      "(status: running, age 12s)",
    ],
    [
      { type: "resuming", job: submittedJob(), ageMs: 7_500_000 },
      "note: resuming in-flight job job_8f2a3b4c5d " +
      "(status: submitted, age 2h5m)",
    ],
    [
      { type: "resuming", job: runningJob({ kind: "vm.deploy" }), ageMs: 0 },
      "note: resuming in-flight job job_8f2a3b4c5d (status: running, age 0s)" +
      "\nnote: --no-resume deploys what is there now",
    ],
    [
      { type: "returning", job },
      "note: job job_8f2a3b4c5d already complete; returning its result",
    ],
    [
      { type: "returning", job: runningJob({ kind: "vm.deploy" }) },
      "note: job job_8f2a3b4c5d already complete; returning its result" +
      "\nnote: --no-resume deploys what is there now",
    ],
    [
      { type: "tooOld", job, ageMs: 97_200_000 },
      "note: job job_8f2a3b4c5d is still in flight, but too old to be " +
      "resumed (age 1d3h); starting a new one. --max-resume-age resumes older jobs, " +
      "--resume-job job_8f2a3b4c5d resumes this one",
    ],
    [
      { type: "noStableKey", kind: "vm.run" },
      "note: if this is interrupted, the same command will not find its job " +
      "again; --vm-alias NAME, --idempotency-key KEY or VERS_RUN_ID makes it " +
      "resumable",
    ],
    [
      { type: "badLines", count: 1 },
      "warning: 1 line of the ledger cannot be read; vers jobs doctor shows it",
    ],
    [
      { type: "badLines", count: 2 },
      "warning: 2 lines of the ledger cannot be read; vers jobs doctor shows " +
      "them",
    ],
    [
      {
        type: "waitingForLock",
        holder: { pid: 42, since: "2026-01-05T09:00:00.000Z" },
      },
      "note: waiting for another process with the same command " +
      "(pid 42, since 2026-01-05T09:00:00.000Z)",
    ],
    [
      { type: "waitingForLock", holder: undefined },
      "note: waiting for another process with the same command",
    ],
    [
      {
        type: "duplicate",
        job,
        kept: SAMPLE_VM,
        other: OTHER_VM,
        isProven: true,
      },
      `warning: job job_8f2a3b4c5d made two VMs; ${SAMPLE_VM} is kept\n` +
      `hint: to delete the other one: vers delete ${OTHER_VM}`,
    ],
    [
      {
        type: "duplicate",
        job,
        kept: SAMPLE_VM,
        other: OTHER_VM,
        isProven: false,
      },
      `warning: job job_8f2a3b4c5d may have made VM ${OTHER_VM}, too; ` +
      `${SAMPLE_VM} is kept\n` +
      `hint: if nobody else made it: vers delete ${OTHER_VM}`,
    ],
    [
      { type: "deleted", job },
      `note: VM ${SAMPLE_VM} of job job_8f2a3b4c5d was deleted; starting a new one`,
    ],
    [
      { type: "stopped", job },
      `note: VM ${SAMPLE_VM} of job job_8f2a3b4c5d is no longer running; ` +
      "starting a new one",
    ],
    [
      { type: "noLedger", why: 'Cannot write "/x\x1b[2J": read-only' },
      'warning: this job cannot be resumed: cannot write "/x\\x1b[2J": ' +
      "read-only",
    ],
  ] as const satisfies readonly (readonly [Notice, string])[]
) {
  Deno.test(`renderNotice() of ${JSON.stringify(notice).slice(0, 60)}`, () => {
    strictEqual(renderNotice(notice), text);
  });
}

Deno.test("renderLook() says what was seen, since when, and what comes", () => {
  const notice: Notice = {
    type: "look",
    job,
    states: [{ vmId: SAMPLE_VM, state: "booting" }],
    nextLookMs: 2_250,
  };
  strictEqual(isLook(notice), true);
  strictEqual(
    renderLook(notice, 65_000),
    `job job_8f2a3b4c5d: VM ${SAMPLE_VM} booting, waited 1m5s, ` +
      "next look in 2.3s",
  );
});

Deno.test("renderLook() says why there was no answer", () => {
  const error = new NoAnswerError("read the status", "it took too long");
  strictEqual(
    renderLook({ type: "missedLook", job, error }, 5_000),
    "job job_8f2a3b4c5d: no answer, waited 5s " +
      "(Cannot read the status: it took too long)",
  );
});

Deno.test("renderTrace() says what became of a request, on one line", () => {
  const trace = {
    method: "GET",
    path: "/api/v1/vms?a=\x1b[2J",
    requestId: "request-1",
    status: 200,
    elapsedMs: 12.4,
  };
  strictEqual(
    renderTrace(trace),
    "trace: GET /api/v1/vms?a=\\x1b[2J 200 in 12 ms (request request-1)",
  );
  strictEqual(
    renderTrace({ ...trace, path: "/api/v1/vms", status: undefined }),
    "trace: GET /api/v1/vms no answer in 12 ms (request request-1)",
  );
});
