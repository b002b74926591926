#!/bin/bash
# What the public reads over real TLS, without a log-in: closed unless it is opened, tags, languages, what may be kept how long,
# and a signature that openssl checks from what is public alone. Speaks like a cmocka program.
# Tests: server/app_public.c
set -u
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/support/scenario.sh
. tests/support/scenario.sh

more_listening="people = 127.0.0.1:0"
ask() { # PATH OPTIONS...: status; head and body in files
    local path=$1
    shift
    : >"$dir/body" # curl writes no file for an empty one
    curl -sS --cacert "$dir/a/ca.crt" -D "$dir/head" -o "$dir/body" -w '%{http_code}' "$@" "https://localhost:$(port a people)$path"
}
header() { tr -d '\r' <"$dir/head" | sed -n "s/^$1: //Ip"; }
opened() { # until what is made in the background is there
    for _ in $(seq 200); do [ "$(ask /public)" != 503 ] && return; sleep 0.05; done
}
published() { # COUNT: so many statements are told of
    for _ in $(seq 200); do
        ask /api/v1/public/promises/lund-2015-trafik/statements >/dev/null
        [ "$(jq '.statements | length' "$dir/body")" = "$1" ] && return
        sleep 0.05
    done
    complain "there are not $1 statements: $(cat "$dir/body")"
}
again() {
    stop
    start
}
document=/api/v1/public/promises/lund-2015-trafik/statements/2015-T1/v1.json

it_is_closed_unless_the_configuration_opens_it() {
    for path in /public /public/lund-2015-trafik /api/v1/public/promises.json /api/v1/public/keys "$document"; do
        same "$path" 404 "$(ask "$path")"
        same "what is not there is not kept" no-store "$(header cache-control)"
    done
    more_configuration=$'[public]\nenabled = yes\nlicence = CC-BY-4.0'
    again
    opened
    same "opened" 200 "$(ask /public)"
    same "its licence" CC-BY-4.0 "$(ask /api/v1/public/promises.json >/dev/null; jq -r .licence "$dir/body")"
}

an_answer_has_a_tag_and_may_be_kept() {
    same "a page" 200 "$(ask /public)"
    same "may be kept" "public, max-age=300" "$(header cache-control)"
    same "for the language" accept-language "$(header vary)"
    same "the same again" 304 "$(ask /public -H "If-None-Match: $(header etag)")"
    same "its body" 0 "$(wc -c <"$dir/body")"
    ask /api/v1/public/promises.csv >/dev/null
    same "for pages of others" "*" "$(header access-control-allow-origin)"
    same "a table" "text/csv; charset=utf-8; header=present" "$(header content-type)"
    same "a map" 200 "$(ask /api/v1/public/promises.geojson)"
    same "its type" FeatureCollection "$(jq -r .type "$dir/body")"
    same "what is not there" 404 "$(ask /public/nope)"
    same "to a program" application/problem+json "$(header content-type)"
    same "nor to somebody" 404 "$(ask /public/nope -H 'Accept: text/html')"
    same "who gets a page" "text/html; charset=utf-8" "$(header content-type)"
    same "nothing is sent" 405 "$(ask /public -X POST -d x)"
    same "nobody" 404 "$(ask /api/v1/public/promises/lund-2015-traffic)"
    same "no other version" 404 "$(ask "${document%1.json}9.json")"
}

a_page_is_in_the_language_that_one_reads() {
    for pair in "sv:" "sv:de" "en:en-GB,en;q=0.9" "sv:sv-SE,en;q=0.8"; do
        ask /public -H "Accept-Language: ${pair#*:}" >/dev/null
        grep -q "<html lang=\"${pair%%:*}\">" "$dir/body" || complain "${pair#*:} is not answered in ${pair%%:*}"
    done
    ask "/public?lang=en" -H "Accept-Language: sv" >/dev/null
    grep -q '<html lang="en">' "$dir/body" || complain "what was asked for by name is not given"
    ask /public -H "Accept-Language: $(printf 'en-%.0s' $(seq 400))" >/dev/null
    grep -q '<html lang="sv">' "$dir/body" || complain "a wish that is too long is not passed over"
}

# shellcheck disable=SC2319 # the answer of openssl
openssl_checks_a_statement_by_what_is_public_alone() {
    expect 0 "version 1" ctl followup publish lund-2015-trafik --tertial 2015-T1
    published 1
    same "the document" 200 "$(ask "$document")"
    same "it is kept for good" "public, max-age=31536000, immutable" "$(header cache-control)"
    cp "$dir/body" "$dir/document"
    ask "$document.sig" >/dev/null && cp "$dir/body" "$dir/signature"
    ask /api/v1/public/keys >/dev/null
    ask "$(jq -r '.keys[0].address' "$dir/body" | sed 's@https://[^/]*@@')" >/dev/null && cp "$dir/body" "$dir/key.pem"
    { printf 'rond statement v1'; cat "$dir/document"; } >"$dir/signed"
    openssl pkeyutl -verify -pubin -inkey "$dir/key.pem" -rawin -in "$dir/signed" -sigfile "$dir/signature" >"$dir/openssl" 2>&1 ||
        complain "openssl does not verify it: $(cat "$dir/openssl")"
    expect 0 "" ctl followup show lund-2015-trafik 2015-T1 --out "$dir/shown.json"
    same "the same bytes" "" "$(cmp "$dir/document" "$dir/shown.json" 2>&1)"
}

made() { metrics | tr -d '\r' | sed -n 's/^rond_public_made_total //p'; }
made_again() { # SINCE
    for _ in $(seq 200); do [ "$(made)" -gt "$1" ] && return; sleep 0.05; done
    complain "it was not put together anew"
}

neither_strangers_nor_changes_of_other_things_ask_the_store() {
    local before until=$((SECONDS + 3)) # it would be put together within two seconds
    before=$(made)
    while [ "$SECONDS" -lt "$until" ]; do
        ask /public >/dev/null
        ask /public/none >/dev/null
        expect 0 "" ctl device code --organisation polisen --area lund --role police_officer --no-qr
    done
    same "how often it was made" "$before" "$(made)"
}

it_is_put_together_anew_for_another_key_and_for_another_promise() {
    local before
    before=$(made)
    expect 0 "" ctl followup rotate-key
    made_again "$before"
    ask /api/v1/public/keys >/dev/null
    same "two keys" 2 "$(jq '.keys | length' "$dir/body")"
    before=$(made)
    sed 's/En tryggare trafiksituation/En lugnare trafiksituation/' tests/fixtures/lund-2015.yaml >"$dir/renamed.yaml"
    expect 0 "" ctl promise import "$dir/renamed.yaml"
    made_again "$before"
    ask "/public?lang=sv" >/dev/null
    grep -q "En lugnare trafiksituation" "$dir/body" || complain "the new title is not told"
}

ctl init --name Public >/dev/null
printf '%s=0\n' devices enrolment operations people >"$dir/a.ports"
start
more_listening="people = 127.0.0.1:$(port a people)"
ctl promise import tests/fixtures/lund-2015.yaml >/dev/null

run_tests it_is_closed_unless_the_configuration_opens_it \
    an_answer_has_a_tag_and_may_be_kept \
    a_page_is_in_the_language_that_one_reads \
    openssl_checks_a_statement_by_what_is_public_alone \
    neither_strangers_nor_changes_of_other_things_ask_the_store \
    it_is_put_together_anew_for_another_key_and_for_another_promise
