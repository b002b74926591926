#!/bin/bash
# A second person's approval of devices, between a real server, rondctl, a log-in and handhelds: one waits with its key and its
# code, is let in by somebody else than who issued the code, or is not. Speaks like a cmocka program.
# Tests: server/admin/approval.c server/ctl/device.c client-sdk/cli/command_enrol.c client-sdk/cli/command_sync.c
set -u
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/support/scenario.sh
. tests/support/scenario.sh
# shellcheck source=tests/support/browser.sh
. tests/support/browser.sh

check=(check --of cyclist_behaviour --form targeted --checked 4 --place stortorget --from @1431086400)
code() { ctl device code --organisation polisen --area lund --role police_officer "$@" 2>/dev/null; }
enrol() { held "$1" enrol "https://localhost:$(port a enrolment)" - --name "$1" <<<"$2"; } # HANDHELD CODE
key() { held "$1" --json device 2>/dev/null | jq -r .key; }
listed() { ctl --json device list | jq -r "select(.name == \"$1\") | .$2"; } # NAME FIELD
refused() { metrics | tr -d '\r' | sed -n "s/^rond_refusals_total{code=\"$1\",.*} //p"; } # CODE

# The enrolments of a scenario wait or not by whoever reads their input: expect gives them none.
says() { # CODE WORDS HANDHELD ENROLMENT-CODE
    local answer=0
    enrol "$3" "$4" >"$dir/said" 2>&1 || answer=$?
    [ "$answer" = "$1" ] && grep -qF -- "$2" "$dir/said" && return
    complain "$3 enrolled with $answer, not $1, or it does not say '$2':"
    cat "$dir/said"
}

a_device_waits_and_both_ends_show_the_same_key() {
    local given
    given=$(code)
    says 6 "A second person must approve this device" waits "$given"
    grep -q "key           $(key waits)" "$dir/said" || complain "the key is not shown"
    expect 6 '"code": 307' held waits --json enrol
    expect 6 "waits for a second person's approval" held waits device
    same "the key at the server" "$(key waits)" "$(listed waits key)"
    same "its status" pending "$(listed waits status)"
    same "its issuer" "uid:$(id -u)" "$(listed waits issuer)"
    expect 0 "for 0 min" ctl device list
    same "devices" 0 "$(ctl --json counts | jq .devices)"
    expect 6 "307" held waits sync --deadline 5
    grep -q 'event=enrolment .*code=307 name=approval_awaited' "$dir/a.log" || complain "it is not in the log"
    [ "$(refused 307)" -ge 2 ] || complain "it is not counted"
    says 4 "205" thief "$given" # the code serves one key
    expect 0 "" held waits draft save "${check[@]}" # what a device may before it is enrolled, it may while it waits
}

whoever_issued_the_code_does_not_approve_it() {
    expect 4 "ask another administrator" ctl device approve waits
    expect 4 '"code":211' ctl --json device approve waits
    same "its status" pending "$(listed waits status)"
    same "counted" 2 "$(refused 211)"
    grep -q 'event=change_refused code=211 name=approval_own' "$dir/a.log" || complain "it is not in the log"
    expect 7 "No device that waits" ctl device approve nobody
}

another_person_approves_it_and_the_same_key_gets_in_without_a_code() {
    local before
    before=$(key waits)
    as anna GET /api/v1/devices/waiting
    answers "the list" 200
    same "the key on the page" "$before" "$(field '.items[] | select(.name == "waits") | .key')"
    as jo POST "/api/v1/devices/$before/approve" '{}'
    answers "an administrator of another organisation" 404 not_found
    as anna POST "/api/v1/devices/$before/approve" '{}'
    answers "anna" 200
    same "decided" approved "$(field .decided)"
    same "its status" approved "$(listed waits status)"
    sync waits "0 acknowledged, 0 waiting"
    same "its key" "$before" "$(key waits)"
    same "its status" active "$(listed waits status)"
    expect 0 "device.approve" ctl audit
    grep -q "person:anna .*device.approve.*key=$before issuer=uid:$(id -u)" "$dir/said" || complain "the audit log does not say who"
    expect 2 "say the address" held waits enrol # nothing waits any more
    held waits report "${check[@]}" >/dev/null 2>&1
    sync waits "1 acknowledged, 0 waiting"
}

a_person_s_own_code_is_not_theirs_to_approve_either() {
    as anna POST /api/v1/codes '{"organisation":"polisen","area":"lund","roles":["police_officer"]}'
    answers "a code" 200
    same "it says so" true "$(field .wants_approval)"
    says 6 "307" by_anna "$(field .code)"
    as anna POST "/api/v1/devices/by_anna/approve" '{}'
    answers "her own" 403 not_permitted
    grep -q "ask another administrator" "$dir/body" || complain "it does not say what to do"
    expect 0 "approved" ctl device approve "$(key by_anna)"
    expect 0 "polisen" held by_anna enrol
}

one_that_is_refused_is_told_so_and_its_code_is_done_with() {
    local given
    given=$(code)
    says 6 "307" stranger "$given"
    expect 2 "usage" ctl device refuse stranger
    expect 0 "refused" ctl device refuse stranger --reason "nobody knows that key"
    expect 4 "was not approved" held stranger sync --deadline 5
    expect 4 "not enrolled" held stranger sync --deadline 5 # and waits no more
    says 4 "210" stranger "$given"
    same "in the list" "" "$(listed stranger status)"
    expect 0 "nobody knows that key" ctl audit
}

a_device_that_is_attached_again_works_on_until_it_is_approved() {
    local given
    given=$(code --device waits)
    says 6 "307" waits "$given"
    held waits report "${check[@]}" >/dev/null 2>&1
    sync waits "1 acknowledged, 0 waiting"
    given=$(code --device waits)
    says 6 "307" new "$given" # another handheld, to take its place
    as anna POST "/api/v1/devices/$(key new)/approve" '{}'
    answers "anna" 200
    sync new ", 0 waiting"
    held waits report "${check[@]}" >/dev/null 2>&1
    expect 4 "(200)" held waits sync --deadline 5 # its key is the old one now
}

approval_may_be_wanted_of_one_code_alone() {
    stop
    more_configuration=$people
    start
    says 0 "polisen" plain "$(code)"
    says 6 "307" careful "$(code --approval)"
    expect 0 "approval=second" ctl audit
}

people="[people]
logins_per_minute = 10000"
more_configuration="$people
[enrolment]
approval = second"
printf '%s=0\n' devices enrolment operations people >"$dir/a.ports"
more_listening="people = 127.0.0.1:0"
ctl init >/dev/null || exit 1
ctl promise import tests/fixtures/lund-2015.yaml >/dev/null || exit 1
start a
more_listening="people = 127.0.0.1:$(port a people)"
base="https://localhost:$(port a people)"
add anna --role administrator --organisation polisen --area lund
add jo --role administrator --organisation jernhusen --area lund

run_tests a_device_waits_and_both_ends_show_the_same_key \
    whoever_issued_the_code_does_not_approve_it \
    another_person_approves_it_and_the_same_key_gets_in_without_a_code \
    a_person_s_own_code_is_not_theirs_to_approve_either \
    one_that_is_refused_is_told_so_and_its_code_is_done_with \
    a_device_that_is_attached_again_works_on_until_it_is_approved \
    approval_may_be_wanted_of_one_code_alone
