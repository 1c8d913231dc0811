import { withChecksum } from "../helpers/ledger_lines.ts";
import type { User } from "./user.ts";
import { jobsOf } from "./seen_job.ts";
import { slow } from "./kinds.ts";
import { finish, type Story } from "./round.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Steps by which a job gets no older than the shortest window. */
const NEAR: readonly [number, ...number[]] = [
  -3 * DAY_MS,
  -50 * MINUTE_MS,
  0,
  30 * MINUTE_MS,
];

/** Of a job with a handle, the server's clock says how old it is. */
const FAR: readonly [number, ...number[]] = [...NEAR, 2 * DAY_MS, 400 * DAY_MS];

/**
 * The clock is stepped back and forth, across the window, while commands are
 * killed. To a program that is all the same: its own entries have got older.
 */
export const CLOCK_STEPS: Story = {
  name: "clock stepped back and forth",
  rounds: 24,
  suits: () => true,
  async play(round) {
    const { kind, server, random } = round;
    const user = await round.newUser();
    const args = kind.args(await kind.prepare(server), "one");
    await round.misbehave(slow(kind, 500));
    let clockMs = 0;
    let newest = "";
    // What our clock was when it said how old the newest job is.
    let datedMs = 0;
    for (let killed = 0; killed < 4 && !user.isDelivered(); killed++) {
      const ms = random.between(60, 650);
      await user.attempt(args, { kill: { type: "after", ms } });
      const job = jobsOf(user.lines()).at(-1);
      const isRunning = job?.status === "running";
      const seen = `${job?.id} ${job?.status}`;
      if (seen !== newest && !isRunning) datedMs = clockMs;
      newest = seen;
      const nextMs = datedMs + random.pick(isRunning ? FAR : NEAR);
      step(user, nextMs - clockMs);
      clockMs = nextMs;
    }
    await finish(user, args);
    return { works: 1 };
  },
};

/** The times of an entry that our clock gave, not the server's. */
const OUR_TIMES = ["started_at", "at", "completed_at", "delivered_at"];

/** Makes all entries older, as a step of the clock forward does. */
function step(user: User, ms: number): void {
  user.rewrite(
    user.lines().filter(({ check }) => check === "good")
      .map(({ entry: { crc: _, ...entry } }) => {
        for (const name of OUR_TIMES) {
          if (entry[name] === undefined) continue;
          const time = Date.parse(entry[name]) - ms;
          entry[name] = new Date(time).toISOString();
        }
        return withChecksum(entry);
      }),
  );
}
