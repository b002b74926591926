#!/bin/bash
# Feedback over real processes: an unsafe place that one organisation finds and another walks again or a person closes, a correction from
# another device, what a report would count toward, the weekly summary. Speaks like a cmocka program, so that tests/run.sh
# counts it.
# Tests: server/ctl/walk.c server/ctl/summary.c server/read/summary.c client-sdk/cli/command_actions.c client-sdk/cli/preview.c
set -u
export ROND_AS_ROOT=1 # where root runs it: server/privileges.h
cd "$(dirname "$0")/../.." || exit 2
bin=$PWD/build/${VARIANT:-release}
export LSAN_OPTIONS=${LSAN_OPTIONS:-print_suppressions=0:suppressions=$PWD/tests/support/rondd_leaks.txt}
dir=$(mktemp -d)
server=
end() {
    [ -z "$server" ] || { kill -9 "$server"; wait "$server"; } 2>/dev/null
    rm -rf "$dir"
}
trap end EXIT

wrong=0 # of the running test
complain() { wrong=$((wrong + 1)); printf '%s\n' "$*"; }
expect() { # CODE WORDS COMMAND...: how it ends, and what it says on either output
    local code=$1 words=$2 answer=0
    shift 2
    "$@" >"$dir/said" 2>&1 </dev/null || answer=$?
    [ "$answer" = "$code" ] && grep -qF -- "$words" "$dir/said" && return
    complain "$*: ended with $answer, not $code, or does not say '$words':"
    head -n 20 "$dir/said"
}
same() { # WHAT EXPECTED FOUND
    [ "$2" = "$3" ] || complain "$1: expected '$2', found '$3'"
}

ctl() { "$bin/rondctl" --data "$dir/data" "$@"; }
held() { local name=$1; shift; "$bin/rond" --dir "$dir/$name" "$@"; }
start() {
    cat >"$dir/conf" <<CONF
[server]
data_dir = $dir/data
hostnames = localhost
[listen]
devices = 127.0.0.1:0
enrolment = 127.0.0.1:0
operations = 127.0.0.1:0
CONF
    ASAN_OPTIONS=${ASAN_OPTIONS:-fast_unwind_on_malloc=0} "$bin/rondd" --config "$dir/conf" >>"$dir/log" 2>&1 &
    server=$!
    for _ in $(seq 200); do
        [ -S "$dir/data/control.sock" ] && return
        kill -0 "$server" 2>/dev/null || break
        sleep 0.02
    done
    complain "the server did not start"
    tail -n 3 "$dir/log"
}
enrolled() { # HANDHELD ORGANISATION ROLE
    local code
    code=$(ctl device code --organisation "$2" --area lund --role "$3" 2>/dev/null)
    held "$1" enrol "https://localhost:$(sed -n 's/^enrolment=//p' "$dir/data/ports")" "$code" --name "$1" >/dev/null &&
        held "$1" sync --deadline 10 >/dev/null || complain "$1 could not enrol"
}
report() { local name=$1; shift; held "$name" --json report "$@" 2>/dev/null | jq -r .reference; }
sync() { expect 0 "$2" held "$1" sync --deadline 15; }
open_places() { held "$1" --json actions | jq '.actions | length'; }
status_of() { held "$1" --json status "$2" | jq -r .status; }
figure() { ctl --json progress | jq "[.areas[].promises[].commitments[] | select(.commitment == \"$1\")][0].done"; }

cykel=lund-2015-trafik/cykel
check=(check --of cyclist_behaviour --form targeted)

# --- The tests ---

a_place_that_one_finds_unsafe_is_put_right_by_anothers_walk() {
    local walk again
    walk=$(report police walk --unsafe "place=bangatan,cause=dark,responsible=lunds-kommun,action=lamps,due=2015-06-30" \
        --from "2015-05-08 20:00" --to 21:00)
    expect 3 "sync first" held station report walk --safe bangatan --rewalk "$walk:1"
    sync police "1 acknowledged"
    sync station ""
    expect 0 "$walk:1" held station actions
    same "what is known of it" "bangatan dark lunds-kommun lamps 2015-06-30 true" \
        "$(held station --json actions | jq -r '.actions[0] | "\(.place) \(.cause) \(.responsible) \(.promised_action) \(.due) \(.overdue)"')"
    expect 3 "knows of no open place '9'" held station report walk --safe bangatan --rewalk "$walk:9"
    expect 0 "counts lund-2015-station/atgarder" held station report walk --safe bangatan --rewalk "$walk:1" \
        --from "2015-05-09 20:00" --to 21:00 --dry-run
    again=$(report station walk --safe bangatan --rewalk "$walk:1" --from "2015-05-09 20:00" --to 21:00)
    sync station "1 acknowledged"
    same "counted" counted "$(status_of station "$again")"
    same "open at the station" 0 "$(open_places station)"
    same "open at the police, not yet told" 1 "$(open_places police)"
    sync police ""
    same "open at the police" 0 "$(open_places police)"
    expect 0 "No unsafe place is open" held police actions
    expect 0 "sound" ctl verify
}

