#!/bin/bash
# Fuzzes each target for some seconds, two at a time: first everything that is kept (tests/fuzz/corpus) and every seed, then
# new inputs. What is found interesting stays in build/fuzz/corpus, so that the next run goes on from it; what breaks is
# left in build/fuzz/found and named.
# Usage: tests/fuzz/run.sh FUZZER SECONDS [TARGET...]
set -u
fuzzer=$1 seconds=$2
shift 2
# shellcheck disable=SC2046 # names without blanks
[ $# -gt 0 ] || set -- $("$fuzzer" --list)
work=$(dirname "$fuzzer")

run_one() {
    local fuzzer=$1 seconds=$2 work=$3 target=$4 log status=0
    log=$work/$target.log
    mkdir -p "$work/corpus/$target" "$work/seeds/$target" "$work/found"
    "$fuzzer" --seeds "$target" "$work/seeds/$target" >"$log" 2>&1 || status=$?
    local folders=("$work/corpus/$target" "$work/seeds/$target") options=()
    [ ! -d "tests/fuzz/corpus/$target" ] || folders+=("tests/fuzz/corpus/$target")
    [ ! -e "tests/fuzz/$target.dict" ] || options+=("-dict=tests/fuzz/$target.dict")
    [ "$target" != session ] || options+=(-detect_leaks=0) # its store grows from run to run, which is looked into each time
    [ "$status" != 0 ] || FUZZ_TARGET=$target "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=16384 \
        -print_final_stats=1 -artifact_prefix="$work/found/$target-" "${options[@]}" "${folders[@]}" >>"$log" 2>&1 || status=$?
    local runs edges
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)
    printf '%-16s %9s inputs %7s edges  %s\n' "$target" "${runs:-0}" "${edges:-0}" "$([ "$status" = 0 ] && echo ok || echo "FAILED, see $log")"
    return "$status"
}
export -f run_one
printf '%s\n' "$@" | xargs -P 2 -I '{}' bash -c 'run_one "$@"' _ "$fuzzer" "$seconds" "$work" '{}' && echo "no target failed" && exit
grep -hE '^(ERROR|SUMMARY|.*: runtime error|Test unit written|level=error event=check_failed)' "$work"/*.log | head -20
exit 1
