#!/bin/bash
# Tests: client-sdk/cli/main.c client-sdk/cli/code_line.c client-sdk/cli/command_draft.c client-sdk/cli/command_enrol.c
# Tests: client-sdk/cli/command_promises.c client-sdk/cli/command_report.c client-sdk/cli/command_status.c
# Tests: client-sdk/cli/command_sync.c client-sdk/cli/warnings.c
# `rond` from the outside, without and with a server: exit codes, words of help, times, JSON.
set -u
export ROND_AS_ROOT=1 # where root runs it: server/privileges.h
cd "$(dirname "$0")/../.." || exit 2
b=$PWD/build/${VARIANT:-release}
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
# The last answer is JSON, and this of it is so.
says() { # WORDS: of the last answer, whose blanks and line ends do not matter
    if tr -d '\n' <"$dir/said" | tr -s ' ' | grep -qF -- "$1"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "[  FAILED  ] the answer does not say '$1':"
        cat "$dir/said"
    fi
}

for command in enrol report correct withdraw draft sync status promises words activities device; do
    ends_with 0 "rond $command" rond $command --help
done
ends_with 0 "Exit codes" rond --help
ends_with 0 " 10 a text seems to hold personal data" rond --help
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
ends_with 0 "rond report KIND" rond help report
ends_with 2 "no command 'nonsense'" rond help nonsense
ends_with 0 "A first day" rond help
ends_with 2 "A first day" rond
ends_with 2 "See: rond --help" rond --nonsense
ends_with 2 "See: rond --help" "$b/rond" --dir
ends_with 0 "rond $(cat VERSION)" "$b/rond" --version --dir /nowhere
ends_with 1 "could not be written" bash -c "'$b/rond' --dir '$dir/held' status >/dev/full"
while IFS='|' read -r words command; do # each names what is wrong
    # shellcheck disable=SC2086 # words of a command line
    ends_with 2 "$words" rond $command
done <<'TABLE'
say the address and the code|enrol https://localhost:1
say the address and the code|enrol
say the address and the code|enrol --name test
say the address and the code|enrol https://localhost:1 RXXXX more
--deadline wants seconds|enrol https://localhost:1 RXXXX --deadline soon
--deadline wants seconds|enrol https://localhost:1 RXXXX --deadline 0
there is no option '--speed'|enrol https://localhost:1 RXXXX --speed 3
there is no option '--nonsense'|device --nonsense
there is no option '--nonsense'|sync --nonsense
there is no option '--nonsense'|status --nonsense
'more' is too much|device more
say which kind|report
say which kind|report --place x
say which report|correct
say which report|correct check
say which report|correct --of x
say which report|withdraw
say which report|withdraw a b
there is no option '--why'|withdraw --why
save, list, queue or discard|draft
save, list, queue or discard|draft paint
list takes nothing more|draft list 3
number of the draft|draft queue
number of the draft|draft queue three
number of the draft|draft discard 0x3
number of the draft|draft discard 3 4
--deadline wants seconds|sync --deadline never
--deadline wants seconds|sync --deadline 0
'now' is too much|sync now
--limit wants a number|status --limit none
--limit wants a number|status --limit 0
one reference at a time|status a b
takes nothing more|promises now
words takes one list|words place item
TABLE
ends_with 0 "There are no drafts" rond draft list
ends_with 0 '"drafts": []' rond draft list --json
ends_with 0 "" rond draft save walk --text "half done" --place bangatan --from 2015-05-08T14:00:00+02:00
number=$(cat "$dir/said")
ends_with 0 '"draft": '"$number" rond --json draft save walk --number "$number" --text "more done" --place bangatan --from 2015-05-08T14:00:00+02:00
ends_with 0 "more done" rond draft list
says "$number walk"
ends_with 0 '"text": "more done"' rond --json draft list
says "\"draft\": $number, \"kind\": \"walk\", \"occurred_from\": \"2015-05-08T12:00:00Z\""
ends_with 0 "draft $number" rond status
ends_with 0 "\"draft\": $number" rond --json status
ends_with 4 "not enrolled" rond draft queue "$number"
ends_with 0 '"discarded": '"$number" rond --json draft discard "$number"
ends_with 7 "no such draft" rond draft discard "$number"
ends_with 3 "text" rond draft save walk --text $'\xff'
ends_with 3 '"field": "text"' rond --json draft save walk --text $'\xff'
ends_with 0 "Nothing is known yet" rond promises
ends_with 0 '"promises": []' rond promises --json
ends_with 0 "No such words" rond words place
ends_with 4 "not enrolled" rond correct 000000-01-1 check --of x
ends_with 4 "not enrolled" rond withdraw 000000-01-1
ends_with 4 '"name": "auth"' rond --json device
ends_with 8 "cannot be made" "$b/rond" --dir "$dir/no/such" status
ends_with 4 "not enrolled" rond report check --of x
ends_with 4 "not enrolled" rond sync
ends_with 0 "(exit code 6)" rond enrol --help
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
careful=$(ctl device code --organisation polisen --area lund --role police_officer --approval 2>/dev/null)
ends_with 6 "key           " env ROND_DIR="$dir/waits" "$b/rond" enrol "https://localhost:$port" "$careful" --name waits
ends_with 6 "(307)" env ROND_DIR="$dir/waits" "$b/rond" enrol
ends_with 6 "(307)" env ROND_DIR="$dir/waits" "$b/rond" sync
ends_with 6 '"key": "' env ROND_DIR="$dir/waits" "$b/rond" --json device
ends_with 0 "refused" ctl device refuse waits --reason "a test"
ends_with 4 "(210)" env ROND_DIR="$dir/waits" "$b/rond" enrol
ends_with 2 "say the address" env ROND_DIR="$dir/waits" "$b/rond" enrol
ends_with 0 " UTC" rond enrol "https://localhost:$port" "$code" --name test
ends_with 0 police_officer rond device
same "both ends show the same key" "$(rond --json device | jq -r .key)" "$(ctl --json device list | jq -r 'select(.name == "test") | .key')"
ends_with 0 "key           $(ctl --json device list | jq -r .key)" rond device
ends_with 0 "key=$(rond --json device | jq -r .key)" ctl audit
# Between enrolment and the first sync the area's zone is not known, and that of the computer is not asked.
cykel=(check --of cyclist_behaviour --form targeted --checked 4 --place stortorget)
for time in "2015-05-08 14:00" 14:00; do
    ends_with 3 "time zone is not known yet; run rond sync first" rond draft save "${cykel[@]}" --from "$time"
    ends_with 3 "time zone is not known yet; run rond sync first" env TZ=Asia/Tokyo "$b/rond" --dir "$dir/held" report "${cykel[@]}" --from "$time"
    ends_with 3 "--to: The area's time zone is not known yet" rond report "${cykel[@]}" --from @1431086400 --to "$time"
