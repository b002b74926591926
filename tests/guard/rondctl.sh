#!/bin/bash
# `rondctl` from the outside, alone and with a server: exit codes, words of help, what it prints for people and as JSON.
#
# Tests: server/ctl/main.c server/ctl/init.c server/ctl/asker.c server/ctl/promise.c server/ctl/device.c
# Tests: server/ctl/progress.c server/ctl/reports.c server/ctl/lists.c server/ctl/why.c server/ctl/health.c
# Tests: server/ctl/progress_table.c server/ctl/wording.c server/ctl/qr.c
set -u
export ROND_AS_ROOT=1 # where root runs it: server/privileges.h
cd "$(dirname "$0")/../.." || exit 2
b=$PWD/build/${VARIANT:-release}
dir=$(mktemp -d)
server='' hung=''
stop() {
    [ -z "$server" ] || { kill -CONT "$server"; kill -TERM "$server"; wait "$server"; } 2>/dev/null
    server=''
}
trap 'stop; rm -rf "$dir"' EXIT
make -s "$b/rond" "$b/rondd" "$b/rondctl" >/dev/null || exit 1
passed=0 failed=0
ctl() { "$b/rondctl" --data "$dir/data" "$@"; }
held() { "$b/rond" --dir "$dir/held" "$@"; }

