#!/bin/bash
# Another certificate authority takes the place of the one before, as docs/operating.md tells it: renewed, both trusted for a
# while, the one before retired. Nobody's reports are lost: not of a handheld that was there all the time, not of one that was
# offline for the first half and whose certificate ran out meanwhile, not of one that comes back when all is over. The weeks
# between are faketime's, which the sanitizers do not bear. Speaks like a cmocka program.
# Tests: server/ctl/ca.c server/admin/anchors.c server/auth/ca_rollover.c client-sdk/src/client_trust.c
set -u
cd "$(dirname "$0")/../.." || exit 2
if [ "${VARIANT:-release}" != release ]; then
    echo "[  PASSED  ] 0 tests."
    exit 0
fi
# shellcheck source=tests/support/scenario.sh
. tests/support/scenario.sh
check=(check --of cyclist_behaviour --form targeted --checked 1 --place bangatan)

reports() { # HANDHELD COUNT
    local i
    for i in $(seq "$2"); do report "$1" "${check[@]}" >/dev/null; done
}
waiting() { held "$1" --json status | jq .totals.waiting; }
applied() { ctl --json counts | jq .applied; }
depending() { ctl --json ca status | jq -r 'select(.name) | .name' | sort | tr '\n' ' '; } # on the former CA
fingerprint() { ctl --json ca status | jq -r "select(.role == \"$1\") | .ca"; }           # signs|former
later() { # what starts from here on does so that many days on, by the wall and by what is measured (which faketime sets alike)
    LD_PRELOAD=$(ls /usr/lib/*/faketime/libfaketime.so.1) FAKETIME=+$1d
    export LD_PRELOAD FAKETIME
}
served() { # what the enrolment listener shows: the certificates' subjects and issuers, by their keys
    openssl s_client -connect "localhost:$(port a enrolment)" -showcerts </dev/null 2>/dev/null |
        awk '/BEGIN CERT/ {n++} n {print > ("'"$dir"'/served." n)} END {print n}'
}

# Receipts are signed by a key that a CA vouches for, so who knows which CA decides whether they are believed.
receipts_are_believed() { # HANDHELD...
    local who
    for who in "$@"; do
        same "contradicted receipts of $who" 0 "$(held "$who" --json receipt --all | jq '[.receipts[] | select(.contradicted != null)] | length')"
        [ "$(held "$who" --json receipt --all | jq '.receipts | length')" -gt 0 ] || complain "$who has no receipt"
    done
}

the_ca_is_renewed_while_some_are_offline() {
    enrolled there polisen police_officer
    enrolled away polisen police_officer
    enrolled gone polisen police_officer
    reports away 3 # and is out of coverage from here on
    reports gone 2 # for longer
    same "one certificate is sent beside the server's own" 2 "$(served)"
    expect 9 "stop rondd first" ctl ca renew
    expect 0 "signs" ctl ca status
    old=$(fingerprint signs)
    stop a
    expect 7 "nothing to retire" ctl ca retire
    expect 0 "renewed" ctl ca renew
    expect 9 "renewed already" ctl ca renew
    same "the one before is trusted" "$old" "$(fingerprint former)"
    [ "$(fingerprint signs)" != "$old" ] || complain "the same CA signs"
    [ -L "$dir/a/ca.key" ] || complain "the key lies in the data directory"
    same "the keys are the owner's alone, beside that of receipts" "600 2" "$(stat -Lc %a "$dir/a/ca.key") $(ls "$dir/a-ca" | wc -l)"
    start a
    same "the cross-certificate is sent" 3 "$(served)"
    same "all depend on the CA before" "away gone there " "$(depending)"
}

a_device_that_is_there_learns_it_and_renews_by_itself() {
    reports there 1
    sync there "1 acknowledged, 0 waiting" # by the cross-certificate; the new CA comes down with the answer
    sync there ""                          # and is what it renews by
    same "one renewal" 1 "$(ctl audit | grep -c device.renew)"
    same "the others depend on the CA before" "away gone " "$(depending)"
    same "what was sent is there" 1 "$(applied)"
    stop a
    expect 4 "2 active devices depend" ctl ca retire
    expect 4 "gone " ctl ca retire
    same "it was refused" "$old" "$(fingerprint former)"
}

what_was_sealed_for_the_ca_before_opens() {
    expect 0 "3 reports are sealed" held away rescue "$dir/before"
    expect 0 "3 stored" ctl rescue "$dir/before"
    expect 0 "2 reports are sealed" held gone rescue "$dir/gone.rescue"
    start a
    expect 0 "3 already there" ctl rescue "$dir/before" # by the signer
    same "it is there" 4 "$(applied)"
    reports away 2
}

a_device_that_was_offline_for_the_first_half_comes_back_with_a_certificate_that_ran_out() {
    stop a
    later 40
    start a
    same "its reports wait, those that came by the file too" 5 "$(waiting away)"
    [[ "$(held away --json device | jq -r .certificate_expires)" < "$(date -u +%Y-%m-%d)" ]] || complain "its certificate still holds"
    sync away ", 0 waiting"
    same "each is counted once" 6 "$(applied)"
    same "only who never came back depends on the CA before" "gone " "$(depending)"
    reports away 1
    sync away "1 acknowledged, 0 waiting"
    reports away 1
    expect 0 "1 reports are sealed" held away rescue "$dir/after" # for both
    expect 0 "1 stored" ctl rescue "$dir/after"
    sync away ", 0 waiting"
    sync there ", 0 waiting"
}

a_backup_taken_between_is_whole() {
    local mine
    expect 0 "" ctl backup "$dir/backup"
    expect 0 "" ctl backup --keys "$dir/backup.keys"
    "$bin/rondctl" --data "$dir/restored" restore "$dir/backup" --keys "$dir/backup.keys" >/dev/null || complain "it was not restored"
    mine=$(ctl_of restored --json ca status | jq -r 'select(.role) | .ca' | tr '\n' ' ')
    same "both CAs are in it" "$(fingerprint signs) $(fingerprint former) " "$mine"
    expect 0 "sound" ctl_of restored verify
    rm -r "$dir/restored" "$dir/restored-ca"
}

a_code_pins_the_new_ca_while_both_are_trusted() {
    enrolled fresh polisen police_officer
    reports fresh 1
    sync fresh "1 acknowledged, 0 waiting"
    expect 0 "1 of 4 active devices depend" ctl ca status
    receipts_are_believed there away fresh
}

a_backup_from_before_serves_while_both_are_trusted() {
    server=b
    ctl init --name "Another" >/dev/null && start b && ctl promise import tests/fixtures/lund-2015.yaml >/dev/null
    enrolled other polisen police_officer
    expect 0 "" ctl backup "$dir/early"
    expect 0 "" ctl backup --keys "$dir/early.keys"
    stop b
    expect 0 "renewed" ctl ca renew
    start b
    reports other 1
    sync other "1 acknowledged, 0 waiting"
    sync other ""
    same "it has a certificate of the new CA" "" "$(depending)"
    stop b
    expect 0 "" ctl restore "$dir/early" --replace --keys "$dir/early.keys"
    start b
    # Refused, since nobody there knows the new CA: TLS says so, but what it says may be lost where the connection is reset behind it.
    held other sync --deadline 3 >"$dir/refused" 2>&1
    case "$?: $(tail -n 1 "$dir/refused")" in
    "4: 0 acknowledged, 0 waiting" | "6: 0 acknowledged, 0 waiting") ;;
    *) complain "it was not refused: $(cat "$dir/refused")" ;;
    esac
    same "nothing came in" 0 "$(applied)"
    expect 0 "certificate" held other device --renew # by its key, with the CA before; by itself when half of its life is over
    sync other ", 0 waiting"
    same "its report is there again" 1 "$(applied)"
    stop b
    server=a
}

the_ca_before_is_retired() {
    stop a
    expect 0 "retired" ctl ca retire --force
    expect 7 "nothing to retire" ctl ca retire
    same "none is trusted beside the new one" "" "$(fingerprint former)"
    same "its key is gone" "1 2" "$(grep -c 'BEGIN PRIVATE' "$dir/a/ca.key") $(ls "$dir/a-ca" | wc -l)"
    start a
    same "and so is the cross-certificate" 2 "$(served)"
    for who in there away fresh; do
        reports "$who" 1
        sync "$who" "1 acknowledged, 0 waiting"
    done
    expect 0 "ca.trusted" ctl audit
    receipts_are_believed there away fresh
}

a_device_that_comes_when_all_is_over_is_enrolled_anew_with_its_queue() {
    local code id before
    id=$(held gone --json device | jq -r .device)
    before=$(applied)
    held gone sync --deadline 3 >"$dir/said" 2>&1
    grep -q "no authority that the device trusts" "$dir/said" || complain "it does not say why: $(cat "$dir/said")"
    same "its reports wait" 2 "$(waiting gone)"
    expect 4 "sealed for another server" ctl rescue "$dir/gone.rescue"
    code=$(ctl device code --organisation polisen --area lund --role police_officer --device gone 2>/dev/null)
    expect 0 "" held gone enrol "https://localhost:$(port a enrolment)" "$code"
    same "it is the same device" "$id" "$(held gone --json device | jq -r .device)"
    sync gone ", 0 waiting"
    same "they are there" $((before + 2)) "$(applied)"
    sound
}

later 0
ctl init --name "Test CA" >/dev/null || exit 1
start a
ctl promise import tests/fixtures/lund-2015.yaml >/dev/null || exit 1
run_tests the_ca_is_renewed_while_some_are_offline a_device_that_is_there_learns_it_and_renews_by_itself \
    what_was_sealed_for_the_ca_before_opens \
    a_device_that_was_offline_for_the_first_half_comes_back_with_a_certificate_that_ran_out \
    a_backup_taken_between_is_whole a_code_pins_the_new_ca_while_both_are_trusted \
    a_backup_from_before_serves_while_both_are_trusted the_ca_before_is_retired \
    a_device_that_comes_when_all_is_over_is_enrolled_anew_with_its_queue
