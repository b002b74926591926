#!/bin/bash
# Taking in 10,000 reports, and queueing 1,000, takes as many instructions as is recorded, give or take 5 %.
set -u
cd "$(dirname "$0")/../.."
program=build/release/tests/budget/budget
passed=0 failed=0
check() { # SCENARIO RECORDED
    local counted name="$1_takes_what_is_recorded"
    echo "[ RUN      ] $name"
    counted=$(tests/budget/count.sh "$program" "$1") || counted=0
    if awk -v now="$counted" -v then="$2" 'BEGIN { exit !(now > 0.95 * then && now < 1.05 * then) }'; then
        echo "[       OK ] $name"
        passed=$((passed + 1))
    else
        echo "$1 took $counted instructions, $2 are recorded; if that is what was meant, make budget"
        echo "[  FAILED  ] $name"
        failed=$((failed + 1))
    fi
}
while read -r scenario recorded; do
    check "$scenario" "$recorded"
done < <(grep -v '^#' tests/budget/budgets)

echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || { echo "[  FAILED  ] $failed test(s), listed above."; exit 1; }
