#!/usr/bin/env bash
# Installs from Debian what is missing, other message systems among it, builds, measures Mycelium beside the bare machine and beside
# them, and writes docs/performance.md: its tables, its pictures, and the record that --check compares with.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
    cat <<'HELP'
usage: ./bench.sh [options]    Mycelium beside the bare machine, and beside ZeroMQ, nanomsg, NNG, Boost.Interprocess, iceoryx, Redis,
                               NATS, Cyclone DDS, Cap'n Proto, gRPC and lines of JSON, in the same rounds; installs what is missing (Debian 12; root or sudo) and builds.
                               Starts no service: the servers run on private sockets while they are measured

  (nothing)         everything: about half an hour; writes the tables of docs/performance.md, docs/performance/*.svg and the record
  --short           the goals alone, less exact, to the terminal: less than a minute, once built
  --check           Mycelium alone, beside the recorded ratios: exit 1 and the rows that have become worse, miss a floor or are gone;
                    up to five minutes
  --again           the document from the figures of the last whole run, with its rounds, compiler and commit, without measuring
  --json            one JSON object instead of the document, or of the table of --short
  --rounds N        rounds (5)
  --seconds S       of one measurement (0.3)
  --rows WORD,WORD  only rows whose name contains one of these words (zeromq,stream/unix), as tables on the terminal; with them
                    --wide (the spreads too) and --list (only their names)

--check takes no other option, --short and --again none but --json.
Exit 1 too if a message was lost or changed, a measurement failed, or a floor was missed; 2 if the options do not go together; 3 if
--check cannot tell, for others use the machine. What the rows mean: docs/performance.md.
HELP
}

# What each way of calling it has a use for.
declare -A takes=([document]="--json --rounds --seconds" [short]="--json" [check]="" [again]="--json"
                  [rows]="--rows --wide --list --json --rounds --seconds")

refuse() {
    echo "bench.sh: $1" >&2
    exit 2
}

mode=document
given=()
rounds=5
seconds=0.3
rows=
is_json=false
table_options=()
while (($#)); do
    case $1 in
    --help | -h) usage; exit 0 ;;
    --short | --check | --again)
        [[ $mode == document ]] || refuse "--$mode and $1 do not go together"
        mode=${1#--}
        ;;
    --json) is_json=true given+=("$1") ;;
    --wide | --list) table_options+=("$1") given+=("$1") ;;
    --rounds | --seconds | --rows)
        (($# >= 2)) || refuse "$1 wants a value"
        given+=("$1")
        printf -v "${1#--}" %s "$2"
        shift
        ;;
    *)
        echo "bench.sh: there is no option $1" >&2
        usage >&2
        exit 2
        ;;
    esac
    shift
done
if [[ $mode == document && " ${given[*]} " =~ " --"(rows|wide|list)" " ]]; then
    mode=rows
fi
for option in "${given[@]}"; do
    [[ " ${takes[$mode]} " == *" $option "* ]] || refuse "$option has no place with --$mode"
done

source "$root/tools/quietly.sh"
source "$root/tools/packages.sh"

python=/usr/bin/python3
bin=$root/build/rivals/bin
status=0

# The programs end by themselves when they are interrupted, with what they have: this one goes no further then.
trap 'exit 130' INT

report() {
    "$python" "$root/benchmarks/report" "$@"
}

# nats_server: where it is. Its package would start a service on every interface: it is unpacked here instead of installed.
nats_server() {
    local folder=$root/build/nats
    if command -v nats-server /usr/sbin/nats-server | head -n 1 | grep .; then
        return
    fi
    if [[ ! -x $folder/usr/sbin/nats-server ]]; then
        mkdir -p "$folder"
        (cd "$folder" && apt-get -q download nats-server && dpkg -x nats-server_*.deb .) >"$folder/download.log" 2>&1 ||
            echo "nats-server cannot be fetched (see $folder/download.log): NATS is left out" >&2
    fi
    echo "$folder/usr/sbin/nats-server"
}

install_and_build() {
    install_packages "${packages_build[@]}" "${packages_rivals[@]}" "${packages_bench[@]}"
    # Which rivals there are is found out when the build is configured: again when packages have come or gone since.
    [[ $root/build/rivals/build.ninja -nt /var/lib/dpkg/status ]] || rm -f "$root/build/rivals/build.ninja"
    build rivals mycelium_command mycelium-rivals mycelium-trading
    MYCELIUM_NATS_SERVER=$(nats_server)
    export MYCELIUM_NATS_SERVER
}

# The commit that is built, and whether the tree has something else.
commit() {
    local told changes
    if ! [[ -e $root/.git ]] || ! told=$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null); then
        echo unknown
        return
    fi
    changes=$(git -C "$root" status --porcelain -- . ':!docs')
    echo "$told${changes:+ with changes}"
}

# begin_run NAME ROUNDS SECONDS: its figures go into a new folder, which takes the place of the one before when all are there: what
# --again finds is one whole run, and what it was made with.
begin_run() {
    local compiler
    whole=$root/build/$1
    folder=$whole.new
    rm -rf "$folder"
    mkdir -p "$folder"
    compiler=$(sed -n 's/^CMAKE_CXX_COMPILER:[^=]*=//p' "$root/build/rivals/CMakeCache.txt")
    report about "$folder" --rounds "$2" --seconds "$3" --compiler "$("$compiler" --version | sed -n 1p)" --commit "$(commit)"
}

end_run() {
    rm -rf "$whole"
    mv "$folder" "$whole"
    folder=$whole
}

# measure NAME COMMAND…: its JSON into the folder of this run. A lost message or a failed measurement is remembered. What gives no
# figures leaves an empty file, which the report tells; without our own there is nothing to go on with.
measure() {
    local name=$1 file=$folder/$1.json
    shift
    echo "measuring ($name.json)" >&2
    "$@" >"$file" || status=1
    if ! "$python" -I -m json.tool "$file" /dev/null 2>/dev/null; then
        echo "bench.sh: no figures came of it" >&2
        [[ $name != own ]] || exit 1
        status=1
        : >"$file"
    fi
}

# The first processor on which this script may run.
first_processor() {
    sed -n 's/^Cpus_allowed_list:[^0-9]*\([0-9]*\).*/\1/p' /proc/self/status
}

