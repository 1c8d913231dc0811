import type { Program } from "../helpers/program.ts";
import type { Arena } from "./user.ts";
import type { Attempt } from "./attempt.ts";
import { never } from "./kinds.ts";
import type { Random } from "./random.ts";
import { finish, type Story, until } from "./round.ts";
import { first } from "./server.ts";

/** Many copies at once, of which some are killed: one request, one result. */
const CROWD: Story = {
  name: "many copies at once",
  rounds: 4,
  isCrowded: true,
  suits: () => true,
  async play(scene) {
    const { kind, witness, random, crowd } = scene;
    const arena = await scene.newArena();
    const args = kind.args(await kind.prepare(witness), "one");
    const hold = first(kind.operation, { type: "hold", when: "after" });
    await scene.misbehave(kind.makes > 0 ? never(kind) : hold);
    const isCalm = scene.index % 2 === 0;
    const underWay: Promise<unknown>[] = [];
    const onStart = (program: Program) => underWay.push(isUnderWay(program));
    const ended = Array.from({ length: crowd }, () => {
      const ms = random.between(100, 3_000);
      return isCalm || random.chance(0.7)
        ? arena.attempt(args, { onStart })
        : arena.attempt(args, { kill: { type: "after", ms }, onStart });
    });
    await until(() => Promise.resolve(underWay.length === crowd));
    // Every copy has started, and none can be done before that.
    await Promise.all(underWay);
    await scene.misbehave();
    await witness.boot();
    await witness.simulator.release();
    const copies = await Promise.all(ended);
    await finish(arena, args);
    const results = new Set(
      copies.filter(({ isKilled }) => !isKilled)
        .map(({ result }) => JSON.stringify({ ...result, effect: "" })),
    );
    if (results.size > 1) {
      arena.violations.push(`copies differ: ${[...results].join(" ")}`);
    }
    if (isCalm) await expectOneRequest();
    return { works: 1 };

    async function expectOneRequest() {
      const requests = await witness.count(kind.operation);
      if (requests === 1) return;
      arena.violations.push(`${crowd} copies made ${requests} requests`);
    }
  },
};

/** Resolves when a copy has seen the ledger, or ended before that. */
function isUnderWay(program: Program): Promise<unknown> {
  return program.stderrLine(/job_|accepted|another process/).catch(() => {});
}

/** Two pieces of work at once, in one ledger, each killed now and then. */
const INTERLEAVED: Story = {
  name: "two keys interleaved",
  rounds: 16,
  suits: () => true,
  async play(scene) {
    const { kind, witness, random } = scene;
    const arena = await scene.newArena();
    await scene.misbehave();
    const seeThrough = async (name: string) => {
      const args = kind.args(await kind.prepare(witness), name);
      await killNowAndThen(arena, args, random);
    };
    await Promise.all([seeThrough("one"), seeThrough("two")]);
    return {
      works: 2,
      // Nothing tells two deploys apart that were lost at the same time.
      ...(kind.isUnique ? { mayExit: [21], mayMiss: true } : {}),
    };
  },
};

async function killNowAndThen(
  arena: Arena,
  args: readonly string[],
  random: Random,
): Promise<void> {
  const own: Attempt[] = [];
  for (let killed = 0; killed < 2 && !arena.isDelivered(own); killed++) {
    const ms = random.between(60, 500);
    own.push(await arena.attempt(args, { kill: { type: "after", ms } }));
  }
  await finish(arena, args, own);
}

/** A copy that is stopped mid-poll, and goes on when another has finished. */
const STOPPED: Story = {
  name: "stopped mid-poll, overtaken",
  rounds: 8,
  // Windows cannot stop a process.
  suits: ({ makes }) => makes > 0 && Deno.build.os !== "windows",
  async play(scene) {
    const { kind, witness } = scene;
    const arena = await scene.newArena();
    const args = kind.args(await kind.prepare(witness), "one");
    await scene.misbehave(never(kind));
    let program: Program | undefined;
    const stopped = arena.attempt(args, {
      onStart: (started) => program = started,
    });
    await until(async () => await witness.count("status") > 0);
    program?.kill("SIGSTOP");
    await witness.boot();
    const second = await arena.attempt(args);
    program?.kill("SIGCONT");
    const first = await stopped;
    if (first.result?.job_id !== second.result?.job_id) {
      arena.violations.push("two copies came to two jobs");
    }
    const delivered = arena.lines().filter(({ entry }) =>
      entry?.delivered_at !== undefined
    );
    if (delivered.length !== 1) {
      arena.violations.push(`${delivered.length} entries say delivered`);
    }
    return { works: 1 };
  },
};

/** Stories of several copies at once. */
export const COMPANY_STORIES: readonly Story[] = [CROWD, INTERLEAVED, STOPPED];
