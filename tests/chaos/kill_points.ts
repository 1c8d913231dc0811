import type { Fault } from "../../src/simulator/faults/faults.ts";
import { CONFIRM_WINDOW_MS, type User } from "./user.ts";
import { type Kill, stdoutOf } from "./attempt.ts";
import { booting, type ChaosKind } from "./kinds.ts";
import { finish, type Round, type Story } from "./round.ts";
import type { CallPoint, TracedCall } from "./strace.ts";
import { first } from "./server.ts";

/** A point in the life of a command, and how a kill is made to meet it. */
export interface KillPoint {
  readonly name: string;
  readonly needsStrace?: boolean;
  readonly suits?: (kind: ChaosKind) => boolean;
  /** Sets the trap for the next command of this user. */
  readonly aim: (round: Round, user: User) => Promise<Kill>;
}

/** How late a request may be carried out, to be found in time all the same. */
const LATE_MS = CONFIRM_WINDOW_MS / 3;

/** Points that the service sees. */
export const SEEN_POINTS: readonly KillPoint[] = [
  {
    name: "request arrived, never carried out",
    aim: (round) => whenHeld(round, { type: "hold", when: "before" }),
  },
  {
    name: "request arrived, carried out late",
    aim: (round) =>
      whenHeld(round, { type: "hold", when: "before", ms: LATE_MS }),
  },
  {
    name: "request carried out, not answered",
    aim: (round) => whenHeld(round, { type: "hold", when: "after" }),
  },
  {
    name: "answer on its way",
    async aim(round) {
      await round.misbehave();
      const before = await answersOf(round);
      return {
        type: "when",
        holds: async () => await answersOf(round) > before,
      };
    },
  },
  {
    name: "VM not labelled",
    suits: ({ isLabelled, makes }) => !isLabelled && makes > 0,
    async aim(round) {
      const { server } = round;
      await round.misbehave(first("label", { type: "hold", when: "before" }));
      return { type: "when", holds: () => server.holds("label") };
    },
  },
  {
    name: "mid-poll",
    async aim(round) {
      await round.misbehave();
      const { server, random } = round;
      const enough = await server.count("status") + random.between(1, 3);
      return {
        type: "when",
        holds: async () => await server.count("status") >= enough,
      };
    },
  },
];

/** The entries of a job that goes well, in their order. */
const ENTRIES = ["submitted", "running", "complete", "delivered"];

/** Points at the program's own writes and syncs. */
export const TRACED_POINTS: readonly KillPoint[] = [
  ...ENTRIES.flatMap((entry, index): KillPoint[] => {
    const nth = index + 1;
    return [
      {
        name: `before ${entry} is written`,
        needsStrace: true,
        aim: (round, user) =>
          at(round, { call: "write", path: user.ledgerPath, nth }),
      },
      {
        name: `before ${entry} is synced`,
        needsStrace: true,
        aim: (round, user) =>
          at(round, { call: "fdatasync", path: user.ledgerPath, nth }),
      },
      {
        name: `right after ${entry}`,
        needsStrace: true,
        aim: async (round, user) =>
          await at(round, {
            call: "close",
            path: user.ledgerPath,
            nth: closeAfterSync(await round.baseline(), nth),
          }),
      },
    ];
  }),
  {
    name: "before stdout",
    needsStrace: true,
    aim: (round, user) =>
      at(round, { call: "write", path: stdoutOf(user.nextNotes), nth: 1 }),
  },
];

/** Every call of the program's own that touches its files, one after another. */
const SWEEP: KillPoint = {
  name: "each call in turn",
  needsStrace: true,
  async aim(round, user) {
    const points = pointsOf(await round.baseline(), user.ledgerPath);
    const point = points[round.index % points.length];
    if (!point) throw new Error("The program made no calls when it was traced");
    return await at(round, point);
  },
};

/** A story for each point: killed there, again, and then left alone. */
export const KILL_POINT_STORIES: readonly Story[] = [
  ...SEEN_POINTS.map((point) => storyOf(point, 24)),
  ...TRACED_POINTS.map((point) => storyOf(point, 12)),
  storyOf(SWEEP, 60),
];

function storyOf(point: KillPoint, rounds: number): Story {
  const { name, needsStrace = false, suits = () => true } = point;
  return {
    name,
    rounds,
    needsStrace,
    suits,
    async play(round) {
      const { kind, server, random } = round;
      const user = await round.newUser();
      const args = kind.args(await kind.prepare(server), "one");
      const kills = 1 + round.index % 3;
      for (let killed = 0; killed < kills && !user.isDelivered(); killed++) {
        await user.attempt(args, { kill: await point.aim(round, user) });
      }
      await round.misbehave();
      await finish(user, args);
      if (kind.isUnique || random.chance(0.75)) return { works: 1 };
      // What was delivered is over: the same again is something new, unless
      // the user has said that it is not.
      await user.attempt(args);
      return { works: kind.isOwnKey ? 1 : 2 };
    },
  };
}

async function whenHeld(round: Round, fault: Fault): Promise<Kill> {
  const { kind } = round;
  await round.misbehave(first(kind.operation, ...booting(kind, fault)));
  const before = await heldIn(round);
  return { type: "when", holds: async () => await heldIn(round) > before };
}

async function heldIn({ server, kind }: Round): Promise<number> {
  const held = await server.simulator.held();
  return held.filter(({ operation }) => operation === kind.operation).length;
}

async function answersOf({ server, kind }: Round): Promise<number> {
  const requests = await server.simulator.requests();
  return requests.filter(({ operation, status }) =>
    operation === kind.operation && typeof status === "number"
  ).length;
}

async function at(round: Round, point: CallPoint): Promise<Kill> {
  await round.misbehave();
  return { type: "at", point };
}

/** Returns which of the ledger's closings follows its `nth` sync. */
function closeAfterSync(calls: readonly TracedCall[], nth: number): number {
  const sync = calls.findIndex(({ call, path, nthOnPath }) =>
    call === "fdatasync" && isLedger(path) && nthOnPath === nth
  );
  const close = calls.slice(sync).find(({ call, path }) =>
    call === "close" && isLedger(path)
  );
  if (sync < 0 || !close) {
    throw new Error(`The program did not sync its ledger ${nth} times`);
  }
  return close.nthOnPath;
}

const ON_LEDGER = ["write", "close", "openat"];
const ANYWHERE = ["fdatasync", "fsync", "ftruncate", "flock", "rename"];

/** Returns each call of the main thread by which it changes files. */
function pointsOf(
  calls: readonly TracedCall[],
  ledgerPath: string,
): CallPoint[] {
  const main = calls[0]?.thread;
  return calls.filter(({ thread }) => thread === main).flatMap((each) => {
    const { call, path, nth, nthOnPath } = each;
    if (ON_LEDGER.includes(call) && isLedger(path)) {
      return [{ call, path: ledgerPath, nth: nthOnPath }];
    }
    return ANYWHERE.includes(call) ? [{ call, nth }] : [];
  });
}

function isLedger(path: string): boolean {
  return path.endsWith("/jobs.jsonl");
}
