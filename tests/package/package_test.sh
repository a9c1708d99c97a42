#!/usr/bin/env bash
# package_test.sh CASE: one claim about the installed package. Everything happens in $WORK.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
prefix=$WORK/prefix
library_folder=$(dirname "$(find "$prefix" -name mycelium.pc 2>/dev/null | head -n 1)")/..

case $1 in
installs_into_a_prefix)
    rm -rf "$WORK/made" "$prefix"
    "$CMAKE" --install "$BINARY_DIR" --prefix "$WORK/made" >"$WORK/install.log"
    mv "$WORK/made" "$prefix"  # so that no file may remember where it was installed
    if grep -rIl --include='*.cmake' --include='*.pc' --include='*.h' -e "$BINARY_DIR" -e "$WORK/made" "$prefix"; then
        echo "these files name the folder that they were built in" >&2
        exit 1
    fi
    ;;
serves_a_consumer_by_find_package)
    rm -rf "$WORK/consumer"
    "$CMAKE" -S "$here/consumer" -B "$WORK/consumer" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$CXX"
    "$CMAKE" --build "$WORK/consumer"
    "$WORK/consumer/consumer" | grep -qx 'heard 21.5'
    ;;
serves_a_consumer_by_pkg_config)
    export PKG_CONFIG_PATH=$library_folder/pkgconfig
    [[ $(pkg-config --modversion mycelium) == "$VERSION" ]]
    for static in '' --static; do
        # shellcheck disable=SC2046,SC2086: flags are words
        "$CXX" -std=c++20 "$here/consumer/consumer.cpp" -o "$WORK/pkg_config_consumer" $(pkg-config $static --cflags --libs mycelium)
        LD_LIBRARY_PATH=$library_folder "$WORK/pkg_config_consumer" | grep -qx 'heard 21.5'
    done
    ;;
brings_the_command)
    "$prefix/bin/mycelium" --version | grep -qF "$VERSION"
    ;;
refuses_another_version)
    rm -rf "$WORK/refused"
    if "$CMAKE" -S "$here/consumer" -B "$WORK/refused" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$CXX" \
        -DMYCELIUM_VERSION_WANTED=99.0 >"$WORK/refused.log" 2>&1; then
        echo "version 99.0 was found" >&2
        exit 1
    fi
    grep -q 'requested version "99.0"' "$WORK/refused.log"
    ;;
proves_a_transport_of_ones_own)
    "$CMAKE" -S "$here/../../examples/transport" -B "$WORK/transport" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$CXX"
    "$CMAKE" --build "$WORK/transport" -j "$(nproc)"
    ctest --test-dir "$WORK/transport" --output-on-failure --no-tests=error --timeout 300
    ;;
*)
    echo "no such case: $1" >&2
    exit 2
    ;;
esac
