#include "apps/cli/completion_script.h"

#include <string>

namespace mycelium::cli {

namespace {

constexpr std::string_view bash =
    R"script(# bash completion for mycelium, made by: mycelium completion bash

_mycelium() {
    local line=${COMP_LINE:0:COMP_POINT} kind prefix word text before break kept=
    local current=${line##*[[:space:]]}
    # Of the current word, Readline keeps what stands before its last ':' or '='.
    for break in : =; do
        if [[ $COMP_WORDBREAKS == *"$break"* && $current == *"$break"* ]]; then
            before=${current%"${current##*"$break"}"}
            ((${#before} > ${#kept})) && kept=$before
        fi
    done
    COMPREPLY=()
    {
        IFS=$'\t' read -r kind prefix
        case $kind in
        words)
            while IFS=$'\t' read -r word text; do
                word=$prefix$word
                COMPREPLY+=("${word#"$kept"}")
                [[ $word == *[/@:=] ]] && compopt -o nospace 2>/dev/null
            done
            ;;
        files)
            if [[ -z $prefix || -n $kept ]]; then
                compopt -o default 2>/dev/null  # Readline's own: it knows ~ and quotes
            else
                mapfile -t COMPREPLY < <(compgen -P "$prefix" -f -- "${current#"$prefix"}")
            fi
            ;;
        folders)
            compopt -o dirnames 2>/dev/null
            ;;
        esac
    } < <("$1" complete --line "$line" 2>/dev/null)
}
complete -F _mycelium mycelium
)script";

constexpr std::string_view zsh = R"script(#compdef mycelium
# zsh completion for mycelium, made by: mycelium completion zsh

_mycelium() {
    local kind prefix line word
    local -a lines open open_texts closed closed_texts
    lines=("${(@f)$("${(Q)words[1]}" complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    kind=${lines[1]%%$'\t'*}
    prefix=${lines[1]#*$'\t'}
    [[ -n $prefix ]] && compset -P "${(b)prefix}"
    case $kind in
    files) _files ;;
    folders) _files -/ ;;
    words)
        for line in "${(@)lines[2,-1]}"; do
            word=${line%%$'\t'*}
            if [[ $word == *[/@:=] ]]; then
                open+=("$word") open_texts+=("${line/$'\t'/  -- }")
            else
                closed+=("$word") closed_texts+=("${line/$'\t'/  -- }")
            fi
        done
        ((${#closed})) && compadd -l -d closed_texts -a -- closed
        ((${#open})) && compadd -l -S '' -d open_texts -a -- open
        ;;
    esac
}

if [[ ${funcstack[1]} == _mycelium ]]; then
    _mycelium "$@"
else
    compdef _mycelium mycelium
fi
)script";

constexpr std::string_view fish =
    R"script(# fish completion for mycelium, made by: mycelium completion fish

function __mycelium_complete
    set -l words (commandline --cut-at-cursor --current-process --tokenize)
    set -l current (commandline --cut-at-cursor --current-token)
    set -l program $words[1]
    set -e words[1]
    set -l lines ($program complete -- $words "$current" 2>/dev/null)
    or return
    set -l head (string split \t -- $lines[1])
    set -e lines[1]
    set -l typed (string sub --start (math 1 + (string length -- "$head[2]")) -- "$current")
    switch $head[1]
        case words
            for line in $lines
                echo -- "$head[2]$line"
            end
        case files
            for line in (__fish_complete_path "$typed")
                echo -- "$head[2]$line"
            end
        case folders
            for line in (__fish_complete_directories "$typed" '')
                echo -- "$head[2]$line"
            end
    end
end

complete --command mycelium --no-files --arguments '(__mycelium_complete)'
)script";

}  // namespace

Result<std::string_view> completion_script(std::string_view shell) {
    if (shell == "bash") return bash;
    if (shell == "zsh") return zsh;
    if (shell == "fish") return fish;
    return Error{Errc::invalid, "there is no completion for '" + std::string{shell} +
                                    "', but for bash, zsh and fish"};
}

}  // namespace mycelium::cli
