#!/bin/bash
# Whoever takes over the server's process: what it does not have. And what goes on when the signer is gone. Over real
# processes: enrolment, renewal of the listeners' certificate, syncing, rescue, backup and restore under the walls of
# server/sandbox.h. Speaks like a cmocka program.
# Tests: server/app_signer.c server/ctl/seclude.c
set -u
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/support/scenario.sh
. tests/support/scenario.sh

may8=(--from "2015-05-08 14:00" --to "2015-05-08 15:30")
cykel=(check --of cyclist_behaviour --form targeted --checked 14 --place stortorget)
signer() { sed -n 's/.*event=signer pid=\([0-9]*\).*/\1/p' "$dir/a.log" | tail -n 1; }
status() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; } # PID FIELD
has_sandbox() { [ "${VARIANT:-release}" = release ]; }          # not under a sanitizer
receipts() { held "$1" --json receipt --all | jq '[.receipts[].watermark] | max'; } # HANDHELD: up to where
code() {
    local given
    given=$(ctl device code --organisation polisen --area lund --role police_officer 2>/dev/null)
    echo "$given" >>"$dir/codes" # every one that was given out
    printf '%s' "$given"
}

the_server_is_walled_in_and_says_so() {
    local pid
    for pid in "${servers[a]}" "$(signer)"; do
        [ -n "$pid" ] || { complain "there is no signer"; return; }
        same "limit of core dumps" "0" "$(awk '/^Max core file size/ {print $5}' "/proc/$pid/limits")"
        has_sandbox || continue
        same "no new privileges" 1 "$(status "$pid" NoNewPrivs)"
        same "filtered" 2 "$(status "$pid" Seccomp)"
        [ "$(id -u)" != 0 ] || same "capabilities" 0000000000000000 "$(status "$pid" CapEff)"
    done
    same "the signer's parent" "${servers[a]}" "$(status "$(signer)" PPid)"
    has_sandbox || return
    grep -Eq 'event=confined landlock=[0-9]+ seccomp=on ca_key=out_of_reach' "$dir/a.log" || complain "it does not say how it is confined"
}

# A database in the data directory, the sockets, the log: not the key, nor a way to it.
the_server_holds_nothing_of_the_ca_s_key() {
    local key
    for key in ca receipt; do
        same "where $key.key lies" "$dir/a-ca" "$(dirname "$(readlink -f "$dir/a/$key.key")")"
    done
    ls -l "/proc/${servers[a]}/fd" 2>/dev/null | grep -qF -- "$dir/a-ca" && complain "it has a file open beside its data directory"
    ls -l "/proc/$(signer)/fd" 2>/dev/null | grep -vF "$dir/a.log" | grep -E ' -> /(tmp|var)' && complain "the signer has files open"
    expect 0 '"warnings":[' ctl --json health
    grep -q '"ca_key"' "$dir/said" && complain "it warns of a key that is out of reach"
    true
}

what_needs_the_key_works_and_each_signature_is_in_the_log() {
    local before
    before=$(grep -c 'event=signed what=device_certificate' "$dir/a.log")
    expect 0 "" held police enrol "https://localhost:$(port a enrolment)" "$(code)" --name police
    sync police ""
    report police "${cykel[@]}" "${may8[@]}" >/dev/null
    expect 0 "1 reports" held police rescue "$dir/file"
    expect 0 "1 stored" ctl rescue "$dir/file"
    [ ! -e "$dir"/a/incoming-*.rescue ] || complain "the file was left in the data directory"
    sync police ", 0 waiting"
    same "certificates that were signed" $((before + 1)) "$(grep -c 'event=signed what=device_certificate' "$dir/a.log")"
    same "secrets of rescue files" 1 "$(grep -c 'event=signed what=rescue_secret' "$dir/a.log")"
    expect 0 "checked" ctl backup "$dir/backup"
    same "the key is in it" "$(sha256sum <"$dir/a/ca.key")" "$(sha256sum <"$dir/backup/ca.key")"
    same "that of receipts, too" "$(sha256sum <"$dir/a/receipt.key")" "$(sha256sum <"$dir/backup/receipt.key")"
    receipts police | grep -q '^[1-9]' || complain "there is no receipt"
}

# A person sees 300 and may come again, with the same code.
without_the_signer_nobody_enrols_and_syncing_goes_on() {
    local given before
    given=$(code)
    kill -9 "$(signer)"
    expect 6 "" held guard enrol "https://localhost:$(port a enrolment)" "$given" --name guard
    expect 6 '"code": 300' held guard --json enrol "https://localhost:$(port a enrolment)" "$given" --name guard
    report police "${cykel[@]}" "${may8[@]}" >/dev/null
    expect 0 "1 reports" held police rescue "$dir/second"
    expect 6 "signer" ctl rescue "$dir/second"
    before=$(receipts police)
    sync police "1 acknowledged, 0 waiting"
    same "what there is a receipt for" "$before" "$(receipts police)"
    for _ in $(seq 100); do
        ctl --json health | grep -q '"signer"' && break
        sleep 0.1
    done
    expect 0 "The signer has ended" ctl health
    same "said once" 1 "$(grep -c 'event=signer_ended' "$dir/a.log")"
    metrics | grep -q 'rond_health_warning{name="signer"} 1' || complain "no metric says so"
    stop a
    start a
    expect 0 "" held guard enrol "https://localhost:$(port a enrolment)" "$given" --name guard # no try of it was spent
    sync guard ""
    sync police "0 acknowledged"
    same "the receipt that was left out" $((before + 1)) "$(receipts police)"
}

