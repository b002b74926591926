#!/bin/bash
# `rond` from the outside, without and with a server: exit codes, words of help, times, JSON.
set -u
cd "$(dirname "$0")/../.." || exit 2
b=$PWD/build/release
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null; rm -rf "$dir"' EXIT
make -s "$b/rond" "$b/rondd" "$b/rondctl" >/dev/null || exit 1
passed=0 failed=0
rond() { "$b/rond" --dir "$dir/held" "$@"; }
ctl() { "$b/rondctl" --data "$dir/server" "$@"; }

ends_with() { # CODE WORDS-IN-ITS-ANSWER COMMAND...
    local code=$1 words=$2 answer=0
    shift 2
    "$@" >"$dir/said" 2>&1 || answer=$?
    if [ "$answer" = "$code" ] && { [ -z "$words" ] || grep -qF -- "$words" "$dir/said"; }; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "[  FAILED  ] $*: ended with $answer, not $code, or does not say '$words':"
        cat "$dir/said"
    fi
}

same() { # WHAT EXPECTED FOUND
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "[  FAILED  ] $1: expected '$2', found '$3'"
    fi
}

for command in enrol report correct withdraw draft sync status promises words device; do
    ends_with 0 "rond $command" rond $command --help
done
ends_with 0 "Exit codes" rond --help
ends_with 0 "$(cat VERSION)" rond --version
ends_with 2 "See: rond --help" rond nonsense
ends_with 2 "does not belong" rond draft save walk --checked 3
ends_with 2 "is no time" rond draft save walk --from yesterday
for command in status sync enrol device "report check" "correct R check" "draft save check" withdraw; do
    said=$(rond $command --bogus 2>&1)
    same "$command --bogus ends with" 2 $?
    same "$command --bogus" "rond: there is no option '--bogus'." "$(head -n 1 <<<"$said")"
    same "$command --bogus says lines" 2 "$(wc -l <<<"$said")"
done
same "--bogus" "rond: there is no option '--bogus'." "$(rond --bogus 2>&1 | head -n 1)"
same "no value" "rond: '--limit' wants a value." "$(rond status --limit 2>&1 | head -n 1)"
same "a value too many" "rond: '--all=3': the option takes no value." "$(rond status --all=3 2>&1 | head -n 1)"
json() { jq -r "$1" <<<"$(rond --json "${@:2}" 2>/dev/null)"; }
same "usage as JSON" "usage --limit wants a number." "$(json '.error | .name + " " + .text' status --limit x)"
same "no such command as JSON" "usage there is no command 'nonsense'." "$(json '.error | .name + " " + .text' nonsense)"
same "no such option as JSON" "usage there is no option '--bogus'." "$(rond --bogus --json 2>/dev/null | jq -r '.error | .name + " " + .text')"
ends_with 0 "--form targeted|coordinated --checked N" rond report --help
ends_with 0 "form, item" rond words --help
ends_with 0 "may add" rond promises --help
ends_with 0 "in the" rond draft --help
ends_with 4 "not enrolled" rond report check --of x
ends_with 4 "not enrolled" rond sync
ends_with 4 "not enrolled" rond device
ends_with 3 "" rond enrol https://localhost:1 RXXXX
ends_with 0 '"reports": []' rond --json status

ctl init >/dev/null 2>&1
cat >"$dir/rondd.conf" <<CONF
[server]
data_dir = $dir/server
hostnames = localhost
[listen]
devices = 127.0.0.1:0
enrolment = 127.0.0.1:0
operations = 127.0.0.1:0
CONF
"$b/rondd" --config "$dir/rondd.conf" >"$dir/log" 2>&1 &
server=$!
for _ in $(seq 100); do [ -S "$dir/server/control.sock" ] && [ -s "$dir/server/ports" ] && break; sleep 0.05; done
ctl promise import tests/fixtures/lund-2015.yaml >/dev/null
code=$(ctl device code --organisation polisen --area lund --role police_officer 2>/dev/null)
port=$(sed -nE 's/^.*enrolment[^0-9]*(127\.0\.0\.1:)?([0-9]+).*$/\2/p' "$dir/server/ports" | head -n 1)
ends_with 0 " UTC" rond enrol "https://localhost:$port" "$code" --name test
ends_with 0 police_officer rond device
# Between enrolment and the first sync the area's zone is not known, and that of the computer is not asked.
cykel=(check --of cyclist_behaviour --form targeted --checked 4 --place stortorget)
for time in "2015-05-08 14:00" 14:00; do
    ends_with 3 "time zone is not known yet; run rond sync first" rond draft save "${cykel[@]}" --from "$time"
    ends_with 3 "time zone is not known yet; run rond sync first" env TZ=Asia/Tokyo "$b/rond" --dir "$dir/held" report "${cykel[@]}" --from "$time"
    ends_with 3 "--to: The area's time zone is not known yet" rond report "${cykel[@]}" --from @1431086400 --to "$time"
