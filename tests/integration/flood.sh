#!/bin/bash
# Overload over real TLS (tests/bench/flood.c): a fleet that comes back all at once, and again after a kill, is in within ten
# times the promised time, every device of it, with bounded memory and queues; one device that floods does not keep another
# waiting for more than ten times the promised time. 300 devices here, 2,000 in `make flood`.
set -u
cd "$(dirname "$0")/../.." || exit 2
bin=$PWD/build/${VARIANT:-release}
case ${VARIANT:-release} in
release) devices=${DEVICES:-300} ;;
*) devices=${DEVICES:-30} ;;
esac
export LSAN_OPTIONS=${LSAN_OPTIONS:-print_suppressions=0:suppressions=$PWD/tests/support/rondd_leaks.txt}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
test=a_fleet_at_once_and_a_flood_are_borne
echo "[ RUN      ] $test"
if ASAN_OPTIONS=${ASAN_OPTIONS:-fast_unwind_on_malloc=0} BENCH_DEVICES=$((devices + 2)) "$bin/bench" "$bin" "$dir" flood; then
    echo "[       OK ] $test"
    echo "[  PASSED  ] 1 tests."
else
    tail -n 20 "$dir"/*/rondd.log
    echo "[  FAILED  ] $test"
    echo "[  FAILED  ] 1 tests."
    exit 1
fi