measure_all() {
    local each=(--rounds "$rounds" --seconds "$seconds" --json)
    build counted mycelium_command
    begin_run bench "$rounds" "$seconds"
    measure own "$bin/mycelium" bench "${each[@]}"
    measure counted "$root/build/counted/bin/mycelium" bench --rows copies/,copies-lent/ --rounds 1 --json
    measure one-core taskset -c "$(first_processor)" "$bin/mycelium" bench \
        --rows round-trip/unix,round-trip/tcp,call/unix/64B,call/tcp/64B "${each[@]}"
    measure rivals "$bin/mycelium-rivals" "${each[@]}"
    measure scaling "$bin/mycelium" bench --scaling --json
    end_run
}

# Of the goals' rows alone.
measure_short() {
    local own rivals
    { read -r own && read -r rivals; } < <(report rows)
    begin_run bench-short 2 0.05
    measure own "$bin/mycelium" bench --rows "$own" --rounds 2 --seconds 0.05 --json
    measure rivals "$bin/mycelium-rivals" --rows "$rivals" --short --json
    end_run
}

# The terminal's tables of both programs, as far as they have such rows.
print_tables() {
    local options=(--rounds "$rounds" --seconds "$seconds" "${table_options[@]}") found=false
    if $is_json; then
        options+=(--json)
    fi
    for command in "$bin/mycelium bench" "$bin/mycelium-rivals"; do
        # shellcheck disable=SC2086  # the command and its verb
        if $command --list ${rows:+--rows "$rows"} >/dev/null 2>&1; then
            found=true
            $command ${rows:+--rows "$rows"} "${options[@]}" || status=1
        fi
    done
    if ! $found; then
        refuse "no row is named like '$rows'; --list names them all"
    fi
}

write_document() {
    report document "$folder" "$root/docs/performance.md" || status=1
    report goals "$folder" || status=1
}

print_json() {
    report json "$folder" || status=1
}

case $mode in
again)
    folder=$root/build/bench
    if $is_json; then print_json; else write_document; fi
    ;;
rows)
    install_and_build
    print_tables
    ;;
check)
    install_and_build
    report check "$root/docs/performance/figures.json" --bench "$bin/mycelium" || status=$?
    ;;
short | document)
    install_and_build
    if [[ $mode == short ]]; then
        measure_short
    else
        measure_all
    fi
    if $is_json; then
        print_json
    elif [[ $mode == short ]]; then
        report goals "$folder" || status=1
    else
        write_document
    fi
    ;;
esac
exit "$status"
