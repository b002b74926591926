#!/bin/bash
# kill -9 over real processes and TLS, both sides, at random moments, while four handhelds queue reports all the while. Then
# everything drains, and the databases are compared by tests/support/compare_databases.sh, which must not find anything,
# and finds every one of the defects that are then put into copies of them.
#
# KILLS=100 (make kill-long: 1,000); KILL_SEED=n: the same draws again; the moments are the machine's.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/scenario.sh
case ${VARIANT:-release} in
release) kills=${KILLS:-100} slow=1 ;;
*) kills=${KILLS:-10} slow=4 ;; # what is looked for there shows at once
esac
seed=${KILL_SEED:-$((SRANDOM % 1000000))}
handhelds=(ha hb hc hd)
letters=abcdefghijklmnopqrstuvwxyz
exec {never}<> <(:)

rest() { read -rt "$(printf '0.%03d' $((RANDOM % ($1 * slow > 999 ? 999 : $1 * slow))))" -u "$never"; } # at most MS
die() { # PID: whether it was still there to be killed; a child of ours, so that the number is nobody else's
    kill -9 "$1"
    wait "$1"
    [ $? = 137 ]
}
count_kill() { echo "$1" >>"$dir/kills"; }
killed() { cat "$dir/kills" 2>/dev/null | grep -c "${1:-}"; }
each_killed() { # by chance none of one kind was among the first
    local kind
    for kind in rondd sync report; do [ "$(killed $kind)" -gt 0 ] || return 1; done
}

# --- A handheld: reports and syncs, each killed every now and then ---

queue() { # HANDHELD NUMBER: its ledger gets what was tried, and the reference where one was printed
    local name=$1 number=$2 pid reference mark place=stortorget
    mark=mark-$name-${letters:number / 17576 % 26:1}${letters:number / 676 % 26:1}${letters:number / 26 % 26:1}${letters:number % 26:1}-
    [ $((number % 5)) = 1 ] && place=nowhere # for the quarantine
    echo "$mark" >>"$dir/$name.ledger"
    : >"$dir/$name.said" # one that is killed at its very beginning leaves what was there
    "$bin/rond" --dir "$dir/$name" report check --of cyclist_behaviour --form targeted --checked 3 --place $place \
        --from "2015-05-08 14:00" --to "2015-05-08 15:00" --text "$mark" >"$dir/$name.said" &
    pid=$!
    if [ $((RANDOM % 3)) = 0 ]; then
        rest 40
        die $pid && count_kill report
    else
        wait $pid
    fi
    # What was printed is promised, even by one that was killed before it could end.
    read -r reference <"$dir/$name.said" && echo "$mark $reference" >>"$dir/$name.ledger"
}
carry() { # HANDHELD OFFSET: until it is enough
    local name=$1 number=0 sync
    RANDOM=$((seed + $2))
    until [ -e "$dir/enough" ] && [ $number -ge 10 ]; do # on a slow machine, too, there is something to compare
        for _ in $(seq $((RANDOM % 4 + 1))); do queue "$name" $((number++)); done
        "$bin/rond" --dir "$dir/$name" sync --deadline 3 >"$dir/$name.synced" &
        sync=$!
        if [ $((RANDOM % 2)) = 0 ]; then
            rest 120
            die $sync && count_kill sync
        else
            queue "$name" $((number++)) # while the other process has the outbox: waits for it
            wait $sync
        fi
    done
}

# --- The tests ---