done
ends_with 2 "is no time" rond draft save "${cykel[@]}" --from "2015-02-30 14:00"
number=$(rond draft save "${cykel[@]}" --from 2015-05-08T14:00:00+02:00)
ends_with 0 "2015-05-08 12:00 UTC" env TZ=Asia/Tokyo "$b/rond" --dir "$dir/held" draft list
ends_with 0 '"2015-05-08T12:00:00Z"' env TZ=Asia/Tokyo "$b/rond" --dir "$dir/held" --json draft list
ends_with 0 "" rond draft discard "$number"
ends_with 4 "" env ROND_DIR="$dir/other" "$b/rond" enrol "https://localhost:$port" "$code" # used
again=$(ctl device code --organisation polisen --area lund --role police_officer --device test 2>/dev/null)
ends_with 0 police_officer env ROND_DIR="$dir/moved" "$b/rond" enrol "https://localhost:$port" - <<<"$again"
ends_with 0 " test " ctl device list # without --name it keeps the one it has
again=$(ctl device code --organisation polisen --area lund --role police_officer --device test 2>/dev/null)
# The code on a terminal: asked for, and not shown. The prompt is waited for: what is typed before it is flushed.
ends_with 2 "no code on standard input" rond enrol "https://localhost:$port" - </dev/null
ends_with 2 "no code on standard input" rond enrol "https://localhost:$port" - <<<"$(printf '%300s' x)"
mkfifo "$dir/keys"
script -qec "$(printf '%q ' "$b/rond" --dir "$dir/held" enrol "https://localhost:$port")" /dev/null <"$dir/keys" >"$dir/terminal" 2>&1 &
typing=$!
exec 4>"$dir/keys"
for _ in $(seq 100); do grep -q "not shown" "$dir/terminal" && break; sleep 0.05; done
printf '%s\n' "$again" >&4
wait "$typing"
same "enrolling on a terminal ends with" 0 $?
exec 4>&-
same "the code on the terminal" 0 "$(grep -c "$again" "$dir/terminal")"
same "the device that it enrols" 1 "$(grep -c "roles  *police_officer" "$dir/terminal")"
ends_with 0 '"organisation": "polisen", "area": "lund", "roles": [ "police_officer" ]' bash -c "'$b/rond' --dir '$dir/held' --json device | tr -d '\n' | tr -s ' '"
ends_with 0 "certificate   until" rond device --renew
ends_with 0 "0 waiting" rond sync --deadline 10
ends_with 0 '"waiting": 0' rond --json sync --deadline 10
ends_with 0 stortorget rond words place
certificate=$(rond device | sed -n 's/^certificate *//p')
ends_with 1 "" grep -q UTC <<<"$certificate"
ends_with 0 '"list": "place"' rond --json words place
ends_with 0 '"commitment": "lund-2015-trafik/cykel"' rond --json promises
ends_with 0 lund-2015-trafik/cykel rond promises
ends_with 3 "check.checked" rond report check --of x --form targeted
ends_with 3 "check.of: This is not an id" rond report check --of "Of What" --form targeted
rond --json report meeting --subject S --with-org lunds-kommun | sed -n 's/.*"reference": "\(.*\)".*/\1/p' >"$dir/first"
ends_with 3 "type it again" rond status 000000-01-1
ends_with 7 "no such draft" rond draft discard 99
ends_with 7 "" rond draft queue 99
number=$(rond draft save meeting --subject S --with-org lunds-kommun)
ends_with 0 '"reference": "' rond --json draft queue "$number"
ends_with 0 "There are no drafts" rond draft list
ends_with 0 "waiting" rond status "$(cat "$dir/first")"
ends_with 0 "did you mean 'stortorget'" rond report check --of cyclist_behaviour --form targeted --checked 4 --place stortorgt --dry-run
meet=(report meeting --subject S --with-org lunds-kommun --dry-run)
ends_with 0 "commitment 'lund-2015-trafik/cykl' is not among the promises known here; did you mean 'lund-2015-trafik/cykel'?" rond "${meet[@]}" --commitment lund-2015-trafik/cykl
ends_with 0 "commitment 'foo/bar' is not among the promises known here (rond promises)." rond "${meet[@]}" --commitment foo/bar
ends_with 0 "area 'nowhere' is not among the words of this area (rond words area)." rond "${meet[@]}" --area nowhere
same "words that are known" 0 "$(rond "${meet[@]}" --area lund --commitment lund-2015-trafik/cykel 2>&1 | grep -c "known here\|among the words")"
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
ends_with 0 "3 acknowledged, 0 waiting" rond sync --deadline 10
rond --json report check --of cyclist_behaviour --form targeted --checked 4 --place stortorget --from "2015-05-09 14:00" --to 15:30 |
    sed -n 's/.*"reference": "\(.*\)".*/\1/p' >"$dir/second"
