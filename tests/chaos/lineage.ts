import { booting, type ChaosKind } from "./kinds.ts";
import { type KillPoint, SEEN_POINTS } from "./kill_points.ts";
import { finish, type Round, type Story, until } from "./round.ts";
import { first } from "./server.ts";

/** Whether VMs are told apart by what they were made from, and one at a time. */
function isByLineage({ makes, isLabelled, isUnique }: ChaosKind): boolean {
  return makes === 1 && !isLabelled && !isUnique;
}

/** Long, and yet short enough for its maker to label it in time. */
const ELSEWHERE_MS = 200;

/** The same parent is branched at the same time on another machine. */
const ELSEWHERE: Story = {
  name: "the same elsewhere, under way",
  rounds: 24,
  suits: isByLineage,
  async play(round) {
    const { kind, server, random } = round;
    const [here, there] = [await round.newUser(), await round.newUser()];
    const target = await kind.prepare(server);
    const args = kind.args(target, "one");
    const point = SEEN_POINTS[round.index % 4];
    if (!point) throw new Error("There is no such point");
    await addStranger(round, target);
    const kill = await aimFirst(round, here, point);
    const killed = here.attempt(args, { kill });
    // The point is for whoever comes first.
    await until(async () => await server.count(kind.operation) > 0);
    const other = there.attempt(kind.args(target, "other"));
    await killed;
    if (random.chance(0.5)) await other;
    await finish(here, args);
    await other;
    return { works: 2 };
  },
};

/** Sets the trap for whoever comes first; whoever comes next is only slow. */
async function aimFirst(
  round: Round,
  user: Awaited<ReturnType<Round["newUser"]>>,
  point: KillPoint,
) {
  const { kind, server: { simulator } } = round;
  const kill = await point.aim(round, user);
  const rules = await simulator.faults();
  const aimed = rules.slice(0, -1);
  await round.misbehave(
    ...aimed,
    {
      operation: kind.operation,
      times: 1,
      faults: booting(kind, { type: "delay", when: "after", ms: ELSEWHERE_MS }),
    },
  );
  return kill;
}

/** A VM of the same parent and the same time, of another member. */
async function addStranger(
  { server, kind }: Round,
  target: string,
): Promise<void> {
  await server.seed({
    ownerId: crypto.randomUUID(),
    ...(kind.operation === "branch"
      ? { grandparentVmId: target }
      : { parentCommitId: target }),
  });
}

/** One has its answer long in coming, the other has its request lost. */
const TWO_OF_ONE_PARENT: Story = {
  name: "two of one parent",
  rounds: 100,
  suits: isByLineage,
  async play(round) {
    const { kind, server, random } = round;
    const { operation } = kind;
    const user = await round.newUser();
    const target = await kind.prepare(server);
    const slowArgs = kind.args(target, "slow");
    const lostArgs = kind.args(target, "lost");
    const ms = random.between(100, 2_500);
    await round.misbehave(
      first(operation, ...booting(kind, { type: "hold", when: "after", ms })),
      first(operation, { type: "drop", when: "before" }),
    );
    const slow = user.attempt(slowArgs);
    await until(() => server.holds(operation));
    const lost = await user.attempt(lostArgs);
    const { result } = await slow;
    if (lost.code === 21) await user.attempt(lostArgs);
    const [vmId] = result?.new_ids ?? [result?.vm_id];
    const [made] = await server.made();
    if (vmId !== made?.vmId) {
      user.violations.push("the slow one has not the VM that it made");
    }
    return { works: 2, mayExit: [21] };
  },
};

/** Stories of VMs that are told apart by where they come from. */
export const LINEAGE_STORIES: readonly Story[] = [ELSEWHERE, TWO_OF_ONE_PARENT];
