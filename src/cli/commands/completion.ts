import { defineCommand } from "../command_line/command.ts";
import { closest } from "../command_line/suggestion.ts";
import { UsageError } from "../output/exit_code.ts";
import { visible } from "../output/terminal_text.ts";

/** The shells that a completion script is there for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** A shell that lines can be completed in. */
export type Shell = typeof SHELLS[number];

/**
 * The script of each shell. They ask the program itself, so they fit whatever
 * version of it is installed. `:files` stands for paths.
 */
export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# Completes vers in bash. Put this line into ~/.bashrc:
#   source <(vers completion bash)

_vers() {
  local line="\${COMP_LINE:0:COMP_POINT}" typed kept value brief
  local -a words
  IFS=$' \\t\\n' read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  typed="\${words[\${#words[@]} - 1]}"
  # Bash begins a new word at = and :, and replaces no more than that.
  kept="\${typed%"\${typed##*[=:]}"}"
  COMPREPLY=()
  while IFS=$'\\t' read -r value brief; do
    if [[ $value == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r value; do
        COMPREPLY+=("$value")
      done < <(compgen -f -- "\${typed#"$kept"}")
    else
      COMPREPLY+=("\${value#"$kept"}")
    fi
  done < <(vers __complete -- "\${words[@]:1}" 2>/dev/null </dev/null)
}

complete -F _vers vers
`,

  zsh: `#compdef vers
# Completes vers in zsh. Put this line into ~/.zshrc, behind compinit:
#   source <(vers completion zsh)

_vers() {
  local line value
  local -a proposals
  for line in "\${(@f)$(
    vers __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null </dev/null
  )}"; do
    [[ -z $line ]] && continue
    value="\${line%%$'\\t'*}"
    if [[ $value == :files ]]; then
      _files
      return
    fi
    proposals+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( \${#proposals} )) && _describe vers proposals
}

if [[ \${funcstack[1]} == _vers ]]; then
  _vers "$@"
else
  compdef _vers vers
fi
`,

  fish:
    `# Completes vers in fish. Put this line into ~/.config/fish/config.fish:
#   vers completion fish | source

function __vers_proposals
    set -l words (commandline -opc) (commandline -ct)
    for line in (vers __complete -- $words[2..-1] 2>/dev/null </dev/null)
        if string match -q ':files*' -- $line
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end

complete -c vers -f -a '(__vers_proposals)'
`,
};

/** `vers completion`: the script with which a shell completes lines. */
export const command = defineCommand({
  summary: "Print the script that completes vers in a shell",
  description:
    "Prints the script with which bash, zsh or fish completes commands,\n" +
    "flags, their values, and aliases of VMs. It calls vers itself, so it\n" +
    "does not change when vers is upgraded.",
  flags: {},
  positionals: [{ name: "shell", brief: SHELLS.join(", "), choices: SHELLS }],
  examples: [
    ["vers completion bash", "in ~/.bashrc: source <(vers completion bash)"],
    ["vers completion zsh", "in ~/.zshrc: source <(vers completion zsh)"],
    ["vers completion fish", "in config.fish: vers completion fish | source"],
  ],
  files: {},
  async run({ args: [typed = ""] }, context) {
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
  },
});
