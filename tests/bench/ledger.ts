/**
 * `deno task bench:ledger [--lines N] [--pairs N] [ROW...]`: what the parts of
 * the ledger cost as it grows, each against a plain loop of its own that is
 * measured by turns with it.
 *
 * Every measurement is a process of its own. The ratio is that of the
 * processor's time, which a busy machine does not change as much as it does the
 * time by the clock; where the disk is waited for it is the clock's. The memory
 * is what the process needed at most above one that only started.
 */
import { cpuUsage } from "node:process";
import { parseArgs } from "node:util";
import { systemClock } from "../../src/clock.ts";
import { foldRecords } from "../../src/job/job.ts";
import { isOld, protectionOf } from "../../src/job/retention.ts";
import { FileLedger } from "../../src/ledger/file/file_ledger.ts";
import { Maintenance } from "../../src/ledger/file/maintenance.ts";
import { submitted } from "../helpers/entries.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import {
  ABSENT_KEY,
  DAY_MS,
  idOf,
  type LedgerShape,
  LINES_OF_JOB,
  linesOf,
  OWN_ACCOUNT,
  vmOf,
  writeLedger,
} from "./ledger_files.ts";

/** What one measurement came to. */
interface Took {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakKib: number;
  /** Of what is not the whole: how long a lock was held. */
  readonly heldMs?: number;
}

/** A ledger by name: how many lines, and of when. */
type LedgerName = "young" | "old" | "go" | "half" | "few" | "thousand";

interface Row {
  readonly name: string;
  /** What is measured, and on which ledger. */
  readonly ours: readonly [Work, LedgerName];
  readonly base: readonly [Work, LedgerName];
  /** By the clock where a disk is waited for. */
  readonly by: "cpuMs" | "wallMs";
  /** What the issue of this measurement wants: times the base, and MiB. */
  readonly limit: readonly [times: number, mib: number];
}

const ROWS: readonly Row[] = [
  row("find, all old", ["find", "old"], ["find", "few"], [1.5, 8]),
  row("find, all old, Go CLI", ["find", "go"], ["find", "few"], [1.5, 8]),
  row("find, all young", ["find", "young"], ["read", "young"], [2, 8]),
  row("get the first job", ["get", "young"], ["read", "young"], [3, 16]),
  row("no such job", ["unknown", "young"], ["read", "young"], [3, 16]),
  row("owner of a VM", ["owner", "young"], ["read", "young"], [3, 16]),
  row("open intents", ["intents", "young"], ["read", "young"], [3, 16]),
  row("list the newest 50", ["list", "young"], ["list", "thousand"], [2, 8]),
  row("doctor", ["doctor", "young"], ["read", "young"], [20, 64]),
  row("repair, one bad line", ["repair", "young"], ["copy", "young"], [10, 64]),
  row("prune half", ["prune", "half"], ["copy", "half"], [10, 64]),
  {
    ...row("append", ["append", "few"], ["bare", "few"], [1.7, 8]),
    by: "wallMs",
  },
];

function row(
  name: string,
  ours: Row["ours"],
  base: Row["base"],
  limit: Row["limit"],
): Row {
  return { name, ours, base, limit, by: "cpuMs" };
}

const LIST_COUNT = 50;
const APPENDS = 200;
const BLOCK = 64 * 1024;

interface Place {
  readonly dir: string;
  readonly path: string;
  readonly ledger: FileLedger;
  readonly maintenance: Maintenance;
}

type Result = void | { readonly heldMs: number };

