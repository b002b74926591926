#!/bin/bash
# Every source file is held by a test: x.c by tests/*/x_test.c, or by a test that claims it in a comment near its top,
#     // Tests: server/store/sqlite_append.c server/store/sqlite_fold.c
# (any number of such lines; "# Tests:" in a script). Two sources of one name need claims: the name alone says nothing.
# Usage: tests/guard/tests_per_source.sh [ROOT]   Speaks like a cmocka program, so that tests/run.sh counts it.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
roots=(proto server client-sdk/src client-sdk/cli) # where a source needs a test
claim_lines_max=20   # a claim further down is not seen by who opens the file, nor here

tests=$(find tests -name '*_test.c' 2>/dev/null; find tests/guard tests/integration -name '*.sh' 2>/dev/null)
sources=$(find proto server client-sdk -name '*.c' | sort)

claims() { # TEST:LINE:SOURCE
    # shellcheck disable=SC2086 # a list of files
    [ -z "$tests" ] || awk -v lines="$claim_lines_max" '
        FNR <= lines && /^(\/\/|#) Tests: / {for (i = 3; i <= NF; i++) print FILENAME ":" FNR ":" $i}' $tests
}

nobody_tests() {
    { sed 's/^/test /' <<<"$tests"; sed 's/^.*:/claimed /' <<<"$claims"; sed 's/^/source /' <<<"$sources"; } |
        awk -v roots="${roots[*]}" '
            function name_of(path) {sub(/.*\//, "", path); sub(/\.c$/, "", path); return path}
            $1 == "test" {name = name_of($2); sub(/_test$/, "", name); tested[name]}
            $1 == "claimed" {claimed[$2]}
            $1 == "source" {source[++count] = $2; namesakes[name_of($2)]++}
            END {
                split(roots, list, " ")
                for (i in list) root[list[i]]
                for (i = 1; i <= count; i++) {
                    split(source[i], part, "/"); name = name_of(source[i])
                    if (!(part[1] in root) && !(part[1] "/" part[2] in root) || source[i] in claimed) continue
                    if (!(name in tested)) print source[i] ":1: no test has its name, and none claims it"
                    else if (namesakes[name] > 1) print source[i] ":1: not the only " name ".c, and no test claims it"
                }
            }'
}

claims_of_nothing() {
    local claim
    while IFS= read -r claim; do
        [ -z "$claim" ] || [ -e "${claim##*:}" ] || echo "${claim%:*}: claims ${claim##*:}, which is not there"
    done <<<"$claims"
}

passed=0 failed=0
verdict() { # NAME FOUND
    echo "[ RUN      ] $1"
    if [ -z "$2" ]; then
        echo "[       OK ] $1"
        passed=$((passed + 1))
    else
        echo "$2"
        echo "[  FAILED  ] $1"
        failed=$((failed + 1))
    fi
}
claims=$(claims)
verdict every_source_is_held_by_a_test "$(nobody_tests)"
verdict every_claim_is_of_a_source_that_is_there "$(claims_of_nothing)"

echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || { echo "[  FAILED  ] $failed test(s), listed above."; exit 1; }
