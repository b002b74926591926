#!/bin/bash
# Erasing over real processes: rules, holds, a run by hand and one by the server itself, and what backups give back afterwards.
# Speaks like a cmocka program.
# Tests: server/ctl/retention.c server/app_retention.c
set -u
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/support/scenario.sh
. tests/support/scenario.sh

may8=(--from "2015-05-08 14:00" --to "2015-05-08 15:30")
cykel=(check --of cyclist_behaviour --form targeted --checked 14 --place stortorget)
reports() { ctl export | jq -c "$1" | sort | uniq -c | tr -s ' '; }
# As if a report had come in so many days ago: nobody can wait for it.
aged() { # REFERENCE DAYS
    stop a
    sqlite3 "$dir/a/rond.db" "UPDATE reports SET received_ms = received_ms - $2 * 86400000 WHERE row = $1"
    start a
}

rules_are_set_and_shown() {
    expect 0 "year+1y" ctl retention list
    expect 0 "polisen/default" ctl retention set --controller polisen --category default --keep 90d
    expect 0 "90d" ctl retention list
    expect 3 "There is no organisation" ctl retention set --controller nobody --category default --keep 90d
    expect 3 "is no time to keep" ctl retention set --controller polisen --category default --keep long
    expect 2 "usage" ctl retention set polisen
    expect 2 "usage" ctl retention
    expect 0 "retention.set" ctl audit
}

what_is_due_goes_and_what_is_held_stays() {
    local before
    for _ in 1 2 3; do report one "${cykel[@]}" "${may8[@]}" --text "CANARY" >>"$dir/references"; done
    sync one "3 acknowledged, 0 waiting"
    before=$(figure lund-2015-trafik/cykel)
    expect 0 "" ctl retention run --dry-run
    expect 0 "erased 0 reports" ctl retention run
    aged 1 100
    aged 2 100
    expect 0 "H-" ctl hold add "$(sed -n 2p "$dir/references")" --reason "case 4711"
    expect 0 "case 4711" ctl hold list
    expect 0 "1 reports, 1 held" ctl retention run --dry-run
    same "the dry run erased nothing" 0 "$(ctl --json counts | jq .erased)"
    expect 0 "checked" ctl backup "$dir/before"
    expect 0 "3 keys, 0 erasures" ctl backup --keys "$dir/keys"
    expect 0 "erased 1 reports and 0 forks; 1 are held" ctl retention run
    expect 0 "erased 0 reports" ctl retention run
    same "the figure" "$before" "$(figure lund-2015-trafik/cykel)"
    expect 0 "under rule polisen/default 90d" ctl progress --why lund-2015-trafik/cykel
    expect 0 "enligt regel polisen/default 90d" ctl progress --swedish --why lund-2015-trafik/cykel
    expect 0 '"erased_rule": "polisen/default 90d"' ctl report show "#1"
    same "exported without it" 1 "$(ctl export | jq -c 'select(.erased and .erased_rule == "polisen/default 90d" and .report == null)' | wc -l)"
    expect 0 "polisen/default 90d" ctl retention protocol
    same "what is held can be read" 1 "$(ctl report show "#2" | grep -c CANARY)"
    sound
}

what_was_erased_is_erased_in_every_backup() {
    expect 0 "2 keys, 1 erasures" ctl backup --keys "$dir/keys"
    stop a
    expect 0 "is restored: 3 reports" ctl restore "$dir/before" --keys "$dir/keys" --replace
    same "erased again" 1 "$(ctl --json counts | jq .erased)"
    same "nothing waits for a key" 0 "$(ctl --json counts | jq .keyless)"
    expect 0 '"erased_rule": "polisen/default 90d"' ctl report show "#1"
    same "the others can be read" 2 "$(for row in 2 3; do ctl report show "#$row"; done | grep -c CANARY)"
    expect 0 "sound" ctl verify
    start a
    sync one "0 waiting"
    same "it does not come back" 1 "$(ctl --json counts | jq .erased)"
    sound
}

the_server_runs_it_by_itself_once_its_hour_has_come() {
    retention_hour=0
    aged 3 100
    for _ in $(seq 100); do
        [ "$(ctl --json counts | jq .erased)" = 2 ] && break
        sleep 0.1
    done
    same "erased" 2 "$(ctl --json counts | jq .erased)"
    expect 0 "server" ctl retention protocol
    same "said once" 1 "$(ctl --json audit | jq -c 'select(.action == "retention.run" and .actor == "server")' | wc -l)"
    expect 0 "" grep -q "event=retention_run erased=1" "$dir/a.log"
    retention_hour=24
    sound
}

what_is_asked_of_others_is_by_rule() {
    same "nothing" 0 "$(ctl export --for lunds-kommun | wc -l)"
    expect 0 "polisen>lunds-kommun/check" ctl disclosure set --from polisen --to lunds-kommun --category check --level reports
    expect 0 "lunds-kommun" ctl disclosure list
    same "checks" 3 "$(ctl export --for lunds-kommun | wc -l)"
    same "no text of them" 0 "$(ctl export --for lunds-kommun | grep -c CANARY)"
    expect 3 "'decision' is missing" ctl export --public-record --controller polisen
    same "masked" 3 "$(ctl export --public-record --decision "DNR 123/2026" --controller polisen 2>/dev/null | jq -c 'select(.day == "2015-05-08")' | wc -l)"
    expect 0 "decision=DNR 123/2026 controller=polisen" ctl audit
}

sealed() { sqlite3 "$dir/one/outbox.db" "SELECT count(*) FROM reports WHERE sealed IS NOT NULL"; }

handhelds_keep_no_longer_than_the_rules_say() {
    expect 0 "" ctl retention set --controller polisen --category default --keep 5d
    sync one "0 waiting"
    report one "${cykel[@]}" "${may8[@]}" >/dev/null
    report one "${cykel[@]}" "${may8[@]}" >/dev/null
    sync one "2 acknowledged, 0 waiting"
    report one "${cykel[@]}" "${may8[@]}" >/dev/null
    local before
    before=$(sealed)
    # As if all that was acknowledged had been so ten days ago: within the handheld's own thirty.
    sqlite3 "$dir/one/outbox.db" "UPDATE acks SET at_ms = at_ms - 10 * 86400000"
    expect 0 "" ctl retention set --controller polisen --category default --keep 12d
    sync one "1 acknowledged, 0 waiting"
    same "within twelve days" "$before" "$(sealed)"
    expect 0 "" ctl retention set --controller polisen --category default --keep 4d
    sync one "0 waiting"
    same "what is left on the handheld" 1 "$(sealed)"
    expect 0 "" ctl retention unset --controller polisen --category default
}

ctl init >/dev/null || exit 1
start a
ctl promise import tests/fixtures/lund-2015.yaml >/dev/null || exit 1
enrolled one polisen police_officer
run_tests rules_are_set_and_shown what_is_due_goes_and_what_is_held_stays what_was_erased_is_erased_in_every_backup \
    the_server_runs_it_by_itself_once_its_hour_has_come what_is_asked_of_others_is_by_rule handhelds_keep_no_longer_than_the_rules_say