done
ends_with 2 "is no time" rond draft save "${cykel[@]}" --from "2015-02-30 14:00"
ends_with 0 "" rond draft save "${cykel[@]}" --from 2015-05-08T14:00:00+02:00
ends_with 0 "2015-05-08 12:00 UTC" env TZ=Asia/Tokyo "$b/rond" --dir "$dir/held" draft list
ends_with 0 '"2015-05-08T12:00:00Z"' env TZ=Asia/Tokyo "$b/rond" --dir "$dir/held" --json draft list
ends_with 0 "" rond draft discard 1
ends_with 4 "" env ROND_DIR="$dir/other" "$b/rond" enrol "https://localhost:$port" "$code" # used
again=$(ctl device code --organisation polisen --area lund --role police_officer --device test 2>/dev/null)
ends_with 0 police_officer env ROND_DIR="$dir/moved" "$b/rond" enrol "https://localhost:$port" "$again"
ends_with 0 " test " ctl device list # without --name it keeps the one it has
again=$(ctl device code --organisation polisen --area lund --role police_officer --device test 2>/dev/null)
ends_with 0 police_officer rond enrol "https://localhost:$port" "$again"
ends_with 0 "0 waiting" rond sync --deadline 10
ends_with 0 stortorget rond words place
certificate=$(rond device | sed -n 's/^certificate *//p')
ends_with 1 "" grep -q UTC <<<"$certificate"
ends_with 0 lund-2015-trafik/cykel rond promises
ends_with 3 "check.checked" rond report check --of x --form targeted
ends_with 3 "check.of: This is not an id" rond report check --of "Of What" --form targeted
rond --json report meeting --subject S --with-org lunds-kommun | sed -n 's/.*"reference": "\(.*\)".*/\1/p' >"$dir/first"
ends_with 3 "type it again" rond status 000000-01-1
ends_with 7 "no such draft" rond draft discard 99
ends_with 0 "waiting" rond status "$(cat "$dir/first")"
ends_with 0 "did you mean 'stortorget'" rond report check --of cyclist_behaviour --form targeted --checked 4 --place stortorgt --dry-run
meet=(report meeting --subject S --with-org lunds-kommun --dry-run)
ends_with 0 "commitment 'lund-2015-trafik/cykl' is not among the promises known here; did you mean 'lund-2015-trafik/cykel'?" rond "${meet[@]}" --commitment lund-2015-trafik/cykl
ends_with 0 "commitment 'foo/bar' is not among the promises known here (rond promises)." rond "${meet[@]}" --commitment foo/bar
ends_with 0 "area 'nowhere' is not among the words of this area (rond words area)." rond "${meet[@]}" --area nowhere
same "words that are known" "" "$(rond "${meet[@]}" --area lund --commitment lund-2015-trafik/cykel 2>&1)"
long=$(printf 'å%.0s' $(seq 2000))
ends_with 0 "" rond draft save meeting --text "$long"
ends_with 0 "$(printf 'å%.0s' $(seq 47))…" rond status
same "widest row of status" 1 "$(($(rond status | wc -L) < 140))"
same "widest row of drafts" 1 "$(($(rond draft list | wc -L) < 140))"
same "the whole text" "$long" "$(json '.drafts[0].text' draft list)"
ends_with 0 "" rond draft discard "$(json '.drafts[0].draft' draft list)"
ends_with 0 "2015-05-08T14:00:00+02:00" bash -c "'$b/rond' --dir '$dir/held' report check --of cyclist_behaviour --form targeted --checked 4 \
    --place stortorget --from '2015-05-08 14:00' --to 15:30 && '$b/rond' --dir '$dir/held' --json status"
ends_with 0 "2015-05-08T15:30:00+02:00" rond --json status
ends_with 0 "2 acknowledged, 0 waiting" rond sync --deadline 10
rond --json report check --of cyclist_behaviour --form targeted --checked 4 --place stortorget --from "2015-05-09 14:00" --to 15:30 |
    sed -n 's/.*"reference": "\(.*\)".*/\1/p' >"$dir/second"
ends_with 0 "1 acknowledged, 0 waiting" rond sync --deadline 10
ends_with 0 '"status": "counted"' rond --json status "$(cat "$dir/second")" # one sync brings the answer too
kill -TERM "$server"; wait "$server"; server=
ends_with 0 "counted" rond status
rond report check --of cyclist_behaviour --form targeted --checked 4 --place stortorget >/dev/null
ends_with 6 "1 waiting" rond sync --deadline 2
same "a failed sync as JSON" "0 1 io" "$(json '"\(.acknowledged) \(.waiting) \(.error.name)"' sync --deadline 2)"

echo "[  PASSED  ] $passed tests."
[ "$failed" = 0 ] || { echo "[  FAILED  ] $failed tests."; exit 1; }
