#!/usr/bin/env bash
# Installs other message systems from Debian as far as they are missing, builds mycelium-rivals, and measures them beside Mycelium
# and the bare machine. A second start does none of the first two.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [[ ${1:-} == --help || ${1:-} == -h ]]; then
    cat <<'HELP'
usage: ./bench.sh [options]    ZeroMQ, nanomsg, NNG, Boost.Interprocess, iceoryx, Redis, NATS, Cyclone DDS, Cap'n Proto, gRPC
                               and lines of JSON beside Mycelium, in the same rounds; installs what is missing (Debian 12; root
                               or sudo) and builds. Starts no service: the servers run on private sockets while they are measured

  --short           one round of 0.05 s, nothing over 1 MiB: less than a minute, once built
  --rounds N        rounds (5)
  --seconds S       of one measurement (0.3)
  --rows WORD,WORD  only rows whose name contains one of these words: zeromq,stream/unix
  --wide            the spreads too
  --json            one JSON object instead of the table
  --list            only the names of the rows

What the rows mean and how each is measured: docs/performance.md, Rivals.
HELP
    exit 0
fi

source "$root/tools/quietly.sh"
source "$root/tools/packages.sh"

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

install_packages "${packages_build[@]}" "${packages_rivals[@]}"
# Which rivals there are is found out when the build is configured: again when packages have come or gone since.
[[ $root/build/rivals/build.ninja -nt /var/lib/dpkg/status ]] || rm -f "$root/build/rivals/build.ninja"
build rivals mycelium-rivals
MYCELIUM_NATS_SERVER=$(nats_server)
export MYCELIUM_NATS_SERVER
exec "$root/build/rivals/bin/mycelium-rivals" "$@"
