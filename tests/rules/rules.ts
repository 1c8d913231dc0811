/**
 * A rule of the contract, the test that names it, and one change to the
 * program that breaks it: `deno task test:rules` makes the change and sees the
 * test fail.
 */
export interface Rule {
  /** The rule, in one line. */
  readonly rule: string;
  /** Where the test is, and a part of its name that stands there. */
  readonly test: readonly [file: string, name: string];
  /** The change: what stands in a file, and what then stands there. */
  readonly change: readonly [file: string, from: string, to: string];
}

const CHOOSE = "src/engine/choose.ts";
const CHOOSE_TEST = "src/engine/choose_test.ts";
const CLAIM = "src/engine/claim.ts";
const DECIDE = "src/job/decide.ts";
const DECIDE_TEST = "src/job/decide_test.ts";
const DELETION = "src/engine/deletion.ts";
const DELETION_TEST = "src/engine/deletion_test.ts";
const KINDS = "src/engine/kinds.ts";
const LOOK = "src/engine/look.ts";
const EXEC_JOB = "src/engine/exec_job.ts";
const EXEC_JOB_TEST = "tests/commands/exec_job_test.ts";
const RECOVER = "src/engine/recover.ts";
const RECOVER_TEST = "src/engine/recover_test.ts";
const RUN_WORK = "src/engine/run_work.ts";
const RUN_WORK_TEST = "src/engine/run_work_test.ts";
const SEARCH = "src/engine/search.ts";
const SEND = "src/engine/send.ts";
const SEND_TEST = "src/engine/send_test.ts";
const VM_LABELS = "src/engine/vm_labels.ts";
const WAIT = "src/engine/wait.ts";
const WAIT_TEST = "src/engine/wait_test.ts";

