# Sourced. One line about long work instead of its output, which goes to a log and is shown when the work fails.

# say_later SECONDS TEXT: a process that says it on stderr unless it is killed before. It has no child that would outlive it.
say_later() {
    read -rt "$1" <> <(:) || echo "$2" >&2
}

# quietly LABEL LOG COMMAND…: runs the command; on a terminal its latest line is shown in place, elsewhere one line if it takes long.
quietly() {
    local label=$1 log=$2 status=0
    shift 2
    mkdir -p "$(dirname "$log")"
    if [[ -t 2 ]]; then
        local columns
        columns=$(tput cols 2>/dev/null || echo 80)
        set +o pipefail
        "$@" 2>&1 </dev/null | tee "$log" | while IFS= read -r line; do
            line="$label: $line"
            printf '\r\033[K%s' "${line:0:columns-1}" >&2
        done
        status=${PIPESTATUS[0]}
        set -o pipefail
        printf '\r\033[K' >&2
    else
        say_later 3 "$label (may take some minutes; see $log)" &
        local announcer=$!
        "$@" >"$log" 2>&1 </dev/null || status=$?
        kill "$announcer" 2>/dev/null || true
        wait "$announcer" 2>/dev/null || true
    fi
    if ((status != 0)); then
        echo "$label: failed (exit $status). The end of $log:" >&2
        tail -n "${MYCELIUM_LOG_LINES:-40}" "$log" | sed 's/^/    /' >&2
    fi
    return "$status"
}

# jobs_for_this_machine: compile jobs that neither the processors nor the memory (1 GiB each) regret.
jobs_for_this_machine() {
    local processors memory
    processors=$(nproc)
    memory=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
    ((memory < 1)) && memory=1
    echo $((processors < memory ? processors : memory))
}

# build PRESET [TARGET…]: configures once, builds, one at a time per preset. A folder made for another place is made anew.
build() {
    local preset=$1 folder="$root/build/$1"
    shift
    mkdir -p "$folder"
    (
        flock 9
        if [[ -f $folder/CMakeCache.txt ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt"; then
            find "$folder" -mindepth 1 -delete
        fi
        if [[ ! -f $folder/build.ninja || $root/CMakePresets.json -nt $folder/build.ninja ]]; then
            cd "$root"
            quietly "configuring $preset" "$folder/configure.log" cmake --preset "$preset" "${configure_options[@]}" || exit 1
        fi
        quietly "building $preset" "$folder/build.log" cmake --build "$folder" -j "$(jobs_for_this_machine)" ${1:+--target "$@"}
    ) 9>"$folder/.lock"
}
configure_options=()
