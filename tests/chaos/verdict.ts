import type { SimulatedVm } from "../../src/simulator/service/vm_life.ts";
import type { User } from "./user.ts";
import { jobsOf, type SeenJob } from "./seen_job.ts";
import type { Attempt, Result } from "./attempt.ts";
import type { ChaosKind } from "./kinds.ts";
import type { Server } from "./server.ts";

/** What must have come of a story. */
export interface Expectation {
  readonly kind: ChaosKind;
  readonly users: readonly User[];
  /** How many pieces of work were asked for, by all of them together. */
  readonly works: number;
  /** Exits that the story itself explains; by default none but 0. */
  readonly mayExit?: readonly number[];
  /** Whether the server ended a job, so that it is failed with good reason. */
  readonly mayFail?: boolean;
  /** Whether one VM too many is in order, if somebody was told of it. */
  readonly mayTwin?: boolean;
  /** How many creations were delivered twice: what came of those may stay. */
  readonly doubled?: number;
  /** Whether one VM too few is in order, if somebody was told by an exit 21. */
  readonly mayMiss?: boolean;
}

/** Returns all that is not as it must be, at the end of a story. */
export async function judge(
  server: Server,
  expectation: Expectation,
): Promise<string[]> {
  const { kind, users } = expectation;
  const made = await server.made();
  const attempts = users.flatMap((user) => user.attempts);
  const jobs = users.flatMap((user) => jobsOf(user.lines()));
  return [
    ...users.flatMap((user) => user.violations),
    ...users.flatMap(brokenLines),
    ...badEnds(attempts, expectation),
    ...sharedHandles(jobs, kind),
    ...wrongNumber(made, jobs, attempts, expectation),
    ...undelivered(jobs, attempts),
    ...wrongOutcomes(jobs, expectation),
    ...unknownToTheServer(jobs, [...made.map(idOf), ...server.seeds]),
    ...unlabelled(jobs, made, attempts),
    ...await unannounced(jobs, server, expectation),
    ...kind.makes > 0 ? [] : await asleep(jobs, server),
  ];
}

function brokenLines(user: User): string[] {
  return user.lines()
    .filter(({ check }) => check === "wrong" || check === "none")
    .filter(() => !user.hasLostPower)
    .map(({ text }) => `a line of the ledger is broken: ${text}`);
}

function badEnds(
  attempts: readonly Attempt[],
  { mayExit = [] }: Expectation,
): string[] {
  const bad: string[] = [];
  for (const { isKilled, isStuck, code, stdout, stderr, result } of attempts) {
    if (isStuck) bad.push(`a command came to no end: ${stderr}`);
    if (isKilled) continue;
    if (code === 0 && result === undefined) {
      bad.push(`a command ended with 0 and printed "${stdout}"`);
    }
    if (code !== 0 && stdout !== "") {
      bad.push(`a command ended with ${code} and printed "${stdout}"`);
    }
    if (code !== 0 && !mayExit.includes(code)) {
      bad.push(`a command ended with ${code}: ${stderr}`);
    }
  }
  return bad;
}

function sharedHandles(jobs: readonly SeenJob[], kind: ChaosKind): string[] {
  if (kind.makes === 0) return [];
  const owners = new Map<string, string>();
  return jobs.flatMap(({ id, vmIds }) =>
    vmIds.flatMap((vmId) => {
      const other = owners.get(vmId);
      owners.set(vmId, id);
      return other === undefined
        ? []
        : [`VM ${vmId} is the handle of job ${other} and of job ${id}`];
    })
  );
}

/**
 * More VMs than were meant, and nobody was told of them (by a warning, or as
 * candidates of exit 21); or fewer.
 */
