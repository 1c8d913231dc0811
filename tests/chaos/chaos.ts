/**
 * `deno task test:chaos`: tells every story of every kind, prints what came of
 * them, and ends with 1 if anything did that must not.
 *
 *     chaos.ts [--kind TEXT] [--story TEXT] [--rounds N] [--seed N] [--at-once N]
 *              [--mutation NAME]
 *
 * `--kind` and `--story` choose one by its name, or those whose names contain
 * the text; `--rounds` is for each kind and story, and by default up to the
 * story. With `--mutation` the program is broken first, and violations are to
 * be expected.
 */
import { BuiltProgram, chosenCommand, type Mutation } from "./built_program.ts";
import { CHAOS_KINDS } from "./kinds.ts";
import { MUTATIONS } from "./mutations.ts";
import type { Story } from "./round.ts";
import { STORIES } from "./stories.ts";
import { canTrace } from "./strace.ts";
import { runRounds } from "./suite.ts";

const CROWD = 50;
const AT_ONCE = 8;
const FLAGS = ["kind", "story", "rounds", "seed", "at-once", "mutation"];

const flags = readFlags(Deno.args);
const seed = Number(flags.get("seed") ?? Date.now() % 1_000_000);
const rounds = flags.get("rounds");
const hasStrace = canTrace();
const stories = chosen(STORIES, flags.get("story")).filter(({ needsStrace }) =>
  hasStrace || !needsStrace
);
if (!hasStrace) {
  await say("Left out, for want of strace: kills at calls, and power cuts\n");
}
await say(`seed ${seed}\n`);

await using built = await BuiltProgram.build(
  readMutation(flags.get("mutation")),
);
const start = performance.now();
const tally = await runRounds({
  command: flags.has("mutation") ? built.command : chosenCommand(built),
  kinds: chosen(CHAOS_KINDS, flags.get("kind")),
  stories,
  rounds: (story: Story) =>
    rounds === undefined ? story.rounds : Number(rounds),
  crowd: CROWD,
  seed,
  atOnce: Number(flags.get("at-once") ?? AT_ONCE),
  onViolation: (text) => void say(text),
  onRound: (done, all) => {
    if (done % 100 === 0) void say(`${done} of ${all} rounds\n`);
  },
});
const seconds = ((performance.now() - start) / 1_000).toFixed(0);
const { violations } = tally.total();
await say(`\n${tally.render()}\nseed ${seed}, ${seconds} s: `);
await say(violations === 0 ? "no violations\n" : `${violations} violations\n`);
if (violations > 0) Deno.exitCode = 1;

/** Returns those of a name, or, if there is none, with the text in theirs. */
function chosen<T extends { readonly name: string }>(
  all: readonly T[],
  text = "",
): readonly T[] {
  const exact = all.filter(({ name }) => name === text);
  if (exact.length > 0) return exact;
  return all.filter(({ name }) => name.includes(text));
}

function readMutation(name: string | undefined): Mutation | undefined {
  const mutation = MUTATIONS.find((each) => each.name === name);
  if (mutation !== undefined || name === undefined) return mutation;
  const known = MUTATIONS.map((each) => each.name).join(", ");
  throw new Error(`Cannot make the mutation "${name}": there are ${known}`);
}

/** Returns the flags by their names; every flag takes a value. */
function readFlags(args: readonly string[]): ReadonlyMap<string, string> {
  const read = new Map<string, string>();
  for (let at = 0; at < args.length; at += 2) {
    const name = args[at]?.replace(/^--/, "") ?? "";
    const value = args[at + 1];
    if (!FLAGS.includes(name) || value === undefined) {
      const known = FLAGS.map((flag) => `--${flag} VALUE`).join(", ");
      throw new Error(`Cannot read "${args[at]}": there are ${known}`);
    }
    read.set(name, value);
  }
  return read;
}

async function say(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) {
    written += await Deno.stdout.write(bytes.subarray(written));
  }
}
