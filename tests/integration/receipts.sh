#!/bin/bash
# The server's receipts over real processes: checked with openssl alone and held against the store, also where an administrator
# has taken reports away with every number set back to fit. Speaks like a cmocka program, so that tests/run.sh counts it.
#
# Tests: client-sdk/cli/command_receipt.c server/ctl/receipt.c
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/scenario.sh
check=(check --of cyclist_behaviour --form targeted --place bangatan --from "2015-05-12 14:00" --to 15:00)

reports() { # HANDHELD COUNT
    local i
    for i in $(seq "$2"); do report "$1" "${check[@]}" --checked "$i" >/dev/null; done
}
newest() { held "$1" --json status | jq -r '.reports[0].reference'; } # HANDHELD
field() { sed -n "s/^ *\"$1\": \"\([^\"]*\)\".*/\1/p" "$2"; }         # NAME FILE
store() { sqlite3 "$dir/a/rond.db" "$1"; }
contradicted() { held "$1" --json receipt --all | jq '[.receipts[] | select(.contradicted != null)] | length'; } # HANDHELD

a_sync_brings_a_receipt_that_openssl_alone_checks() {
    enrolled first polisen police_officer
    expect 7 "no receipt" held first receipt "$(report first "${check[@]}" --checked 1)"
    reports first 2
    sync first ""
    expect 0 "" held first receipt "$(newest first)" --to "$dir/first.json"
    same "its watermark" 3 "$(jq .watermark "$dir/first.json")"
    field certificate "$dir/first.json" | openssl base64 -d -A | openssl x509 -inform DER -out "$dir/certificate.pem"
    field statement "$dir/first.json" | openssl base64 -d -A >"$dir/statement"
    field signature "$dir/first.json" | openssl base64 -d -A >"$dir/signature"
    openssl x509 -in "$dir/certificate.pem" -noout -pubkey >"$dir/key.pem"
    expect 0 "OK" openssl verify -CAfile "$dir/a/ca.crt" "$dir/certificate.pem"
    expect 0 "2.25.229673975790436218043082771273415951813" openssl x509 -in "$dir/certificate.pem" -noout -ext extendedKeyUsage
    expect 0 "Verified OK" openssl dgst -sha256 -verify "$dir/key.pem" -signature "$dir/signature" "$dir/statement"
    same "what is signed" "$(printf 'rond receipt v1' | od -An -tx1 | tr -d ' \n')$(field store "$dir/first.json")$(printf %016x 1)$(field device "$dir/first.json")$(field outbox "$dir/first.json")$(printf %016x 3)$(jq -r .head "$dir/first.json")" \
        "$(od -An -v -tx1 "$dir/statement" | tr -d ' \n')"
    { cat "$dir/statement" && printf x; } >"$dir/other"
    expect 1 "" openssl dgst -sha256 -verify "$dir/key.pem" -signature "$dir/signature" "$dir/other"
}

one_signature_ends_a_window_and_none_is_made_twice() {
    local before
    before=$(metrics | sed -n 's/^rond_receipts_total{state="made"} \([0-9]*\).*/\1/p')
    reports first 30
    sync first "30 acknowledged"
    sync first "0 acknowledged"
    same "receipts made" $((before + 1)) "$(metrics | sed -n 's/^rond_receipts_total{state="made"} \([0-9]*\).*/\1/p')"
}

the_store_is_held_against_it() {
    expect 0 "sound" ctl verify --receipt "$dir/first.json"
    expect 0 "" held first receipt --all --to "$dir/all.json"
    expect 0 "sound" ctl verify --receipt "$dir/all.json"
    expect 0 ", checked" ctl backup "$dir/backup"
    expect 0 "sound" ctl verify --backup "$dir/backup" --receipt "$dir/all.json"
    expect 3 "" held first receipt --all --to "$dir/all.json"
}

a_receipt_that_was_changed_is_refused() {
    jq '.watermark = 2' "$dir/first.json" >"$dir/changed.json"
    expect 8 "not signed by this server's key" ctl verify --receipt "$dir/changed.json"
    jq ".certificate = \"$(openssl x509 -in "$dir/a/server.crt" -outform DER | openssl base64 -A)\"" "$dir/first.json" >"$dir/changed.json"
    expect 8 "not signed by this server's key" ctl verify --receipt "$dir/changed.json"
    echo '{}' >"$dir/changed.json"
    expect 3 "no receipt" ctl verify --receipt "$dir/changed.json"
}