/** The rules of one command's life, of finding, of sending and of waiting. */
export const RULES: readonly Rule[] = [
  // The life of a command that waits.
  {
    rule: "the key's lock is held from the look-up to the running entry",
    test: [
      "tests/wait/run_wait_test.ts",
      "run --wait twenty times at once makes one VM and twenty results",
    ],
    change: [
      CLAIM,
      "await lockForWork(run, work.key)",
      "await lockForWork(run, crypto.randomUUID())",
    ],
  },
  {
    rule: "what was decided while this process ran is its answer, too",
    test: ["tests/wait/run_wait_test.ts", ", asks once"],
    change: [
      "src/ledger/file/file_ledger.ts",
      "return { job: placed.job, isSettledSinceStart };",
      "return { job: placed.job };",
    ],
  },
  {
    rule: "of two outcomes the first that was recorded holds",
    test: [
      "src/engine/journal_test.ts",
      "Journal.settle() holds the first outcome",
    ],
    change: [
      "src/engine/journal.ts",
      'return known?.status === "complete" || known?.status === "failed"',
      "return known === null",
    ],
  },
  {
    rule: "a result is delivered when it was printed, and not before",
    test: ["tests/wait/delivery_test.ts", "and its result is owed"],
    change: [
      RUN_WORK,
      "  await run.options.deliver({ ...job.result, effect });\n" +
      "  await run.journal.markDelivered(job, run.engine.clock.now());",
      "  await run.journal.markDelivered(job, run.engine.clock.now());\n" +
      "  await run.options.deliver({ ...job.result, effect });",
    ],
  },
  {
    rule: "a job that nobody waited for is accepted, and stays in flight",
    test: [RUN_WORK_TEST, "calls a job accepted that nobody waited for"],
    change: [
      RUN_WORK,
      'if (effect !== "attached") await markAccepted(run, job);',
      "",
    ],
  },
  {
    rule: "such a job is found by its words for 10 minutes",
    test: [RUN_WORK_TEST, "without --wait more than 10 minutes ago"],
    change: [
      DECIDE,
      "ageMs(accepted_at, now) <= Math.min(ACCEPTED_WINDOW_MS, maxAgeMs)",
      "true",
    ],
  },
  {
    rule: "a job in flight that was waited for goes before one that was not",
    test: [RUN_WORK_TEST, "waited for, before one that was not"],
    change: [
      DECIDE,
      "if (newest !== undefined && isInFlight(newest.job)) return newest;",
      "",
    ],
  },
  {
    rule: "without --wait a command is a new request",
    test: [DECIDE_TEST, "a running job, of a command without --wait"],
    change: [
      DECIDE,
      "if (!isWaiting && !work.isIdempotencyKey) {",
      "if (!1) {",
    ],
  },
  {
    rule: "an idempotency key needs no --wait to find its job again",
    test: [RUN_WORK_TEST, "without --wait prints the id of its job again"],
    change: [
      CHOOSE,
      "(wait || work.isIdempotencyKey === true)",
      "wait",
    ],
  },
  {
    rule: "a wait whose lines were stripped writes them again when it ends",
    test: ["src/engine/choose_test.ts", "writes what it knows again"],
    change: [
      RUN_WORK,
      "if (run.job && isInFlight(run.job)) await journal.restore(run.job);",
      "",
    ],
  },

  // What is resumed.
  {
    rule: "a target that stands for another VM now is other work",
    test: [DECIDE_TEST, "a job whose target stands for another VM now"],
    change: [
      DECIDE,
      "return work.source !== job.source && !own.includes(work.source);",
      "return false;",
    ],
  },
  {
    rule: "under an idempotency key, run and folder are no inputs",
    test: [DECIDE_TEST, "but not run and folder"],
    change: [
      DECIDE,
      "const { run_id: _, target, ...others } = inputs;",
      "if (inputs) return inputs; const { target, ...others } = inputs;",
    ],
  },
  {
    rule: "an idempotency key that stands for other work is a conflict",
    test: [
      "tests/commands/resume_test.ts",
      "is a conflict that names the fields",
    ],
    change: [DECIDE, "if (fields.length > 0) {", "if (!1) {"],
  },
  {
    rule: "nothing is submitted beside a line that may be the work's job",
    test: [DECIDE_TEST, "a line of the key that cannot be interpreted"],
    change: [
      DECIDE,
      'return decision.plan === "submit" && unreadable !== undefined',
      "return decision === undefined && unreadable !== undefined",
    ],
  },
  {
    rule: "a job with a handle is as old as the server's clock says",
    test: [
      "tests/commands/resume_test.ts",
      "trusts the server's clock more than ours",
    ],
    change: [
      CHOOSE,
      "const ageOnServerMs = await serverAgeMs(run, newest.job);",
      "const ageOnServerMs = undefined;",
    ],
  },
  {
    rule: "one look does not tell whose a job of another account is",
    test: [CHOOSE_TEST, "one 404 does not make a job"],
    change: [CHOOSE, "const LOOKS = 3;", "const LOOKS = 1;"],
  },
  {
    rule: "an open request of another account has its confirm window",
    test: [CHOOSE_TEST, "open request of another API key is looked for"],
    change: [
      CHOOSE,
      "ageMs(job.sent_at, run.engine.clock.now()) >= confirmWindowMs(run)",
      "true",
    ],
  },
  {
    rule: "a job of another account that is passed over is named",
    test: [CHOOSE_TEST, "is named when it is passed over"],
    change: [
      CHOOSE,
      "if (!isShown) run.engine.notify",
      "if (!1) run.engine.notify",
    ],
  },
  {
    rule: "a result that was never printed has its age by the server's clock",
    test: [CHOOSE_TEST, "though our clock stepped by"],
    change: [
      DECIDE,
      "!isYoung(job.completed_at) && !isYoungThere",
      "!isYoung(job.completed_at)",
    ],
  },
  {
    rule: "a result that was never printed and is too old is named",
    test: [CHOOSE_TEST, "never printed and is too old is named"],
    change: [
      CLAIM,
      '(job.status === "complete" && job.delivered_at === undefined)',
      "false",
    ],
  },
  {
    rule: "a job that was started without --wait too long ago is named",
    test: [RUN_WORK_TEST, "more than 10 minutes ago"],
    change: [CLAIM, 'reason === "accepted_before" && isInFlight(job)', "!1"],
  },
  {
    rule: "another account's job is ours only if the server shows its VM",
    test: [
      "tests/commands/resume_test.ts",
      "passes over a job that it cannot see",
    ],
    change: [
      CHOOSE,
      "!await isShownToUs(run, newest.job)",
      "false",
    ],
  },
  {
    rule: "a stored result is printed only while its VM is there",
    test: [RUN_WORK_TEST, "a stored result whose VM is gone"],
    change: [
      RUN_WORK,
      ': await presenceOf(run, job);\n  if (presence.type === "deleted") {\n    const error',
      ': { type: "there" } as any;\n  if (presence.type === "deleted") {\n    const error',
    ],
  },
  {
    rule: "only the service's own shape is the service's word",
    test: [WAIT_TEST, "for a missed look, not for the service's word"],
    change: [
      "src/api/server_word.ts",
      "error.isFromService && WORDS[about].includes(error.status)",
      "WORDS[about].includes(error.status)",
    ],
  },
  {
    rule: "a list is answered by 200, 401 or 403 alone",
    test: [RECOVER_TEST, "a recovery that reads no list ends with exit 6"],
    change: ["src/api/server_word.ts", "list: [401, 403],", "list: [404],"],
  },
  {
    rule: "401 in mid-wait ends with exit 2, and the job goes on",
    test: [WAIT_TEST, "when the service itself refuses the key"],
    change: ["src/api/server_word.ts", "vm: [401, 403, 404],", "vm: [404],"],
  },
  {
    rule: "a VM is not gone after one 404",
    test: [
      DELETION_TEST,
      "a VM that does not show yet, nowhere, is waited for",
    ],
    change: [
      DELETION,
      "looks + 1 >= LOOKS && nowMs - firstMs >= SPAN_MS &&\n" +
      "      nowMs >= this.#settledAtMs",
      "true",
    ],
  },
  {
    rule: "a VM is gone after 5 s of looks at the soonest",
    test: [
      DELETION_TEST,
      "an old VM that nothing shows is gone after three looks",
    ],
    change: [DELETION, "const SPAN_MS = 5_000;", "const SPAN_MS = 0;"],
  },
  {
    rule: "a VM is gone 30 s after it was accepted at the soonest",
    test: [DELETION_TEST, "over 5 s, 30 s after it was accepted"],
    change: [DELETION, "const SETTLE_MS = 30_000;", "const SETTLE_MS = 0;"],
  },
  {
    rule: "a VM that is listed is not gone",
    test: [DELETION_TEST, "a VM that is listed is not gone"],
    change: [
      DELETION,
      "some(({ vm_id }) => vm_id === vmId)",
      "some(() => false)",
    ],
  },
  {
    rule: "a VM with a time of deletion is gone",
    test: [DELETION_TEST, "a VM whose metadata has a time of deletion"],
    change: [DELETION, "return value.deleted_at !== null;", "return false;"],
  },
  {
    rule: "of a batch that is partly gone no second one is made",
    test: [WAIT_TEST, "one VM deleted, names those that live each time"],
    change: [
      RUN_WORK,
      "return alive.length === 0 ? new JobFailedError(text)",
      "return alive ? new JobFailedError(text)",
    ],
  },
  {
    rule: "a job that was cancelled ends the waits for it",
    test: [WAIT_TEST, "jobs cancel ends the wait for the job"],
    change: [
      WAIT,
      "const settled = await journal.outcomeOf(job);",
      "const settled = undefined as any;",
    ],
  },

  // Sending, and finding out what became of it.
  {
    rule: "a line is written only of a request that can be sent",
    test: [SEND_TEST, "writes no line, and sends nothing"],
    change: [
      RECOVER,
      "const send = run.kind.prepare(job, run.work.secrets, run);\n      const again = await openSend(run, job);",
      "const again = await openSend(run, job);\n      const send = run.kind.prepare(job, run.work.secrets, run);",
    ],
  },
  {
    rule: "a command in a VM is sent again by its sender alone",
    test: [EXEC_JOB_TEST, "and is not run by a later process"],
    change: [
      EXEC_JOB,
      "let mayStillSend = maySend && isOwn;",
      "let mayStillSend = maySend;",
    ],
  },
  {
    rule: "a command in a VM is not sent again while its VM does not run",
    test: [EXEC_JOB_TEST, "is not sent again while the VM does not run"],
    change: [
      EXEC_JOB,
      "!mayStillSend || !await isRunning(run, job)",
      "!mayStillSend",
    ],
  },
  {
    rule: "the server's clock is asked for first, and for no list",
    test: [SEND_TEST, "asks for the server's clock first, and for no list"],
    change: [
      SEND,
      "const serverTime = await readServerClock(run);",
      "const serverTime = undefined as any;",
    ],
  },
  {
    rule: "a connection that cannot be made is tried three times over 5 s",
    test: [SEND_TEST, "is given up after three tries over 5 s"],
    change: [
      SEND,
      "{ isMet: isUnreachable, intervalMs: 2_500, times: 0 }",
      "{ isMet: isUnreachable, intervalMs: 250, times: 0 }",
    ],
  },
  {
    rule: "what is not the Vers API is asked three times over 2 s",
    test: [SEND_TEST, "is given up after three tries over 2 s"],
    change: [
      SEND,
      "{ isMet: isForeign, intervalMs: 1_000, times: 0 }",
      "{ isMet: isForeign, intervalMs: 100, times: 0 }",
    ],
  },
  {
    rule: "a 429 makes a send void: it is sent again later",
    test: [SEND_TEST, "is sent again after Retry-After, under a line"],
    change: [SEND, "if (!isAnswer || !error.isThrottled) {", "if (error) {"],
  },
  {
    rule: "what is sent after a 429 has a line of its own",
    test: [SEND_TEST, "is sent again after Retry-After, under a line"],
    change: [SEND, "await run.journal.append(leaving);", ""],
  },
  {
    rule: "the confirm window begins with the newest line of a send",
    test: ["src/job/job_test.ts", "dates a send by the last of its lines"],
    change: [
      "src/job/job.ts",
      "sent_at: latest(leaving,",
      "sent_at: earliest(leaving,",
    ],
  },
  {
    rule: "a job that was never taken for want of time has failed as not sent",
    test: [SEND_TEST, "and its job has failed as not sent"],
    change: [
      SEND,
      "if (job.sends === 1) await journalFailure(run, job, timedOut);",
      "",
    ],
  },
  {
    rule: "a page that answers a creation is a lost answer",
    test: [SEND_TEST, "counts as lost, not as refused"],
    change: [
      "src/api/api_error.ts",
      "    if (!this.isFromService) return false;\n",
      "",
    ],
  },
  {
    rule: "exit 21 names what answered in the service's place",
    test: [SEND_TEST, "exit 21 names what answered"],
    change: [SEND, "run.lostTo = foreignAnswer(error);", ""],
  },
  {
    rule: "a redirect is a refusal, and never followed",
    test: [SEND_TEST, "has failed, and is not sent elsewhere"],
    change: ["src/api/api_error.ts", "if (isRedirect(status) || ", "if ("],
  },
  {
    rule: "nothing is sent again before the confirm window has passed",
    test: [
      "tests/recovery/recovery_test.ts",
      "sends again, after the confirm window",
    ],
    change: [
      RECOVER,
      "const isLate = age.at(lookedAtMs) >= confirmWindowMs(run);",
      "const isLate = true;",
    ],
  },
  {
    rule: "the window has passed by the server's clock as well as by ours",
    test: [RECOVER_TEST, "a step of our clock does not shorten"],
    change: [
      RECOVER,
      "const remoteMs = serverMs + elapsedMs - notedMs;",
      "const remoteMs = Infinity;",
    ],
  },
  {
    rule: "a run sends again at most once",
    test: [RECOVER_TEST, "is sent no third time by one run"],
    change: [RECOVER, "      mayStillSend = false;\n", ""],
  },
  {
    rule: "after a second send only a 2xx is an answer",
    test: [RECOVER_TEST, "was sent twice and then refused is no failure"],
    change: [
      RECOVER,
      'if (sent.type === "refused") refusal = sent.error;',
      'if (sent.type === "refused") throw sent.error;',
    ],
  },
  {
    rule: "exit 21 is recorded, and others with the same work are told",
    test: [RECOVER_TEST, "is recorded as not confirmed"],
    change: [RECOVER, "await run.journal.append(declared);", ""],
  },
  {
    rule: "the VM of a run carries its token from the start",
    test: ["tests/recovery/recovery_test.ts", "finds the VM by its label"],
    change: [
      KINDS,
      "labels: { [JOB_LABEL]: token }",
      "labels: {}",
    ],
  },
  {
    rule: "an unlabelled new VM keeps a lost run from being sent again",
    test: [
      "tests/recovery/recovery_test.ts",
      "that keeps labels to itself gives up",
    ],
    change: [
      SEARCH,
      "if (metadata && isWithin(vm, 0)) vms.push({ vm, metadata });",
      "if (!1) vms.push({ vm, metadata: metadata! });",
    ],
  },
  {
    rule: "a candidate is owned by the intent's account",
    test: ["tests/commands/branch_test.ts", "takes no VM that another key"],
    change: [
      SEARCH,
      "(!isOwnerKnown(job) || vm.owner_id === job.account) &&",
      "",
    ],
  },
  {
    rule: "a candidate was made in the time of the sends",
    test: [RECOVER_TEST, "made a few seconds early"],
    change: [
      SEARCH,
      "if (metadata && isWithin(vm, 0))",
      "if (metadata)",
    ],
  },
  {
    rule: "a candidate has the lineage of the job",
    test: [RECOVER_TEST, "a VM of another parent is no candidate"],
    change: [
      KINDS,
      "return [vmId, commitId].includes(source.toLowerCase());",
      "return true;",
    ],
  },
  {
    rule: "a young candidate may yet be labelled by its maker",
    test: [RECOVER_TEST, "that its maker may yet label is waited for"],
    change: [
      SEARCH,
      "if (!recovery.isLabelled && ageMs < graceMs) isEarly = true;",
      "",
    ],
  },
  {
    rule: "a VM with another job's label is no candidate",
    test: [RECOVER_TEST, "that its maker may yet label is waited for"],
    change: [SEARCH, ": vm.labels[JOB_LABEL] !== undefined;", ": false;"],
  },
  {
    rule: "a VM that another job has is no candidate",
    test: [RECOVER_TEST, "that another job of the ledger has is no candidate"],
    change: [SEARCH, "if (owners.has(vm.vm_id)) continue;", ""],
  },
  {
    rule: "exactly as many candidates as were asked for are the job's",
    test: [RECOVER_TEST, "more candidates than were asked for"],
    change: [SEARCH, "vms.length === count;", "vms.length >= count;"],
  },
  {
    rule: "another open intent of the same source hinders adopting",
    test: [
      "tests/commands/branch_test.ts",
      "beside one of the same parent whose answer",
    ],
    change: [
      SEARCH,
      "if (!isOurs || await hasRival(options, vms)) {",
      "if (!isOurs) {",
    ],
  },
  {
    rule: "VMs with our own label stand first among the candidates",
    test: [RECOVER_TEST, "exit 21 lists the VMs first that carry"],
    change: [SEARCH, "[...own, ...vmIds, ...doubtful]", "[...vmIds]"],
  },
  {
    rule: "a request that was just lost has its whole confirm window",
    test: [RECOVER_TEST, "that was lost late"],
    change: [RECOVER, "isJustLost ? 0 :", "isJustLost && !1 ? 0 :"],
  },
  {
    rule: "nothing is sent beside a VM whose time two clocks disagree about",
    test: [RECOVER_TEST, "made a few seconds early"],
    change: [SEARCH, "TWO_CLOCKS_MS = 60_000", "TWO_CLOCKS_MS = 0"],
  },
  {
    rule: "nothing is sent beside a VM whose metadata are not there",
    test: [RECOVER_TEST, "listed and has no metadata"],
    change: [
      SEARCH,
      "else if (!recovery.isLabelled) doubtful",
      "else if (!1) doubtful",
    ],
  },
  {
    rule: "a job that has a handle keeps it, whoever else has its lock",
    test: [RECOVER_TEST, "without its lock, keep one VM"],
    change: [
      SEND,
      "...(isHandledOtherwise(known.job, handle) ? {} : { append: running }),",
      "append: running,",
    ],
  },
  {
    rule: "an answer that names another job's VM is told of",
    test: [SEND_TEST, "names the VM of another job"],
    change: [SEND, "of before?.owners ?? []", "of []"],
  },
  {
    rule: "a list with two VMs of one token: a warning names the other",
    test: [RECOVER_TEST, "keeps one, and names the other"],
    change: [
      RECOVER,
      "nameDuplicates(run, adopted, looked.value.list);",
      "",
    ],
  },
  {
    rule: "an entry of a list that is not understood is counted in a note",
    test: [RECOVER_TEST, "an odd entry of the list hinders no recovery"],
    change: [
      VM_LABELS,
      'if (skipped.length > 0 && isNews(run, "skipped")) {',
      "if (!1) {",
    ],
  },
  {
    rule: "every VM made without a label is labelled, with or without --wait",
    test: [
      "tests/commands/branch_test.ts",
      "branch without --wait labels its VM",
    ],
    change: [
      VM_LABELS,
      "if (recovery === undefined || recovery.isLabelled) return;",
      "if (recovery || !recovery) return;",
    ],
  },
  {
    rule: 'adopt = "never" turns adopting by lineage off',
    test: [
      "tests/commands/branch_test.ts",
      "branch with adopt = never takes no VM",
    ],
    change: [KINDS, 'policy !== "never" && ', ""],
  },
  {
    rule: "a lost deploy is adopted only if the settings say so",
    test: ["tests/commands/deploy_test.ts", "asks whose VM it is, with 21"],
    change: [
      KINDS,
      'mayAdopt: (policy) => policy === "always"',
      "mayAdopt: () => true",
    ],
  },

  // Waiting.
  {
    rule: "a wait honours Retry-After",
    test: [WAIT_TEST, "looks again no sooner than Retry-After says"],
    change: [
      WAIT,
      "untilNextLook(run, { looks, intervalMs, retryAfterMs })",
      "untilNextLook(run, { looks, intervalMs })",
    ],
  },
  {
    rule: "of several Retry-Afters the longest counts",
    test: [WAIT_TEST, "honours the longest Retry-After of a look"],
    change: [WAIT, "Math.max(...pauses)", "pauses.at(-1)"],
  },
  {
    rule: "finding whose a job is honours Retry-After",
    test: [RUN_WORK_TEST, "asks whose a job is no sooner than Retry-After"],
    change: [
      LOOK,
      "return lookAgain(run, { looks, retryAfterMs, doing });",
      "return lookAgain(run, { looks, doing });",
    ],
  },
  {
    rule: "returning a result honours Retry-After",
    test: [RUN_WORK_TEST, "asks for its VM no sooner than Retry-After says"],
    change: [
      WAIT,
      "return lookAgain(run, { looks, retryAfterMs, doing });",
      "return lookAgain(run, { looks, doing });",
    ],
  },
  {
    rule: "recovering honours Retry-After",
    test: [RECOVER_TEST, "asks for the list no sooner than Retry-After says"],
    change: [
      RECOVER,
      'looked.type === "missed" ? looked.retryAfterMs : undefined',
      "undefined",
    ],
  },
  {
    rule: "labelling honours Retry-After",
    test: [RECOVER_TEST, "a labelling asks again no sooner than Retry-After"],
    change: [
      VM_LABELS,
      "lookAgain(run, { looks, intervalMs, retryAfterMs, doing })",
      "lookAgain(run, { looks, intervalMs, doing })",
    ],
  },
  {
    rule: "no more than 8 things are asked for at once",
    test: [WAIT_TEST, "asks for at most 8 things at once"],
    change: [
      LOOK,
      "if (this.#free > 0) this.#free--;",
      "if (this) this.#free--;",
    ],
  },
  {
    rule: "states are compared without regard to case",
    test: [WAIT_TEST, "whatever the letter case of the state"],
    change: [
      WAIT,
      "switch (state.toLowerCase()) {",
      "switch (state) {",
    ],
  },
  {
    rule: "a VM that is asleep ends the wait with exit 20, and no failure",
    test: [
      "tests/commands/resume_test.ts",
      "and the job completes when it runs",
    ],
    change: [WAIT, 'return "asleep";', 'return "failed";'],
  },
  {
    rule: "a VM that is dead fails its job",
    test: ["tests/commands/resume_test.ts", "fails the job"],
    change: [WAIT, 'return "failed";', 'return "wait";'],
  },
  {
    rule: "a VM that stays asleep is asked to resume once more after 30 s",
    test: [RUN_WORK_TEST, "asks once more after 30 s"],
    change: [
      KINDS,
      "resendWhenAsleepMs: 30_000",
      "resendWhenAsleepMs: 300_000",
    ],
  },
  {
    rule: "a batch of fewer VMs than asked for ends with exit 20",
    test: ["tests/commands/branch_test.ts", "branch that gets fewer VMs"],
    change: [
      RUN_WORK,
      "if (vm_ids.length >= wanted) return;",
      "if (vm_ids.length >= 0) return;",
    ],
  },
  {
    rule: "a time-out is never recorded as a failure",
    test: ["tests/wait/run_wait_test.ts", "ends with 6, and the job goes on"],
    change: [
      RUN_WORK,
      "    if (!(error instanceof JobFailedError)) throw error;\n" +
      "    const settled",
      "    const settled",
    ],
  },
  {
    rule: "a limit is checked after a look, never instead of one",
    test: [WAIT_TEST, "looks once more before it gives up"],
    change: [
      LOOK,
      "const LAST_LOOK_MS = 1_500;",
      "const LAST_LOOK_MS = 0;",
    ],
  },
];
