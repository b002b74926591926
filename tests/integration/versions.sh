#!/bin/bash
# Upgrade and roll-back drills with what earlier versions left (tests/fixtures/versions/*/conversation): their store under this
# server, their handheld with its full queue under this rond. Only the version before is not there as a program; what it said
# on the wire is played by tests/unit/old_server_test.c and tests/integration/old_client_test.c.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/scenario.sh

kept=
take() { # VERSION: copies of its store as server "a" and of its handheld, and nothing that ran before
    kept=tests/fixtures/versions/$1/conversation
    rm -rf "$dir/a" "$dir/handheld" "$dir/a.ports" "$dir"/backup*
    cp -r "$kept/server" "$dir/a"
    cp -r "$kept/handheld" "$dir/handheld"
    chmod -R go=,u+rwX "$dir/a" "$dir/handheld"
}
# The address and the certificate of then are gone: the same device, enrolled anew with its own key.
enrolled_anew() {
    local code
    code=$(ctl device code --organisation polisen --area lund --role police_officer 2>/dev/null)
    expect 0 "polisen" held handheld enrol "https://localhost:$(port a enrolment)" "$code"
    same "devices" 1 "$(ctl --json counts | jq .devices)"
}
counts() { ctl --json counts | jq -S --slurpfile kept "$kept/counts-after.json" 'with_entries(select(.key | in($kept[0])))'; }
progress() { ctl --json progress | jq -S '[.areas[].promises[].commitments[] | {commitment, done, sum}]'; }
statuses() { held handheld --json status --all | jq -S '[.reports[] | {reference, status, kind}] | sort_by(.reference)'; }
ends_as_then() { # what both ends of that version said after the same sync
    diff "$kept/counts-after.json" <(counts) || complain "the counts are others"
    diff "$kept/progress-after.json" <(progress) || complain "the promises stand otherwise"
    diff "$kept/handheld-after.json" <(statuses) || complain "the handheld was told otherwise"
}
backup() { cp -r "$dir/a" "$dir/$1"; } # of a server that has stopped
restore() { rm -rf "$dir/a"; cp -r "$dir/$1" "$dir/a"; }
schema() { sqlite3 "$dir/a/rond.db" "PRAGMA user_version"; }

a_store_and_a_queue_of_each_version_go_on_together() {
    local version
    for version in tests/fixtures/versions/*/; do
        take "$(basename "$version")"
        local before
        before=$(held handheld --json status --all | jq -c '[.reports[].reference] | sort')
        start
        enrolled_anew
        sync handheld "$(jq .reports "$kept/counts-after.json") acknowledged, 0 waiting"
        ends_as_then
        same "references" "$before" "$(held handheld --json status --all | jq -c '[.reports[].reference] | sort')"
        sound
        report handheld check --of cyclist_behaviour --form targeted --checked 2 --place stortorget --from "2015-05-09 14:00" --to 15:00 >/dev/null
        sync handheld "1 acknowledged, 0 waiting"
        stop
    done
}

an_upgrade_changes_no_count_and_can_be_taken_back() {
    local version old after
    for version in tests/fixtures/versions/*/; do
        take "$(basename "$version")"
        old=$(schema)
        backup backup # stop, backup, new program
        start
        enrolled_anew
        sync handheld "acknowledged, 0 waiting"
        ends_as_then
        after=$(counts)
        stop
        # Back: the store of before; what has come in since, the handheld still has, and offers again.
        restore backup
        same "schema of the backup" "$old" "$(schema)"
        start
        expect 0 "" ctl device list
        enrolled_anew
        same "reports in the backup" 0 "$(ctl --json counts | jq .reports)"
        report handheld check --of cyclist_behaviour --form targeted --checked 2 --place stortorget --from "2015-05-09 14:00" --to 15:00 >/dev/null
        sync handheld "1 acknowledged, 0 waiting"
        same "everything is there again" "$(($(jq .reports <<<"$after") + 1))" "$(ctl --json counts | jq .reports)"
        same "nothing twice" "$(jq .quarantined <<<"$after")" "$(ctl --json counts | jq .quarantined)"
        sound
        stop
    done
}

an_older_program_refuses_a_newer_store_and_says_what_to_do() {
    take 0.2.0
    start
    stop
    local before
    sqlite3 "$dir/a/rond.db" "PRAGMA user_version = $(($(schema) + 1))"
    before=$(sha256sum <"$dir/a/rond.db")
    expect 4 "restore the backup" "$bin/rondd" --config "$dir/a.conf"
    expect 9 "restore the backup" ctl verify
    same "the store is as it was" "$before" "$(sha256sum <"$dir/a/rond.db")"
    sqlite3 "$dir/handheld/outbox.db" "PRAGMA user_version = $(($(sqlite3 "$dir/handheld/outbox.db" "PRAGMA user_version") + 1))"
    expect 3 "written by a newer version; update the app" held handheld status
    same "the queue is there" 41 "$(sqlite3 "$dir/handheld/outbox.db" "SELECT count(*) FROM reports")"
}

run_tests a_store_and_a_queue_of_each_version_go_on_together an_upgrade_changes_no_count_and_can_be_taken_back \
    an_older_program_refuses_a_newer_store_and_says_what_to_do
