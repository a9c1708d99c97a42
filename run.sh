#!/usr/bin/env bash
# Installs what is missing, builds the release, runs the trading job. A second start does none of the first two.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
job=$root/build/release/bin/mycelium-trading

if [[ ${1:-} == --help || ${1:-} == -h ]]; then
    cat <<'HELP'
usage: ./run.sh [options]    installs what is missing (Debian 12; root or sudo), builds, and runs the trading job: two venues,
                             a strategy, an execution and a live table, with three relays between them

  --mode threads|processes|hosts  how the services run: all in one process, each in its own, or on two hosts (both this machine)
  --transport shm|unix|tcp        between processes
  --chaos            kills and pauses services while they run; every message is accounted for at the end
  --trades FILE      replay recorded Coinbase matches, one JSON object per line; without it a generator makes them
  --speed real|N|max as fast as they were, N times faster, or as fast as possible
  --loop N           end after N passes over the recording; else it begins again until stopped
  --seconds N        end after N seconds with a summary; else Ctrl-C ends it the same way
  --seed N           of the pools and of the generator: another one, other signals (1)
  --json             no table: the summary as one JSON object at the end
HELP
    if [[ -x $job ]]; then
        printf '\nEverything the job understands:\n\n'
        "$job" --help
    fi
    exit 0
fi

source "$root/tools/quietly.sh"
source "$root/tools/packages.sh"
install_packages "${packages_build[@]}"
build release mycelium-trading mycelium_command
exec "$job" "$@"
