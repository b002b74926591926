#!/bin/bash
# What is kept of a bench, and how a later one is told beside it.
set -u
cd "$(dirname "$0")/../.."
tool=tests/bench/recorded.mjs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
check() { # NAME CONDITION...
    local name=$1
    shift
    echo "[ RUN      ] $name"
    if "$@"; then
        echo "[       OK ] $name"
        passed=$((passed + 1))
    else
        cat "$work/out"
        echo "[  FAILED  ] $name"
        failed=$((failed + 1))
    fi
}
figures() { # COMMIT RATE LOW HIGH RATIO MILLISECONDS
    printf '{"scenario":"ingest","metric":"durable reports","unit":"/s","value":%s,"spread":[%s,%s],"floor":{"name":"bare","value":9},"ratio":%s,"commit":"%s","machine":"m"}\n' \
        "$2" "$3" "$4" "$5" "$1"
    printf '{"scenario":"ingest","metric":"one report","unit":"ms","value":%s,"spread":null,"commit":"%s","machine":"m"}\n' "$6" "$1"
}
line() { # METRIC WORD...: the line of that metric has each word
    local metric=$1 found
    shift
    found=$(grep -F "$metric" "$work/out") || return 1
    for word in "$@"; do grep -qF -- "$word" <<<"$found" || return 1; done
}
refused() { # WORDS COMMAND...
    local words=$1
    shift
    "$@" >"$work/out" 2>&1
    [ $? = 2 ] && grep -qF "$words" "$work/out"
}

figures 0a1b2c 1000 900 1100 0.5 4 >"$work/then.jsonl"
figures 3d4e5f 2000 1900 2100 0.9 5 >"$work/now.jsonl"
figures 3d4e5f-dirty 1 1 1 1 1 >"$work/dirty.jsonl"

check figures_of_what_was_not_committed_are_not_kept refused "commit, and measure again" $tool record "$work/dirty.jsonl" "$work/kept"
check there_must_be_figures refused "run make bench" $tool record "$work/none.jsonl" "$work/kept"
mkdir "$work/kept"
check without_kept_ones_there_is_nothing_to_compare_with refused "run make bench-record" $tool compare "$work/now.jsonl" "$work/kept"
check figures_are_kept $tool record "$work/then.jsonl" "$work/kept" >"$work/out"
$tool compare "$work/now.jsonl" "$work/kept" >"$work/out" 2>&1
check what_left_its_spread_is_better_with_the_ratios_beside line "durable reports" "+100 %" "0.50" "0.90" better
check more_time_is_worse line "one report" "+25 %" worse
figures 777777 1050 950 1150 0.5 4 >"$work/near.jsonl"
$tool compare "$work/near.jsonl" "$work/kept" >"$work/out" 2>&1
check within_the_spread_nothing_is_said_to_have_changed eval '! grep -qE "better|worse" "$work/out"'

echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || { echo "[  FAILED  ] $failed test(s), listed above."; exit 1; }
