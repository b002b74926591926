#!/bin/bash
# Clients that are slow on purpose (slowhttptest): headers that trickle, bodies that trickle, answers that are not read, at the
# port for enrolment. Meanwhile a handheld connects and syncs within ten times the promised two seconds each time, and the
# server's memory stays bounded.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/scenario.sh
case ${VARIANT:-release} in
release) clients=400 ;;
*) clients=50 ;;
esac
SECONDS_EACH=6
LIMIT_MS=20000
MEMORY_MIB=$((448 + clients / 16)) # as promised: docs/reliability.md, Overload

resident_mib() { awk '/^VmRSS/ {print int($2 / 1024)}' "/proc/${servers[a]}/status"; }
connected() { # at the port for enrolment, as the kernel lists them
    awk -v port=":$(printf '%04X' "$(port a enrolment)")" '$2 ~ port "$" && $4 == "01"' /proc/net/tcp | wc -l
}
turned_away() { # since the server's start
    metrics a | tr -d '\r' | awk '/^rond_requests_refused_total / || /^rond_sockets_timed_out_total / {n += $2} END {print n + 0}'
}

under_attack() { # MODE-OPTIONS...: slowhttptest beside a handheld that syncs
    local begin took worst=0 memory=0 most=0 before now rounds=0 attack
    before=$(turned_away)
    slowhttptest -c "$clients" -r "$clients" -l $SECONDS_EACH -p 5 -u "https://localhost:$(port a enrolment)/v1/enrol" "$@" \
        >"$dir/attack" 2>&1 &
    attack=$!
    while kill -0 $attack 2>/dev/null; do
        report police check --of cyclist_behaviour --form targeted --checked 3 --place stortorget >/dev/null
        begin=$(date +%s%3N)
        sync police "1 acknowledged, 0 waiting"
        took=$(($(date +%s%3N) - begin))
        [ "$took" -le "$worst" ] || worst=$took
        now=$(resident_mib)
        [ "$now" -le "$memory" ] || memory=$now
        now=$(connected)
        [ "$now" -le "$most" ] || most=$now
        rounds=$((rounds + 1))
    done
    wait $attack
    now=$(($(turned_away) - before))
    [ $((most + now)) -ge $((clients / 2)) ] || complain "$most were connected and $now turned away: $(tail -n 3 "$dir/attack")"
    [ "$rounds" -ge 3 ] || complain "only $rounds syncs"
    [ "$worst" -le $LIMIT_MS ] || complain "a sync took $worst ms"
    [ "${VARIANT:-release}" != release ] || [ "$memory" -le $MEMORY_MIB ] || complain "the server took $memory MiB"
    echo "$most slow clients held on, $now were turned away; $rounds syncs meanwhile, the slowest took $worst ms; the server took $memory MiB"
}

headers_that_trickle_keep_nobody_waiting() { under_attack -H -i 1; }
bodies_that_trickle_keep_nobody_waiting() { under_attack -B -i 1 -s 8192; }
answers_that_are_not_read_keep_nobody_waiting() { under_attack -X -w 1 -y 2 -n 1 -z 1; }

"$bin/rondctl" --data "$dir/a" init >/dev/null || exit 1
"$bin/rondctl" --data "$dir/a" promise import tests/fixtures/lund-2015.yaml >/dev/null || exit 1
start a
enrolled police polisen police_officer
run_tests headers_that_trickle_keep_nobody_waiting bodies_that_trickle_keep_nobody_waiting answers_that_are_not_read_keep_nobody_waiting
