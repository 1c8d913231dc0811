import { ok, strictEqual } from "node:assert/strict";
import { type LedgerLine, readLedgerLines } from "../helpers/ledger_lines.ts";
import { testNeeding } from "../helpers/machine.ts";
import { Sandbox } from "../helpers/sandbox.ts";
import {
  livingVms,
  type SimulatorProcess,
  startSimulator,
} from "../helpers/simulator_process.ts";
import { resultOf } from "../helpers/program.ts";
import { runWrapped } from "../helpers/wrapped_program.ts";

/** How many entries a `run --wait` writes, each with its write and sync. */
const ENTRIES = 4;

const TRACED = "write,writev,pwrite64,fsync,fdatasync,flock";

/** What strace is told to do to the program. */
interface Injection {
  /** As strace has it: `write:error=EIO:when=2`. */
  readonly rule: string;
  /** What it is about: in the ledger's folder, or that itself. */
  readonly file: "/jobs.jsonl" | "/jobs.lock" | "";
}

/** A system call that was traced. */
interface Call {
  readonly name: string;
  /** Whether the main thread made it: there calls can be counted. */
  readonly isMain: boolean;
  /** What was written, where it is a write. */
  readonly text: string;
  readonly result: number;
  readonly isInjected: boolean;
}

for (const error of ["EIO", "ENOSPC", "EINTR"]) {
  for (const call of ["write", "fdatasync"]) {
    testNeeding(
      ["strace"],
      `run --wait with ${error} at each ${call} of the ledger makes one VM and believes no half entry`,
      async () => {
        await injectAtEach(call, `error=${error}`, "/jobs.jsonl");
      },
    );
  }
}

testNeeding(
  ["strace"],
  "run --wait with a write that lies about its length believes no half entry",
  async () => {
    await injectAtEach("write", "retval=100", "/jobs.jsonl");
  },
);

// Deno 2.9 asks again on another thread, which strace counts for itself: the
// first lock is not had, the others are. Deno 2.6 only asks there, where
// nothing can be counted: it may be any of them.
testNeeding(
  ["strace"],
  "run --wait with ENOLCK at each lock of the ledger makes one VM",
  async () => {
    await injectAtEach("flock", "error=ENOLCK", "/jobs.lock");
  },
);

testNeeding(
  ["strace"],
  "run --wait with EIO at the sync of the ledger's folder makes one VM",
  async () => {
    await using service = await startService();
    await round(service, { rule: "fsync:error=EIO:when=1", file: "" });
  },
);

for (const error of ["ENOLCK", "ENOSYS", "EOPNOTSUPP"]) {
  testNeeding(
    ["strace"],
    `run --wait where locks answer ${error} makes one VM, and says that it cannot be resumed`,
    async () => {
      await using service = await startService();
      const { sandbox, simulator } = service;
      const args = ["run", "--wait", "--vm-alias", "my-vm"];
      const strace = [
        "strace",
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-o",
        "/dev/null",
      ];
      const noLocks = [
        ...strace,
        "-e",
        "trace=flock",
        "-e",
        `inject=flock:error=${error}`,
      ];
      const required = await runWrapped(sandbox, noLocks, [
        ...args,
        "--require-ledger",
      ]);
      strictEqual(required.code, 1, required.stderr);
      strictEqual((await livingVms(simulator)).length, 0);
      const done = await runWrapped(sandbox, noLocks, args);
      resultOf(done);
      strictEqual(done.stderr.match(/cannot be resumed/g)?.length, 1);
      strictEqual((await livingVms(simulator)).length, 1);
      strictEqual(sandbox.ledgerLines().length, 0);
    },
  );
}

/** A user and a service, for rounds that each have a ledger of their own. */
interface Service extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly simulator: SimulatorProcess;
}

