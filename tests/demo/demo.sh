#!/bin/bash
# The main job, shown: six handhelds queue a shift of reports while the server cannot be reached, sync through a window
# that is cut halfway, and again while the server is killed and restarted; then the promises, the evidence, and a count
# made from the seven database files themselves. Exits non-zero if any of it does not hold.
# KEEP=1 goes on: a year of reports, people with log-ins, and the server left running with its pages. DEMO_DIR chooses the folder (default: a fresh one in /tmp).
set -euo pipefail
export ROND_AS_ROOT=1 # where root runs it: server/privileges.h
cd "$(dirname "$0")/../.."
bin=$PWD/build/${VARIANT:-release}
dir=${DEMO_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/rond-demo.XXXXXX")}
mkdir -p "$dir"
data=$dir/server
log=$dir/rondd.log
server=
bold= plain=
if [ -t 1 ]; then bold=$'\e[1m' plain=$'\e[0m'; fi

say() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
fail() { printf 'demo: %s\n' "$*" >&2; tail -n 20 "$log" >&2 2>/dev/null || true; exit 1; }
ctl() { "$bin/rondctl" --data "$data" "$@"; }
held() { local name=$1; shift; "$bin/rond" --dir "$dir/$name" "$@"; }
stop_all() { [ -z "$server" ] || kill -9 "$server" 2>/dev/null || true; }
trap stop_all EXIT

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
base=$((20000 + RANDOM % 20000))
until port_is_free $base && port_is_free $((base + 1)) && port_is_free $((base + 2)) && port_is_free $((base + 3)) && port_is_free $((base + 4)); do
    base=$((20000 + RANDOM % 20000))
done
devices=$base enrolment=$((base + 1)) operations=$((base + 2)) behind=$((base + 3)) people=$((base + 4))

write_config() { # the port that rondd itself listens on for devices; what it tells them stays $devices
    cat >"$dir/rondd.conf" <<CONF
[server]
data_dir = $data
hostnames = localhost
servers = wss://localhost:$devices
[listen]
devices = 127.0.0.1:$1
enrolment = 127.0.0.1:$enrolment
operations = 127.0.0.1:$operations
people = 127.0.0.1:$people
[people]
accessibility_contact = tillganglighet@demo.example
accessibility_assessed = $(date +%F)
[public]
enabled = yes
CONF
}
start_server() {
    "$bin/rondd" --config "$dir/rondd.conf" >>"$log" 2>&1 &
    server=$!
    disown "$server" # bash would tell of its being killed
    for _ in $(seq 100); do
        curl -fs "http://127.0.0.1:$operations/readyz" >/dev/null 2>&1 && return
        kill -0 "$server" 2>/dev/null || fail "the server did not start"
        sleep 0.05
    done
    fail "the server is not ready after 5 s"
}
server_is_gone() { # within 10 s
    for _ in $(seq 1000); do
        kill -0 "$server" 2>/dev/null || return 0
        sleep 0.01
    done
    return 1
}
stop_server() {
    kill -TERM "$server"
    server_is_gone || fail "the server did not stop"
    tail -n 1 "$log" | grep -q 'event=stopped code=0' || fail "the server did not stop in order"
    server=
}

say "A server on loopback, with the Lund 2015 promises"
ctl init --name "Demo CA"
write_config "$devices"
"$bin/rondd" --config "$dir/rondd.conf" --check-config
start_server
ctl promise import tests/fixtures/lund-2015.yaml

say "Six handhelds of four roles from three organisations"
handhelds=(patrol-1 patrol-2 town-1 town-2 host-1 guard-1)
enrol() { # name organisation role
    local code
    code=$(ctl device code --organisation "$2" --area lund --role "$3" 2>/dev/null)
    held "$1" enrol "https://localhost:$enrolment" "$code" --name "$1" >/dev/null || fail "$1 could not enrol"
    held "$1" sync --deadline 10 >/dev/null || fail "$1 could not sync"
    printf '  %-10s %-14s %s\n' "$1" "$2" "$3"
}
enrol patrol-1 polisen police_officer
enrol patrol-2 polisen police_officer
enrol town-1 lunds-kommun municipal_staff
enrol town-2 lunds-kommun municipal_staff
enrol host-1 jernhusen station_host
enrol guard-1 jernhusen security_guard

say "Coverage is gone: the server cannot be reached, and a shift of reports is queued"
stop_server
report() { local name=$1; shift; held "$name" --json report "$@" | jq -r .reference; }
for day in 04 05 06 07 08 11 12 13; do
    report patrol-1 check --of cyclist_behaviour --form targeted --checked 12 --remarked 3 --reported 1 --place stortorget \
        --from "2015-05-$day 14:00" --to "2015-05-$day 15:00" >/dev/null
done
for week in 08 15 22 29; do
    report patrol-2 patrol --place lund-c-stationen --persons police_officer=2 --from "2015-05-$week 20:00" --to "2015-05-$week 21:30" >/dev/null
    report host-1 patrol --place lund-c-stationen --persons station_host=1 --from "2015-05-$week 06:30" --to "2015-05-$week 07:00" >/dev/null
    report guard-1 patrol --place lund-c-stationen --persons security_guard=2 --from "2015-05-$week 21:00" --to "2015-05-$week 22:00" >/dev/null
done
for month in 01 02 03 04 05; do
    report town-1 meeting --with-org polisen --with-org jernhusen --subject "Samverkan" --from "2015-$month-15 10:00" --to "2015-$month-15 11:00" >/dev/null
done
report town-1 inventory --of traffic_signs --surveyed 214 --from "2015-04-20 09:00" --to "2015-04-20 15:00" >/dev/null
report town-1 handout --item lights=120 --item reflectors=300 --information --with-org polisen --from "2015-10-05 07:00" --to "2015-10-05 09:00" >/dev/null
report patrol-2 check --of cycle_equipment --form targeted --checked 60 --remarked 9 --with-org lunds-kommun --from "2015-10-05 17:00" --to "2015-10-05 19:00" >/dev/null
report patrol-2 meeting --with taxi_trade --subject "Taxi" --from "2015-03-10 13:00" --to "2015-03-10 14:00" >/dev/null
walk=$(report town-2 walk --with-org polisen --with-org jernhusen --from "2015-04-22 18:00" --to "2015-04-22 20:00" \
    --unsafe "id=1,place=bangatan,cause=trasig belysning,responsible=lunds-kommun,action=byt armaturer,due=2015-06-30" --safe "id=2,place=clemenstorget")
report town-2 walk --with-org polisen --with-org jernhusen --from "2015-06-25 21:00" --to "2015-06-25 22:00" --safe bangatan --rewalk "$walk:1" >/dev/null
report town-2 initiative --of school_visit --quantity 2 --unit visits --outcome "Två klasser" --from "2015-05-20 09:00" --to "2015-05-20 11:00" >/dev/null 2>&1
# One joint check of taxis, reported by three organisations under one reference; it must count once.
joint=(check --of taxi --form coordinated --activity taxi-2015-05-09 --checked 31 --remarked 4 --from "2015-05-09 22:00" --to "2015-05-10 01:00")
together=$(report patrol-1 "${joint[@]}" --with-org skatteverket)
report town-1 "${joint[@]}" --with-org forsakringskassan >/dev/null
report guard-1 "${joint[@]}" >/dev/null
# One bad: a place that nobody knows. One corrected. One withdrawn.
bad=$(report host-1 patrol --place lund-c-baksidan --persons station_host=1 --from "2015-05-09 20:00" --to "2015-05-09 21:00" 2>/dev/null)
wrong=$(report patrol-1 check --of cyclist_behaviour --form targeted --checked 100 --place stortorget --from "2015-05-14 14:00" --to "2015-05-14 15:00")
held patrol-1 correct "$wrong" check --of cyclist_behaviour --form targeted --checked 10 --remarked 2 --place stortorget --from "2015-05-14 14:00" --to "2015-05-14 15:00" >/dev/null
twice=$(report patrol-2 check --of cyclist_behaviour --form targeted --checked 5 --place bangatan --from "2015-05-13 14:00" --to "2015-05-13 15:00")
held patrol-2 withdraw "$twice" --reason "Rapporterad av patrol-1" >/dev/null
# And a long night for the guard, so that one window is too short for it.
for n in $(seq 60); do
    report guard-1 patrol --place lund-c-stationen --persons security_guard=1 --from "2015-06-$(printf %02d $((n % 28 + 1))) 20:00" \
        --to "2015-06-$(printf %02d $((n % 28 + 1))) 20:$(printf %02d $((n % 50 + 5)))" --text "rond $n, $(head -c 40 /dev/urandom | base64 -w 0 | tr 0-9 a-j)" >/dev/null
done
held guard-1 sync --deadline 1 >/dev/null 2>&1 && fail "synced without a server"
for name in "${handhelds[@]}"; do
    printf '  %-10s %3d waiting, safe on the device\n' "$name" "$(held "$name" --json status | jq .totals.waiting)"
done

say "A window of coverage, cut halfway"
write_config "$behind"
start_server
"$bin/relay" "$devices" "$behind" 5000 >"$dir/relay.out" &
relay=$!
until grep -q ready "$dir/relay.out"; do
    kill -0 "$relay" 2>/dev/null || fail "the relay did not start"
    sleep 0.02
done
held guard-1 sync --deadline 4 >/dev/null 2>&1 && fail "the cut window was not cut"
wait "$relay" || fail "the relay did not cut the window"
queued=$(held guard-1 --json status | jq .totals.queued) waiting=$(held guard-1 --json status | jq .totals.waiting)
echo "  guard-1: $((queued - waiting)) of $queued reached the server before the cut; the rest waits"
[ "$waiting" -gt 0 ] && [ "$waiting" -lt "$queued" ] || fail "the window was not cut in the middle"
stop_server
write_config "$devices"
start_server

say "Everybody syncs; the server is killed (SIGKILL) in the middle and started again"
stored_now() { sqlite3 -readonly "$data/rond.db" "SELECT count(*) FROM reports"; }
before=$(stored_now)
(until [ "$(stored_now)" -gt "$before" ]; do sleep 0.002; done; kill -9 "$server") &
killer=$!
syncs=()
for name in "${handhelds[@]}"; do # one after the other, so that some are through, some under way, some not yet begun
    held "$name" sync --wait --deadline 40 >"$dir/$name.sync" 2>&1 &
    syncs+=($!)
    sleep 0.02
done
wait "$killer"
server_is_gone || fail "the server outlived SIGKILL"
echo "  killed when $(stored_now) reports were stored"
start_server
for i in "${!syncs[@]}"; do
    wait "${syncs[$i]}" || { cat "$dir/${handhelds[$i]}.sync" >&2; fail "${handhelds[$i]} could not sync"; }
done
for name in "${handhelds[@]}"; do held "$name" sync --deadline 10 >/dev/null || fail "$name could not sync again"; done

say "How the promises stand, with the evidence"
ctl progress
echo
echo "What is behind lund-2015-trafik/taxi (three organisations, one check):"
ctl progress --why lund-2015-trafik/taxi
echo
echo "The handheld knows what became of its reports:"
held patrol-1 status | head -n 6

say "In quarantine, with the reason; nothing else was held up"
ctl quarantine list

say "Proof"
ctl verify | sed 's/^/  /'
ctl counts >/dev/null || fail "the counters do not add up"
[ "$(ctl --json counts | jq .quarantined_open)" = 1 ] || fail "expected one report in quarantine"
ctl quarantine list | grep -q "$bad" || fail "the bad report is not the one in quarantine"
progress_of() { ctl --json progress | jq "[.areas[].promises[].commitments[] | select(.commitment == \"$1\")][0].done"; }
[ "$(progress_of lund-2015-trafik/cykel)" = 9 ] || fail "cykel: expected 9 checks (8, one corrected, one withdrawn), got $(progress_of lund-2015-trafik/cykel)"
[ "$(progress_of lund-2015-trafik/taxi)" = 1 ] || fail "taxi: the joint check must count once, got $(progress_of lund-2015-trafik/taxi)"
# The handheld that was the first to report it has heard since that it counts.
status_of() { held "$1" --json status | jq -r ".reports[] | select(.reference == \"$2\").status"; }
[ "$(status_of patrol-1 "$together")" = counted ] || fail "patrol-1 takes its joint check for $(status_of patrol-1 "$together")"
ctl rebuild | grep -q 'same as before' || fail "counting anew gives other figures"

# The last line is made from the seven files alone, by SQL, not by Rond's own code.
store_seqs() { sqlite3 -readonly "$data/rond.db" "SELECT hex(o.outbox) || ' ' || r.seq FROM reports r JOIN outboxes o ON o.number = r.outbox"; }
queued_seqs() { for name in "${handhelds[@]}"; do sqlite3 "$dir/$name/outbox.db" "SELECT hex(o.outbox) || ' ' || r.seq FROM reports r JOIN outboxes o ON o.number = r.outbox"; done; }
heads() { sqlite3 "$1" "SELECT hex(outbox) || ' ' || hex($2) FROM outboxes WHERE $3 > 0"; }
[ "${KEEP:-}" = 1 ] || stop_server
queued_seqs | sort >"$dir/queued"
store_seqs | sort >"$dir/stored"
for name in "${handhelds[@]}"; do heads "$dir/$name/outbox.db" last_head last_seq; done | sort >"$dir/heads.queued"
heads "$data/rond.db" head watermark | sort >"$dir/heads.stored"
lost=$(comm -23 "$dir/queued" <(sort -u "$dir/stored") | wc -l)
queued=$(wc -l <"$dir/queued") stored=$(wc -l <"$dir/stored")
duplicated=$(uniq -d "$dir/stored" | wc -l)
strange=$(comm -13 "$dir/queued" <(sort -u "$dir/stored") | wc -l)
quarantined=$(sqlite3 -readonly "$data/rond.db" "SELECT count(*) FROM quarantine")
cmp -s "$dir/heads.queued" "$dir/heads.stored" || fail "the chains of handhelds and store end differently"
[ "$strange" = 0 ] || fail "$strange reports are stored that nobody queued"

printf '\nqueued %d, stored %d, quarantined %d, lost %d, duplicated %d\n' "$queued" "$stored" "$quarantined" "$lost" "$duplicated"
[ "$queued" = "$stored" ] && [ "$lost" = 0 ] && [ "$duplicated" = 0 ] || exit 1

if [ "${KEEP:-}" = 1 ]; then
    . tests/demo/life.sh
    trap - EXIT
    printf '%s\n' "$address" >"$dir/address"
    printf '%s\n' "$server" >"$dir/pid"
    cat <<TEXT

${bold}The pages: https://localhost:$people/${plain}
  log-in and code as above, password: $password
  what the public sees, without a log-in: https://localhost:$people/public
  (the browser warns of a certificate authority that it does not know: $data/ca.crt)

The server runs on (process $server, log $log). Go on by hand:
  export PATH=$bin:\$PATH ROND_DATA=$data
  rondctl progress
  rond --dir $dir/patrol-1 report check --of cyclist_behaviour --form targeted --checked 8 --place bangatan
  rond --dir $dir/patrol-1 sync      # and see the number move on the page
  curl http://127.0.0.1:$operations/metrics
  kill $server            # ends it in order
TEXT
else
    [ -n "${DEMO_DIR:-}" ] || rm -rf "$dir"
fi