/** What is measured, by name. */
const WORKS = {
  nothing() {},
  read({ path }: Place) {
    readBlocks(path, () => {});
  },
  copy({ path }: Place) {
    const file = Deno.openSync(`${path}.copy`, { write: true, create: true });
    using _closing = file;
    readBlocks(path, (block) => file.writeSync(block));
    file.syncSync();
  },
  async find({ ledger }: Place) {
    const { own } = await ledger.findByKey(ABSENT_KEY, {
      account: OWN_ACCOUNT,
      windowMs: DAY_MS,
      now: new Date(),
    });
    expect(own === undefined);
  },
  async get({ ledger }: Place) {
    expect(await ledger.findById(idOf(0)) !== undefined);
  },
  async unknown({ ledger }: Place) {
    expect(await ledger.unreadableOf("job_ffffffffff") === undefined);
  },
  async owner({ ledger }: Place) {
    const vmId = vmOf(0);
    expect((await ledger.ownersOf([vmId])).get(vmId) === idOf(0));
  },
  async intents({ ledger }: Place) {
    expect((await ledger.openIntents()).length === 0);
  },
  list({ maintenance }: Place) {
    expect(maintenance.jobs().jobs.slice(0, LIST_COUNT).length === LIST_COUNT);
  },
  doctor({ maintenance }: Place) {
    expect(maintenance.inspect()?.bad === 0);
  },
  async repair({ path, maintenance }: Place) {
    Deno.writeTextFileSync(path, "bad\n", { append: true });
    expect((await maintenance.repair()).moved === 1);
  },
  async prune({ dir, maintenance }: Place) {
    const holding = watchLock(dir);
    const retention = {
      now: new Date(),
      olderThanMs: 30 * DAY_MS,
      protectedMs: 30 * DAY_MS,
      acceptedMs: DAY_MS,
    };
    const { prunedEntries, keptEntries } = await maintenance.prune({
      mayGo: (job) =>
        isOld(job, retention) && protectionOf(job, retention) === undefined,
    });
    expect(prunedEntries > 0 && keptEntries > 0);
    return { heldMs: holding() };
  },
  async append({ ledger }: Place) {
    for (let count = 0; count < APPENDS; count++) {
      await ledger.append(foldRecords([submitted({ token: `${count}` })]));
    }
  },
  bare({ path }: Place) {
    const line = linesOf(0, new Date())[0] ?? new Uint8Array();
    for (let count = 0; count < APPENDS; count++) {
      const file = Deno.openSync(path, { append: true });
      using _closing = file;
      file.writeSync(line);
      file.syncDataSync();
    }
  },
} satisfies Record<string, (place: Place) => Result | Promise<Result>>;

type Work = keyof typeof WORKS;

function expect(isSo: boolean): void {
  if (!isSo) throw new Error("What was measured did not do what it should");
}

function readBlocks(path: string, take: (block: Uint8Array) => void): void {
  const file = Deno.openSync(path, { read: true });
  using _closing = file;
  const block = new Uint8Array(BLOCK);
  for (;;) {
    const length = file.readSync(block);
    if (length === null) return;
    take(block.subarray(0, length));
  }
}

/**
 * Returns what tells how long this process has held the ledger's lock at most:
 * from when it was locked until its file was closed.
 */
function watchLock(dir: string): () => number {
  let longest = 0;
  const lock = Deno.FsFile.prototype.lock;
  Deno.FsFile.prototype.lock = async function (exclusive) {
    await lock.call(this, exclusive);
    if (this.statSync().ino !== inodeOf(`${dir}/jobs.lock`)) return;
    const start = performance.now();
    const close = this.close.bind(this);
    this.close = () => {
      longest = Math.max(longest, performance.now() - start);
      close();
    };
  };
  return () => longest;
}

function inodeOf(path: string): number | null {
  try {
    return Deno.statSync(path).ino;
  } catch {
    return null;
  }
}

function placeIn(dir: string): Place {
  const ledger = new FileLedger({ dir, clock: systemClock });
  const maintenance = new Maintenance(ledger, systemClock);
  return { dir, path: `${dir}/jobs.jsonl`, ledger, maintenance };
}

/** Does one piece of work in this process, and says what it took. */
async function measureHere(work: Work, dir: string): Promise<void> {
  const place = placeIn(dir);
  const cpu = cpuUsage();
  const start = performance.now();
  const result = await WORKS[work](place);
  const wallMs = performance.now() - start;
  const { user, system } = cpuUsage(cpu);
  const status = Deno.readTextFileSync("/proc/self/status");
  const peakKib = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
  const took = { wallMs, cpuMs: (user + system) / 1_000, peakKib, ...result };
  say(JSON.stringify(took));
}

async function measure(work: Work, dir: string): Promise<Took> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename ?? "", "--work", work, dir],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

const CHANGES: readonly Work[] = ["repair", "prune", "append", "bare"];