a_place_that_a_person_closes_goes_from_the_handhelds_and_counts_as_little_as_before() {
    local walk before decision
    walk=$(report police walk --unsafe "place=stortorget,cause=dark,responsible=lunds-kommun,action=lamps,due=2015-06-30" \
        --from "2015-05-10 20:00" --to 21:00)
    sync police "1 acknowledged"
    sync station ""
    same "open at the station" 1 "$(open_places station)"
    before=$(figure lund-2015-station/atgarder)
    expect 0 "OVERDUE" ctl walk list --area lund --which overdue
    expect 0 "set (decision" ctl walk set "$walk" 1 --responsible jernhusen --action "" --due 2099-06-30
    expect 9 "says that already" ctl walk set "$walk" 1 --due 2099-06-30
    expect 3 "no organisation" ctl walk set "$walk" 1 --responsible nobody
    expect 2 "usage" ctl walk set "$walk" 1 --colour red
    sync station ""
    same "what is known of it" "jernhusen null 2099-06-30" \
        "$(held station --json actions | jq -r '.actions[0] | "\(.responsible) \(.promised_action) \(.due)"')"
    expect 3 "missing" ctl walk close "$walk" 1 --reason ""
    expect 0 "closed (decision" ctl walk close "$walk" 1 --reason "is being rebuilt"
    expect 9 "closed already" ctl walk close "$walk" 1 --reason "twice"
    sync station ""
    same "open at the station" 0 "$(open_places station)"
    same "the figure" "$before" "$(figure lund-2015-station/atgarder)"
    decision=$(ctl --json walk list --which closed | jq -r 'select(.closed_by) | .closed_by')
    expect 0 "is being rebuilt" ctl join log
    expect 0 "undone" ctl walk reopen "$decision"
    expect 2 "is no decision" ctl walk reopen "$walk"
    sync station ""
    same "open again" 1 "$(open_places station)"
    expect 0 "sound" ctl verify
}

a_report_is_corrected_from_another_device_by_its_identity() {
    local first identity second
    first=$(report police "${check[@]}" --checked 14 --from "2015-05-11 14:00" --to 15:00)
    sync police "1 acknowledged"
    same "before" 1 "$(figure $cykel)"
    identity=$(held police --json status "$first" | jq -r .identity)
    same "the server's identity" "$identity" "$(ctl --json report show "$first" | jq -r '.identity // empty')"
    second=$(held patrol --json correct "$identity" "${check[@]}" --checked 41 --from "2015-05-11 14:00" --to 15:00 |
        jq -r .reference)
    sync patrol "1 acknowledged"
    same "still one" 1 "$(figure $cykel)"
    same "the correction" counted "$(status_of patrol "$second")"
    sync police ""
    same "the corrected report" replaced "$(status_of police "$first")"
    second=$(held guard --json withdraw "$identity" --reason mine | jq -r .reference) # of a role that may not correct it
    sync guard "1 acknowledged"
    same "not withdrawn by a role that may not" 1 "$(figure $cykel)"
    expect 0 "may not correct" held guard status "$second"
    expect 0 "får inte rätta" held guard status "$second" --swedish
    held patrol --json withdraw "$identity" --reason mistake >/dev/null
    sync patrol "1 acknowledged"
    same "withdrawn" 0 "$(figure $cykel)"
    expect 3 "Copy it whole" held patrol withdraw "${identity%-*}"
}

a_report_tells_beforehand_what_it_would_count_toward() {
    local done
    sync police ""
    done=$(figure $cykel)
    expect 0 "$cykel: $((done + 1)) of 10 with what waits here" held police report "${check[@]}" --checked 4 --from "2015-05-12 14:00" --dry-run
    expect 0 "outside the promise's period" held police report "${check[@]}" --checked 4 --from "2014-05-12 14:00" --dry-run
    same "in Swedish too" true "$(held police --json report "${check[@]}" --checked 4 --from "2014-05-12 14:00" --dry-run |
        jq 'any(.preview[]; .commitment == "'$cykel'" and .counted == false and (.reason_sv | contains("utanför")))')"
    expect 0 "waits" held police report check --of taxi --form coordinated --checked 2 --with-org skatteverket --from "2015-05-12 14:00" --dry-run
    expect 3 "check.checked" held police report "${check[@]}" --dry-run
    same "nothing saved" 0 "$(held police --json status | jq .totals.waiting)"
    expect 0 "counts toward $cykel" held police report "${check[@]}" --checked 4 --from "2015-05-12 14:00" --to 15:00
    expect 0 "$cykel: $((done + 2)) of 10" held police report "${check[@]}" --checked 4 --from "2015-05-13 14:00" --dry-run
    expect 0 "MAY ADD" held police promises
    same "own pending, status and version" "1 missed 1" "$(held police --json promises |
        jq -r '.promises[] | select(.commitment == "'$cykel'") | "\(.own_pending) \(.status) \(.version)"')"
    sync police "1 acknowledged"
}

