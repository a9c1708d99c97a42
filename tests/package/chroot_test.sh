#!/usr/bin/env bash
# chroot_test.sh PACKAGES FOLDER: installs the packages with apt into a fresh Debian 12 below FOLDER, uses everything, purges them,
# and finds the system as it was. Root; needs debootstrap and a Debian mirror (DEBIAN_MIRROR). FOLDER/root is made anew, and
# removed unless KEEP is set. What is mounted is mounted for these processes alone and is gone with them.
set -euo pipefail
if [[ ${CHROOT_TEST_IS_APART:-} != yes ]]; then
    CHROOT_TEST_IS_APART=yes exec unshare --mount --pid --fork --kill-child --propagation private bash "$0" "$@"
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
packages=$(realpath "$1")
folder=$(realpath -m "$2")
root=$folder/root
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

inside() {
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        bash -euo pipefail -c "$1"
}
claim() {
    echo "-- $1"
}
clean_up() {
    umount "$root/proc" 2>/dev/null || true
    [[ -n ${KEEP:-} ]] || rm -rf --one-file-system "$root"
}

rm -rf --one-file-system "$root"
mkdir -p "$folder"
trap clean_up EXIT
claim "a fresh Debian 12"
debootstrap --variant=minbase bookworm "$root" "$mirror" >"$folder/debootstrap.log" || { tail "$folder/debootstrap.log"; exit 1; }
mount -t proc proc "$root/proc"
echo "deb $mirror bookworm main" >"$root/etc/apt/sources.list"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
rm -f "$root/etc/dpkg/dpkg.cfg.d/docker"* # nothing that leaves manual pages out
inside 'apt-get -q update && apt-get -q -y install --no-install-recommends \
    g++ cmake ninja-build pkg-config man-db groff-base systemd procps bash-completion zsh fish lintian' >"$folder/apt.log" 2>&1 ||
    { tail "$folder/apt.log"; exit 1; }
mkdir "$root/tmp/packages"
cp "$packages"/*.deb "$root/tmp/packages"
cp -r "$here/consumer" "$root/tmp/consumer"

# What stands where: names and kinds of all files, and the content of /etc. Not: logs, caches and dpkg's and apt's own diaries.
picture() {
    inside 'find / -xdev \( -path /proc -o -path /sys -o -path /tmp -o -path /root -o -path /run/systemd -o -path /var/log -o -path /var/cache \
            -o -path /var/lib/apt -o -path /var/lib/dpkg \) -prune -o -printf "%y %m %p\n" | sort
        find /etc -type f ! -name "*-" ! -name ld.so.cache -exec md5sum {} + | sort -k 2'
}
picture >"$folder/before.txt"

# Who publishes packages gives a name of their own; whether Debian has wished for them is Debian's to know; and CPack writes scripts
# that call ldconfig where a trigger, which is there too, would do.
claim "lintian finds no error, and nothing to warn of"
inside 'lintian --allow-root --fail-on error,warning --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog \
        --suppress-tags initial-upload-closes-no-bugs,maintscript-calls-ldconfig /tmp/packages/*.deb' >"$folder/lintian.txt" 2>&1 ||
    { cat "$folder/lintian.txt"; exit 1; }

claim "apt installs them, with what they need and nothing else by hand"
inside 'apt-get -q -y install --no-install-recommends /tmp/packages/*.deb' >"$folder/install.log" 2>&1 ||
    { cat "$folder/install.log"; exit 1; }
inside 'dpkg --audit; ldconfig -p | grep -q libmycelium.so.0'

claim "the command runs"
inside 'mycelium --version | grep -q "^mycelium [0-9]"'
for url in shm://news unix:///tmp/news.sock unix://@news tcp://127.0.0.1:7450; do
    claim "messages pass over $url"
    inside "(printf 'one\ntwo\n' | mycelium pub $url --timeout 20s) & mycelium sub $url --count 2 --timeout 20s | cmp - <(printf 'one\ntwo\n'); wait"
done

claim "the trading job runs"
inside 'mycelium-trading --seconds 3 --json </dev/null >/tmp/summary.json; grep -q { /tmp/summary.json; if pgrep mycelium-tr; then exit 1; fi'

claim "a consumer builds with CMake and with pkg-config, and without the library's own dependencies"
inside 'if dpkg -l libsimdjson-dev libdeflate-dev 2>/dev/null | grep -q ^ii; then exit 1; fi
    cmake -G Ninja -S /tmp/consumer -B /tmp/consumer/build >/dev/null && cmake --build /tmp/consumer/build >/dev/null
    /tmp/consumer/build/consumer | grep -qx "heard 21.5"
    g++ -std=c++20 /tmp/consumer/consumer.cpp -o /tmp/consumer/other $(pkg-config --cflags --libs mycelium)
    /tmp/consumer/other | grep -qx "heard 21.5"'

claim "man shows every page, without a warning"
inside 'man mycelium | grep -q "messages between services"
    for page in /usr/share/man/man1/mycelium*.1.gz; do
        test -z "$(MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)"
        man --whatis "$(basename "$page" .1.gz)" >/dev/null
    done'

claim "bash, zsh and fish complete"
inside 'bash -n /usr/share/bash-completion/completions/mycelium
    zsh -n /usr/share/zsh/vendor-completions/_mycelium
    fish --no-execute /usr/share/fish/vendor_completions.d/mycelium.fish
    test "$(fish -c "complete --do-complete \"mycelium su\"" | cut -f 1)" = sub
    fish -c "complete --do-complete \"mycelium sub --policy=l\"" | grep -q "^--policy=latest"'

claim "the unit is well formed, and its user is there"
inside 'systemd-analyze verify mycelium@example.service && getent passwd mycelium >/dev/null'
inside 'test ! -e /etc/systemd/system/multi-user.target.wants/mycelium@example.service'

claim "an installation over itself is quiet"
inside 'apt-get -q -y install --reinstall --no-install-recommends /tmp/packages/*.deb' >>"$folder/install.log" 2>&1 ||
    { cat "$folder/install.log"; exit 1; }

claim "after a purge nothing is left"
inside 'apt-get -q -y purge mycelium mycelium-examples libmycelium-dev libmycelium0 && apt-get -q -y autoremove --purge' \
    >"$folder/purge.log" 2>&1 || { cat "$folder/purge.log"; exit 1; }
picture >"$folder/after.txt"
diff "$folder/before.txt" "$folder/after.txt"
echo "installed, used, purged: nothing left"
