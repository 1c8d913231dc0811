import type { User } from "./user.ts";
import { slow } from "./kinds.ts";
import type { Random } from "./random.ts";
import { finish, type Story } from "./round.ts";

/** What editors, git and shells do to a file of lines without meaning to. */
const CHANGES: readonly ((text: string, random: Random) => string)[] = [
  (text) => text.replaceAll(/\r?\n/g, "\r\n"),
  (text) => text.replaceAll(/[ \t]*\r?\n/g, "\n"),
  (text) => text.replaceAll(/\r?\n/g, " \t\n"),
  (text) => text.startsWith("\ufeff") ? text : `\ufeff${text}`,
  (text) => text.replaceAll(/\r?\n/g, "\n\n"),
  (text) => text.replace(/^\ufeff/, "").replaceAll(/.+\n/g, "$&$&"),
  (text) =>
    text.replace(/^\ufeff/, "").split("\n").filter((line) => line !== "")
      .toSorted().map((line) => `${line}\n`).join(""),
];

/** The ledger's line ends change between runs that are killed. */
export const LINE_ENDS_STORY: Story = {
  name: "line ends changed between runs",
  rounds: 40,
  suits: () => true,
  async play(round) {
    const { kind, server, random } = round;
    const user = await round.newUser();
    const args = kind.args(await kind.prepare(server), "one");
    await round.misbehave(slow(kind, 500));
    for (let killed = 0; killed < 4 && !user.isDelivered(); killed++) {
      const ms = random.between(60, 650);
      await user.attempt(args, { kill: { type: "after", ms } });
      change(user, random);
    }
    await finish(user, args);
    return { works: 1 };
  },
};

function change(user: User, random: Random): void {
  const [first, ...others] = CHANGES;
  if (first === undefined) return;
  user.edit((text) => {
    let edited = text;
    for (let times = random.between(1, 3); times > 0; times--) {
      edited = random.pick([first, ...others])(edited, random);
    }
    return edited;
  });
}
