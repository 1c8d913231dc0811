import type { FaultRule } from "../../src/simulator/faults/faults.ts";
import { CONFIRM_WINDOW_MS } from "./user.ts";
import { booting, type ChaosKind } from "./kinds.ts";
import type { Random } from "./random.ts";
import { finish, pause, type Story, until } from "./round.ts";
import { first } from "./server.ts";

/**
 * How late a request is carried out at most: the window begins when the entry
 * is written, and the request takes a while to arrive.
 */
const LATEST_MS = CONFIRM_WINDOW_MS * 0.8;

type Misbehaviour = (kind: ChaosKind, random: Random) => FaultRule[];

/** Ways to misbehave that must cost nobody anything. */
const MISBEHAVIOURS: Readonly<Record<string, Misbehaviour>> = {
  "request lost": (kind) => [
    first(kind.operation, { type: "drop", when: "before" }),
  ],
  "answer lost": (kind) => [
    first(kind.operation, ...booting(kind, { type: "drop", when: "after" })),
  ],
  "answer cut": (kind) => [
    first(kind.operation, ...booting(kind, { type: "cut" })),
  ],
  "500 after carrying out": (kind) => [
    first(
      kind.operation,
      ...booting(kind, { type: "answer", when: "after", status: 500 }),
    ),
  ],
  "carried out late": (kind, random) => [
    first(
      kind.operation,
      ...booting(kind, {
        type: "commit_late",
        ms: random.between(1, LATEST_MS),
      }),
    ),
  ],
  "answer lost, lists lag": (kind) => [
    { operation: "list", faults: [{ type: "lag", ms: CONFIRM_WINDOW_MS / 2 }] },
    first(kind.operation, ...booting(kind, { type: "drop", when: "after" })),
  ],
  "429 with Retry-After": () => [{
    operation: "status",
    times: 1,
    faults: [{
      type: "answer",
      when: "before",
      status: 429,
      headers: { "Retry-After": "1" },
    }],
  }],
  "503 for a while": (kind, random) => [{
    ...(random.chance(0.5) ? { operation: "status" } : {}),
    skip: kind.makes === 0 ? 3 : random.between(0, 3),
    times: random.between(1, 4),
    faults: [{ type: "answer", when: "before", status: 503 }],
  }],
  "connections dropped for a while": (_, random) => [{
    operation: "status",
    skip: random.between(0, 1),
    times: random.between(1, 5),
    faults: [{ type: "drop", when: "before" }],
  }],
};

/** Returns rules for one of the ways to misbehave. */
export function anyMisbehaviour(kind: ChaosKind, random: Random): FaultRule[] {
  const [one, ...others] = Object.values(MISBEHAVIOURS);
  return one ? random.pick([one, ...others])(kind, random) : [];
}

/** A story for each way to misbehave, half of them with a kill besides. */
export const SERVER_FAULT_STORIES: readonly Story[] = [
  ...Object.entries(MISBEHAVIOURS).map(([name, misbehaviour]): Story => ({
    name: `server: ${name}`,
    rounds: 10,
    suits: () => true,
    async play(round) {
      const { kind, server, random } = round;
      const user = await round.newUser();
      const args = kind.args(await kind.prepare(server), "one");
      await round.misbehave(...misbehaviour(kind, random));
      const isKilled = round.index % 2 === 1;
      if (isKilled) {
        const ms = random.between(60, 900);
        await user.attempt(args, { kill: { type: "after", ms } });
      }
      await finish(user, args);
      // One run sends again once; if that is lost too, it says so.
      return { works: 1, ...(isKilled ? { mayExit: [21] } : {}) };
    },
  })),
  {
    name: "server: down for a while",
    rounds: 10,
    suits: () => true,
    async play(round) {
      const { kind, server, random } = round;
      const user = await round.newUser();
      const args = kind.args(await kind.prepare(server), "one");
      await round.misbehave();
      const ended = user.attempt(args);
      const hasPolled = async () => await server.count("status") > 0;
      await until(hasPolled);
      await server.goDown();
      await pause(random.between(50, 600));
      await server.goUp();
      await ended;
      return { works: 1 };
    },
  },
];
