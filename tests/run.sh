#!/bin/bash
# Runs test programs, two at a time, one aligned line each; the output of those that fail follows.
# Usage: tests/run.sh PROGRAM...   Last line: "N passed, N failed". Exit 1 where one failed or nothing ran.
set -u
limit_s=${TEST_LIMIT_S:-300}
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

run_one() {
    local program=$1 log=$2/$(echo "$1" | tr / _).log start=$EPOCHREALTIME status=0
    timeout "$limit_s" "$program" >"$log" 2>&1 || status=$?
    local passed failed ms
    passed=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
    failed=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
    [ "$status" = 0 ] || [ "$failed" != 0 ] || { failed=1 && echo "ended with status $status" >>"$log"; }
    [ "$status" != 124 ] || echo "stopped after $limit_s s" >>"$log"
    ms=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN {printf "%d", (b - a) * 1000}')
    printf '%-58s %4d passed %3d failed %7d ms\n' "$(sed 's|^\(build/[^/]*/\)\?tests/||' <<<"$program")" "$passed" "$failed" "$ms"
    echo "$passed $failed" >"$log.count"
    [ "$failed" = 0 ] || mv "$log" "$log.failed"
}
export -f run_one
export limit_s

printf '%s\n' "$@" | xargs -P 2 -I '{}' bash -c 'run_one "$1" "$2"' _ '{}' "$logs"
for log in "$logs"/*.failed; do
    [ -e "$log" ] || continue
    echo "--- $(basename "$log" .log.failed)"
    grep -v '^\[ *\(RUN\|OK\) *\]' "$log" | head -n 200
done
cat "$logs"/*.count 2>/dev/null | awk '{p += $1; f += $2} END {printf "%d passed, %d failed\n", p, f; exit f > 0 || p == 0}'
