import { booting, type ChaosKind } from "./kinds.ts";
import { type KillPoint, SEEN_POINTS } from "./kill_points.ts";
import { finish, type Scene, type Story, until } from "./round.ts";
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
  async play(scene) {
    const { kind, witness, random } = scene;
    const [here, there] = [await scene.newArena(), await scene.newArena()];
    const target = await kind.prepare(witness);
    const args = kind.args(target, "one");
    const point = SEEN_POINTS[scene.index % 4];
    if (!point) throw new Error("There is no such point");
    await addStranger(scene, target);
    const kill = await aimFirst(scene, here, point);
    const killed = here.attempt(args, { kill });
    // The point is for whoever comes first.
    await until(async () => await witness.count(kind.operation) > 0);
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
  scene: Scene,
  arena: Awaited<ReturnType<Scene["newArena"]>>,
  point: KillPoint,
) {
  const { kind, witness: { simulator } } = scene;
  const kill = await point.aim(scene, arena);
  const rules = await simulator.faults();
  const aimed = rules.slice(0, -1);
  await scene.misbehave(
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
  { witness, kind }: Scene,
  target: string,
): Promise<void> {
  await witness.seed({
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
  async play(scene) {
    const { kind, witness, random } = scene;
    const { operation } = kind;
    const arena = await scene.newArena();
    const target = await kind.prepare(witness);
    const slowArgs = kind.args(target, "slow");
    const lostArgs = kind.args(target, "lost");
    const ms = random.between(100, 2_500);
    await scene.misbehave(
      first(operation, ...booting(kind, { type: "hold", when: "after", ms })),
      first(operation, { type: "drop", when: "before" }),
    );
    const slow = arena.attempt(slowArgs);
    await until(() => witness.holds(operation));
    const lost = await arena.attempt(lostArgs);
    const { result } = await slow;
    if (lost.code === 21) await arena.attempt(lostArgs);
    const [vmId] = result?.new_ids ?? [result?.vm_id];
    const [made] = await witness.made();
    if (vmId !== made?.vmId) {
      arena.violations.push("the slow one has not the VM that it made");
    }
    return { works: 2, mayExit: [21] };
  },
};

/** Stories of VMs that are told apart by where they come from. */
export const LINEAGE_STORIES: readonly Story[] = [ELSEWHERE, TWO_OF_ONE_PARENT];
