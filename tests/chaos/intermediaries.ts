import {
  type Intermediary,
  type Mischief,
  type Passing,
  startIntermediary,
} from "../helpers/intermediary.ts";
import type { Random } from "./random.ts";
import { finish, type Story } from "./round.ts";
import { slow } from "./kinds.ts";

/** How often a command is run while something misbehaves in between. */
const RUNS = 4;

/** Pages of something that is not the Vers API, under any status. */
const PAGES = [200, 400, 403, 404, 418, 502] as const;

/**
 * What stands between doubles, redirects and pages at random while commands
 * are killed. It must cost nobody anything, but for what it has doubled: one
 * that the list showed beside the job's own is named.
 */
export const INTERMEDIARY_STORY: Story = {
  name: "an intermediary that doubles, redirects and pages",
  rounds: 40,
  suits: () => true,
  async play(round) {
    const { kind, server, random } = round;
    const user = await round.newUser();
    const args = kind.args(await kind.prepare(server), "one");
    await round.misbehave(slow(kind, 200));
    let isCalm = false;
    // A service that refuses the same work twice refuses the doubled one, too.
    const mayDouble = !kind.isUnique;
    const between: Intermediary = startIntermediary({
      to: server.url,
      mischief: (passing) =>
        isCalm ? { type: "pass" } : anyMischief(passing, random, mayDouble),
    });
    await using _between = between;
    user.sandbox.env.VERS_URL = between.url;
    for (let runs = 0; runs < RUNS && !user.isDelivered(); runs++) {
      const ms = random.between(200, 4_000);
      await user.attempt(args, { kill: { type: "after", ms } });
    }
    isCalm = true;
    await finish(user, args);
    const doubled =
      between.done().filter((line) =>
        line.startsWith("POST ") && line.endsWith(" twice")
      ).length;
    return {
      works: 1,
      doubled,
      // A page before the first line, a redirect, and what cannot be told.
      mayExit: [1, 21],
      mayFail: true,
      mayMiss: true,
    };
  },
};

function anyMischief(
  { method }: Passing,
  random: Random,
  mayDouble: boolean,
): Mischief {
  const isCreation = method === "POST";
  if (isCreation && mayDouble && random.chance(0.2)) {
    return { type: "twice", answers: random.pick(["first", "second"]) };
  }
  if (random.chance(0.2)) {
    // It may be carried out, and then answered by a page all the same.
    const when = random.pick<"before" | "after">(["before", "after"]);
    const status = random.pick(PAGES);
    const headers = { "content-type": "text/html" };
    const body = "<html><title>Please log in</title></html>";
    return { type: "answer", when, answer: { status, headers, body } };
  }
  if (random.chance(0.1)) {
    const headers = { location: "https://login.example/" };
    const answer = { status: 302, headers };
    return { type: "answer", when: "before", answer };
  }
  return { type: "pass" };
}
