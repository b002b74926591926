#!/bin/bash
# The restore drill over real processes and TLS: a backup while handhelds sync, more syncs, the server killed and its data
# directory gone, the backup restored, and after the next sync all is there, once. Speaks like a cmocka program.
# Tests: server/ctl/backup.c
set -u
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/support/scenario.sh
. tests/support/scenario.sh

may8=(--from "2015-05-08 14:00" --to "2015-05-08 15:30")
cykel=(check --of cyclist_behaviour --form targeted --checked 14 --place stortorget)
fleet=(one two three)

sync_s=60 # of three at once beside a backup, on a machine that has other things to do: it ends when it is through
synced() { # HANDHELD: all of it, at whichever try
    local answer=0
    for _ in 1 2 3 4 5; do
        answer=0
        held "$1" sync --deadline "$sync_s" >/dev/null 2>"$dir/$1.said" || answer=$?
        [ "$answer" != 6 ] && break # which says: again
    done
    [ "$answer" = 0 ] || complain "$1 could not sync ($answer): $(cat "$dir/$1.said")"
}
busy() { # HANDHELD TIMES: reports and syncs
    for _ in $(seq "$2"); do
        report "$1" "${cykel[@]}" "${may8[@]}" >>"$dir/$1.saved"
        synced "$1"
    done
}
# What was reported and what came of it, in no order and without when it came in.
exported() { ctl export | jq -c 'select(.kind != "meeting") | [.identity, .leaf, .verdict, [.contributions[] | [.commitment, .counted]]]' | sort; }
standing() { # without what a meeting counts toward
    ctl --json progress | jq -c '.areas[].promises[].commitments[] | [.commitment, .done, .status]' | grep -vE 'taximoten|samverkan'
}
references() { ctl export | jq -r .reference | sort; }

a_backup_is_taken_while_handhelds_sync() {
    local name pids=()
    for name in "${fleet[@]}"; do
        busy "$name" 3 &
        pids+=($!)
    done
    for i in 1 2 3; do
        expect 0 ", checked" ctl backup "$dir/backup$i"
    done
    wait "${pids[@]}"
    expect 0 '"backup":' ctl --json backup "$dir/backup4"
    expect 0 "9 keys, 0 erasures" ctl backup --keys "$dir/keys"
    expect 0 '"keys_file":' ctl --json backup --keys "$dir/keys"
    same "only its owner may read it" 600 "$(stat -c %a "$dir/keys")"
    same "its manifest" 9 "$(jq .received "$dir/backup4/manifest.json")"
    for i in 1 2 3 4; do
        expect 0 "sound" ctl verify --backup "$dir/backup$i"
        [ "$(ls -A "$dir/backup$i" | sort | tr '\n' ' ')" = "ca.crt ca.key manifest.json receipt.key rond.db statement.key " ] ||
            complain "verifying left something there: $(ls -A "$dir/backup$i")"
    done
    same "the last backup is known" "$(jq .taken_ms "$dir/backup4/manifest.json")" "$(jq .at_ms "$dir/a/backup.json")"
    same "who took it is in the log" 4 "$(ctl --json audit | grep -c '"backup"')"
    same "who wrote the keys, too" 2 "$(ctl --json audit | grep -c '"backup.keys"')"
    same "no partial one is left" "" "$(ls "$dir" | grep partial)"
}

what_cannot_be_a_backup_says_why() {
    expect 9 "is there already" ctl backup "$dir/backup1"
    expect 3 "within the data directory itself" ctl backup "$dir/a/backup"
    expect 7 "cannot go into" ctl backup "$dir/nowhere/backup"
    expect 2 "usage" ctl backup
    expect 7 "is no backup" ctl verify --backup "$dir/a"
    expect 9 "stop it first" ctl restore "$dir/backup1" --keys "$dir/keys"
    expect 7 "cannot be made" ctl backup --keys "$dir/nowhere/keys"
    same "as JSON" '"conflict"' "$(ctl --json backup "$dir/backup1" 2>/dev/null | jq -c .error.name)"
    if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
        expect 5 "There is no room for the backup" unshare --mount bash -c "mkdir '$dir/small' &&
            mount -t tmpfs -o size=64k tmpfs '$dir/small' && '$bin/rondctl' --data '$dir/still' backup '$dir/small/backup'"
    fi
}

