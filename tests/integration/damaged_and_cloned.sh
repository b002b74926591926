#!/bin/bash
# Handhelds whose files are not what they were, over real processes: pages of an outbox that are spoilt, and a folder that was
# restored from an image or cloned. Speaks like a cmocka program, so that tests/run.sh counts it.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/scenario.sh
check=(check --of cyclist_behaviour --form targeted --place bangatan --from "2015-05-12 14:00" --to 15:00)

reports() { # HANDHELD COUNT
    local i
    for i in $(seq "$2"); do report "$1" "${check[@]}" --checked "$i" >/dev/null; done
}
spoil() { # HANDHELD PAGE
    head -c 4096 /dev/urandom | dd of="$dir/$1/outbox.db" bs=4096 seek=$(($2 - 1)) conv=notrunc status=none
}
root() { sqlite3 "$dir/$1/outbox.db" "SELECT rootpage FROM sqlite_schema WHERE name = '$2'"; } # HANDHELD TABLE
stored() { ctl --json counts | jq "$1"; }
outboxes() { ctl --json outbox list | jq -s "$1"; }

the_first_page_costs_nothing() {
    local before
    enrolled first polisen police_officer
    before=$(stored .applied)
    reports first 5
    spoil first 1
    expect 0 "" held first status
    sync first ""
    same "all are there" $((before + 5)) "$(stored .applied)"
    same "and none is lost" 0 "$(stored .lost)"
    [ -e "$dir/first/outbox.db.damaged" ] || complain "the damaged file was not kept"
}

a_page_of_reports_costs_its_own_and_both_ends_show_it() {
    local before lost page pages
    enrolled second polisen police_officer
    before=$(stored .applied)
    reports second 40
    pages=$(sqlite3 "$dir/second/outbox.db" "PRAGMA page_count")
    page=$(sqlite3 "$dir/second/outbox.db" "SELECT pageno FROM dbstat WHERE name = 'reports' AND pagetype = 'leaf' LIMIT 1 OFFSET 1" 2>/dev/null)
    spoil second "${page:-$((pages - 1))}"
    expect 0 "" held second report "${check[@]}" --checked 1
    sync second ""
    lost=$(stored .lost)
    [ "$lost" -gt 0 ] && [ "$lost" -le 24 ] || complain "lost: $lost"
    same "the rest is there" $((before + 41 - lost)) "$(stored .applied)"
    same "the handheld says so" "$lost" "$(held second --json status | jq .totals.lost)"
    same "and so does the list of outboxes" "$lost" "$(outboxes 'map(.lost) | add')"
}

without_its_outbox_row_all_is_queued_anew_and_counts_once() {
    local before lost
    enrolled third polisen police_officer
    reports third 5
    sync third ""
    before=$(stored .applied) lost=$(stored .lost)
    reports third 7
    spoil third "$(root third outboxes)"
    sync third ""
    same "those that waited are there" $((before + 7)) "$(stored .applied)"
    same "none is lost" "$lost" "$(stored .lost)"
    spoil third "$(root third settings)" # and its enrolment
    report third "${check[@]}" --checked 3 >/dev/null
    sync third ""
    same "with the copy of its enrolment it syncs" $((before + 8)) "$(stored .applied)"
}

a_handheld_and_its_clone_end_with_every_report_in_once() {
    local before figure_before
    enrolled original polisen police_officer
    before=$(figure lund-2015-trafik/cykel) || complain "no figure"
    reports original 3
    sync original ""
    reports original 2 # wait in both
    cp -a "$dir/original" "$dir/clone"
    reports original 1
    reports clone 4
    sync original ""
    held clone sync --deadline 15 >/dev/null 2>&1
    sync clone ""
    sync original ""
    reports original 1
    sync original ""
    same "nothing waits on the original" 0 "$(held original --json status | jq .totals.waiting)"
    same "nor on the clone" 0 "$(held clone --json status | jq .totals.waiting)"
    same "each counts once" $((before + 3 + 2 + 1 + 4 + 1)) "$(figure lund-2015-trafik/cykel)"
    [ "$(outboxes 'map(select(.forked)) | length')" -ge 1 ] || complain "no outbox is marked as forked"
}

an_image_that_is_restored_ends_with_every_report_in_once() {
    local before
    enrolled restored polisen police_officer
    before=$(figure lund-2015-trafik/cykel)
    reports restored 2
    cp -a "$dir/restored" "$dir/image"
    reports restored 3
    sync restored ""
    rm -r "$dir/restored"
    mv "$dir/image" "$dir/restored" # 2 wait again, and know nothing of the 3
    reports restored 1
    held restored sync --deadline 15 >/dev/null 2>&1
    sync restored ""
    same "each counts once" $((before + 2 + 3 + 1)) "$(figure lund-2015-trafik/cykel)"
    sound
}

ctl init --name "Test CA" >/dev/null || exit 1
start
ctl promise import tests/fixtures/lund-2015.yaml >/dev/null || exit 1
run_tests the_first_page_costs_nothing a_page_of_reports_costs_its_own_and_both_ends_show_it \
    without_its_outbox_row_all_is_queued_anew_and_counts_once a_handheld_and_its_clone_end_with_every_report_in_once \
    an_image_that_is_restored_ends_with_every_report_in_once
