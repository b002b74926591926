# What the scenarios over real processes share (tests/integration/*.sh): a folder of their own, servers and handhelds by name,
# what is expected of a command, and the words of a cmocka program. Sourced from the root of the project.
# shellcheck shell=bash disable=SC2034 # some names are for whoever sources it
export ROND_AS_ROOT=1 # where root runs it: server/privileges.h
bin=$PWD/build/${VARIANT:-release}
rond=${ROND_PROGRAM:-$bin/rond} # tests/guard/sdk.sh: one that is linked to the shared library
export LSAN_OPTIONS=${LSAN_OPTIONS:-print_suppressions=0:suppressions=$PWD/tests/support/rondd_leaks.txt}
dir=$(mktemp -d)
declare -A servers=()
scenario_end() {
    local pid
    for pid in "${servers[@]}"; do
        kill -CONT "$pid"
        kill -9 "$pid"
        wait "$pid"
    done 2>/dev/null
    rm -rf "$dir"
}
trap scenario_end EXIT

# --- Expecting ---

wrong=0 # of the running test
complain() { wrong=$((wrong + 1)); printf '%s\n' "$*"; }
expect() { # CODE WORDS COMMAND...: how it ends, and what it says on either output
    local code=$1 words=$2 answer=0
    shift 2
    "$@" >"$dir/said" 2>&1 </dev/null || answer=$?
    [ "$answer" = "$code" ] && { [ -z "$words" ] || grep -qF -- "$words" "$dir/said"; } && return
    complain "$*: ended with $answer, not $code, or does not say '$words':"
    head -n 20 "$dir/said"
}
same() { # WHAT EXPECTED FOUND
    [ "$2" = "$3" ] || complain "$1: expected '$2', found '$3'"
}

# --- Servers and handhelds, by name; server "a" where none is said ---

server=a
ctl_of() { local name=$1; shift; "$bin/rondctl" --data "$dir/$name" "$@"; }
ctl() { ctl_of "$server" "$@"; }
held() { local name=$1; shift; "$rond" --dir "$dir/$name" "$@"; }
port() { sed -n "s/^$2=//p" "$dir/$1.ports"; } # SERVER devices|enrolment|operations

start() { # [SERVER [SERVERS-TOLD]]: on free ports at first, on the same ones after that
    local name=${1:-$server}
    [ -e "$dir/$name.ports" ] || printf '%s=0\n' devices enrolment operations >"$dir/$name.ports"
    cat >"$dir/$name.conf" <<CONF
[server]
data_dir = $dir/$name
hostnames = localhost
servers = ${2:-}
[listen]
devices = 127.0.0.1:$(port "$name" devices)
enrolment = 127.0.0.1:$(port "$name" enrolment)
operations = 127.0.0.1:$(port "$name" operations)
${more_listening:-}
[retention]
hour = ${retention_hour:-24}
${more_configuration:-}
CONF
    rm -f "$dir/$name/control.sock" # of one that was killed
    # Under the address sanitizer: whole stacks, so that what libwebsockets leaks at its end is known from ours.
    ASAN_OPTIONS=${ASAN_OPTIONS:-fast_unwind_on_malloc=0} "$bin/rondd" --config "$dir/$name.conf" >>"$dir/$name.log" 2>&1 &
    servers[$name]=$!
    for _ in $(seq 3000); do # until it listens or has ended; a minute is no test of anything
        [ -S "$dir/$name/control.sock" ] && break
        kill -0 "${servers[$name]}" 2>/dev/null || break
        sleep 0.02
    done
    cp "$dir/$name/ports" "$dir/$name.ports" || { complain "the server did not start"; tail -n 3 "$dir/$name.log"; }
}
stop() { # [SERVER]: in order
    local name=${1:-$server}
    kill -TERM "${servers[$name]}"
    wait "${servers[$name]}" || complain "the server ended with $?"
    unset "servers[$name]"
}
enrolled() { # HANDHELD ORGANISATION ROLE, in $area (else lund)
    local code
    code=$(ctl_of "$server" device code --organisation "$2" --area "${area:-lund}" --role "$3" 2>/dev/null)
    held "$1" enrol "https://localhost:$(port "$server" enrolment)" "$code" --name "$1" >/dev/null &&
        held "$1" sync --deadline 15 >/dev/null || complain "$1 could not enrol"
}
report() { local name=$1; shift; held "$name" --json report "$@" 2>/dev/null | jq -r .reference; } # its reference
sync() { expect 0 "$2" held "$1" sync --deadline "${sync_s:-15}"; }                              # HANDHELD WORDS
figure() { # PROMISE/COMMITMENT [FILTER of it, else .done]
    ctl_of "$server" --json progress | jq -r "[.areas[].promises[].commitments[] | select(.commitment == \"$1\")][0] | ${2:-.done}"
}
sound() {
    expect 0 "the same as before" ctl_of "$server" rebuild
    expect 0 "sound" ctl_of "$server" verify
}

metrics() { # [SERVER]
    exec 3<>"/dev/tcp/127.0.0.1/$(port "${1:-$server}" operations)" || return
    printf 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
    timeout 10 cat <&3
    exec 3>&-
}
# Whatever the scenario did: received is what became of it, in each server that still runs and in each store.
counters_add_up() {
    local name
    for name in "${!servers[@]}"; do
        kill -CONT "${servers[$name]}" 2>/dev/null || continue
        expect 0 "the sum" ctl_of "$name" counts
        metrics "$name" | tr -d '\r' | awk '
            /^rond_reports_received_total / {received = $2; seen = 1}
            /^rond_reports_total/ || /^rond_reports_in_flight / {sum += $2}
            /^rond_counters_agree / {agree = $2}
            END {if (!seen || received != sum || agree != 1) {print "received " received ", what became of it " sum ", agree " agree; exit 1}}' ||
            complain "the counters of server $name do not add up"
    done
}

run_tests() { # NAME...
    local passed=0 failed=0 test
    for test in "$@" counters_add_up; do
        echo "[ RUN      ] $test"
        wrong=0
        "$test"
        if [ "$wrong" = 0 ]; then
            echo "[       OK ] $test"
            passed=$((passed + 1))
        else
            echo "[  FAILED  ] $test"
            failed=$((failed + 1))
        fi
    done
    echo "[  PASSED  ] $passed tests."
    [ "$failed" = 0 ] || echo "[  FAILED  ] $failed tests."
    [ "$failed" = 0 ]
}