# A handheld restored from an image went on in a fresh queue; what the one that it left behind had handed in is nowhere else.
left_behind() {
    report image "${cykel[@]}" "${may8[@]}" >>"$dir/image.saved"
    sync image "1 acknowledged, 0 waiting"
    cp -a "$dir/image" "$dir/original"
    held original --json report "${cykel[@]}" "${may8[@]}" >/dev/null 2>&1
    sync original "1 acknowledged, 0 waiting"
    rm -rf "$dir/original" # with what it reported last
    ctl export | jq -r 'select(.seq == 2 and .device == "'"$(held image --json device | jq -r .device)"'").reference' >"$dir/gone"
    report image "${cykel[@]}" "${may8[@]}" >"$dir/image.again"
    sync image "1 acknowledged, 0 waiting"
    held image --json status --all | jq -r '.reports[].reference' | head -n 1 >>"$dir/image.saved"
    same "it forked" 2 "$(ctl --json outbox list | jq -r .device | grep -c "$(held image --json device | jq -r .device)")"
}

after_the_restore_all_is_there_once() {
    local name before standing_before
    left_behind
    for name in "${fleet[@]}"; do
        busy "$name" 1 # since the backup
    done
    report one meeting --with taxi_trade "${may8[@]}" >>"$dir/one.saved" # not yet sent
    before=$(exported | grep -v "$(ctl export | jq -r "select(.reference == \"$(cat "$dir/gone")\").identity")")
    standing_before=$(standing | grep -v cykel)
    kill -9 "${servers[a]}"
    wait "${servers[a]}" 2>/dev/null
    unset "servers[a]"
    rm -rf "$dir/a"
    expect 3 "Name the file" ctl restore "$dir/backup4"
    expect 3 "is no key file" ctl restore "$dir/backup4" --keys "$dir/backup4/manifest.json"
    expect 0 "is restored: 9 reports" ctl restore "$dir/backup4" --keys "$dir/keys"
    same "all of them can be read" 0 "$(ctl --json counts | jq .keyless)"
    expect 0 "sound" ctl verify
    expect 0 "restore" ctl audit
    same "reports before they sync" 9 "$(ctl --json counts | jq .reports)"
    start a
    for name in two three; do
        sync "$name" "0 waiting"
    done
    sync one "0 waiting"
    sync image ", 0 waiting"
    same "nothing waits there by the server's list" 0 "$(ctl --json outbox list | jq .waiting | grep -vc '^0$')"
    same "all of it is received" 2 "$(held image --json status | jq .totals.received)"
    same "every report that was saved, once" "$(sort "$dir"/*.saved)" "$(references)"
    same "what came of them" "$before" "$(exported)"
    same "the figures" "$standing_before" "$(standing | grep -v cykel)"
    same "what only a handheld that is gone had is gone" 0 "$(references | grep -c "$(cat "$dir/gone")")"
    same "and what was reported since" 1 "$(figure lund-2015-trafik/taximoten)"
    for name in "${fleet[@]}"; do
        same "$name knows that all of it counts" "" \
            "$(held "$name" --json status --all | jq -r '.reports[].status' | grep -v counted)"
    done
    sound
}

# Restored twice from one backup: each time another history, and the devices come again.
the_same_backup_can_be_restored_again() {
    local before
    before=$(exported)
    stop a
    expect 9 "--replace moves it aside" ctl restore "$dir/backup2" --keys "$dir/keys"
    expect 0 "is kept in" ctl restore "$dir/backup2" --keys "$dir/keys" --replace
    expect 0 "sound" "$bin/rondctl" --data "$(echo "$dir"/a/replaced-*)" verify
    start a
    for name in "${fleet[@]}" image; do
        sync "$name" "0 waiting"
    done
    same "all of it" "$before" "$(exported)"
    sound
}

ctl init >/dev/null || exit 1
"$bin/rondctl" --data "$dir/still" init >/dev/null || exit 1
start a
ctl promise import tests/fixtures/lund-2015.yaml >/dev/null || exit 1
for name in "${fleet[@]}"; do
    enrolled "$name" polisen police_officer
done
enrolled image polisen police_officer
run_tests a_backup_is_taken_while_handhelds_sync what_cannot_be_a_backup_says_why after_the_restore_all_is_there_once \
    the_same_backup_can_be_restored_again