# As under version 0.2: no key of receipts yet. The signer makes it, and puts it where the CA's lies.
a_new_key_of_receipts_never_stays_in_the_data_directory() {
    stop a
    rm "$(readlink -f "$dir/a/receipt.key")" "$dir/a/receipt.key" "$dir/a/receipt.crt"
    start a
    same "where it lies" "$dir/a-ca" "$(dirname "$(readlink -f "$dir/a/receipt.key")")"
    report police "${cykel[@]}" "${may8[@]}" >/dev/null
    sync police "1 acknowledged, 0 waiting"
    held police --json receipt --all | jq -e 'all(.receipts[]; .contradicted == null)' >/dev/null || complain "it is not believed"
    grep -q 'event=signed_receipts count=[1-9]' "$dir/a.log" || complain "the log does not say how many were signed"
}

the_signer_ends_with_the_server() {
    local pid
    pid=$(signer)
    kill -9 "${servers[a]}"
    wait "${servers[a]}" 2>/dev/null
    for _ in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.02
    done
    kill -0 "$pid" 2>/dev/null && complain "the signer outlives the server"
    start a
}

# One of before, or of a restored backup that was cut short.
a_key_in_the_data_directory_is_warned_of_and_moved() {
    stop a
    cp --remove-destination "$(readlink -f "$dir/a/ca.key")" "$dir/a/ca.key"
    start a
    for _ in $(seq 100); do
        ctl --json health | grep -q '"ca_key"' && break
        sleep 0.1
    done
    expect 0 "run rondctl seclude" ctl health
    expect 0 "lie in" ctl seclude
    [ -L "$dir/a/ca.key" ] || complain "it is no link"
    [ -L "$dir/a/receipt.key" ] || complain "that of receipts is none"
    expect 0 "" ctl seclude
    stop a
    start a
    expect 7 "no data directory" ctl_of nowhere seclude
    expect 0 "is restored" ctl_of b restore "$dir/backup" --without-texts
    [ -L "$dir/b/ca.key" ] || complain "a restored key lies in the data directory"
}

a_data_directory_of_root_s_is_refused_and_that_of_another_user_becomes_its_user() {
    [ "$(id -u)" = 0 ] || return 0
    expect 0 "is ready" ctl_of c init
    server=c start c
    stop c
    expect 4 "does not run as root" env -u ROND_AS_ROOT "$bin/rondd" --config "$dir/c.conf"
    chmod 755 "$dir"
    chown -R 4711:4711 "$dir/c" "$dir/c-ca"
    start c
    same "the user" "4711	4711	4711	4711" "$(status "${servers[c]}" Uid)"
    same "the group" "4711	4711	4711	4711" "$(status "${servers[c]}" Gid)"
    expect 0 "checked" ctl_of c backup "$dir/backup-c"
    same "who has the note of it" 4711 "$(stat -c %u "$dir/c/backup.json")"
    stop c
    chmod 700 "$dir"
}

# What the whole run above knew of secrets: codes, keys, passwords. None is in a log, in an argument or in the environment.
no_secret_is_in_a_log_an_argument_or_the_environment() {
    local secret pid file
    local secrets=("PRIVATE KEY")
    mapfile -t -O 1 secrets <"$dir/codes"
    for file in "$dir"/a-ca/*.key "$dir/a/server.key" "$dir/a/statement.key" "$dir"/*/keys/*; do
        [ -f "$file" ] || continue
        while IFS= read -r secret; do secrets+=("$secret"); done < <(grep -aE '^[A-Za-z0-9+/=]{24,}$' "$file")
    done
    [ "${#secrets[@]}" -gt 5 ] || complain "too few secrets are known: ${#secrets[@]}"
    for secret in "${secrets[@]}"; do
        [ "${#secret}" -ge 8 ] || continue
        grep -qF -- "$secret" "$dir"/*.log && complain "a secret is in a log: ${secret:0:6}..."
        for pid in "${servers[@]}" "$(signer)"; do
            tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qF -- "$secret" && complain "a secret is in the arguments"
            tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -qF -- "$secret" && complain "a secret is in the environment"
        done
    done
    printf 'x %s x\n' "${secrets[1]}" >"$dir/proof.log" # the same search finds one that is there
    grep -qF -- "${secrets[1]}" "$dir"/*.log || complain "the search finds nothing"
}

expect 0 "is ready" ctl init
start a
expect 0 "" ctl promise import tests/fixtures/lund-2015.yaml
[ "$wrong" = 0 ] || exit 1
run_tests the_server_is_walled_in_and_says_so the_server_holds_nothing_of_the_ca_s_key \
    what_needs_the_key_works_and_each_signature_is_in_the_log without_the_signer_nobody_enrols_and_syncing_goes_on \
    a_new_key_of_receipts_never_stays_in_the_data_directory the_signer_ends_with_the_server a_key_in_the_data_directory_is_warned_of_and_moved \
    a_data_directory_of_root_s_is_refused_and_that_of_another_user_becomes_its_user \
    no_secret_is_in_a_log_an_argument_or_the_environment
