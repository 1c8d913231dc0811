import { finish, type Story } from "./round.ts";
import { anyMisbehaviour } from "./server_faults.ts";

const MOST_KILLS = 5;

/** Killed after a random time, up to five times, until it is done. */
export const RANDOM_LOOP: Story = {
  name: "random kills",
  rounds: 180,
  suits: () => true,
  async play(round) {
    const { kind, server, random } = round;
    const user = await round.newUser();
    const args = kind.args(await kind.prepare(server), "one");
    const isFaulty = random.chance(0.4);
    await round.misbehave(...isFaulty ? anyMisbehaviour(kind, random) : []);
    const kills = random.between(1, MOST_KILLS);
    for (let killed = 0; killed < kills && !user.isDelivered(); killed++) {
      // Most moments in which something happens come early.
      const ms = 40 + Math.floor(random.next() ** 2 * 700);
      await user.attempt(args, { kill: { type: "after", ms } });
    }
    await finish(user, args);
    // One run sends again once; if that is lost too, it says so.
    return { works: 1, ...(isFaulty ? { mayExit: [21] } : {}) };
  },
};
