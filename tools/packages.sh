# Sourced. Installs what is missing from Debian 12, and nothing else: when nothing is missing, neither apt nor the network is
# touched. Nothing that is on the machine is removed or downgraded; a newer compiler, CMake or Node of the user's own stays.
#
# A package is written as its name, or as command:name where having the command, from wherever, is enough.
packages_build=(g++:g++ cmake:cmake ninja:ninja-build pkg-config:pkg-config libsimdjson-dev libcli11-dev libdeflate-dev libtomlplusplus-dev)
# What ./bench.sh makes of the figures; libmsgpack-cxx-dev stands beside our own codec in one row.
packages_bench=(python3 python3-matplotlib libmsgpack-cxx-dev)
packages_test=(libgtest-dev libgmock-dev libbenchmark-dev nlohmann-json3-dev libmsgpack-cxx-dev python3 python3-msgpack
               node:nodejs npm:npm)
packages_deb=(dpkg-shlibdeps:dpkg-dev file)
packages_clang=(clang++-14:clang-14 libclang-rt-14-dev llvm-symbolizer-14:llvm-14)
# redis-tools holds the server's program too, under another name; redis-server would start a service.
# Compilers of messages (idlc, capnp, protoc) must be of the same version as their libraries: from the same place.
packages_rivals=(libzmq3-dev libnanomsg-dev libnng-dev libboost-dev libiceoryx-posh-dev libiceoryx-hoofs-dev iox-roudi:iceoryx
                 libhiredis-dev redis-check-rdb:redis-tools libnats-dev nlohmann-json3-dev cyclonedds-dev cyclonedds-tools
                 libcapnp-dev capnproto libgrpc++-dev libprotobuf-dev libabsl-dev protobuf-compiler protobuf-compiler-grpc)
packages_arm64=(aarch64-linux-gnu-g++:g++-aarch64-linux-gnu qemu-aarch64:qemu-user)

packages_log=${packages_log:-$root/build/packages.log}
lock_wait_seconds=180

package_is_installed() {
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# missing_packages NAME…: those of them that are not there, one per line.
missing_packages() {
    local entry
    for entry; do
        if [[ $entry == *:* ]]; then
            command -v "${entry%%:*}" >/dev/null || package_is_installed "${entry#*:}" || echo "${entry#*:}"
        else
            package_is_installed "$entry" || echo "$entry"
        fi
    done
}

# as_root COMMAND…: by being root, or through sudo; sudo asks for a password only on a terminal.
as_root() {
    if ((EUID == 0)); then
        "$@"
    elif [[ -t 0 ]]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -o DPkg::Lock::Timeout="$lock_wait_seconds" "$@"
}

# The lists have a lock of their own, for which apt does not wait.
update_lists() {
    local deadline=$((SECONDS + lock_wait_seconds))
    until apt update >>"$packages_log" 2>&1; do
        if ((SECONDS > deadline)) || ! tail -n 5 "$packages_log" | grep -q 'Could not get lock'; then
            return 1
        fi
        sleep 2
    done
}

# harm_of FILE: the packages that this simulation of apt-get would remove or downgrade.
harm_of() {
    awk '/^Remv / { print $2 " would be removed" }
         /^The following packages will be DOWNGRADED:/ { listing = 1; next }
         listing && /^  / { for (i = 1; i <= NF; ++i) print $i " would be downgraded"; next }
         { listing = 0 }' "$1"
}

packages_failed() {
    echo "installing packages failed: $1" >&2
    [[ -s $packages_log ]] && { echo "The end of $packages_log:" >&2; tail -n 20 "$packages_log" | sed 's/^/    /' >&2; }
    return 1
}

# install_packages NAME…
install_packages() {
    local missing harm simulation
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]} == 0)) && return 0
    if ! command -v apt-get >/dev/null; then
        echo "these are missing, and there is no apt-get to install them: ${missing[*]}" >&2
        return 1
    fi
    if ((EUID != 0)) && { ! command -v sudo >/dev/null || { [[ ! -t 0 ]] && ! sudo -n true 2>/dev/null; }; }; then
        printf 'these packages are missing; as root, run:\n    apt-get update && apt-get install --no-install-recommends %s\n' \
            "${missing[*]}" >&2
        return 1
    fi
    mkdir -p "$(dirname "$packages_log")"
    : >"$packages_log"
    echo "installing ${#missing[@]} packages (once): ${missing[*]}" >&2
    simulation=$packages_log.simulation
    if ! apt -s install --no-install-recommends "${missing[@]}" >"$simulation" 2>&1; then
        update_lists || { packages_failed "apt-get update did not succeed"; return 1; }
        if ! apt -s install --no-install-recommends "${missing[@]}" >"$simulation" 2>&1; then
            cat "$simulation" >>"$packages_log"
            packages_failed "apt cannot install them beside what is here"
            return 1
        fi
    fi
    harm=$(harm_of "$simulation")
    if [[ -n $harm ]]; then
        printf 'not installing %s, because of what stands on this machine:\n%s\n' "${missing[*]}" "$harm" >&2
        return 1
    fi
    # The second try is for lists that are older than the mirror.
    apt -y --no-remove install --no-install-recommends "${missing[@]}" >>"$packages_log" 2>&1 ||
        { update_lists && apt -y --no-remove install --no-install-recommends "${missing[@]}" >>"$packages_log" 2>&1; } ||
        { packages_failed "apt-get install did not succeed"; return 1; }
}
