import { match, ok, strictEqual } from "node:assert/strict";
import { testNeeding, whyMissing } from "../helpers/machine.ts";
import { BuiltProgram, chosenCommand } from "./built_program.ts";
import { CHAOS_KINDS } from "./kinds.ts";
import { MUTATIONS } from "./mutations.ts";
import type { Story } from "./round.ts";
import { STORIES } from "./stories.ts";
import { runRounds, type RunRoundsOptions } from "./suite.ts";

const hasStrace = whyMissing("strace") === undefined;

/** The same each time where it is set, as in CI; it is in the test's name. */
const SEED = Number(
  Deno.env.get("VERS_CHAOS_SEED") || Date.now() % 1_000_000,
);

/** How few copies make a crowd here. */
const CROWD = 8;

/** How often a broken program may get away with it. */
const MUTANT_TRIES = 6;

/** What the short form tells of every kind; the long one tells all. */
const SHORT_FORM: readonly string[] = [
  "request arrived, carried out late",
  "request carried out, not answered",
  "mid-poll",
  "before running is written",
  "before stdout",
  "power cut: request carried out, not answered",
  "random kills",
  "clock stepped back and forth",
];

/** What it tells of one kind alone. */
const ONCE: Readonly<Record<string, readonly string[]>> = {
  "vm.run": ["many copies at once", "stopped mid-poll, overtaken"],
  "vm.branch": ["two of one parent", "the same elsewhere, under way"],
  "vm.deploy": ["second send refused with 409"],
};

Deno.test(`every waiting command survives the short form of the chaos suite (seed ${SEED})`, async (t) => {
  await using built = await BuiltProgram.build();
  for (const kind of CHAOS_KINDS) {
    const names = [...SHORT_FORM, ...ONCE[kind.name] ?? []];
    await t.step(kind.name, async () => {
      const { violations, text } = await tell({
        command: chosenCommand(built),
        kinds: [kind],
        stories: STORIES.filter(({ name }) => names.includes(name)),
        seed: SEED,
      });
      strictEqual(violations, 0, text);
    });
  }
});

for (const { name, needsStrace = false } of STORIES) {
  const isTold = [...SHORT_FORM, ...Object.values(ONCE).flat()].includes(name);
  if (!isTold || !needsStrace || hasStrace) continue;
  testNeeding(
    ["strace"],
    `the short form of the chaos suite: ${name}`,
    () => {},
  );
}

for (const mutation of MUTATIONS) {
  const { name, story: telling, needsStrace = false } = mutation;
  testNeeding(
    needsStrace ? ["strace"] : [],
    `The chaos suite reports a program with ${name}`,
    async () => {
      await using built = await BuiltProgram.build(mutation);
      let violations = 0;
      let text = "";
      // Chance decides whether one round shows it: a few, then, as in life.
      for (let tries = 0; tries < MUTANT_TRIES && violations === 0; tries++) {
        ({ violations, text } = await tell({
          command: built.command,
          kinds: CHAOS_KINDS.slice(0, 1),
          stories: STORIES.filter((story) => story.name === telling),
          seed: SEED + tries,
        }));
      }
      ok(violations > 0);
      match(text, /\d+ VMs (were made|are handles), and \d+ were meant/);
    },
  );
}

/** Tells stories once, and returns how many violations there were, and which. */
async function tell(
  options: Pick<RunRoundsOptions, "command" | "kinds" | "stories" | "seed">,
) {
  let text = "";
  const canTell = ({ needsStrace = false }: Story) => hasStrace || !needsStrace;
  const tally = await runRounds({
    ...options,
    stories: options.stories.filter(canTell),
    rounds: () => 1,
    crowd: CROWD,
    atOnce: 6,
    onViolation: (violation) => text += violation,
  });
  return { violations: tally.total().violations, text };
}