/** Measures on a ledger that is as it was written. */
async function measureOn(
  work: Work,
  path: string,
): Promise<Took> {
  const dir = Deno.makeTempDirSync({
    dir: path.slice(0, path.lastIndexOf("/")),
  });
  try {
    const own = `${dir}/jobs.jsonl`;
    if (CHANGES.includes(work)) Deno.copyFileSync(path, own);
    else Deno.linkSync(path, own);
    return await measure(work, dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

function shapeOf(name: LedgerName, lines: number): LedgerShape {
  const now = Date.now();
  const ago = (days: number) => new Date(now - days * DAY_MS);
  switch (name) {
    case "young":
      return { lines, from: ago(0.5), to: ago(0) };
    case "old":
      return { lines, from: ago(60), to: ago(31) };
    case "go":
      return { lines, from: ago(60), to: ago(31), isGo: true };
    case "half":
      return { lines, from: ago(60), to: ago(0) };
    case "few":
      return { lines: 4_000, from: ago(60), to: ago(31) };
    case "thousand":
      return { lines: 1_000, from: ago(0.5), to: ago(0) };
  }
}

async function compare(
  lines: number,
  pairs: number,
  wanted: readonly string[],
): Promise<void> {
  const root = Deno.makeTempDirSync();
  try {
    const files = new Map<LedgerName, string>();
    const fileOf = (name: LedgerName) => {
      const known = files.get(name);
      if (known !== undefined) return known;
      const path = `${root}/${name}`;
      writeLedger(path, shapeOf(name, lines));
      files.set(name, path);
      return path;
    };
    const idle = await measureOn("nothing", fileOf("few"));
    say(columns(["", "base", "ours", "times", "limit", "MiB", "limit"]));
    for (const row of ROWS) {
      if (wanted.length > 0 && !wanted.includes(row.ours[0])) continue;
      const pairsTaken: [base: Took, ours: Took][] = [];
      for (let pair = 0; pair < pairs; pair++) {
        pairsTaken.push([
          await measureOn(row.base[0], fileOf(row.base[1])),
          await measureOn(row.ours[0], fileOf(row.ours[1])),
        ]);
      }
      say(rowText(row, pairsTaken, idle));
    }
    if (wanted.length === 0 || wanted.includes("compact")) {
      for (const lines of [20_400, 100_000]) {
        say(await compactText(root, lines));
      }
    }
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

function rowText(
  { name, by, limit: [times, mib] }: Row,
  pairs: readonly (readonly [Took, Took])[],
  idle: Took,
): string {
  const base = median(pairs.map(([base]) => base[by]));
  const ours = median(pairs.map(([, ours]) => ours[by]));
  const ratio = median(pairs.map(([base, ours]) => ours[by] / base[by]));
  const peak = median(pairs.map(([, ours]) => ours.peakKib)) - idle.peakKib;
  const held = pairs.flatMap(([, { heldMs }]) => heldMs ?? []);
  return columns([
    name,
    `${base.toFixed(1)} ms`,
    `${ours.toFixed(1)} ms`,
    `${ratio.toFixed(2)}×`,
    `${times}×`,
    `${(peak / 1024).toFixed(1)}`,
    `${mib}`,
  ]) + (held.length > 0 ? `  lock held ${median(held).toFixed(1)} ms` : "");
}

const JOBS_A_DAY = 170;

/**
 * Returns what automatic compaction costs a command on average: a ledger that
 * is kept for as long as its lines reach back, and 170 jobs more every day.
 */
async function compactText(root: string, lines: number): Promise<string> {
  const dir = Deno.makeTempDirSync({ dir: root });
  const days = lines / LINES_OF_JOB / JOBS_A_DAY;
  const start = Date.parse("2026-01-05T09:00:00.000Z");
  const clock = new FakeClock({ autoAdvance: false });
  clock.advance(start - clock.now().getTime());
  const from = new Date(start - days * DAY_MS);
  const path = `${dir}/jobs.jsonl`;
  writeLedger(path, { lines, from, to: new Date(start) });
  // Until a quarter is old, and some more.
  const commands = Math.ceil(0.4 * lines / LINES_OF_JOB);
  let rewritten = 0;
  let tookMs = 0;
  let done = 0;
  for (; done < commands && tookMs < 30_000; done++) {
    clock.advance(DAY_MS / JOBS_A_DAY);
    const file = Deno.openSync(path, { append: true });
    for (const line of linesOf(lines + done, clock.now())) file.writeSync(line);
    file.close();
    const maintenance = new Maintenance(new FileLedger({ dir, clock }), clock);
    const retention = {
      now: clock.now(),
      olderThanMs: days * DAY_MS,
      protectedMs: days * DAY_MS,
      acceptedMs: DAY_MS,
    };
    const from = performance.now();
    const report = await maintenance.compact({
      olderThanMs: days * DAY_MS,
      mayGo: (job) =>
        isOld(job, retention) && protectionOf(job, retention) === undefined,
    });
    tookMs += performance.now() - from;
    if (report !== undefined) rewritten++;
  }
  return `compact, 170 jobs a day, ${lines} lines: ${
    (tookMs / done).toFixed(2)
  } ms a command, ${rewritten} of ${done} rewrote the ledger`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function columns(texts: readonly string[]): string {
  return texts.map((text, at) => at === 0 ? text.padEnd(24) : text.padStart(11))
    .join("");
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    lines: { type: "string", default: "1000000" },
    pairs: { type: "string", default: "15" },
    work: { type: "string" },
  },
});
if (values.work === undefined) {
  await compare(Number(values.lines), Number(values.pairs), positionals);
} else {
  // deno-lint-ignore no-explicit-any -- the name comes from this file.
  await measureHere(values.work as any, positionals[0] ?? "");
}
