import type { FaultRule } from "../../src/simulator/faults/faults.ts";
import type { ProgramCommand } from "../helpers/program_command.ts";
import { User } from "./user.ts";
import type { Attempt } from "./attempt.ts";
import { type ChaosKind, usual } from "./kinds.ts";
import type { Random } from "./random.ts";
import type { TracedCall } from "./strace.ts";
import type { Expectation } from "./verdict.ts";
import { Server } from "./server.ts";

/** What a story is told with, for one round. */
export interface RoundOptions {
  readonly command: ProgramCommand;
  readonly kind: ChaosKind;
  readonly random: Random;
  /** How many rounds of this story came before. */
  readonly index: number;
  /** How many copies of one command make a crowd. */
  readonly crowd: number;
  /** Returns the calls of this kind's command when nobody disturbs it. */
  readonly baseline: () => Promise<readonly TracedCall[]>;
}

/** One story that the suite tells again and again. */
export interface Story {
  readonly name: string;
  /** How many rounds of it the long form tells, for each kind. */
  readonly rounds: number;
  readonly needsStrace?: boolean;
  /** Whether it takes the whole machine, and so is told alone. */
  readonly isCrowded?: boolean;
  /** Whether it can be told of this kind. */
  suits(kind: ChaosKind): boolean;
  /** Tells it, and returns what must have come of it. */
  play(round: Round): Promise<Omit<Expectation, "kind" | "users">>;
}

/** One service and its users, for one round of a story. */
export class Round implements AsyncDisposable {
  readonly server: Server;
  readonly users: User[] = [];
  readonly kind: ChaosKind;
  readonly random: Random;
  readonly index: number;
  readonly crowd: number;
  readonly baseline: RoundOptions["baseline"];
  readonly #command: ProgramCommand;

  private constructor(server: Server, options: RoundOptions) {
    this.server = server;
    this.kind = options.kind;
    this.random = options.random;
    this.index = options.index;
    this.crowd = options.crowd;
    this.baseline = options.baseline;
    this.#command = options.command;
  }

  /** Returns a round on which nothing has happened. */
  static async open(options: RoundOptions): Promise<Round> {
    return new Round(await Server.start(), options);
  }

  /** Returns a new user of the service. */
  async newUser(settings = this.kind.settings): Promise<User> {
    const user = await User.create(this.server, this.#command, settings);
    this.users.push(user);
    return user;
  }

  /** From now on, the service obeys these rules and no other. */
  async misbehave(...rules: FaultRule[]): Promise<void> {
    const { simulator } = this.server;
    await simulator.clearFaults();
    for (const rule of [...rules, ...usual(this.kind)]) {
      await simulator.addFault(rule);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const user of this.users) await user[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

/** How often somebody runs a command again that could not be confirmed. */
const PATIENCE = 3;

/** Runs a command undisturbed, unless its result was delivered before. */
export async function finish(
  user: User,
  args: readonly string[],
  before: readonly Attempt[] = user.attempts,
): Promise<void> {
  for (let tries = 0; tries < PATIENCE; tries++) {
    if (user.isDelivered(before)) return;
    const { code } = await user.attempt(args);
    if (code !== 21) return;
  }
}

/** Returns after a time that really passes. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What takes longer hangs, on any machine. */
const LIMIT_MS = 300_000;

/** Returns as soon as `holds` does, or after a time that is far too long. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (performance.now() < end && !await holds()) await pause(3);
}
