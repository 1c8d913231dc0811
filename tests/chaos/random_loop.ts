import { finish, type Story } from "./round.ts";
import { anyMisbehaviour } from "./server_faults.ts";

const MOST_KILLS = 5;

/** Killed after a random time, up to five times, until it is done. */
export const RANDOM_LOOP: Story = {
  name: "random kills",
  rounds: 180,
  suits: () => true,
  async play(scene) {
    const { kind, witness, random } = scene;
    const arena = await scene.newArena();
    const args = kind.args(await kind.prepare(witness), "one");
    const isFaulty = random.chance(0.4);
    await scene.misbehave(...isFaulty ? anyMisbehaviour(kind, random) : []);
    const kills = random.between(1, MOST_KILLS);
    for (let killed = 0; killed < kills && !arena.isDelivered(); killed++) {
      // Most moments in which something happens come early.
      const ms = 40 + Math.floor(random.next() ** 2 * 700);
      await arena.attempt(args, { kill: { type: "after", ms } });
    }
    await finish(arena, args);
    // One run sends again once; if that is lost too, it says so.
    return { works: 1, ...(isFaulty ? { mayExit: [21] } : {}) };
  },
};
