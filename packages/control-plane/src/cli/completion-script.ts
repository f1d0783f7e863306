// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the braces are those of the shells
import type { Shell } from "./shells.ts";

/** The script by which a shell completes `fairlead`: it asks the program itself, so that it knows what is installed. */
export function completionScript(shell: Shell): string {
  return `${SCRIPTS[shell].join("\n")}\n`;
}

// bash splits words at = and : too, which options and type URLs hold: the line is split anew, and of each candidate only
// what follows the last such character is given back. It would put names on the line as they are, and proxies name
// themselves: `$(…)` is quoted, which zsh and fish do by themselves.
const BASH = [
  "# bash completion for fairlead: source <(fairlead completion bash)",
  "_fairlead() {",
  '  local line=${COMP_LINE:0:COMP_POINT} words=() replies=() last word kept="" reply',
  '  read -ra words <<< "$line"',
  '  [[ $line == *[[:space:]] ]] && words+=("")',
  '  mapfile -t replies < <("${words[0]}" __complete -- "${words[@]:1}" 2>/dev/null)',
  "  [[ ${#replies[@]} -gt 0 ]] || return 0",
  "  last=${replies[-1]}",
  "  unset 'replies[-1]'",
  "  word=${words[-1]}",
  "  [[ $COMP_WORDBREAKS == *=* && $word == *=* ]] && kept=${word%=*}=",
  "  [[ $COMP_WORDBREAKS == *:* && $word == *:* ]] && kept=${word%:*}:",
  "  COMPREPLY=()",
  '  for reply in "${replies[@]}"; do',
  "    reply=${reply%%$'\\t'*}",
  '    reply=${reply#"$kept"}',
  '    [[ $last == : ]] && printf -v reply %q "$reply"',
  '    COMPREPLY+=("$reply")',
  "  done",
  '  word=${word#"$kept"}',
  "  case $last in",
  '    :files) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word") ;;',
  '    :directories) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$word") ;;',
  "  esac",
  "  [[ $last == : ]] || compopt -o filenames 2>/dev/null",
  "  return 0",
  "}",
  "complete -F _fairlead fairlead",
];

const ZSH = [
  "#compdef fairlead",
  "# zsh completion for fairlead: source <(fairlead completion zsh), after compinit",
  "_fairlead() {",
  "  local -a replies described",
  "  local last reply word about",
  '  replies=("${(@f)$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")',
  "  last=${replies[-1]}",
  '  for reply in "${(@)replies[1,-2]}"; do',
  "    [[ -n $reply ]] || continue",
  "    word=${reply%%$'\\t'*}",
  '    about=""',
  "    [[ $reply == *$'\\t'* ]] && about=:${reply#*$'\\t'}",
  '    described+=("${word//:/\\\\:}$about")',
  "  done",
  "  (( ${#described} )) && _describe -V fairlead described",
  "  case $last in",
  "    :files) compset -P '*='; _files ;;",
  "    :directories) compset -P '*='; _files -/ ;;",
  "  esac",
  "  return 0",
  "}",
  "compdef _fairlead fairlead",
];

const FISH = [
  "# fish completion for fairlead: fairlead completion fish > ~/.config/fish/completions/fairlead.fish",
  "function __fairlead_complete",
  "    set -l words (commandline -opc)",
  "    set -l current (commandline -ct)",
  '    set -l replies ($words[1] __complete -- $words[2..-1] "$current" 2>/dev/null)',
  "    test (count $replies) -gt 0; or return",
  "    set -l last $replies[-1]",
  "    set -e replies[-1]",
  "    test (count $replies) -gt 0; and printf '%s\\n' $replies",
  "    set -l path (string replace -r '^--[^=]*=' '' -- \"$current\")",
  "    switch $last",
  "        case :files",
  "            __fish_complete_path $path",
  "        case :directories",
  "            __fish_complete_directories $path",
  "    end",
  "end",
  "complete -c fairlead -f -a '(__fairlead_complete)'",
];

const SCRIPTS: Readonly<Record<Shell, readonly string[]>> = { bash: BASH, zsh: ZSH, fish: FISH };
