import { formatLine } from "../../src/ledger/file/entry_line.ts";
import {
  ACCOUNT,
  complete,
  KEY,
  running,
  submitted,
} from "../helpers/entries.ts";

/** A day, in milliseconds. */
export const DAY_MS = 24 * 3_600_000;
/** How many lines a job leaves. */
export const LINES_OF_JOB = 4;
/** The account that looks for a job in these ledgers. */
export const OWN_ACCOUNT = ACCOUNT;
/** A key that no job has. */
export const ABSENT_KEY = KEY;

/** What is to be in a ledger. */
export interface LedgerShape {
  readonly lines: number;
  /** When its first line was written. */
  readonly from: Date;
  /** When its last one was. */
  readonly to: Date;
  /** Whether the Go CLI wrote it. */
  readonly isGo?: boolean;
}

/** Returns the id of the job of a number, counted from 0. */
export function idOf(job: number): string {
  // As well mixed as digits by chance are, and all different.
  const mixed = (job * 0x9e3779b1 + 0x7f4a7c15f3) % 2 ** 40;
  return `job_${mixed.toString(16).padStart(10, "0")}`;
}

/** Returns the VM of the job of a number. */
export function vmOf(job: number): string {
  const digits = idOf(job).slice(-8);
  const low = job.toString(16).padStart(8, "0");
  return `${digits}-9d3f-4f0a-8a55-0c1d${low}`;
}

/** Writes a ledger whose jobs are complete and delivered, evenly in time. */
export function writeLedger(path: string, shape: LedgerShape): void {
  const { lines, from, to, isGo = false } = shape;
  const file = Deno.openSync(path, {
    write: true,
    create: true,
    truncate: true,
    mode: 0o600,
  });
  using _closing = file;
  const step = (to.getTime() - from.getTime()) / lines;
  let parts: Uint8Array[] = [];
  for (let job = 0; job * LINES_OF_JOB < lines; job++) {
    const at = new Date(from.getTime() + job * LINES_OF_JOB * step);
    parts.push(...isGo ? goLinesOf(job, at) : linesOf(job, at));
    if (parts.length >= 4_000) parts = flush(file, parts);
  }
  flush(file, parts);
}

function flush(file: Deno.FsFile, parts: readonly Uint8Array[]): Uint8Array[] {
  for (const part of parts) file.writeSync(part);
  return [];
}

/** Returns the lines of one job; they have about 850 bytes each. */
export function linesOf(job: number, start: Date): Uint8Array[] {
  const at = start.toISOString();
  const command = `vers run --wait --vm-alias worker-${job} ` +
    "--vcpu-count 4 --mem-size 8192 --fs-size 32768";
  const vmId = vmOf(job);
  const shared = {
    id: idOf(job),
    token: `${vmId.slice(0, 8)}-0d0c-4b0a-8908-070605040302`,
    key: vmId.replaceAll("-", "").split("").reverse().join(""),
    command,
    args: command.split(" ").slice(1),
    started_at: at,
    at,
    inputs: {
      "fs-size": 32768,
      "mem-size": 8192,
      "vcpu-count": 4,
      "vm-alias": `worker-${job}`,
      labels: "team=build,purpose=integration-tests,commit=",
    },
    names: { alias: null, head: null },
    server_at: at,
  };
  const handle = { vm_ids: [vmId] };
  const taken = { handle, result_id: vmId };
  const result = { vm_id: vmId, status: "complete", alias: `worker-${job}` };
  const done = { ...shared, ...taken, completed_at: at, result };
  return [
    submitted(shared),
    running({ ...shared, ...taken }),
    complete(done),
    complete({ ...done, delivered_at: at }),
  ].map((record, step) =>
    formatLine({
      ...record,
      at: new Date(start.getTime() + step).toISOString(),
    })
  );
}

function goLinesOf(job: number, start: Date): Uint8Array[] {
  const at = start.toISOString().replace("Z", "123456Z");
  const vmId = vmOf(job);
  const line = {
    id: idOf(job),
    kind: "vm.run",
    command: `vers run --wait --vm-alias worker-${job}`,
    args: ["run", "--wait", "--vm-alias", `worker-${job}`.padEnd(500, "x")],
    started_at: at,
    status: "submitted",
  };
  const over = {
    ...line,
    status: "complete",
    completed_at: at,
    duration_ms: 30_000,
    result_id: vmId,
  };
  const encoder = new TextEncoder();
  return [line, over, over, over].map((line) =>
    encoder.encode(JSON.stringify(line) + "\n")
  );
}