reports_that_an_administrator_takes_away_are_missed() {
    local number row
    enrolled second polisen police_officer
    reports second 2
    sync second ""
    number=$(store "SELECT number FROM outboxes ORDER BY number DESC LIMIT 1")
    row=$(store "SELECT quote(head) || ', ratchet = ' || quote(ratchet) FROM outboxes WHERE number = $number")
    reports second 3
    sync second ""
    expect 0 "" held second receipt "$(newest second)" --to "$dir/second.json"
    stop
    store "DELETE FROM body_keys WHERE row IN (SELECT row FROM reports WHERE outbox = $number AND seq > 2);
           DELETE FROM contributions WHERE row IN (SELECT row FROM reports WHERE outbox = $number AND seq > 2);
           DELETE FROM reports WHERE outbox = $number AND seq > 2;
           DELETE FROM batches WHERE outbox = $number AND first_seq > 2;
           DELETE FROM changes WHERE outbox = $number AND first_seq > 2;
           UPDATE outboxes SET watermark = 2, head = $row WHERE number = $number;"
    expect 0 "counted anew" ctl rebuild
    expect 0 "sound" ctl verify # nothing is left that could tell
    expect 8 "seq 3" ctl verify --receipt "$dir/second.json"
    expect 8 "$(jq -r .device "$dir/second.json")" ctl verify --receipt "$dir/second.json"
    expect 8 "Missing from here on" ctl verify --receipt "$dir/second.json"
    same "as rows" '3 "Missing from here on, though there is a receipt for it."' \
        "$(ctl --json verify --receipt "$dir/second.json" | jq -sr '.[0] | "\(.seq) \(.what | tojson)"')"
    start
}

the_device_tells_at_its_next_sync_and_gives_back_what_it_has() {
    sync second "lacks reports that it gave a receipt for"
    expect 0 "from report 3 on" held second status
    expect 0 "CONTRADICTED from report 3" held second receipt --all
    same "the reports are there again" 5 "$(store "SELECT watermark FROM outboxes ORDER BY number DESC LIMIT 1")"
    expect 0 "sound" ctl verify --receipt "$dir/second.json"
    grep -q "event=receipt_contradicted .*receipt_seq=5 watermark=2" "$dir/a.log" || complain "the server's log does not say so"
    metrics | grep -q '^rond_receipts_contradicted_total 1' || complain "nor its metrics"
    same "the proof is kept" 5 "$(held second --json receipt --all | jq '.receipts[0].watermark')"
}

new_reports_go_on_and_who_has_read_it_is_left_alone() {
    reports second 1
    sync second "1 acknowledged, 0 waiting"
    expect 0 "warning" held second status
    expect 0 "" held second receipt --seen
    expect 0 "" held second status
    grep -q warning "$dir/said" && complain "it is told still"
    same "and kept" 1 "$(contradicted second)"
    same "once" 6 "$(held second --json receipt --all | jq '[.receipts[].watermark] | max')"
}

a_server_that_was_restored_says_so_and_contradicts_nothing() {
    enrolled third polisen police_officer
    reports third 2
    sync third ""
    expect 0 ", checked" ctl backup "$dir/restored"
    expect 0 "keys" ctl backup --keys "$dir/keys"
    reports third 2
    sync third ""
    expect 0 "" held third receipt "$(newest third)" --to "$dir/third.json"
    stop
    expect 0 "" ctl restore --replace "$dir/restored" --keys "$dir/keys"
    expect 8 "restored since" ctl verify --receipt "$dir/third.json"
    start
    sync third ""
    same "nothing is contradicted" 0 "$(contradicted third)"
    same "a receipt of each epoch" 2 "$(held third --json receipt --all | jq '.receipts | length')"
    expect 0 "sound" ctl verify --receipt "$dir/third.json"
    same "the key was in the backup" "$(jq -r .certificate "$dir/third.json" | openssl base64 -d -A | openssl x509 -inform DER -noout -pubkey)" \
        "$(openssl x509 -in "$dir/a/receipt.crt" -noout -pubkey)"
}

expect 0 "receipt.key" ctl init
ctl promise import tests/fixtures/lund-2015.yaml >/dev/null
start
run_tests a_sync_brings_a_receipt_that_openssl_alone_checks one_signature_ends_a_window_and_none_is_made_twice \
    the_store_is_held_against_it a_receipt_that_was_changed_is_refused reports_that_an_administrator_takes_away_are_missed \
    the_device_tells_at_its_next_sync_and_gives_back_what_it_has new_reports_go_on_and_who_has_read_it_is_left_alone \
    a_server_that_was_restored_says_so_and_contradicts_nothing
