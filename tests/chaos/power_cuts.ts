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
    async play(scene) {
      const { kind, witness, random } = scene;
      const arena = await scene.newArena();
      const args = kind.args(await kind.prepare(witness), "one");
      const cuts = 1 + scene.index % 2;
      for (let cut = 0; cut < cuts && !arena.isDelivered(); cut++) {
        const notes = arena.nextNotes;
        const size = arena.ledgerSize();
        const kill = await point.aim(scene, arena);
        await arena.attempt(args, { kill, isTraced: true });
        arena.cutPower(notes, size, random.pick([0, 0, 0.5, 0.9]));
      }
      await scene.misbehave();
      await finish(arena, args);
      return { works: 1 };
    },
  };
}
