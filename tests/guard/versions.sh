#!/bin/bash
# What earlier versions wrote is read by this one: stores and outboxes under tests/fixtures/versions/, frames as well
# (tests/golden). Works on copies.
set -u
cd "$(dirname "$0")/../.."
bin=$PWD/build/${VARIANT:-release}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0
holds() { # name command...
    local name=$1
    shift
    if "$@" >"$dir/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "[  FAILED  ] $name"
        head -n 20 "$dir/out"
    fi
}
# Of what that version counted; later ones count more.
same_counts() {
    diff <("$bin/rondctl" --data "$1/server" --json counts |
        jq -S --slurpfile kept "$1/counts.json" 'with_entries(select(.key | in($kept[0])))') "$1/counts.json"
}
same_progress() {
    diff <("$bin/rondctl" --data "$1/server" --json progress | jq -S '[.areas[].promises[].commitments[] | {commitment, done, sum}]') "$1/progress.json"
}
rebuild_says_the_same() { "$bin/rondctl" --data "$1/server" rebuild | grep 'same as before'; }
reports_are_listed() { [ "$("$bin/rond" --dir "$1" --json status | jq '.reports | length')" -gt 0 ]; }
nothing_is_lost() { [ "$("$bin/rond" --dir "$1" --json status | jq .totals.lost)" = 0 ]; }

for kept in tests/fixtures/versions/*/; do
    version=$(basename "$kept")
    cp -r "$kept" "$dir/$version"
    chmod 700 "$dir/$version"/* 2>/dev/null
    chmod 700 "$dir/$version"/*/keys
    chmod 600 "$dir/$version"/server/ca.key "$dir/$version"/*/outbox.db "$dir/$version"/*/keys/* 2>/dev/null
    holds "the_store_of_${version}_has_the_same_counts" same_counts "$dir/$version"
    holds "the_store_of_${version}_shows_the_same_progress" same_progress "$dir/$version"
    holds "the_store_of_${version}_verifies" "$bin/rondctl" --data "$dir/$version/server" verify
    holds "the_store_of_${version}_counts_anew_the_same" rebuild_says_the_same "$dir/$version"
    for handheld in patrol-1 guard-1; do
        holds "the_outbox_${handheld}_of_${version}_lists_its_reports" reports_are_listed "$dir/$version/$handheld"
        holds "the_outbox_${handheld}_of_${version}_lost_nothing" nothing_is_lost "$dir/$version/$handheld"
    done
done
echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || echo "[  FAILED  ] $failed test(s), listed above."
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