function wrongNumber(
  made: readonly SimulatedVm[],
  jobs: readonly SeenJob[],
  attempts: readonly Attempt[],
  { kind, works, doubled = 0, mayTwin = false, mayMiss = false }: Expectation,
): string[] {
  const meant = works * kind.makes;
  const owned = new Set(jobs.flatMap(({ vmIds }) => vmIds));
  const told = attempts.map(({ stderr }) => stderr).join("");
  const unsure = attempts.filter(({ code }) => mayMiss && code === 21);
  const unnamed = made.map(idOf).filter((vmId) =>
    !owned.has(vmId) && !(mayTwin && told.includes(vmId)) &&
    !unsure.some(({ stderr }) => stderr.includes(vmId))
  );
  if (kind.makes > 0 && owned.size > meant) {
    return [`${owned.size} VMs are handles, and ${meant} were meant`];
  }
  const mayStay = doubled * kind.makes;
  if (made.length > meant && unnamed.length > mayStay) {
    return [
      `${made.length} VMs were made, and ${meant} were meant: ` +
      `one too many is ${unnamed.join(", ")}`,
    ];
  }
  if (made.length < meant && unsure.length === 0) {
    return [`${made.length} VMs were made, and ${meant} were meant`];
  }
  return [];
}

function undelivered(
  jobs: readonly SeenJob[],
  attempts: readonly Attempt[],
): string[] {
  const bad: string[] = [];
  for (const job of jobs) {
    const results = attempts.flatMap(({ result }) =>
      result?.job_id === job.id ? [result] : []
    );
    if (job.status === "complete" && results.length === 0) {
      bad.push(`the result of job ${job.id} was printed by nobody`);
    }
    if (job.status === "complete" && !job.isDelivered) {
      bad.push(`job ${job.id} ends without being delivered`);
    }
    if (results.some((result) => !isSame(idsIn(result), job.vmIds))) {
      bad.push(`a result of job ${job.id} names VMs that are not its own`);
    }
  }
  return bad;
}

function wrongOutcomes(
  jobs: readonly SeenJob[],
  { mayFail = false, mayMiss = false }: Expectation,
): string[] {
  return jobs.flatMap(({ id, status, error }) => {
    if (status === "complete") return [];
    if (status === "failed") {
      return mayFail
        ? []
        : [`job ${id} failed, not by its own fault: ${error}`];
    }
    return mayMiss ? [] : [`job ${id} is "${status}" at the end`];
  });
}

function unknownToTheServer(
  jobs: readonly SeenJob[],
  known: readonly string[],
): string[] {
  return jobs.flatMap(({ id, vmIds }) =>
    vmIds.filter((vmId) => !known.includes(vmId))
      .map((vmId) => `job ${id} has a VM that there never was: ${vmId}`)
  );
}

function unlabelled(
  jobs: readonly SeenJob[],
  made: readonly SimulatedVm[],
  attempts: readonly Attempt[],
): string[] {
  return jobs.filter(({ status }) => status === "complete").flatMap((job) =>
    made.filter(({ vmId }) => job.vmIds.includes(vmId))
      .filter(({ labels }) => labels["vers-job"] !== job.token)
      .filter(({ vmId }) =>
        !attempts.some(({ stderr }) =>
          stderr.includes(`VM ${vmId} could not be labelled`)
        )
      )
      .map(({ vmId }) => `VM ${vmId} of job ${job.id} has not its label`)
  );
}

/** Requests that left without an entry that says so. */
async function unannounced(
  jobs: readonly SeenJob[],
  server: Server,
  { kind: { operation, makes }, doubled = 0 }: Expectation,
): Promise<string[]> {
  // One that is asleep is asked to wake up again without a new entry.
  if (makes === 0) return [];
  const seen = await server.count(operation);
  const sends = jobs.reduce((sum, job) => sum + job.sends, 0);
  return seen <= sends + doubled
    ? []
    : [`${seen} requests arrived, and the ledger knows of ${sends}`];
}

async function asleep(
  jobs: readonly SeenJob[],
  server: Server,
): Promise<string[]> {
  const vms = await server.simulator.vms();
  return jobs.filter(({ status }) => status === "complete")
    .flatMap(({ vmIds }) => vmIds)
    .filter((vmId) => vms.find((vm) => vm.vmId === vmId)?.state !== "running")
    .map((vmId) => `VM ${vmId} was resumed, and does not run`);
}

function idsIn(result: Result): readonly string[] {
  return result.new_ids ?? (result.vm_id === undefined ? [] : [result.vm_id]);
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length &&
    some.every((one) => others.includes(one));
}

function idOf(vm: SimulatedVm): string {
  return vm.vmId;
}
