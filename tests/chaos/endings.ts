import { CONFIRM_WINDOW_MS } from "./user.ts";
import { jobsOf } from "./seen_job.ts";
import { booting, never } from "./kinds.ts";
import { finish, type Story, until } from "./round.ts";
import { first } from "./server.ts";

/** A VM is deleted while somebody waits for it, or while nobody looks. */
const DELETED: Story = {
  name: "VM deleted mid-wait",
  rounds: 10,
  suits: ({ makes, isUnique }) => makes > 0 && !isUnique,
  async play(round) {
    const { kind, server } = round;
    const user = await round.newUser();
    const args = kind.args(await kind.prepare(server), "one");
    await round.misbehave(never(kind));
    const isPolled = async () => await server.count("status") >= 2 * kind.makes;
    const deleteIt = async () => {
      for (const { vmId } of await server.made()) await server.delete(vmId);
    };
    const isWatched = round.index % 2 === 0;
    if (isWatched) {
      const ended = user.attempt(args);
      await until(isPolled);
      await deleteIt();
      const { code } = await ended;
      if (code !== 20) user.violations.push(`it ended with ${code}, not 20`);
    } else {
      await user.attempt(args, { kill: { type: "when", holds: isPolled } });
      await deleteIt();
    }
    await round.misbehave();
    await finish(user, args);
    return { works: 2, mayExit: [20], mayFail: true };
  },
};

/** The first request was carried out, does not show, and bars the second. */
const SECOND_SEND_REFUSED: Story = {
  name: "second send refused with 409",
  rounds: 16,
  suits: ({ isUnique }) => isUnique,
  async play(round) {
    const { kind, server, random } = round;
    const user = await round.newUser();
    const args = kind.args(await kind.prepare(server), "one");
    const ms = CONFIRM_WINDOW_MS + random.between(800, 2_500);
    await round.misbehave(first(
      kind.operation,
      ...booting(kind, { type: "unlisted", ms }, {
        type: "drop",
        when: "after",
      }),
    ));
    for (let tries = 0; tries < 4 && !user.isDelivered(); tries++) {
      await user.attempt(args);
    }
    return { works: 1, mayExit: [21] };
  },
};

/** Nothing is taken by lineage: the user says which VM it is. */
const SETTLED: Story = {
  name: "unconfirmed, settled by jobs adopt",
  rounds: 10,
  suits: ({ makes, isLabelled }) => makes > 0 && !isLabelled,
  async play(round) {
    const { kind, server } = round;
    const user = await round.newUser({ adopt: "never" });
    const args = kind.args(await kind.prepare(server), "one");
    await round.misbehave(
      first(kind.operation, ...booting(kind, { type: "drop", when: "after" })),
    );
    const { code, stderr } = await user.attempt(args);
    const made = (await server.made()).map(({ vmId }) => vmId);
    const [job] = jobsOf(user.lines());
    if (code !== 21 || !made.every((vmId) => stderr.includes(vmId))) {
      user.violations.push(`it ended with ${code}, and 21 was due: ${stderr}`);
    }
    const adoption = ["jobs", "adopt", job?.id ?? "", ...made];
    const adopted = await user.run(adoption);
    const again = await user.run(adoption);
    if (adopted.code !== 0 || again.code !== 4) {
      user.violations.push(`jobs adopt: ${adopted.stderr}${again.stderr}`);
    }
    await finish(user, args);
    return { works: 1, mayExit: [21] };
  },
};

/** Stories that end otherwise than most. */
export const ENDING_STORIES: readonly Story[] = [
  DELETED,
  SECOND_SEND_REFUSED,
  SETTLED,
];
