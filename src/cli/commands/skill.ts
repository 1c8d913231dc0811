import { defineCommand } from "../command_line/command.ts";
import { SKILL } from "../guide/skill_text.ts";
import { jsonLine } from "../output/terminal_text.ts";

/** `vers skill`: how an agent uses this program. */
export const command = defineCommand({
  summary: "Print a SKILL.md for agents",
  description:
    "Prints, in Markdown, how an agent uses this program: when to wait,\n" +
    "what to do on each exit code, and how to resume what was interrupted.\n" +
    "It is Markdown wherever it goes; with --json, JSON that contains it.",
  flags: {},
  positionals: [],
  examples: [
    ["vers skill", "read it, or put it where your agent looks for skills"],
  ],
  files: {},
  async run({ invocation: { given } }, context) {
    // VERS_OUTPUT is about results: this is a file that somebody reads.
    const isJson = given.some(({ name, value }) =>
      name === "json" || (name === "output" && value === "json")
    );
    await context.stdout.write(
      isJson ? jsonLine({ name: "vers", text: SKILL }) + "\n" : SKILL,
    );
    return 0;
  },
});
