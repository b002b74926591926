#!/bin/bash
# Joint activities over real processes: two organisations tell of one check, a person joins, parts and tells apart, and
# takes it back; a planned activity goes down and is picked. Speaks like a cmocka program, so that tests/run.sh counts it.
# Tests: server/ctl/join.c server/ctl/activity.c client-sdk/cli/command_activities.c
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/scenario.sh

offered() { ctl --json join list "$@" | jq -s '[.[] | select(.reports)] | length'; }
cykel=lund-2015-trafik/cykel
check=(check --of cyclist_behaviour --form targeted)

# --- The tests ---

a_likely_duplicate_is_offered_joined_and_undone() {
    local one other
    one=$(report police "${check[@]}" --checked 14 --place stortorget --from "2015-05-08 14:00" --to 15:00)
    other=$(report town "${check[@]}" --checked 9 --place stortorget --from "2015-05-08 14:10" --to 15:10)
    sync police "1 acknowledged"
    sync town "1 acknowledged"
    same "before" 2 "$(figure $cykel)"
    expect 0 "Nobody has decided anything yet" ctl join log
    expect 0 "counts 2, joined it would be 1" ctl join list
    expect 0 "at the same time, the same place" ctl join list --area lund --since 2015-05-08 --until 2015-05-08
    expect 0 "rondctl join make $one $other" ctl join list
    same "offered on another day" 0 "$(offered --since 2015-05-09)"
    expect 0 "joined $one,$other as J-" ctl join make "$one" "$other"
    same "joined" 1 "$(figure $cykel)"
    same "offered once joined" 0 "$(offered)"
    expect 0 "joint activity J-" ctl progress --why $cykel
    expect 0 '"kind": "join"' ctl report show "$one"
    expect 9 "joined already" ctl join make "$other" "$one"
    sound
    expect 0 "undone: decision 1" ctl join undo 1
    same "undone" 2 "$(figure $cykel)"
    same "offered again" 1 "$(offered)"
    expect 0 "not the same" ctl join dismiss "$one" "$other"
    same "offered once told apart" 0 "$(offered)"
    expect 0 "(undone" ctl join log
    same "log" "join dismiss" "$(ctl --json join log | jq -rs '[.[] | .kind // empty] | join(" ")')"
    sound
}

a_device_hears_what_was_decided_at_its_next_sync() {
    local one other
    # The taxi checks require two agencies: the two halves count only once they are one.
    one=$(report police check --of taxi --form coordinated --checked 20 --with-org skatteverket --place stortorget --from "2015-06-08 14:00" --to 15:00)
    other=$(report town check --of taxi --form coordinated --checked 20 --with-org forsakringskassan --place stortorget --from "2015-06-08 14:00" --to 15:00)
    sync police "1 acknowledged"
    sync town "1 acknowledged"
    same "apart" received "$(held police --json status "$one" | jq -r .status)"
    expect 0 "joined" ctl join make "$one" "$other"
    sync police ""
    sync town ""
    same "joined: the police" counted "$(held police --json status "$one" | jq -r .status)"
    same "joined: the municipality" counted "$(held town --json status "$other" | jq -r .status)"
    expect 0 "counts on its own" ctl join part "$other"
    sync police ""
    same "parted" received "$(held police --json status "$one" | jq -r .status)"
    expect 9 "counts on its own already" ctl join part "$other"
    sound
}

what_must_not_be_joined_is_refused_with_its_reason() {
    local one meeting gone
    one=$(report police "${check[@]}" --checked 3 --from "2015-07-01 14:00" --to 15:00)
    meeting=$(report town meeting --with taxi_trade --subject Taxi --from "2015-07-01 14:00" --to 15:00)
    gone=$(report town "${check[@]}" --checked 3 --from "2015-07-01 14:00" --to 15:00)
    held town withdraw "$gone" >/dev/null
    sync police "1 acknowledged"
    sync town "3 acknowledged"
    expect 3 "different kinds" ctl join make "$one" "$meeting"
    expect 9 "was withdrawn" ctl join make "$one" "$gone"
    expect 9 "the same report" ctl join make "$one" "$one"
    expect 7 "no report" ctl join make "$one" "#9999"
    expect 3 "Check the reference" ctl join make "$one" nonsense
    expect 2 "usage: rondctl join" ctl join make "$one"
    expect 2 "usage: rondctl join" ctl join list --when now
    expect 3 "is no day" ctl join list --since soon
    expect 7 "no area" ctl join list --area atlantis
    expect 7 "no decision 99" ctl join undo 99
    expect 0 "usage: rondctl join" ctl join --help
    expect 7 "Nobody decided" ctl report place "$one" stortorget undo
    expect 0 "was not at stortorget" ctl report place "$one" stortorget no
    expect 0 "undone" ctl report place "$one" stortorget undo
    expect 0 "Nothing is undecided" ctl report undecided
}