ends_with() { # CODE WORDS-IN-ITS-ANSWER COMMAND...
    local code=$1 words=$2 answer=0
    shift 2
    "$@" >"$dir/said" 2>&1 || answer=$?
    if [ "$answer" = "$code" ] && grep -qF -- "$words" "$dir/said"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "[  FAILED  ] $*: ended with $answer, not $code, or does not say '$words':"
        head -n 20 "$dir/said"
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
start() {
    cat >"$dir/rondd.conf" <<CONF
[server]
data_dir = $dir/data
hostnames = localhost
[listen]
devices = 127.0.0.1:0
enrolment = 127.0.0.1:0
operations = 127.0.0.1:0
CONF
    ASAN_OPTIONS=${ASAN_OPTIONS:-fast_unwind_on_malloc=0} "$b/rondd" --config "$dir/rondd.conf" >>"$dir/log" 2>&1 &
    server=$!
    for _ in $(seq 400); do [ -S "$dir/data/control.sock" ] && break; sleep 0.05; done
}

# --- The words alone ---

ends_with 0 "Exit codes" ctl --help
ends_with 0 "rondctl $(cat VERSION)" ctl --version
ends_with 2 "usage: rondctl" ctl
ends_with 2 "usage: rondctl" ctl --json
ends_with 2 "see rondctl --help" ctl --nonsense
ends_with 2 "there is no command 'nonsense'" ctl nonsense
for command in init promise device progress quarantine report export verify rebuild counts audit; do
    ends_with 0 "usage: rondctl" ctl "$command" --help
    ends_with 0 "usage: rondctl" ctl "$command" list --help
done
for wrong in "init --nonsense" "init more" "promise" "promise nonsense" "promise import" "promise import a b" "promise list all" \
    "promise remove" "device" "device nonsense" "device list all" "device code --nonsense" "device revoke" "device revoke x" \
    "device revoke --lost" "device approve" "device approve x y" "device approve x --nonsense" "device refuse x" "device refuse --reason y" "device revoke x y --lost" "device revoke x --stolen" "progress --nonsense" "quarantine" \
    "quarantine list more" "quarantine show" "quarantine release" "quarantine discard a b" "report" "report show" "report erase" \
    "report nonsense x" "export all" "counts all" "audit all" "rebuild all" "verify all"; do
    # shellcheck disable=SC2086 # words
    ends_with 2 "" ctl $wrong
done

# --- Without a data directory ---

ends_with 7 "there is no data directory at $dir/data" ctl counts
ends_with 7 "there is no data directory at /nonexistent" env ROND_DATA=/nonexistent "$b/rondctl" counts
ends_with 1 "cannot be made" "$b/rondctl" --data "$dir/no/such/place" init
ends_with 1 "" "$b/rondctl" --data "$dir/$(printf 'x%.0s' {1..300})" init
mkdir "$dir/empty"
ends_with 7 "" "$b/rondctl" --data "$dir/empty" counts

ends_with 0 "is ready: rond.db, ca.key, ca.crt" ctl init --name "CA of the test"
same "the key is the owner's alone" 600 "$(stat -Lc %a "$dir/data/ca.key")"
same "the key lies where the server does not read" "$dir/data-ca" "$(dirname "$(readlink -f "$dir/data/ca.key")")"
same "the name is in the certificate" 1 "$(openssl x509 -noout -subject -in "$dir/data/ca.crt" | grep -c 'CA of the test')"
ends_with 9 "" ctl init
ends_with 0 '"ok":true' "$b/rondctl" --json --data "$dir/second" init

# --- On its own store ---

printf 'area: {id: a, name: A}\nperiod: {from: 2015-12-31, to: 2015-01-01}\norganisations: []\npromises: [{id: l}]\n' >"$dir/bad.yaml"
ends_with 7 "cannot be read" ctl promise import "$dir/none.yaml"
ends_with 3 "nothing was imported" ctl promise import "$dir/bad.yaml"
same "every fault has its line" 2 "$(grep -c "^$dir/bad.yaml:[24]: .*\(before from\|title_sv: is missing\)" "$dir/said")"
head -c 1048577 /dev/zero | tr '\0' '#' >"$dir/large.yaml"
ends_with 3 "is larger than" ctl promise import "$dir/large.yaml"
printf 'area: {id: a, name: "\xff"}\n' >"$dir/latin.yaml"
ends_with 3 "" ctl promise import "$dir/latin.yaml"
ends_with 7 "cannot be read" ctl promise import "$dir"
ends_with 0 "imported 2 promises with 9 commitments for lund" ctl promise import tests/fixtures/lund-2015.yaml
ends_with 0 "lund-2015-trafik" ctl promise list
same "JSON rows, and no last line" "2 0" "$(ctl --json promise list | jq -s '"\(map(select(.promise)) | length) \(map(select(.ok)) | length)"' -r)"
ends_with 7 "There is no promise 'nothing'" ctl promise remove nothing
ends_with 0 "No device is enrolled here yet" ctl progress
ends_with 0 "lund-2015-trafik/cykel       missed   0 of at least 10 checks" ctl progress --area lund
ends_with 7 "There is no area 'atlantis'" ctl progress --area atlantis
ends_with 7 "There is no commitment 'a/b'" ctl progress --why a/b
ends_with 0 "Nothing counts yet." ctl progress --why lund-2015-trafik/cykel
same "nothing is behind a zero" "" "$(ctl --json progress --why lund-2015-trafik/cykel | jq -c 'select(.reference)')"
ends_with 3 "roles: There is no role 'king'" ctl device code --organisation polisen --area lund --role king
ends_with 3 "area: There is no area" ctl device code --organisation polisen --area atlantis --role police_officer
ends_with 3 "minutes: " ctl device code --organisation polisen --area lund --role police_officer --minutes 1441
ends_with 7 "" ctl device code --organisation polisen --area lund --role police_officer --device nobody
ends_with 0 "valid once, until" ctl device code --organisation polisen --area lund --role police_officer --minutes 5
code=(device code --organisation polisen --area lund --role police_officer)
ends_with 0 "▀" ctl "${code[@]}" --qr
same "none where nobody looks" 0 "$(ctl "${code[@]}" 2>&1 | grep -c '▀')"
same "the code alone on standard output" 1 "$(ctl "${code[@]}" --qr 2>/dev/null | wc -l)"
ends_with 0 "promise.import" ctl audit
ends_with 0 "the same as before" ctl rebuild
ends_with 0 "sound" ctl verify
ends_with 7 "There is no report #99" ctl report show "#99"
ends_with 7 "There is no report #" ctl report show "#"
ends_with 3 "" ctl report show nonsense
ends_with 1 "could not be written" bash -c "'$b/rondctl' --data '$dir/data' audit >/dev/full"

# --- With a server ---

start
port=$(sed -n 's/^enrolment=//p' "$dir/data/ports")
code=$(ctl device code --organisation polisen --area lund --role police_officer 2>/dev/null)
held enrol "https://localhost:$port" "$code" --name patrol >/dev/null
held sync --deadline 15 >/dev/null # the area's time zone is known from then on
report() { held --json report "$@" | jq -r .reference; }
cykel=(check --of cyclist_behaviour --form targeted --checked 12 --remarked 3 --place stortorget)
counted=$(report "${cykel[@]}" --from "2015-05-08 14:00" --to "2015-05-08 15:00")
outside=$(report "${cykel[@]}" --from "2014-05-08 14:00" --to "2014-05-08 15:00")
held sync --deadline 15 >/dev/null
ends_with 0 "patrol " ctl device list
ends_with 0 "police_officer" ctl device list
same "the device was heard of" 1 "$(ctl device list | grep -c "$(date -u +%Y-%m-%d) ..:..Z")"
ends_with 0 "This counts:" ctl progress --why lund-2015-trafik/cykel
ends_with 0 "$counted" ctl progress --why lund-2015-trafik/cykel
same "what did not count says why" 1 "$(ctl progress --why lund-2015-trafik/cykel | grep " $outside .*" | grep -c '[a-z]\.$')"
same "in Swedish another reason" 1 "$(diff <(ctl progress --why lund-2015-trafik/cykel) <(ctl progress --why lund-2015-trafik/cykel --swedish) | grep -c "^> .*utanför löftets period")"
ends_with 0 '"silent_devices":[]' ctl --json progress

# A period that runs, half of it gone: a pace, and a forecast whose assumption is said once.
on() { TZ=Europe/Stockholm date -d "$1 days" +%Y-%m-%d; }
for day in -150 -140 -130; do report "${cykel[@]}" --from "$(on $day) 14:00" --to "$(on $day) 15:00" >/dev/null; done
held sync --deadline 15 >/dev/null
sed "s/lund-2015/lund-now/g; s/2015-01-01/$(on -200)/; s/2015-12-31/$(on 200)/; /id: synas/d" tests/fixtures/lund-2015.yaml >"$dir/now.yaml"
ends_with 0 "lund-2015-trafik/cykel       missed         -        -  1 of at least 10 checks" \
    eval "ctl promise import '$dir/now.yaml' && ctl progress"
ends_with 0 "    lund-now-trafik/cykel        behind         4        6  3 of at least 10 checks" ctl progress
same "its assumption, once" 1 "$(ctl progress | grep -c "if the pace so far goes on")"
same "its assumption, once, in Swedish" 1 "$(ctl progress --swedish | grep -c "om takten hittills håller i sig")"
ends_with 0 "    lund-now-trafik/cykel        efter                4          6  3 av minst 10 kontroller" ctl progress --swedish
"$b/rond" --dir "$dir/silent" enrol "https://localhost:$port" "$(ctl device code --organisation polisen --area lund --role police_officer 2>/dev/null)" \
    --name radio >/dev/null
ends_with 0 "last heard of never" ctl progress
ends_with 0 "senast hörd aldrig" ctl progress --swedish
ends_with 0 "(enligt det som kommit in: ej uppfyllt; 1 enhet tyst)" eval 'ctl progress --swedish | tr -s " \n" " "'

# One language at a time, and lines that fit: of every commitment the table and what is behind its figure.
shown_in() { # [--swedish]
    ctl progress "$@"
    ctl --json progress | jq -r '.areas[].promises[].commitments[].commitment' | while read -r path; do
        ctl progress --why "$path" "$@"
    done
    ctl summary --organisation polisen "$@"
}
english='not begun|met|on pace|behind|missed|counted|unknown|draft|agreed|active|closed|followed up|due|at end|done|commitment|status|never|last|heard|waiting|silent|device|devices|by now|days|left|windows|minutes|covered|late|came|check|checks|meeting|safety|walk|patrol|inventory|mon|tue|wed|thu|sat|sun|fri|if the|week|of|and|the|this|nothing|counts|report|reports|outside'
swedish='ej påbörjat|uppfyllt|i fas|efter|vet inte|utkast|gäller|avslutat|väntat|i slutet|gjort|åtagande|läge|aldrig|senast|hörd|väntar|tyst|enhet|enheter|dagar|kvar|pass|minuter|täckta|sen|kom|kontroll|kontroller|möte|möten|mån|tis|ons|tors|lör|sön|om takten|veckan|av|och|det|räknas|rapport|rapporter|utanför'
# The titles of Lund are Swedish in either language.
ctl --json progress | jq -r '.areas[].promises[] | .title_sv, .commitments[].title_sv | "s/\(.)//"' >"$dir/titles"
shown_in --swedish | sed -f "$dir/titles" >"$dir/swedish"
shown_in | sed -f "$dir/titles" >"$dir/english"
same "no English in Swedish" "" "$(grep -inwE "$english" "$dir/swedish")"
same "no Swedish in English" "" "$(grep -inwE "$swedish" "$dir/english")"
same "no name of the protocol in either" "" "$(grep -nE "on_pace|not_started|followed_up|_patrol|_walk|-[0-9][0-9]T[0-9]" "$dir/swedish" "$dir/english")"
for language in "" --swedish; do
    same "at most 100 columns $language" "" "$(ctl progress $language | LC_ALL=C.UTF-8 grep -E '^.{101}')"
done
ends_with 0 "never" ctl device list
ends_with 0 "\"reference\": \"$counted\"" ctl report show "$counted"
ends_with 0 "\"reference\": \"$counted\"" ctl quarantine show "$counted"
ends_with 0 "\"row\": 1" ctl report show "#1"
same "nothing is in quarantine" "" "$(ctl quarantine list --all)"
ends_with 0 "received is the sum of applied, quarantined and lost" ctl counts
ends_with 0 '"reports":' ctl counts --json
ends_with 0 "$counted" ctl export
ends_with 9 "" ctl quarantine release "$counted"
ends_with 7 "There is no report" ctl quarantine discard "#99"
ends_with 0 "erased the body of $outside" ctl report erase "$outside"
same "its body is gone" null "$(ctl report show "$outside" | jq -r .report)"
ends_with 0 "sound" ctl verify
ends_with 7 "No device that waits for approval" ctl device approve nobody
ends_with 7 "No device that waits for approval" ctl device refuse nobody --reason "is nobody"
ends_with 3 "reason: " ctl device refuse nobody --reason $'two\nlines'
ends_with 0 "somebody else has to approve" ctl device code --organisation polisen --area lund --role police_officer --approval
ends_with 7 "" ctl device revoke nobody --lost
ends_with 0 "revoked " ctl device revoke patrol --retired
ends_with 0 "as lost" ctl device revoke patrol --lost
ends_with 9 "that is not taken back" ctl device revoke patrol --retired
ends_with 0 "store works" ctl health
ends_with 0 '"store":"works"' ctl health --json
ends_with 2 "usage" ctl health all
kill -STOP "$server"
ends_with 6 "does it hang, or was it stopped?" ctl counts
kill -CONT "$server"
stop

ends_with 6 "no server runs" ctl health

# --- Verify finds what somebody changed behind its back ---

sqlite3 "$dir/data/rond.db" "UPDATE reports SET body = zeroblob(length(body)) WHERE rowid = (SELECT max(rowid) FROM reports WHERE body IS NOT NULL)" 2>/dev/null ||
    sqlite3 "$dir/data/rond.db" .schema >&2
ends_with 8 "NOT SOUND" ctl verify
ends_with 8 '"sound":false' ctl verify --json
ends_with 8 "UNSOUND" ctl verify
exec {hung}<>"$dir/data/lock"
flock "$hung"
ends_with 6 "is it starting or stopping?" ctl counts
flock -u "$hung"
rm "$dir/data/ca.key"
ends_with 7 "" ctl counts

echo "[  PASSED  ] $passed tests."
[ "$failed" = 0 ] || { echo "[  FAILED  ] $failed tests."; exit 1; }
