import { type KillPoint, SEEN_POINTS } from "./kill_points.ts";
import { finish, type Story } from "./round.ts";

/**
 * Stories in which the machine goes down with the command: what it has written
 * and not synced is gone, or torn.
 */
export const POWER_CUT_STORIES: readonly Story[] = SEEN_POINTS.map(storyOf);

function storyOf(point: KillPoint): Story {
  return {
    name: `power cut: ${point.name}`,
    rounds: 10,
    needsStrace: true,
    suits: point.suits ?? (() => true),
    async play(round) {
      const { kind, server, random } = round;
      const user = await round.newUser();
      const args = kind.args(await kind.prepare(server), "one");
      const cuts = 1 + round.index % 2;
      for (let cut = 0; cut < cuts && !user.isDelivered(); cut++) {
        const notes = user.nextNotes;
        const size = user.ledgerSize();
        const kill = await point.aim(round, user);
        await user.attempt(args, { kill, isTraced: true });
        user.cutPower(notes, size, random.pick([0, 0, 0.5, 0.9]));
      }
      await round.misbehave();
      await finish(user, args);
      return { works: 1 };
    },
  };
}
