#!/bin/bash
# A handheld whose wall clock is years off, in either direction: it queues and syncs as ever, its certificate is renewed by
# the server's time alone, and what it reports happened when it happened. The clock is faketime's, which the sanitizers do
# not bear.
set -u
cd "$(dirname "$0")/../.." || exit 2
if [ "${VARIANT:-release}" != release ]; then
    echo "[  PASSED  ] 0 tests."
    exit 0
fi
. tests/support/scenario.sh

at() { # CLOCK HANDHELD ...: rond by a wrong wall clock, and by the right monotonic one
    local clock=$1
    shift
    DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f "$clock" "$bin/rond" --dir "$dir/$1" "${@:2}"
}
cykel=(report check --of cyclist_behaviour --form targeted --checked 12 --place stortorget)

a_clock_years_off_stops_neither_queueing_nor_syncing() {
    enrolled police polisen police_officer
    for clock in +10y -10y +40d; do
        expect 0 "" at "$clock" police "${cykel[@]}"
        expect 0 "1 acknowledged, 0 waiting" at "$clock" police sync --deadline 15
    done
    same "stored" 3 "$(ctl --json counts | jq .applied)"
    same "in quarantine" 0 "$(ctl --json quarantine list | jq -s 'map(select(.code != null)) | length')"
}

it_happened_when_it_happened() {
    same "reports of another day than today, or yesterday at midnight" "" \
        "$(ctl export | jq -r '.occurred_from[:10]' | grep -v -e "$(date -u +%Y-%m-%d)" -e "$(date -u -d '5 minutes ago' +%Y-%m-%d)")"
    same "reports" 3 "$(ctl export | jq -r .occurred_from | wc -l)"
}

the_certificate_is_not_renewed_by_a_wrong_clock() {
    same "renewals" 0 "$(ctl audit | grep -c device.renew)"
    same "enrolments" 1 "$(ctl audit | grep -c device.enrol)"
}

start_all() {
    mkdir -p "$dir"
    "$bin/rondctl" --data "$dir/a" init >/dev/null || exit 1
    "$bin/rondctl" --data "$dir/a" promise import tests/fixtures/lund-2015.yaml >/dev/null || exit 1
    start a
}
start_all
run_tests a_clock_years_off_stops_neither_queueing_nor_syncing it_happened_when_it_happened the_certificate_is_not_renewed_by_a_wrong_clock
