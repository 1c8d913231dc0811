import { type CommandInput, defineCommand } from "../command_line/command.ts";
import {
  COMPLETION_SCRIPTS,
  SHELLS,
} from "../command_line/completion_scripts.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../output/exit_code.ts";
import { closest } from "../command_line/suggestion.ts";
import { visible } from "../output/terminal_text.ts";

/** `vers completion`: the script with which a shell completes lines. */
export const command = defineCommand({
  summary: "Print the script that completes vers in a shell",
  description:
    "Prints the script with which bash, zsh or fish completes commands,\n" +
    "flags, their values, and aliases of VMs. It asks this program, so it\n" +
    "stays as it is when that is upgraded.",
  flags: {},
  positionals: [{ name: "shell", brief: SHELLS.join(", "), choices: SHELLS }],
  examples: [
    ["vers completion bash", "in ~/.bashrc: source <(vers completion bash)"],
    ["vers completion zsh", "in ~/.zshrc: source <(vers completion zsh)"],
    ["vers completion fish", "in config.fish: vers completion fish | source"],
  ],
  files: {},
  run: printScript,
});

async function printScript(
  { args: [typed = ""] }: CommandInput,
  context: Context,
): Promise<number> {
  const shell = SHELLS.find((shell) => shell === typed);
  if (shell === undefined) {
    throw new UsageError(
      `Cannot complete in "${visible(typed)}": the shell must be one of ` +
        SHELLS.join(", "),
      `for example: vers completion ${closest(typed, SHELLS) ?? SHELLS[0]}`,
    );
  }
  await context.stdout.write(COMPLETION_SCRIPTS[shell]);
  return 0;
}
