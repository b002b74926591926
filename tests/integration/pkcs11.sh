#!/bin/bash
# A handheld whose keys live in a PKCS#11 token (client-sdk/examples/pkcs11_keystore.c over SoftHSM): it enrols, queues and
# syncs over TLS without its key ever leaving the token, and a token that is locked loses nothing. Speaks like a cmocka
# program, so that tests/run.sh counts it.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/scenario.sh
module=/usr/lib/softhsm/libsofthsm2.so
mkdir "$dir/tokens" "$dir/token"
echo "directories.tokendir = $dir/tokens" >"$dir/softhsm.conf"
export SOFTHSM2_CONF=$dir/softhsm.conf

app() { # COMMANDS on standard input: what the app answers, a line for each
    timeout 60 "$dir/app" "$dir/token" "$module" handheld
}
answers() { # EXPECTED, a line for each command that is on standard input
    local said
    said=$(app 2>"$dir/faults")
    same "answers" "$1" "$said"
}
url() { echo "https://localhost:$(port "$server" enrolment)"; }

a_device_in_a_token_enrols_queues_and_syncs() {
    local code before
    before=$(ctl --json counts | jq .applied)
    code=$(ctl device code --organisation polisen --area lund --role police_officer 2>/dev/null)
    answers $'login ok\nopen ok\nenrol ok\nsync ok\nreport ok\nreport ok\n2 waiting ok\nsync ok\n0 waiting ok' <<IN
login 1234
open
enrol $(url) $code
sync
report one
report two
waiting
sync
waiting
IN
    same "they are there" $((before + 2)) "$(ctl --json counts | jq .applied)"
}

no_key_leaves_the_token() {
    same "only what is wrapped lies in the folder" "outbox.db outbox.wrapped" "$(cd "$dir/token" && echo *)"
    same "an IV, 32 bytes and a tag" 60 "$(stat -c %s "$dir/token/outbox.wrapped")"
}

a_wrong_pin_opens_nothing_and_loses_nothing() {
    answers $'login auth\nopen auth\nwaiting not found\nlogin ok\nopen ok\n0 waiting ok\nreport ok\n1 waiting ok' < <(
        printf '%s\n' 'login 9999' open waiting 'login 1234' open waiting 'report three' waiting)
}

a_token_that_is_locked_meanwhile_keeps_the_queue_for_later() {
    answers $'login ok\nopen ok\nlogout ok\nreport ok\nsync auth\n2 waiting ok\nlogin ok\nsync ok\n0 waiting ok' < <(
        printf '%s\n' 'login 1234' open logout 'report four' sync waiting 'login 1234' sync waiting)
}

another_token_does_not_open_the_outbox() {
    softhsm2-util --init-token --free --label other --so-pin 0000 --pin 1234 >/dev/null
    same "it says so" "open auth" "$(printf '%s\n' 'login 1234' open | timeout 60 "$dir/app" "$dir/token" "$module" other 2>/dev/null | sed -n 2p)"
    answers $'login ok\nopen ok\n0 waiting ok' < <(printf '%s\n' 'login 1234' open waiting)
}

make -s "build/${VARIANT:-release}/librond.a" >/dev/null || exit 1
[ "${VARIANT:-release}" = release ] || { bin=$PWD/build/release; make -s VARIANT=release programs >/dev/null || exit 1; }
# shellcheck disable=SC2046 # words
gcc -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -pedantic -Iclient-sdk/include -isystem "$(pkg-config --variable=includedir p11-kit-1)/p11-kit-1" \
    client-sdk/examples/pkcs11_keystore.c "$bin/librond.a" $(sed -n 's/^Libs.private: //p' "$bin/rond.pc") -o "$dir/app" || exit 1
softhsm2-util --init-token --free --label handheld --so-pin 0000 --pin 1234 >/dev/null || exit 1
ctl init --name "Test CA" >/dev/null || exit 1
start
ctl promise import tests/fixtures/lund-2015.yaml >/dev/null || exit 1
run_tests a_device_in_a_token_enrols_queues_and_syncs no_key_leaves_the_token a_wrong_pin_opens_nothing_and_loses_nothing \
    a_token_that_is_locked_meanwhile_keeps_the_queue_for_later another_token_does_not_open_the_outbox