a_weeks_reports_are_summed_up_for_their_organisation() {
    expect 0 "was put right: found unsafe by polisen, found safe by jernhusen" ctl summary --organisation polisen --week 2015-W19
    expect 0 "nu trygg enligt jernhusen" ctl summary --organisation jernhusen --week 2015-W19 --swedish
    same "reports of week 20" 1 "$(ctl --json summary --organisation polisen --week 2015-W20 --area lund | jq -s '.[0].counted')"
    expect 3 "like 2015-W19" ctl summary --organisation polisen --week 2015-W99
    expect 7 "No device of 'nobody'" ctl summary --organisation nobody
    expect 7 "no area 'atlantis'" ctl summary --organisation polisen --area atlantis
    expect 2 "usage" ctl summary
    expect 0 "No reports of week" held police summary
    expect 0 "Inga rapporter" held police summary --swedish
    same "of the organisation" polisen "$(held police --json summary | jq -r .organisation)"
    expect 7 "rond sync fetches it" held fresh summary
    expect 2 "nothing more" held police summary now
    expect 2 "nothing more" held police actions now
}

standing() { # HANDHELD: done, own pending, status, by reports, silent devices
    held "$1" --json promises | jq -r '.promises[] | select(.commitment == "'$cykel'") |
        "\(.done) \(.own_pending) \(.status) \(.standing.status_by_reports) \(.standing.silent_devices)"'
}
shown() { # the same by the server
    ctl --json progress | jq -r '.areas[].promises[].commitments[] | select(.commitment == "'$cykel'") |
        "\(.done) 0 \(.status) \(.status_by_reports) \(.silent | length)"'
}

a_handheld_and_a_chief_are_told_the_same_and_the_figure_adds_up() {
    local done code reference
    sync police ""
    done=$(figure $cykel)
    same "all heard of" "$done 0 missed missed 0" "$(standing police)"
    same "all heard of, on the server" "$done 0 missed missed 0" "$(shown)"
    code=$(ctl device code --organisation polisen --area lund --role police_officer 2>/dev/null)
    held silent enrol "https://localhost:$(sed -n 's/^enrolment=//p' "$dir/data/ports")" "$code" --name silent >/dev/null
    reference=$(report police "${check[@]}" --checked 4 --from "2015-05-14 14:00" --to 15:00)
    same "with one more to send" "$done 1 missed missed 0" "$(standing police)"
    sync police "1 acknowledged"
    same "one was never heard of" "$((done + 1)) 0 unknown missed 1" "$(standing police)"
    same "one was never heard of, on the server" "$((done + 1)) 0 unknown missed 1" "$(shown)"
    expect 0 "unknown: $((done + 1)) of at least 10 checks (missed by what has come in; 1 device silent, never heard of)" \
        held police status "$reference"
    expect 0 "1 device silent or with more to send" held police promises
    sync silent ""
    sync police ""
    same "it was heard of" "$((done + 1)) 0 missed missed 0" "$(standing police)"
    same "it was heard of, on the server" "$((done + 1)) 0 missed missed 0" "$(shown)"
    sed 's/^  - id: lund-2015-trafik$/&\n    life: [{state: active, entered: 2015-01-01}, {state: closed, entered: 2015-06-01}]/' \
        tests/fixtures/lund-2015.yaml >"$dir/closed.yaml"
    expect 0 "imported" ctl promise import "$dir/closed.yaml"
    sync police ""
    expect 0 "(closed)" held police promises
    expect 0 "closed, version 2" ctl progress
}

# --- All of them ---

passed=0 failed=0
run() {
    echo "[ RUN      ] $1"
    wrong=0
    "$1"
    if [ "$wrong" = 0 ]; then
        echo "[       OK ] $1"
        passed=$((passed + 1))
    else
        echo "[  FAILED  ] $1"
        failed=$((failed + 1))
    fi
}

the_counters_add_up() {
    expect 0 "received is the sum" ctl counts
}

ctl init --name "Test CA" >/dev/null || exit 1
start
expect 0 "imported" ctl promise import tests/fixtures/lund-2015.yaml
enrolled police polisen police_officer
enrolled patrol polisen police_officer
enrolled guard polisen public_order_guard
enrolled station jernhusen station_host
[ "$wrong" = 0 ] || { echo "[  FAILED  ] preparation"; exit 1; }
run a_place_that_one_finds_unsafe_is_put_right_by_anothers_walk
run a_place_that_a_person_closes_goes_from_the_handhelds_and_counts_as_little_as_before
run a_report_is_corrected_from_another_device_by_its_identity
run a_report_tells_beforehand_what_it_would_count_toward
run a_weeks_reports_are_summed_up_for_their_organisation
run a_handheld_and_a_chief_are_told_the_same_and_the_figure_adds_up
run the_counters_add_up

echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || { echo "[  FAILED  ] $failed test(s), listed above."; exit 1; }