ends_with 0 "1 acknowledged, 0 waiting" rond sync --deadline 10
ends_with 0 '"status": "counted"' rond --json status "$(cat "$dir/second")" # one sync brings the answer too
says '"toward": [ { "commitment": "lund-2015-trafik/cykel", "counted": true'
ends_with 0 "counts     lund-2015-trafik/cykel" rond status "$(cat "$dir/second")"
says "lund-2015-trafik/cykel missed: 2 of at least 10 checks"
same "how it stands as JSON" "missed 2" "$(json '.toward[] | select(.counted) | "\(.standing.status) \(.standing.done)"' status "$(cat "$dir/second")")"
ends_with 3 "walk.findings[0].cause" rond correct "$(cat "$dir/second")" walk --unsafe bangatan
ends_with 3 "check.form" rond correct "$(cat "$dir/second")" check --of cyclist_behaviour --checked 3 --dry-run
ends_with 0 "nothing said" bash -c "'$b/rond' --dir '$dir/held' correct '$(cat "$dir/second")' check --of cyclist_behaviour --form targeted \
    --checked 5 --place stortorget --dry-run && echo nothing said"
ends_with 0 "" rond correct "$(cat "$dir/second")" check --of cyclist_behaviour --form targeted --checked 5 --place stortorget
third=$(cat "$dir/said")
ends_with 0 "of         $(cat "$dir/second")" rond status "$third"
ends_with 0 '"status": "replaced"' rond --json status "$(cat "$dir/second")"
ends_with 0 '"reference": "' rond --json withdraw "$third" --reason "typed twice"
ends_with 0 '"status": "withdrawn"' rond --json status "$third"
ends_with 0 "withdraws $third" rond status --limit 1
ends_with 0 "$(cat "$dir/first")" rond status --all
ends_with 0 "2 acknowledged, 0 waiting" rond sync --wait --deadline 10

