# For the scenarios that speak of an area's year: many reports, and what the ledger says of them. Sourced like scenario.sh,
# which it brings, with `area` set. Exit codes beyond 0, usage (2) and wrong input (3) are other tests' business: `refused`
# takes any that is not 0.
# shellcheck shell=bash
. tests/support/scenario.sh

refused() { # WORDS COMMAND...
    local words=$1 answer=0
    shift
    "$@" >"$dir/said" 2>&1 </dev/null || answer=$?
    [ "$answer" != 0 ] && grep -qF -- "$words" "$dir/said" && return
    complain "$*: ended with $answer, or does not say '$words':"
    head -n 20 "$dir/said"
}
each_is() { # WHAT COMMAND, each line of the input being SUBJECT|EXPECTED: COMMAND SUBJECT prints it
    local what=$1 subject expected
    shift
    while IFS='|' read -r subject expected; do
        same "$what $subject" "$expected" "$("$@" "$subject")"
    done
}

# One report; prints its reference. What goes wrong is found by `handed_in`, also where this runs in a subshell.
report() { # HANDHELD ARGUMENTS...
    local name=$1
    shift
    held "$name" report "$@" 2>"$dir/told" || { cat "$dir/told"; echo "$name report $*"; } >>"$dir/wrong"
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
