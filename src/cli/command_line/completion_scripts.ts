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