a_planned_activity_goes_down_is_picked_by_both_and_counts_once() {
    local id before one
    before=$(figure $cykel)
    expect 3 "no organisation 'nobody'" ctl activity plan --area lund --kind check --title X --from "2030-05-08 14:00" --to "2030-05-08 15:00" --organisations nobody
    expect 2 "usage: rondctl activity" ctl activity plan --why
    id=$(ctl activity plan --area lund --kind check --of cyclist_behaviour --title "Cykelkontroll på Stortorget" \
        --from "$(date -d '+1 hour' '+%Y-%m-%d %H:%M')" --to "$(date -d '+3 hours' '+%Y-%m-%d %H:%M')" \
        --organisations polisen,lunds-kommun --place stortorget --commitment $cykel)
    expect 0 "nobody has reported on it yet" ctl activity list --area lund
    sync police ""
    sync town ""
    sync station ""
    expect 0 "$id" held police activities
    same "for the police" "$id stortorget" "$(held police --json activities | jq -r '.activities[] | "\(.activity) \(.place)"')"
    same "for the municipality" "$id" "$(held town --json activities | jq -r '.activities[].activity')"
    same "not for the station's owner" 0 "$(held station --json activities | jq '.activities | length')"
    expect 3 "planned as a check" held police report meeting --with taxi_trade --activity "$id"
    expect 3 "No activity P-00000 is planned" held police report "${check[@]}" --checked 1 --activity P-00000
    one=$(report police check --form targeted --checked 14 --activity "${id,,}" --from "2015-09-08 14:00" --to 15:00)
    report town check --form targeted --checked 2 --activity "$id" --from "2015-09-08 14:00" --to 15:00 >/dev/null
    sync police "1 acknowledged"
    expect 0 "missing: lunds-kommun" ctl activity list --area lund
    sync town "1 acknowledged"
    expect 0 "all are there" ctl activity list
    same "both count once" $((before + 1)) "$(figure $cykel)"
    same "taken from the plan" "stortorget $cykel $id" "$(ctl --json report show "$one" | jq -r 'select(.report) | .report | "\(.place) \(.commitment) \(.activity)"')"
    expect 0 "cancelled $id" ctl activity cancel "$id"
    expect 7 "is planned" ctl activity cancel "$id"
    expect 0 "Nothing is planned" ctl activity list
    sync police ""
    expect 0 "Nothing is planned" held police activities
    same "what was reported stays" $((before + 1)) "$(figure $cykel)"
    sound
}

a_store_without_a_server_is_decided_about_too() {
    local decisions
    stop
    decisions=$(ctl --json join log | jq -s '[.[] | select(.decision)] | length')
    expect 0 "undone: decision 2" ctl join undo 2
    same "offered again" 1 "$(offered --until 2015-05-08)"
    expect 0 "joined" ctl join make "#1" "#2"
    same "logged" $((decisions + 1)) "$(ctl --json join log | jq -s '[.[] | select(.decision)] | length')"
    sound
}

# --- Running them ---

ctl init --name "Test CA" >/dev/null || exit 1
start
ctl promise import tests/fixtures/lund-2015.yaml >/dev/null || exit 1
enrolled police polisen police_officer
enrolled town lunds-kommun municipal_staff
enrolled station jernhusen station_host
run_tests a_likely_duplicate_is_offered_joined_and_undone a_device_hears_what_was_decided_at_its_next_sync \
    what_must_not_be_joined_is_refused_with_its_reason a_planned_activity_goes_down_is_picked_by_both_and_counts_once \
    a_store_without_a_server_is_decided_about_too
