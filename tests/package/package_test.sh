#!/usr/bin/env bash
# package_test.sh CASE: one claim about the installed package. Everything happens in $WORK.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
prefix=$WORK/prefix
library_folder=$(dirname "$(find "$prefix" -name mycelium.pc 2>/dev/null | head -n 1)")/..
debian=$WORK/unpacked/usr
multiarch=$(dpkg-architecture -q DEB_HOST_MULTIARCH 2>/dev/null || true)

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
debian_packages_are_made)
    rm -rf "$WORK/unpacked"
    "$here/../../tools/deb" --folder "$WORK/deb" --debug -DMYCELIUM_WERROR="$WERROR" -DCMAKE_CXX_COMPILER="$CXX" \
        "-DCMAKE_CXX_COMPILER_LAUNCHER=$here/borrow_object;$BINARY_DIR" | tee "$WORK/packages.txt"
    architecture=$(dpkg --print-architecture)
    for name in libmycelium0 libmycelium-dev mycelium mycelium-examples; do
        package=$WORK/deb/packages/${name}_$VERSION-1_$architecture.deb
        dpkg-deb -x "$package" "$WORK/unpacked"
        dpkg-deb -I "$package" >"$WORK/$name.txt"
        for file in copyright changelog.gz changelog.Debian.gz; do
            [[ -s $WORK/unpacked/usr/share/doc/$name/$file ]]
        done
        if [[ $name == libmycelium0 ]]; then
            dpkg-deb -f "$package" Depends | grep -q 'libsimdjson.*'
            dpkg-deb --ctrl-tarfile "$package" | tar -xO ./triggers | grep -q ldconfig
        else
            dpkg-deb -f "$package" Depends | grep -qF "libmycelium0 (= $VERSION-1)"
        fi
    done
    [[ $(wc -l <"$WORK/packages.txt") == 4 ]]
    ;;
debian_packages_bring_the_command)
    export LD_LIBRARY_PATH=$debian/lib/$multiarch
    "$debian/bin/mycelium" --version | grep -qxF "mycelium $VERSION"
    url=unix://$(mktemp -u "${TMPDIR:-/tmp}/package.XXXXXX")
    "$debian/bin/mycelium" sub "$url" --count 2 --timeout 60s >"$WORK/heard.txt" &
    printf 'one\ntwo\n' | "$debian/bin/mycelium" pub "$url" --timeout 60s
    wait $!
    [[ $(<"$WORK/heard.txt") == $'one\ntwo' ]]
    if readelf -d "$debian"/bin/* "$debian/lib/$multiarch"/*.so.* | grep -E 'RPATH|RUNPATH'; then
        echo "these look for libraries where they were built" >&2
        exit 1
    fi
    [[ $("$debian/bin/mycelium" manual pub) == "$(zcat "$debian/share/man/man1/mycelium-pub.1.gz")" ]]
    for verb in $("$debian/bin/mycelium" complete '' | tail -n +2 | cut -f 1); do
        [[ $verb == help || -s $debian/share/man/man1/mycelium-$verb.1.gz ]]
    done
    zcat "$debian/share/man/man1/mycelium.1.gz" | grep -q '^\.TH'
    # shellcheck disable=SC1091
    PATH=$debian/bin:$PATH bash -c 'source "$1"; COMP_LINE="mycelium to" COMP_POINT=11; _mycelium mycelium to mycelium
        [[ ${COMPREPLY[*]} == top ]]' - "$debian/share/bash-completion/completions/mycelium"
    cmp "$debian/share/zsh/vendor-completions/_mycelium" <("$debian/bin/mycelium" completion zsh)
    cmp "$debian/share/fish/vendor_completions.d/mycelium.fish" <("$debian/bin/mycelium" completion fish)
    ;;
debian_packages_serve_a_consumer)
    rm -rf "$WORK/debian_consumer"
    "$CMAKE" -S "$here/consumer" -B "$WORK/debian_consumer" -G Ninja -DCMAKE_PREFIX_PATH="$debian" -DCMAKE_CXX_COMPILER="$CXX"
    "$CMAKE" --build "$WORK/debian_consumer"
    "$WORK/debian_consumer/consumer" | grep -qx 'heard 21.5'
    export PKG_CONFIG_LIBDIR=$debian/lib/$multiarch/pkgconfig  # this package alone: it needs no other one
    # shellcheck disable=SC2046: flags are words
    "$CXX" -std=c++20 "$here/consumer/consumer.cpp" -o "$WORK/debian_consumer/other" $(pkg-config --cflags --libs mycelium)
    LD_LIBRARY_PATH=$debian/lib/$multiarch "$WORK/debian_consumer/other" | grep -qx 'heard 21.5'
    ;;
debian_packages_run_the_job)
    LD_LIBRARY_PATH=$debian/lib/$multiarch "$debian/bin/mycelium-trading" --seconds 1 --json </dev/null | grep '{' >/dev/null
    ;;
debian_packages_run_under_systemd)
    unit=$debian/lib/systemd/system/mycelium@.service
    sed "s|/usr/bin/mycelium|$debian/bin/mycelium|; /^Documentation=/d" "$unit" >"$WORK/mycelium@example.service"
    command -v systemd-analyze >/dev/null || exit 77
    said=$(systemd-analyze verify "$WORK/mycelium@example.service" 2>&1) || { echo "$said"; exit 1; }
    [[ -z $said ]] || { echo "$said"; exit 1; }
    grep -q '^u mycelium ' "$debian/lib/sysusers.d/mycelium.conf"
    ;;
debian_packages_live_in_a_fresh_debian)
    if [[ ${MYCELIUM_LONG:-} != 1 ]] || ((EUID != 0)) || ! command -v debootstrap >/dev/null; then
        echo "long, and needs root and debootstrap"
        exit 77
    fi
    "$here/../../tools/deb" --folder "$WORK/deb_release"
    "$here/chroot_test.sh" "$WORK/deb_release/packages" "$WORK/chroot"
    ;;
*)
    echo "no such case: $1" >&2
    exit 2
    ;;
esac
