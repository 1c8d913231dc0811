import type { Fault, FaultRule } from "../../src/simulator/faults/faults.ts";
import type { Operation } from "../../src/simulator/service/operation.ts";
import { BOOT_MS, type Server } from "./server.ts";

/** One command that waits, as the suite uses it. */
export interface ChaosKind {
  /** How the printed tables call it. */
  readonly name: string;
  /** The request that does the work. */
  readonly operation: Operation;
  /** How many VMs one piece of work makes. */
  readonly makes: number;
  /** Whether the request itself marks what it makes. */
  readonly isLabelled: boolean;
  /** Whether a service refuses the same work when it is asked for again. */
  readonly isUnique: boolean;
  /** Whether the user's own key says that the same again is the same. */
  readonly isOwnKey: boolean;
  /** Settings without which a lost request of this kind is not recovered. */
  readonly settings: Readonly<Record<string, string>>;
  /** Makes what the command is about, and returns its name. */
  prepare(server: Server): Promise<string>;
  /** The command; `name` tells one piece of work from another. */
  args(target: string, name: string): string[];
}

/** The limit is for what hangs: a busy machine must not come near it. */
const WAITING = ["--wait", "--poll-interval", "40ms", "--timeout", "4m"];

/** What a VM that is made of another needs, to be waited for at all. */
const BOOT: Fault = { type: "boot", ms: BOOT_MS };

const RUN: ChaosKind = {
  name: "vm.run",
  operation: "new_root",
  makes: 1,
  isLabelled: true,
  isUnique: false,
  isOwnKey: false,
  settings: {},
  prepare: () => Promise.resolve(""),
  args: (_, name) => ["run", ...WAITING, "--vm-alias", name],
};

const BRANCH: ChaosKind = {
  name: "vm.branch",
  operation: "branch",
  makes: 1,
  isLabelled: false,
  isUnique: false,
  isOwnKey: false,
  settings: {},
  prepare: (server) => server.seed(),
  args: (target, name) => ["branch", target, ...WAITING, "--alias", name],
};

const BRANCHES: ChaosKind = {
  ...BRANCH,
  name: "vm.branch x3",
  makes: 3,
  isOwnKey: true,
  args: (target, name) => [
    "branch",
    target,
    ...WAITING,
    "--count",
    "3",
    "--idempotency-key",
    name,
  ],
};

const DEPLOY: ChaosKind = {
  name: "vm.deploy",
  operation: "deploy",
  makes: 1,
  isLabelled: false,
  isUnique: true,
  isOwnKey: false,
  // A deployed VM has no lineage: by default it is not taken for the job's.
  settings: { adopt: "always" },
  prepare: () => Promise.resolve("acme/app"),
  args: (target, name) => ["deploy", target, ...WAITING, "--name", name],
};

const RESUME: ChaosKind = {
  name: "vm.resume",
  operation: "state",
  makes: 0,
  isLabelled: false,
  isUnique: false,
  isOwnKey: false,
  settings: {},
  prepare: (server) => server.seed({ state: "paused" }),
  args: (target) => ["resume", target, ...WAITING],
};

const RUN_COMMIT: ChaosKind = {
  name: "vm.run_commit",
  operation: "from_commit",
  makes: 1,
  isLabelled: false,
  isUnique: false,
  isOwnKey: false,
  settings: {},
  prepare: (server) => server.simulator.addCommit(),
  args: (target, name) => ["run-commit", target, ...WAITING, "-N", name],
};

/** Every kind, and a branch of several VMs at once. */
export const CHAOS_KINDS: readonly ChaosKind[] = [
  RUN,
  BRANCH,
  BRANCHES,
  DEPLOY,
  RESUME,
  RUN_COMMIT,
];

/** Returns how the service treats a kind when nothing is said about it. */
export function usual({ operation, makes }: ChaosKind): FaultRule[] {
  return makes > 0 ? [{ operation, faults: [BOOT] }] : [];
}

/** Returns the faults for requests of a kind whose VMs boot all the same. */
export function booting({ makes }: ChaosKind, ...faults: Fault[]): Fault[] {
  return makes > 0 ? [...faults, BOOT] : faults;
}

/** Returns a rule by which VMs of a kind do not boot before they are told to. */
export function never({ operation }: ChaosKind): FaultRule {
  return { operation, faults: [{ type: "boot", ms: 3_600_000 }] };
}

/** Returns a rule that makes every request of a kind take its time. */
export function slow({ operation, makes }: ChaosKind, ms: number): FaultRule {
  return {
    operation,
    faults: [
      makes > 0 ? { type: "boot", ms } : { type: "delay", when: "after", ms },
    ],
  };
}
