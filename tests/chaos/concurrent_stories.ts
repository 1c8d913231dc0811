import type { Program } from "../helpers/program.ts";
import type { User } from "./user.ts";
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
  async play(round) {
    const { kind, server, random, crowd } = round;
    const user = await round.newUser();
    const args = kind.args(await kind.prepare(server), "one");
    const hold = first(kind.operation, { type: "hold", when: "after" });
    await round.misbehave(kind.makes > 0 ? never(kind) : hold);
    const isCalm = round.index % 2 === 0;
    const underWay: Promise<unknown>[] = [];
    const onStart = (program: Program) => underWay.push(isUnderWay(program));
    const ended = Array.from({ length: crowd }, () => {
      const ms = random.between(100, 3_000);
      return isCalm || random.chance(0.7)
        ? user.attempt(args, { onStart })
        : user.attempt(args, { kill: { type: "after", ms }, onStart });
    });
    await until(() => Promise.resolve(underWay.length === crowd));
    // Every copy has started, and none can be done before that.
    await Promise.all(underWay);
    await round.misbehave();
    await server.boot();
    await server.simulator.release();
    const copies = await Promise.all(ended);
    await finish(user, args);
    const results = new Set(
      copies.filter(({ isKilled }) => !isKilled)
        .map(({ result }) => JSON.stringify({ ...result, effect: "" })),
    );
    if (results.size > 1) {
      user.violations.push(`copies differ: ${[...results].join(" ")}`);
    }
    if (isCalm) await expectOneRequest();
    return { works: 1 };

    async function expectOneRequest() {
      const requests = await server.count(kind.operation);
      if (requests === 1) return;
      user.violations.push(`${crowd} copies made ${requests} requests`);
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
  async play(round) {
    const { kind, server, random } = round;
    const user = await round.newUser();
    await round.misbehave();
    const seeThrough = async (name: string) => {
      const args = kind.args(await kind.prepare(server), name);
      await killNowAndThen(user, args, random);
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
  user: User,
  args: readonly string[],
  random: Random,
): Promise<void> {
  const own: Attempt[] = [];
  for (let killed = 0; killed < 2 && !user.isDelivered(own); killed++) {
    const ms = random.between(60, 500);
    own.push(await user.attempt(args, { kill: { type: "after", ms } }));
  }
  await finish(user, args, own);
}

/** A copy that is stopped mid-poll, and goes on when another has finished. */
const STOPPED: Story = {
  name: "stopped mid-poll, overtaken",
  rounds: 8,
  // Windows cannot stop a process.
  suits: ({ makes }) => makes > 0 && Deno.build.os !== "windows",
  async play(round) {
    const { kind, server } = round;
    const user = await round.newUser();
    const args = kind.args(await kind.prepare(server), "one");
    await round.misbehave(never(kind));
    let program: Program | undefined;
    const stopped = user.attempt(args, {
      onStart: (started) => program = started,
    });
    await until(async () => await server.count("status") > 0);
    program?.kill("SIGSTOP");
    await server.boot();
    const second = await user.attempt(args);
    program?.kill("SIGCONT");
    const first = await stopped;
    if (first.result?.job_id !== second.result?.job_id) {
      user.violations.push("two copies came to two jobs");
    }
    const delivered = user.lines().filter(({ entry }) =>
      entry?.delivered_at !== undefined
    );
    if (delivered.length !== 1) {
      user.violations.push(`${delivered.length} entries say delivered`);
    }
    return { works: 1 };
  },
};

/** Stories of several copies at once. */
export const COMPANY_STORIES: readonly Story[] = [CROWD, INTERLEAVED, STOPPED];
