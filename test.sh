#!/usr/bin/env bash
# Installs what the tests need, builds, runs everything. The last line is "N passed, N failed, N skipped".
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$root" || exit 1

usage() {
    cat <<'HELP'
usage: ./test.sh [--fast | --long | --only LABEL]

  (nothing)     everything: the suite with GCC; with clang 14 under AddressSanitizer and UndefinedBehaviorSanitizer;
                under ThreadSanitizer; each fuzz target for 5 s and once with a planted fault; the installed package
  --fast        unit tests and the rules of the tree, one build
  --long        the long versions: 20,000 rounds of killing and stopping, 60 s per fuzz target, a shared library, arm64 under qemu
  --only LABEL  one label of: unit conformance integration interop package lint fuzz

Builds go to build/, results to build/results. Exit 0 only if nothing failed.
HELP
}

extent=all only=
while (($# > 0)); do
    case $1 in
    --fast) extent=fast ;;
    --long) extent=long ;;
    --only)
        only=${2:-}
        [[ $only =~ ^(unit|conformance|integration|interop|package|lint|fuzz)$ ]] || { usage >&2; exit 2; }
        shift
        ;;
    --help | -h)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
    shift
done

source tools/quietly.sh
source tools/packages.sh
results=$root/build/results
mkdir -p "$results"
passed=0 failed=0 skipped=0

finish() {
    echo
    echo "$passed passed, $failed failed, $skipped skipped"
    exit $((failed > 0))
}

# A private folder for temporary files, short because socket paths live there, and a mark on every process of the run.
export MYCELIUM_TEST_RUN="$$-$RANDOM"
TMPDIR=$(mktemp -d /tmp/mt.XXXXXX)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'echo "interrupted" >&2; failed=$((failed + 1)); finish' INT TERM

# show_tests: CTest's output without the tests that passed; on a terminal these are shown in place.
show_tests() {
    local line
    while IFS= read -r line; do
        if [[ $line =~ ^[[:space:]]*(Start[[:space:]]+[0-9]+:|[0-9]+/[0-9]+\ Test.*(Passed|\*\*\*Skipped)) ]]; then
            [[ -t 1 ]] && printf '\r\033[K%s' "${line:0:100}"
        else
            [[ -t 1 ]] && printf '\r\033[K'
            printf '%s\n' "$line"
        fi
    done
}

# in_build PRESET: where commands for this build run. ThreadSanitizer of GCC 12 cannot live with much randomised addresses.
runner() {
    if [[ $1 == tsan ]] && (($(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 28) > 28)) && setarch -R true 2>/dev/null; then
        echo "setarch -R"
    fi
}

# suite NAME PRESET [ctest arguments]: builds the preset and runs a part of its tests.
suite() {
    local name=$1 preset=$2 junit=$results/$1.xml started=$SECONDS status=0 counts
    shift 2
    if ! build "$preset"; then
        failed=$((failed + 1))
        echo "$name: does not build"
        return
    fi
    local built=$SECONDS
    rm -f "$junit"
    # shellcheck disable=SC2046: words are wanted
    $(runner "$preset") ctest --test-dir "build/$preset" -j "$(nproc)" --output-on-failure --no-tests=error --timeout 600 \
        --output-junit "$junit" "$@" 2>&1 </dev/null | tee "$results/$name.log" | show_tests
    status=${PIPESTATUS[0]}
    if ! counts=$(tools/count_tests "$junit"); then
        failed=$((failed + 1))
        echo "$name: CTest gave no results (exit $status)"
        return
    fi
    read -r p f s <<<"$counts"
    ((status != 0 && f == 0)) && f=1
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    echo "== $name: $p passed, $f failed, $s skipped (built in $((built - started)) s, ran $((SECONDS - built)) s)"
}

# check NAME COMMAND…: one more test.
check() {
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "== $name: failed"
    fi
}

packages=("${packages_build[@]}" "${packages_test[@]}" "${packages_deb[@]}")
[[ $extent != fast && ( -z $only || $only == fuzz ) ]] && packages+=("${packages_clang[@]}")
[[ $extent == long ]] && packages+=("${packages_arm64[@]}" debootstrap:debootstrap)
if ! install_packages "${packages[@]}"; then
    failed=1
    finish
fi
# What Node needs to speak MessagePack; the tests that want it say so when it could not be fetched.
export NODE_PATH=$root/build/npm/node_modules
if [[ -f tests/interop/package-lock.json && ! -d $NODE_PATH ]]; then
    mkdir -p build/npm && cp tests/interop/package.json tests/interop/package-lock.json build/npm/
    quietly "fetching npm packages" "$results/npm.log" npm ci --prefix build/npm --no-audit --no-fund --loglevel=error || true
fi

export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:detect_leaks=1
export LSAN_OPTIONS=suppressions=$root/tests/support/leaks.supp:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-14) && export ASAN_SYMBOLIZER_PATH
configure_options=(-DMYCELIUM_WERROR=ON)
if [[ $extent == long ]]; then
    export MYCELIUM_LONG=1 MYCELIUM_FUZZ_SECONDS=60
fi
tools/residue before "$results/before.json"

if [[ $only == fuzz ]]; then
    suite fuzz fuzz -L '^fuzz$'
elif [[ -n $only ]]; then
    suite "$only" dev -L "^$only\$"
elif [[ $extent == fast ]]; then
    suite gcc dev -L '^(unit|lint)$'
else
    suite gcc dev
    suite clang-asan fuzz -L '^(unit|conformance|integration)$'
    suite fuzz fuzz -L '^fuzz$'
    suite gcc-tsan tsan -L '^(unit|conformance|integration)$'
fi
if [[ $extent == long ]]; then
    suite shared shared -L '^(unit|package)$'
    check arm64-sysroot quietly "fetching arm64 packages" "$results/arm64.log" tools/arm64
    suite arm64 arm64 -L '^unit$'
fi

check "nothing is left behind" tools/residue after "$results/before.json" "$MYCELIUM_TEST_RUN"
finish