# Promises of the device's own area; of another one all that is known is what was promised.
ends_with 0 "" ctl promise import tests/fixtures/strangnas-2019.yaml
ends_with 0 "" rond sync --deadline 10
same "areas shown" lund "$(json '[.promises[].area] | unique | join(" ")' promises)"
same "areas shown with --all" "lund strangnas" "$(json '[.promises[].area] | unique | join(" ")' promises --all)"
same "another area's standing" "null" "$(json '[.promises[] | select(.own_area | not).standing] | unique | .[]' promises --all)"
ends_with 0 "ÅTAGANDE" rond promises --swedish
ends_with 0 "av minst 10 kontroller" rond promises --swedish

# Personal data (of the series for tests): refused where nobody can answer, asked about on a terminal, never repeated.
personal=(report meeting --subject S --with-org lunds-kommun --text "talked to 900101-9802")
on_terminal() { printf '%s\n' "$1" | script -qec "$(printf '%q ' "$b/rond" --dir "$dir/held" "${@:2}")" /dev/null; }
before=$(rond --json status | grep -c '"reference": "')
ends_with 10 "personal identity number" rond "${personal[@]}" </dev/null
cp "$dir/said" "$dir/kept"
ends_with 1 0 grep -c -e -9802 "$dir/kept"
ends_with 10 '"field": "text"' rond --json "${personal[@]}" </dev/null
same "the refusal as JSON" "personal data text 1" "$(rond --json "${personal[@]}" </dev/null 2>/dev/null | jq -r '"\(.error.name) \(.error.field) \(.warnings | length)"')"
ends_with 10 "personal identity number" rond "${personal[@]}" --dry-run </dev/null
ends_with 10 "vehicle's registration plate" rond withdraw "$(cat "$dir/second")" --reason "it was ABC 123" </dev/null
ends_with 10 "name, byte 1 to 6" rond enrol https://localhost:1 RXXXX --name ABC123 </dev/null
number=$(rond draft save "${personal[@]:1}")
ends_with 10 "nothing was saved" rond draft queue "$number" </dev/null
ends_with 10 "Save it all the same?" on_terminal n "${personal[@]}"
after=$(rond --json status | grep -c '"reference": "')
ends_with 0 "$before" echo "$after"
ends_with 0 "Save it all the same?" on_terminal y "${personal[@]}"
ends_with 0 "personal identity number" rond "${personal[@]}" --anyway </dev/null
ends_with 0 "-" rond draft queue "$number" --anyway </dev/null
ends_with 0 "3 acknowledged, 0 waiting" rond sync --deadline 10
ends_with 0 "text: personal_number" ctl report flagged
cp "$dir/said" "$dir/kept"
ends_with 0 3 grep -c " open " "$dir/kept"
ctl --json report flagged | sed -n 's/.*"reference":"\([^"]*\)".*/\1/p' | head -n 1 >"$dir/flagged"
for reading in "report flagged" "export" "quarantine list --all" "audit"; do
    ctl --json $reading >"$dir/kept"
    ends_with 1 0 grep -c -e -9802 "$dir/kept"
done
ends_with 0 900101-9802 ctl report show "$(cat "$dir/flagged")"
ends_with 0 "report.show          reference=$(cat "$dir/flagged")" ctl audit
ends_with 7 "There is no report" ctl report show 000000-01-8
ends_with 1 0 grep -c -e -9802 "$dir/log"
kill -TERM "$server"; wait "$server"; server=
ends_with 0 "counted" rond status
rond report check --of cyclist_behaviour --form targeted --checked 4 --place stortorget >/dev/null
ends_with 6 "1 waiting" rond sync --deadline 2
same "a failed sync as JSON" "0 1 io" "$(json '"\(.acknowledged) \(.waiting) \(.error.name)"' sync --deadline 2)"
ends_with 6 "1 waiting" rond sync --wait --deadline 3
ends_with 6 '"name": "' rond --json sync --deadline 1
rond report check --of cyclist_behaviour --form targeted --checked 4 --place stortorget --from "2015-05-10 14:00" >/dev/null
ends_with 0 "+1" rond promises
ends_with 6 "" rond device --renew

echo "[  PASSED  ] $passed tests."
[ "$failed" = 0 ] || { echo "[  FAILED  ] $failed tests."; exit 1; }
