import type { FaultRule } from "../../src/simulator/faults/faults.ts";
import { runInFakeShell } from "../../src/simulator/service/fake_shell.ts";
import type { Attempt } from "./attempt.ts";
import {
  type KillPoint,
  SEEN_POINTS,
  SWEEP,
  TRACED_POINTS,
} from "./kill_points.ts";
import { COMMAND, EXIT_CODE, isExec } from "./kinds.ts";
import type { Random } from "./random.ts";
import type { Round, Story } from "./round.ts";
import { first } from "./server.ts";
import { CONFIRM_WINDOW_MS, type User } from "./user.ts";

/** Points in the life of a command in a VM: it is not polled, nor labelled. */
const POINTS = [...SEEN_POINTS, ...TRACED_POINTS].filter(({ name }) =>
  name !== "mid-poll" && name !== "VM not labelled"
);

/** What the command writes when nobody disturbs it. */
const WRITTEN = runInFakeShell({
  command: ["bash", "-c", COMMAND],
  env: {},
  stdin: "",
  workingDir: "/",
}).output.map(({ bytes }) => new TextDecoder().decode(bytes)).join("");

/** How often somebody runs a command again that could not be confirmed. */
const PATIENCE = 2;

/** Ways to misbehave that must cost nobody anything. */
const MISBEHAVIOURS: readonly ((random: Random) => FaultRule[])[] = [
  () => [first("exec_stream", { type: "drop", when: "before" })],
  () => [first("exec_stream", { type: "drop", when: "after" })],
  (random) => [
    first("exec_stream", { type: "cut", bytes: random.between(0, 3_000) }),
    first("exec_attach", { type: "cut", bytes: random.between(0, 3_000) }),
  ],
  () => [
    first("exec_stream", { type: "answer", when: "after", status: 502 }),
  ],
  (random) => [
    first("exec_stream", {
      type: "commit_late",
      ms: random.between(1, CONFIRM_WINDOW_MS * 0.8),
    }),
  ],
  () => [first("exec_stream", { type: "twice" })],
  (random) => [{
    operation: "exec_attach",
    times: random.between(1, 4),
    faults: [{ type: "answer", when: "before", status: 503 }],
  }],
];

/** Stories of a command in a VM, killed wherever it may be. */
export const EXEC_STORIES: readonly Story[] = [
  ...POINTS.map((point) => storyOf(point, 12)),
  storyOf(SWEEP, 60),
  {
    name: "exec: random kills",
    rounds: 200,
    suits: isExec,
    async play(round) {
      const { random } = round;
      const isFaulty = random.chance(0.4);
      const [usual = () => [], ...others] = MISBEHAVIOURS;
      const rules = random.pick([usual, ...others])(random);
      await round.misbehave(...isFaulty ? rules : []);
      return await tell(round, random.between(1, 5), () =>
        Promise.resolve({
          type: "after",
          ms: 40 + Math.floor(random.next() ** 2 * 900),
        }));
    },
  },
];

function storyOf(point: KillPoint, rounds: number): Story {
  const { name, needsStrace = false } = point;
  return {
    name: `exec: ${name}`,
    rounds,
    needsStrace,
    suits: isExec,
    play: (round) =>
      tell(round, 1 + round.index % 3, (user) => point.aim(round, user)),
  };
}

/**
 * Kills a command so many times, each time as `aim` says, then lets it be run
 * to its end; and notes all that must not have come of that.
 */
async function tell(
  round: Round,
  kills: number,
  aim: (user: User) => ReturnType<KillPoint["aim"]>,
) {
  const { kind, server } = round;
  const user = await round.newUser();
  const target = await kind.prepare(server);
  const args = kind.args(target, "one");
  const startsBefore = await starts(round);
  for (let killed = 0; killed < kills && !user.isDelivered(); killed++) {
    await user.attempt(args, { kill: await aim(user) });
  }
  await round.misbehave();
  let last: Attempt | undefined;
  for (let tries = 0; tries < PATIENCE && last?.code !== EXIT_CODE; tries++) {
    last = await user.attempt(args);
  }
  const started = await starts(round) - startsBefore;
  if (started > 1) {
    user.violations.push(`the command was started ${started} times`);
  }
  if (last?.code === 21 && started > 0) {
    user.violations.push("exit 21, though the service knows the command");
  }
  if (last?.code === EXIT_CODE && started !== 1) {
    user.violations.push(`it ended, and was started ${started} times`);
  }
  for (const { isKilled, result } of user.attempts) {
    if (isKilled || result === undefined) continue;
    const isRight = "stdout" in result && result.stdout === WRITTEN &&
      "exit_code" in result && result.exit_code === EXIT_CODE;
    if (!isRight) {
      user.violations.push(`not what it wrote: ${JSON.stringify(result)}`);
    }
  }
  return { works: 1, mayExit: [21], mayMiss: last?.code === 21 };
}

async function starts({ server }: Round): Promise<number> {
  const requests = await server.simulator.requests();
  const execs = requests.filter(({ operation, committed }) =>
    operation === "exec_stream" && committed
  );
  // Of two that an intermediary has made of one, one was refused.
  return new Set(execs.map(({ id }) => id)).size;
}