everything_confirmed_is_stored_once_whoever_was_killed() {
    local name workers=() offset=0
    for name in "${handhelds[@]}"; do
        (carry "$name" $((++offset))) 2>/dev/null &
        workers+=($!)
    done
    RANDOM=$seed
    until [ "$(killed)" -ge "$kills" ] && each_killed; do
        rest 250
        { die "${servers[a]}" && count_kill rondd; } 2>/dev/null
        start a
    done
    touch "$dir/enough"
    wait "${workers[@]}"
    for name in "${handhelds[@]}"; do expect 0 " 0 waiting" held "$name" sync --wait --deadline 60; done
    sound
    stop
    cat "$dir"/*.ledger >"$dir/ledger"
    compare "$dir" >"$dir/compared" || complain "$(cat "$dir/compared")"
    echo "seed $seed, kills: $(killed rondd) of rondd, $(killed sync) of rond sync, $(killed report) of rond report; $(cat "$dir/compared")"
}

compare() { # FOLDER
    local outboxes=() name
    for name in "${handhelds[@]}"; do outboxes+=("$1/$name/outbox.db"); done
    OPEN_BODIES=$bin/open_bodies tests/support/compare_databases.sh "$1/ledger" "$1/a/rond.db" "${outboxes[@]}"
}

doctored() { # WORDS FILE SQL: found in a copy with this defect, by these words
    rm -rf "$dir/copy"
    mkdir "$dir/copy"
    cp -r "$dir/ledger" "$dir/a" "${handhelds[@]/#/$dir/}" "$dir/copy"
    sqlite3 "$dir/copy/$2" "$3"
    expect 1 "$1" compare "$dir/copy"
}
the_comparison_finds_every_defect_put_in() {
    local outbox="(SELECT outbox FROM reports ORDER BY row LIMIT 1)" last="(SELECT max(row) FROM reports WHERE verdict = 0)"
    expect 0 "confirmed" compare "$dir"
    doctored "confirmed, but not stored once" a/rond.db "DELETE FROM reports WHERE row = $last"
    doctored "numbers with gaps" a/rond.db "DELETE FROM reports WHERE row = $last"
    doctored "in the outbox, but not stored" a/rond.db "DELETE FROM reports WHERE row = $last"
    doctored "stored twice" a/rond.db "INSERT INTO body_keys SELECT row + 1000, key FROM body_keys WHERE row = $last; CREATE TEMP TABLE one AS SELECT * FROM reports WHERE row = $last;
        UPDATE one SET row = row + 1000; INSERT INTO reports SELECT * FROM one"
    doctored "one number twice" a/rond.db "CREATE TEMP TABLE one AS SELECT * FROM reports WHERE row = $last;
        UPDATE one SET row = row + 1000; INSERT INTO reports SELECT * FROM one"
    doctored "watermarks differ" a/rond.db "UPDATE outboxes SET watermark = watermark + 1 WHERE number = $outbox"
    doctored "watermarks differ" ha/outbox.db "UPDATE outboxes SET acknowledged_seq = acknowledged_seq - 1"
    doctored "chains differ" a/rond.db "UPDATE outboxes SET head = zeroblob(32) WHERE number = $outbox"
    doctored "invented" a/rond.db "UPDATE reports SET body = zeroblob(length(body)) WHERE row = $last" # what opens to nothing is nobody's report
    doctored "not what was sealed" a/rond.db "UPDATE reports SET body = CAST(substr(body, 1, length(body) - 1) || x'00' AS BLOB) WHERE row = $last"
    doctored "confirmed, but not stored once" a/rond.db "UPDATE body_keys SET key = zeroblob(32) WHERE row = $last"
    doctored "stored, but not in the outbox" ha/outbox.db "DELETE FROM reports WHERE seq = 1"
    doctored "out of order" a/rond.db "UPDATE reports SET seq = CASE seq WHEN 1 THEN 2 ELSE 1 END WHERE outbox = $outbox AND seq < 3"
    doctored "without a verdict, or with two" a/rond.db "DELETE FROM quarantine WHERE row = (SELECT min(row) FROM quarantine)"
    doctored "without a verdict, or with two" a/rond.db "UPDATE reports SET verdict = 1 WHERE row = $last"
    doctored "batches do not cover it" a/rond.db "DELETE FROM batches WHERE outbox = $outbox AND first_seq = 1"
    doctored "a batch names another row" a/rond.db "UPDATE batches SET first_row = first_row + 1 WHERE outbox = $outbox AND first_seq = 1"
    doctored "forked, lost or closed" a/rond.db "UPDATE outboxes SET forked = 1 WHERE number = $outbox"
    doctored "an outbox on one side only" ha/outbox.db "UPDATE outboxes SET outbox = zeroblob(16)"
    doctored "not under the reference that was printed" ha/outbox.db "ATTACH '$dir/copy/a/rond.db' AS s;
        UPDATE s.outboxes SET device = zeroblob(16)"
    doctored "not counted once" a/rond.db "CREATE TEMP TABLE one AS SELECT * FROM contributions WHERE row = $last AND reason = 0;
        UPDATE one SET ordinal = ordinal + 1; INSERT INTO contributions SELECT * FROM one"
    doctored "not counted once" a/rond.db "DELETE FROM contributions WHERE row = $last"
    doctored "counted without being applied" a/rond.db "UPDATE contributions SET row = (SELECT min(row) FROM quarantine) WHERE row = $last"
    doctored "the total is another" a/rond.db "UPDATE totals SET count = count + 1"
}

ctl init >/dev/null
start a
ctl promise import tests/fixtures/lund-2015.yaml >/dev/null
for name in "${handhelds[@]}"; do enrolled "$name" polisen police_officer; done
run_tests everything_confirmed_is_stored_once_whoever_was_killed the_comparison_finds_every_defect_put_in
