#!/bin/bash
# A handheld that can no longer connect: what waits goes to a sealed file, and from there in, once, whatever else happens.
# Over real processes. Speaks like a cmocka program.
# Tests: server/ctl/rescue.c server/admin/rescue.c client-sdk/cli/command_rescue.c
set -u
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/support/scenario.sh
. tests/support/scenario.sh

may8=(--from "2015-05-08 14:00" --to "2015-05-08 15:30")
cykel=(check --of cyclist_behaviour --form targeted --checked 14 --place stortorget)
stored() { ctl --json counts | jq .reports; }
state() { held "$1" --json status "$2" | jq -r .status; } # HANDHELD REFERENCE

what_waits_comes_in_by_a_file_and_the_sync_after_it_finds_it_there() {
    local good bad seen
    report police "${cykel[@]}" "${may8[@]}" >/dev/null
    sync police "1 acknowledged, 0 waiting"
    stop a
    expect 7 "Nothing waits" held police rescue "$dir/nothing"
    [ ! -e "$dir/nothing" ] || complain "a file was made of nothing"
    good=$(report police "${cykel[@]}" "${may8[@]}" --text "behind the fountain")
    bad=$(report police meeting --with taxi_trade --with-org no-such-organisation "${may8[@]}")
    expect 0 "2 reports are sealed in" held police rescue "$dir/file"
    same "its owner's alone" 600 "$(stat -c %a "$dir/file")"
    grep -qa "fountain" "$dir/file" && complain "the file can be read"
    same "nothing changed on the handheld" 2 "$(held police --json status | jq .totals.waiting)"
    expect 3 "cannot be made" held police rescue "$dir/file"
    expect 2 "wants one FILE" held police rescue
    start a
    seen=$(ctl --json device list | jq -c 'select(.name == "police") | .seen_ms')
    expect 0 "2 stored, of them 1 in quarantine, 0 already there" ctl rescue "$dir/file"
    expect 0 "0 stored, of them 0 in quarantine, 2 already there" ctl rescue "$dir/file"
    same "stored" 3 "$(stored)"
    same "counted" 2 "$(figure lund-2015-trafik/cykel)"
    expect 0 "stored=2 there=0 quarantined=1" ctl audit
    same "the device was not heard from" "$seen" "$(ctl --json device list | jq -c 'select(.name == "police") | .seen_ms')"
    sync police ", 0 waiting"
    same "still stored once" 3 "$(stored)"
    same "the handheld knows of the good one" counted "$(state police "$good")"
    same "and of the bad one" needs_you "$(state police "$bad")"
    expect 0 "2 already there" ctl rescue "$dir/file"
    sound
}

a_file_comes_in_where_no_server_runs() {
    report police "${cykel[@]}" "${may8[@]}" >/dev/null
    expect 0 "1 reports are sealed" held police rescue "$dir/offline"
    stop a
    expect 0 '"stored":1' ctl --json rescue "$dir/offline"
    start a
    sync police ", 0 waiting"
    same "stored" 4 "$(stored)"
    sound
}

# The handheld synced meanwhile: the file overlaps with what is there.
a_file_that_overlaps_with_a_sync_adds_what_is_missing() {
    report police "${cykel[@]}" "${may8[@]}" >/dev/null
    expect 0 "1 reports" held police rescue "$dir/earlier"
    report police "${cykel[@]}" "${may8[@]}" >/dev/null
    expect 0 "2 reports" held police rescue "$dir/later"
    sync police ", 0 waiting"
    expect 0 "0 stored, of them 0 in quarantine, 1 already there" ctl rescue "$dir/earlier"
    expect 0 "0 stored, of them 0 in quarantine, 2 already there" ctl rescue "$dir/later"
    same "stored" 6 "$(stored)"
}

what_is_no_file_of_this_server_is_refused_with_its_reason() {
    report police "${cykel[@]}" "${may8[@]}" >/dev/null
    expect 0 "" held police rescue "$dir/whole"
    head -c -1 "$dir/whole" >"$dir/cut"
    { head -c 900 "$dir/whole"; printf 'x'; tail -c +902 "$dir/whole"; } >"$dir/damaged"
    head -c $(($(wc -c <"$dir/whole") - 81)) "$dir/whole" >"$dir/endless" # without its last record
    for file in cut damaged endless; do
        expect 8 "nothing of it was taken in" ctl rescue "$dir/$file"
    done
    expect 3 "no rescue file" ctl rescue tests/fixtures/lund-2015.yaml
    expect 7 "cannot be read" ctl rescue "$dir/no-such-file"
    expect 3 "it is no file" ctl rescue "$dir"
    expect 4 "sealed for another server" "$bin/rondctl" --data "$dir/other" rescue "$dir/whole"
    same "nothing came in" 6 "$(stored)"
    expect 0 "1 stored" ctl rescue "$dir/whole"
    sync police ", 0 waiting"
}

of_a_lost_device_nothing_comes_in_and_of_a_retired_one_it_waits_in_quarantine() {
    enrolled lost polisen police_officer
    enrolled retired polisen police_officer
    for name in lost retired; do
        report "$name" "${cykel[@]}" "${may8[@]}" >/dev/null
        expect 0 "1 reports" held "$name" rescue "$dir/$name.file"
        ctl device revoke "$name" "--$name" >/dev/null
    done
    expect 4 "revoked as lost" ctl rescue "$dir/lost.file"
    expect 0 "1 stored, of them 1 in quarantine" ctl rescue "$dir/retired.file"
    same "stored" 8 "$(stored)"
    same "in quarantine as retired" 1 "$(ctl --json quarantine list | jq -c 'select(.code == 409)' | wc -l)"
}

# A server that was restored lacks what the file stands on.
a_restored_server_takes_the_whole_queue() {
    expect 0 "checked" ctl backup "$dir/backup"
    report police "${cykel[@]}" "${may8[@]}" >/dev/null
    sync police "1 acknowledged, 0 waiting"
    report police "${cykel[@]}" "${may8[@]}" >/dev/null
    stop a
    expect 0 "reports have no text" ctl restore "$dir/backup" --without-texts --replace
    same "without texts" 8 "$(ctl --json counts | jq .keyless)"
    expect 0 "1 reports" held police rescue "$dir/tail"
    expect 0 "reports are sealed" held police rescue --all "$dir/all"
    expect 9 "rond rescue --all" ctl rescue "$dir/tail"
    expect 0 "2 stored" ctl rescue "$dir/all"
    [ "$(ctl --json counts | jq .keyless)" -lt 8 ] || complain "what the handheld keeps did not get its text back"
    start a
    sync police ", 0 waiting"
    expect 0 "0 stored" ctl rescue "$dir/tail"
    same "stored" 10 "$(stored)"
    sound
}

ctl init >/dev/null || exit 1
"$bin/rondctl" --data "$dir/other" init >/dev/null || exit 1
start a
ctl promise import tests/fixtures/lund-2015.yaml >/dev/null || exit 1
enrolled police polisen police_officer
run_tests what_waits_comes_in_by_a_file_and_the_sync_after_it_finds_it_there a_file_comes_in_where_no_server_runs \
    a_file_that_overlaps_with_a_sync_adds_what_is_missing what_is_no_file_of_this_server_is_refused_with_its_reason \
    of_a_lost_device_nothing_comes_in_and_of_a_retired_one_it_waits_in_quarantine a_restored_server_takes_the_whole_queue
