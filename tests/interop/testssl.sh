#!/bin/bash
# testssl.sh over the real listeners, with our own authority given: nothing from MEDIUM up on the ports for enrolment and for
# people; on the devices' port, which tells nothing to whoever has no certificate, protocols and ciphers. Takes minutes: make testssl.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/scenario.sh

# Findings that stay, by testssl's name, and why.
accepted() {
    cat <<'TABLE'
cert_revocation  clients trust our own authority alone and are told the server's name; a stolen server key is answered by another authority (docs/operating.md)
TABLE
}

scan() { # PORT NAME OPTIONS...
    local port=$1 name=$2
    shift 2
    timeout 1200 testssl --quiet --color 0 --warnings off --nodns none --add-ca "$dir/a/ca.crt" --jsonfile "$dir/$name.json" "$@" \
        "https://localhost:$port" >"$dir/$name.txt" 2>&1
}

findings() { # NAME: those that are not accepted, a line each
    jq -r '.[] | select(.severity == "MEDIUM" or .severity == "HIGH" or .severity == "CRITICAL" or .severity == "FATAL") | "\(.id) \(.severity): \(.finding)"' \
        "$dir/$1.json" | grep -vwF "$(accepted | cut -d' ' -f1)"
}

saw() { # NAME ID WORDS: so that a scan that saw nothing is not taken for a clean one
    jq -r --arg id "$2" '.[] | select(.id == $id) | .finding' "$dir/$1.json" | grep -qF -- "$3" || complain "$1: no '$2' that says '$3'"
}

is_clean() { # NAME
    same "findings" "" "$(findings "$1")"
    saw "$1" TLS1_3 "offered with final"
    saw "$1" cert_chain_of_trust "passed"
    saw "$1" cert_keySize "EC 256"
    saw "$1" heartbleed "not vulnerable"
    [ "$(jq length "$dir/$1.json")" -ge 60 ] || complain "only $(jq length "$dir/$1.json") findings"
}
enrolment_is_clean() { is_clean enrolment; }
people_s_pages_are_clean() {
    is_clean people
    saw people HSTS_time "365 days"
    saw people HSTS_subdomains "includes subdomains"
}

devices_have_one_protocol_and_its_ciphers() {
    same "findings" "" "$(findings devices)"
    saw devices TLS1_3 "offered with final"
    for old in SSLv2 SSLv3 TLS1 TLS1_1 TLS1_2; do saw devices $old "not offered"; done
    saw devices cipherlist_STRONG "offered"
}

"$bin/rondctl" --data "$dir/a" init >/dev/null || exit 1
more_listening="people = 127.0.0.1:0" start a
# Order and groups are chosen by OpenSSL, for every port alike: asked of one.
scan "$(port a enrolment)" enrolment --protocols --std --pfs --server-preference --server-defaults --headers --vulnerable &
scans=$!
scan "$(port a people)" people --protocols --std --server-defaults --headers --vulnerable &
scans="$scans $!"
scan "$(port a devices)" devices --protocols --std
# shellcheck disable=SC2086
wait $scans
run_tests enrolment_is_clean people_s_pages_are_clean devices_have_one_protocol_and_its_ciphers
