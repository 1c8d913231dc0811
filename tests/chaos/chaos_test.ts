import { match, ok, strictEqual } from "node:assert/strict";
import { BuiltProgram, chosenCommand } from "./built_program.ts";
import { CHAOS_KINDS } from "./kinds.ts";
import { MUTATIONS } from "./mutations.ts";
import type { Story } from "./scene.ts";
import { STORIES } from "./stories.ts";
import { canTrace } from "./strace.ts";
import { runRounds, type RunRoundsOptions } from "./suite.ts";

const hasStrace = canTrace();

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

Deno.test("every waiting command survives the short form of the chaos suite", async (t) => {
  await using built = await BuiltProgram.build();
  for (const kind of CHAOS_KINDS) {
    const names = [...SHORT_FORM, ...ONCE[kind.name] ?? []];
    await t.step(kind.name, async () => {
      const { violations, text } = await tell({
        command: chosenCommand(built),
        kinds: [kind],
        stories: STORIES.filter(({ name }) => names.includes(name)),
      });
      strictEqual(violations, 0, text);
    });
  }
});

for (const mutation of MUTATIONS) {
  const { name, story: telling, needsStrace = false } = mutation;
  Deno.test({
    name: `The chaos suite reports a program with ${name}` +
      (needsStrace && !hasStrace ? " (skipped: it needs strace)" : ""),
    ignore: needsStrace && !hasStrace,
    async fn() {
      await using built = await BuiltProgram.build(mutation);
      let violations = 0;
      let text = "";
      // Chance decides whether one round shows it: a few, then, as in life.
      for (let tries = 0; tries < MUTANT_TRIES && violations === 0; tries++) {
        ({ violations, text } = await tell({
          command: built.command,
          kinds: CHAOS_KINDS.slice(0, 1),
          stories: STORIES.filter((story) => story.name === telling),
        }));
      }
      ok(violations > 0);
      match(text, /\d+ VMs (were made|are handles), and \d+ were meant/);
    },
  });
}

/** Tells stories once, and returns how many violations there were, and which. */
async function tell(
  options: Pick<RunRoundsOptions, "command" | "kinds" | "stories">,
) {
  let text = "";
  const canTell = ({ needsStrace = false }: Story) => hasStrace || !needsStrace;
  const tally = await runRounds({
    ...options,
    stories: options.stories.filter(canTell),
    rounds: () => 1,
    crowd: CROWD,
    seed: Date.now() % 1_000_000,
    atOnce: 6,
    onViolation: (violation) => text += violation,
  });
  return { violations: tally.total().violations, text };
}
