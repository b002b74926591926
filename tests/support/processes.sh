# For the scripts of tests/integration that speak of an area's year: a rondd with its rondctl, handhelds, and tests that
# say what they expected. Sourced, after `cd` to the repository's root, with `area` set. Exit codes beyond 0, usage (2) and
# wrong input (3) are other tests' business: `refused` takes any that is not 0.
bin=$PWD/build/${VARIANT:-release}
export LSAN_OPTIONS=${LSAN_OPTIONS:-print_suppressions=0:suppressions=$PWD/tests/support/rondd_leaks.txt}
dir=$(mktemp -d)
server=
end() {
    [ -z "$server" ] || { kill -9 "$server"; wait "$server"; } 2>/dev/null
    rm -rf "$dir"
}
trap end EXIT

# --- Expecting ---

wrong=0 # of the running test
complain() { wrong=$((wrong + 1)); printf '%s\n' "$*"; }
said() { [ -z "$1" ] || grep -qF -- "$1" "$dir/said"; } # WORDS: in the output of the command before
expect() { # CODE WORDS COMMAND...: how it ends, and what it says on either output
    local code=$1 words=$2 answer=0
    shift 2
    "$@" >"$dir/said" 2>&1 </dev/null || answer=$?
    [ "$answer" = "$code" ] && said "$words" && return
    complain "$*: ended with $answer, not $code, or does not say '$words':"
    head -n 20 "$dir/said"
}
refused() { # WORDS COMMAND...
    local words=$1 answer=0
    shift
    "$@" >"$dir/said" 2>&1 </dev/null || answer=$?
    [ "$answer" != 0 ] && said "$words" && return
    complain "$*: ended with $answer, or does not say '$words':"
    head -n 20 "$dir/said"
}
same() { # WHAT EXPECTED FOUND
    [ "$2" = "$3" ] || complain "$1: expected '$2', found '$3'"
}
each_is() { # WHAT COMMAND, each line of the input being SUBJECT|EXPECTED: COMMAND SUBJECT prints it
    local what=$1 subject expected
    shift
    while IFS='|' read -r subject expected; do
        same "$what $subject" "$expected" "$("$@" "$subject")"
    done
}
run() { # TEST...: each a function; speaks like a cmocka program, so that tests/run.sh counts it
    local test passed=0 failed=0
    for test in "$@"; do
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
    [ "$failed" = 0 ] || { echo "[  FAILED  ] $failed tests."; exit 1; }
}

# --- The server and its handhelds ---

ctl() { "$bin/rondctl" --data "$dir/data" "$@"; }
held() { local name=$1; shift; "$bin/rond" --dir "$dir/$name" "$@"; }
start() { # on free ports
    cat >"$dir/conf" <<CONF
[server]
data_dir = $dir/data
hostnames = localhost
[listen]
devices = 127.0.0.1:0
enrolment = 127.0.0.1:0
operations = 127.0.0.1:0
CONF
    # Under the address sanitizer: whole stacks, so that what libwebsockets leaks at its end is known from ours.
    ASAN_OPTIONS=${ASAN_OPTIONS:-fast_unwind_on_malloc=0} "$bin/rondd" --config "$dir/conf" >>"$dir/log" 2>&1 &
    server=$!
    for _ in $(seq 200); do
        [ -S "$dir/data/control.sock" ] && return
        kill -0 "$server" 2>/dev/null || break
        sleep 0.02
    done
    complain "the server did not start"
    tail -n 3 "$dir/log"
}
stop() {
    kill -TERM "$server"
    wait "$server" || complain "the server ended with $?"
    server=
}
enrolled() { # HANDHELD ORGANISATION ROLE
    local code
    code=$(ctl device code --organisation "$2" --area "$area" --role "$3" 2>/dev/null)
    held "$1" enrol "https://localhost:$(sed -n 's/^enrolment=//p' "$dir/data/ports")" "$code" --name "$1" >/dev/null &&
        held "$1" sync --deadline 10 >/dev/null || complain "$1 could not enrol"
}
# One report; prints its reference. What goes wrong is found by `handed_in`, also where this runs in a subshell.
report() { # HANDHELD ARGUMENTS...
    local name=$1
    shift
    held "$name" report "$@" 2>>"$dir/wrong" || echo "$name report $*" >>"$dir/wrong"
}
report_on() { # DAY HANDHELD ARGUMENTS...: for an hour of the afternoon
    local day=$1
    shift
    report "$@" --from "$day 14:00" --to "$day 15:00"
}
days() { # FIRST COUNT [STEP]: days, one a line
    local i
    for ((i = 0; i < $2; i++)); do echo "$1 +$((i * ${3:-1})) days"; done | date -u -f - +%F
}
handed_in() { # HANDHELD...: all that they have queued
    local name
    [ ! -s "$dir/wrong" ] || complain "not reported: $(cat "$dir/wrong")"
    : >"$dir/wrong"
    for name in "$@"; do
        expect 0 "acknowledged, 0 waiting" held "$name" sync --deadline 20
    done
}

# --- What the ledger says ---

progress() { ctl --json progress; }
commitment() { # PROMISE/COMMITMENT FILTER
    progress | jq -r "[.areas[].promises[].commitments[] | select(.commitment == \"$1\")][0] | $2"
}
figure() { commitment "$1" '"\(.done) \(.status)"'; } # "5 met"
summary() { commitment "$1" .summary_en; }
why() { # PROMISE/COMMITMENT: how many reports have which reason, "counted 4, period 1"
    ctl --json progress --why "$1" | jq -rs '[.[] | select(.reference) | .reason] | group_by(.) | map("\(.[0]) \(length)") | join(", ")'
}
document() { # PROMISE PERIOD [OPTIONS...]
    ctl followup show "$@"
}
sound() {
    expect 0 "the same as before" ctl rebuild
    expect 0 "sound" ctl verify
}