async function startService(): Promise<Service> {
  const sandbox = await Sandbox.create();
  const simulator = await startSimulator(sandbox, ["--boot-ms", "0"]);
  return {
    sandbox,
    simulator,
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

/** Plays a round for each time that the call is made. */
async function injectAtEach(
  call: string,
  what: string,
  file: Injection["file"],
): Promise<void> {
  await using service = await startService();
  for (let n = 1; n <= ENTRIES; n++) {
    await round(service, { rule: `${call}:${what}:when=${n}`, file });
  }
}

/**
 * Runs a command under an injection, then again without one, and checks what
 * must hold whatever was injected.
 */
async function round(
  { sandbox, simulator }: Service,
  injection: Injection,
): Promise<void> {
  const before = await livingVms(simulator);
  const folder = await Deno.makeTempDir({ dir: sandbox.home });
  sandbox.env.VERS_JOBS_DIR = folder;
  // With a key of the user's own, a result is returned however often.
  const args = ["run", "--wait", "--idempotency-key", folder];
  const trace = `${folder}.trace`;
  const strace = [
    ...["strace", "-f", "--seccomp-bpf", "-qq", "-s", "65536", "-o", trace],
    ...["-P", `${folder}/jobs.jsonl`, "-P", `${folder}${injection.file}`],
    ...["-e", `trace=${TRACED}`, "-e", `inject=${injection.rule}`],
  ];
  const first = await runWrapped(sandbox, strace, args);
  const calls = readTrace(await Deno.readTextFile(trace));
  const why = `${injection.rule}\n${first.stderr}`;
  const locks = calls.filter(({ name }) => name === "flock");
  const isCounted = locks.length === 0 || locks.some(({ isMain }) => isMain);
  const wasInjected = calls.some(({ isInjected, isMain }) =>
    isInjected && isMain
  );
  ok(wasInjected || !isCounted, `Not injected: ${why}`);
  // Where it cannot be counted, any of the locks, or all, may have failed.
  const atLeast = isCounted ? ENTRIES - 1 : 0;
  const { vm_id: vmId } = resultOf(first);
  const lines = readLedgerLines(`${folder}/jobs.jsonl`);
  const good = lines.filter(({ check }) => check === "good");
  const synced = syncedTexts(calls);
  ok(synced.length >= atLeast, `Synced ${synced.length}: ${why}`);
  for (const text of synced) {
    ok(good.some((line) => `${line.text}\n` === text), `Lost: ${why}`);
  }
  checkStory(good, vmId);
  strictEqual(resultOf(await sandbox.run(args)).vm_id, vmId, why);
  const made = (await livingVms(simulator)).length - before.length;
  strictEqual(made, 1, why);
  // What is on disk stays, and what comes after it is whole.
  const later = readLedgerLines(`${folder}/jobs.jsonl`);
  strictEqual(
    later.slice(0, lines.length).map(({ text }) => text).join("\n"),
    lines.map(({ text }) => text).join("\n"),
  );
}

/** Checks that all that can be believed is of one job and one VM. */
function checkStory(lines: readonly LedgerLine[], vmId: string): void {
  strictEqual(new Set(lines.map(({ entry }) => entry.token)).size, 1);
  for (const { entry } of lines) {
    if (entry.status === "submitted") continue;
    strictEqual(entry.handle.vm_ids.join(), vmId);
  }
}

/** Returns each line that was written whole and then synced. */
function syncedTexts(calls: readonly Call[]): string[] {
  const synced: string[] = [];
  let written: string | undefined;
  for (const call of calls) {
    if (call.name === "write") {
      const isWhole = !call.isInjected && call.result === call.text.length &&
        call.text.startsWith("{");
      written = isWhole ? call.text : undefined;
    } else if (call.name === "fdatasync" && call.result === 0) {
      if (written !== undefined) synced.push(written);
      written = undefined;
    }
  }
  return synced;
}

/** Reads what strace wrote, of calls that have a file as their first word. */
function readTrace(text: string): Call[] {
  const matches = wholeLines(text).flatMap((line) => {
    const match = CALL.exec(line);
    return match === null ? [] : [match];
  });
  // Entries are written by the main thread: under the lock nothing is awaited.
  const main = matches.find(([, , name]) => name === "write")?.[1];
  return matches.map(([line, thread, name = "", quoted, result]) => ({
    name,
    isMain: thread === main,
    // The ledger's lines are ASCII here: C and JSON write them alike.
    text: quoted === undefined ? "" : JSON.parse(quoted),
    result: Number(result),
    isInjected: line.endsWith("(INJECTED)"),
  }));
}

/** Returns the lines, with those put together that another one cut in two. */
function wholeLines(text: string): string[] {
  const begun = new Map<string, string>();
  return text.split("\n").flatMap((line) => {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const isBegun = rest.endsWith("<unfinished ...>");
    if (isBegun) begun.set(thread, line.replace(/ <unfinished \.\.\.>$/, ""));
    const end = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1];
    if (end !== undefined) return [(begun.get(thread) ?? "") + end];
    return isBegun ? [] : [line];
  });
}

const CALL = /^(\d+) +(\w+)\(\d+(?:, (".*"), \d+)?.*\) += (-?\d+).*$/;
