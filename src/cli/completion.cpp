#include <kots_export/util/error.h>

#include "cli/choices.h"
#include "cli/commands.h"

#include <iostream>
#include <memory>
#include <string>

namespace kots_export::cli {

namespace {

// Each asks `kots-export __complete WORDS...` and hands the answer to its shell; see complete.h. The program
// is what was typed, ~ and $HOME in it: eval makes of it what the shell is going to.

// bash cuts words at = and :, of which names of contexts are full: the words are put together again, and
// what bash has cut off before the cursor is cut off the answers too.
constexpr const char* kBash = R"sh(# bash completion for kots-export

_kots_export() {
  local -a words=() answers=()
  local line=${COMP_LINE:0:COMP_POINT} gap word i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    gap=${line%%[![:blank:]]*}
    line=${line#"$gap"}
    if ((i == COMP_CWORD)); then word=$line; fi
    line=${line#"$word"}
    if [[ -n $gap || $i -eq 0 ]]; then words+=("$word"); else words[-1]+=$word; fi
  done

  mapfile -t answers < <(eval "${words[0]}" '__complete "${words[@]:1}"' 2>/dev/null)
  ((${#answers[@]} > 0)) || return
  local directive=${answers[-1]#:}
  unset 'answers[-1]'

  local typed=${words[-1]} cut= answer
  if [[ $typed == --*=* ]]; then typed=${typed#*=}; fi
  if [[ $typed == *[=:]* ]]; then cut=${typed%"${typed##*[=:]}"}; fi
  COMPREPLY=()
  for answer in "${answers[@]}"; do
    answer=${answer%%$'\t'*}
    COMPREPLY+=("${answer#"$cut"}")
  done
  case $directive in
    0) ((${#COMPREPLY[@]} > 0)) || compopt -o default ;;
    16) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$typed") ;;
  esac
}

complete -F _kots_export kots-export
)sh";

constexpr const char* kZsh = R"sh(#compdef kots-export
# zsh completion for kots-export

_kots-export() {
  local -a answers candidates
  local answer word directive
  answers=("${(@f)$(eval "${words[1]}" '__complete "${(@)words[2,CURRENT]}"' 2>/dev/null)}")
  directive=${answers[-1]#:}
  answers[-1]=()
  for answer in "${answers[@]}"; do
    word=${answer%%$'\t'*}
    candidates+=("${word//:/\\:}${${answer#"$word"}/$'\t'/:}")
  done
  if [[ ${words[CURRENT]} == --*=* ]]; then compset -P '*='; fi
  if (( ${#candidates} > 0 )); then
    _describe -V kots-export candidates
  elif [[ $directive == 0 ]]; then
    _files
  elif [[ $directive == 16 ]]; then
    _files -/
  fi
}

if [[ ${funcstack[1]} == _kots-export ]]; then
  _kots-export "$@"
else
  compdef _kots-export kots-export
fi
)sh";

constexpr const char* kFish = R"sh(# fish completion for kots-export

function __kots_export_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (eval echo $words[1])
    type -q "$program"; or return
    set -l answers ($program __complete $words[2..-1] "$current" 2>/dev/null)
    test (count $answers) -gt 0; or return
    set -l directive (string replace ':' '' -- $answers[-1])
    set -e answers[-1]
    set -l prefix (string match -r -- '^--[^=]*=' "$current")
    if test (count $answers) -gt 0
        for answer in $answers
            printf '%s\n' "$prefix$answer"
        end
    else if test "$directive" = 0
        __fish_complete_path (string replace -r -- '^--[^=]*=' '' "$current")
    else if test "$directive" = 16
        __fish_complete_directories (string replace -r -- '^--[^=]*=' '' "$current")
    end
end

complete -c kots-export -f -a '(__kots_export_complete)'
)sh";

int print_script(const std::string& shell) {
  const char* script = shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish;
  if (!(std::cout << script << std::flush)) throw Error("cannot write to standard output");
  return static_cast<int>(ExitCode::done);
}

}  // namespace

Declared declare_completion(CLI::App& app, Flags& /*flags*/) {
  auto* command = app.add_subcommand("completion", "print what lets a shell complete commands and values");
  auto shell = std::make_shared<std::string>();
  only_choices(*command->add_option("SHELL", *shell, "bash, zsh or fish")->required(), "bash|zsh|fish");
  command->footer(
      "Contexts, namespaces, releases and runs are looked up live.\n"
      "As a plugin (`kubectl kots-export`), kubectl 1.26 and later complete it too.\n"
      "That takes two links to the program on the PATH, which installing makes and a\n"
      "copied program lacks: kubectl-kots_export and kubectl_complete-kots_export.\n\n"
      "Examples:\n"
      "  # In this shell, bash\n"
      "  source <(kots-export completion bash)\n"
      "  # For every bash of this user\n"
      "  mkdir -p ~/.local/share/bash-completion/completions\n"
      "  kots-export completion bash \\\n"
      "    > ~/.local/share/bash-completion/completions/kots-export\n"
      "  # In a folder of zsh's $fpath\n"
      "  kots-export completion zsh > _kots-export\n"
      "  # fish\n"
      "  kots-export completion fish > kots-export.fish");
  return {command, [shell](const Call& /*call*/) { return print_script(*shell); }};
}

}  // namespace kots_export::cli
