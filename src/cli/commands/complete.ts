import { readAliases } from "../../project/aliases.ts";
import { defineCommand } from "../command_line/command.ts";
import { complete } from "../command_line/complete.ts";
import type { Context } from "../context.ts";
import { aliasPath } from "../targets.ts";

/** `vers __complete`: what the scripts of `vers completion` ask. */
export const command = defineCommand({
  summary: "Print what a word of a command line may become",
  description: "Prints proposals for the last of these words, one a line.",
  flags: {},
  positionals: [{ name: "word", brief: "The words of a line", isList: true }],
  takesRest: true,
  examples: [["vers __complete -- run --w", "propose flags"]],
  files: { aliases: "read" },
  async run({ args, routes }, context) {
    const found = await complete(args, {
      routes,
      aliases: () => aliasesFor(context),
    });
    const lines = found.map(({ word, brief }) => `${word}\t${brief}\n`);
    await context.stdout.write(lines.join(""));
    return 0;
  },
});

/** Aliases that no shell would have to quote. */
const PLAIN = /^[\w.@%+:-]+$/;

/** A file that cannot be read is for another command to complain about. */
function aliasesFor(context: Context): readonly string[] {
  const path = aliasPath(context);
  if (path === undefined) return [];
  try {
    return [...readAliases(path).keys()].filter((alias) => PLAIN.test(alias))
      .sort();
  } catch {
    return [];
  }
}
