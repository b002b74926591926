#!/bin/bash
# Revocation and silent sockets over real TLS (tests/bench/siege.c): of 2,000 connected devices one that is being revoked is
# out within ten times the promised second, whatever it sends, and does not come back; beside 5,000 sockets that say nothing
# a device connects and syncs within ten times the promised two seconds.
set -u
cd "$(dirname "$0")/../.." || exit 2
bin=$PWD/build/${VARIANT:-release}
case ${VARIANT:-release} in
release) devices=2030 ;;
*) devices=73 ;;
esac
export LSAN_OPTIONS=${LSAN_OPTIONS:-print_suppressions=0:suppressions=$PWD/tests/support/rondd_leaks.txt}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
test=the_revoked_are_out_and_the_silent_keep_nobody_waiting
echo "[ RUN      ] $test"
if ASAN_OPTIONS=${ASAN_OPTIONS:-fast_unwind_on_malloc=0} BENCH_DEVICES=$devices "$bin/bench" "$bin" "$dir" siege; then
    echo "[       OK ] $test"
    echo "[  PASSED  ] 1 tests."
else
    tail -n 20 "$dir"/*/rondd.log
    echo "[  FAILED  ] $test"
    echo "[  FAILED  ] 1 tests."
    exit 1
fi
