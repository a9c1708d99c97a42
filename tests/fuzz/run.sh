#!/usr/bin/env bash
# run.sh clean|planted PROGRAM CORPUS: one libFuzzer run, in a folder of its own beside the program.
#   clean    MYCELIUM_FUZZ_SECONDS (5) long; any report fails. What was found stays in that folder for a look.
#   planted  at most 300 s; fails unless AddressSanitizer reports the fault of planted.h
set -euo pipefail
mode=$1 program=$2 corpus=$3
work=$(dirname "$program")/../fuzz/$(basename "$program")
rm -rf "$work"
mkdir -p "$work/corpus"
seeds=()
[[ -d $corpus ]] && seeds=("$corpus")
options=(-artifact_prefix="$work/" -print_final_stats=1 -rss_limit_mb=2048 -timeout=20 -max_len=16384 -seed="${MYCELIUM_FUZZ_SEED:-1}")

if [[ $mode == clean ]]; then
    # New inputs go to the first folder; the committed corpus is only read.
    exec "$program" "${options[@]}" -max_total_time="${MYCELIUM_FUZZ_SECONDS:-5}" "$work/corpus" "${seeds[@]}"
fi
if "$program" "${options[@]}" -max_total_time=300 "$work/corpus" "${seeds[@]}" >"$work/log" 2>&1; then
    tail -n 20 "$work/log"
    echo "the planted fault was not found within 300 s" >&2
    exit 1
fi
if ! grep -q 'the planted fault is reached' "$work/log" || ! grep -q 'AddressSanitizer: heap-buffer-overflow' "$work/log"; then
    tail -n 60 "$work/log"
    echo "something else than the planted fault was found" >&2
    exit 1
fi
grep -E 'stat::number_of_executed_units|the planted fault' "$work/log"
