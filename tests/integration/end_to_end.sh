#!/bin/bash
# The whole way over real processes, sockets and TLS: rond -> rondd -> SQLite -> progress, and everything that must be refused
# on it, with the sentence and the exit code that a person gets. Speaks like a cmocka program, so that tests/run.sh counts it.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/scenario.sh
ctl() { ctl_of "$@"; } # two servers here: each is named

code() { ctl "$1" device code --organisation "$2" --area lund --role "$3" 2>/dev/null; }
enrol() { # HANDHELD SERVER CODE
    held "$1" enrol "https://localhost:$(port "$2" enrolment)" "$3" --name "$1"
}
on() { printf '%s\n' --from "$1 ${2:-14:00}" --to "$1 ${3:-15:00}"; } # DAY [FROM TO]
why() { ctl a --json progress --why "$1" | jq -r "select(.reference == \"$2\") | \"\\(.counted) \\(.reason_en)\""; }
status() { held "$1" --json status "$2" | jq -r .status; }
stored() { ctl a --json counts | jq .reports; }

mapfile -t may8 < <(on 2015-05-08)
mapfile -t may14 < <(on 2015-05-14)
mapfile -t autumn < <(on 2015-10-05)
cykel=(check --of cyclist_behaviour --form targeted --checked 12 --remarked 3 --place stortorget)

# --- The tests ---

every_kind_is_applied_and_moves_its_promise() {
    local first walk wrong_one taken rows
    enrolled police polisen police_officer
    enrolled town lunds-kommun municipal_staff
    first=$(report police "${cykel[@]}" "${may8[@]}")
    report police check --of cycle_equipment --form targeted --checked 60 --with-org lunds-kommun "${autumn[@]}" >/dev/null
    report police patrol --place lund-c-stationen --persons police_officer=2 --from "2015-05-08 20:00" --to 21:30 >/dev/null
    report police meeting --with taxi_trade --subject Taxi "${may8[@]}" >/dev/null
    report police initiative --of school_visit --quantity 2 --unit visits "${may8[@]}" >/dev/null
    report police check --of taxi --form coordinated --checked 31 --with-org skatteverket --with-org forsakringskassan "${may8[@]}" >/dev/null
    report town handout --item lights=120 --item reflectors=300 --information --with-org polisen "${autumn[@]}" >/dev/null
    report town inventory --of traffic_signs --surveyed 214 "${may8[@]}" >/dev/null
    report town meeting --with-org polisen --with-org jernhusen --subject Samverkan "${may8[@]}" >/dev/null
    walk=$(report town walk --with-org polisen --with-org jernhusen --unsafe "place=bangatan,cause=dark,responsible=lunds-kommun,action=lamps,due=2015-06-30" "${may8[@]}")
    report town walk --with-org polisen --with-org jernhusen --safe bangatan --rewalk "$walk:1" "${may14[@]}" >/dev/null
    wrong_one=$(report police check --of taxi --form targeted --checked 9 "${may14[@]}")
    expect 0 "" held police correct "$wrong_one" "${cykel[@]}" "${may14[@]}"
    taken=$(report police "${cykel[@]}" "${may14[@]}")
    expect 0 "" held police withdraw "$taken" --reason twice
    sync police "10 acknowledged, 0 waiting"
    sync town "5 acknowledged, 0 waiting"

    same "applied" 15 "$(ctl a --json counts | jq .applied)"
    same "cykel: one and the corrected one" 2 "$(figure lund-2015-trafik/cykel .done)"
    same "taxi" 1 "$(figure lund-2015-trafik/taxi .done)"
    same "taximoten" 1 "$(figure lund-2015-trafik/taximoten .done)"
    same "skyltar" met "$(figure lund-2015-trafik/skyltar .status)"
    same "synas" met "$(figure lund-2015-trafik/synas .status)"
    same "samverkan" 1 "$(figure lund-2015-station/samverkan .done)"
    same "vandring" met "$(figure lund-2015-station/vandring .status)"
    same "atgarder" 1 "$(figure lund-2015-station/atgarder .done)"
    same "narvaro" "1" "$(figure lund-2015-station/narvaro .done)"
    same "why the first counted" "true" "$(why lund-2015-trafik/cykel "$first" | cut -d' ' -f1)"
    same "why the withdrawn one did not" "false" "$(why lund-2015-trafik/cykel "$taken" | cut -d' ' -f1)"
    same "the handheld: counted" counted "$(held police sync >/dev/null; status police "$first")"
    same "the handheld: replaced" replaced "$(status police "$wrong_one")"
    same "the handheld: withdrawn" withdrawn "$(status police "$taken")"
    rows=$(ctl a export | jq -r 'select(.verdict == "applied") | .reference' | sort)
    same "exported, each once" "$(for h in police town; do held "$h" --json status --all | jq -r '.reports[].reference'; done | sort)" "$rows"
    same "kinds exported" 7 "$(ctl a export | jq -r 'select(.report != null) | .kind' | grep -vE 'withdrawal|none' | sort -u | wc -l)"
    expect 0 "the same as before" ctl a rebuild
    same "no progress where nobody watches" "" "$(ctl a rebuild 2>&1 >/dev/null)"
    expect 0 "sound" ctl a verify
    expect 0 '"sound":true' ctl a verify --json
}

a_code_that_does_not_fit_is_refused_with_its_reason() {
    local expired used last
    expired=$(code a polisen police_officer)
    stop a
    sqlite3 "$dir/a/rond.db" "UPDATE codes SET expires_ms = 1 WHERE used = 0"
    start a
    expect 4 "has run out; ask for a new one. (204)" enrol nobody a "$expired"
    used=$(code a polisen police_officer)
    expect 0 "polisen" enrol spare a "$used"
    expect 4 "has already been used; ask for a new one. (205)" enrol nobody a "$used"
    expect 4 "belongs to another server; check the address. (206)" enrol nobody a "$(code b polisen police_officer)"
    last=${used: -1}
    expect 3 "mistyped" enrol nobody a "${used%?}$([ "$last" = 7 ] && echo 8 || echo 7)"
    expect 3 "too short" enrol nobody a R079X
    expect 4 "not enrolled" held nobody sync
    same "devices" 3 "$(ctl a --json counts | jq .devices)"
}

a_device_that_is_not_known_is_refused() {
    expect 0 "polisen" enrol stranger b "$(code b polisen police_officer)"
    report stranger "${cykel[@]}" --from 2015-05-08T14:00:00+02:00 >/dev/null # before the first sync the zone is not known
    # told to come to a, whose CA it does not trust
    expect 6 "is not one of this service" held stranger sync --deadline 5
    same "waiting" 1 "$(held stranger --json status | jq .totals.waiting)"
    enrolled forgotten polisen police_officer
    report forgotten "${cykel[@]}" "${may8[@]}" >/dev/null
    stop a
    sqlite3 "$dir/a/rond.db" "DELETE FROM device_keys WHERE device = (SELECT device FROM devices WHERE name = 'forgotten');
        DELETE FROM devices WHERE name = 'forgotten'"
    start a
    expect 4 "This device is not enrolled here; ask for a new enrolment code. (200)" held forgotten sync --deadline 5
    same "nothing was stored" 15 "$(stored)"
}

a_lost_device_is_out_and_a_retired_one_hands_in_its_queue() {
    enrolled lost polisen police_officer
    enrolled retired polisen police_officer
    report lost "${cykel[@]}" "${may8[@]}" >/dev/null
    report retired "${cykel[@]}" "${may8[@]}" >/dev/null
    expect 0 "as lost" ctl a device revoke lost --lost
    expect 0 "as retired" ctl a device revoke retired --retired
    expect 4 "This device has been taken out of use; hand it in or ask for a new enrolment code. (201)" held lost sync --deadline 5
    same "of the lost one nothing" 15 "$(stored)"
    expect 4 "taken out of use" held lost device --renew
    expect 4 "taken out of use" held retired device --renew
    sync retired "1 acknowledged, 0 waiting"
    same "of the retired one its queue" 16 "$(stored)"
    same "in quarantine" 409 "$(ctl a --json quarantine list | jq 'select(.code != null) | .code')"
    same "not counted" 2 "$(figure lund-2015-trafik/cykel .done)"
    expect 7 "" ctl a device revoke nobody --lost
}

a_report_that_fails_validation_is_put_aside_alone() {
    local good bad worse
    good=$(report police meeting --with taxi_trade "${may14[@]}")
    bad=$(report police meeting --with taxi_trade --with-org no-such-organisation "${may14[@]}")
    worse=$(report police meeting --with taxi_trade --with-org another-unknown "${may14[@]}")
    report police "${cykel[@]}" "${may14[@]}" >/dev/null
    sync police "4 acknowledged, 0 waiting"
    same "taximoten" 2 "$(figure lund-2015-trafik/taximoten .done)"
    same "the good one" counted "$(status police "$good")"
    same "the bad one" needs_you "$(status police "$bad")"
    expect 0 "organisations[0]: The organisation is not known here. (no-such-organisation)" ctl a quarantine list
    expect 0 "This counts:" ctl a progress --why lund-2015-trafik/taximoten
    expect 0 "av minst 2 möten: " ctl a progress --why lund-2015-trafik/taximoten --swedish
    expect 7 "There is no commitment 'lund-2015-trafik/flyg'" ctl a progress --why lund-2015-trafik/flyg
    expect 2 "progress takes no 'extra'" ctl a progress extra
    expect 0 '"taxi_trade"' ctl a quarantine show "$bad"
    expect 0 '"taxi_trade"' ctl a quarantine show "#$(ctl a --json quarantine list | jq -r "select(.reference == \"$bad\").row")"
    expect 7 "There is no report #99999." ctl a report show '#99999'
    expect 7 "There is no report #1x." ctl a report show '#1x'
    expect 0 "received" ctl a outbox list
    expect 0 "taxi_trade" ctl a words counterpart
    expect 0 "released" ctl a quarantine release "$bad"
    expect 0 "discarded" ctl a quarantine discard "$worse"
    verdict() { ctl a export | jq -r "select(.reference == \"$1\") | [.verdict, .code, .released, .discarded] | map(tostring) | join(\" \")"; }
    same "exported" "applied null null null" "$(verdict "$good")"
    same "exported as released" "quarantined 407 true false" "$(verdict "$bad")"
    same "exported as discarded" "quarantined 407 false true" "$(verdict "$worse")"
    same "exported in all" "$(stored)" "$(ctl a export | wc -l)"
    same "released it counts, discarded it does not" 3 "$(figure lund-2015-trafik/taximoten .done)"
    expect 0 "sound" ctl a verify
    expect 0 "the same as before" ctl a rebuild
    sync police "0 acknowledged, 0 waiting"
    same "the handheld knows" counted "$(status police "$bad")"
    same "and not why it was in quarantine" null "$(held police --json status "$bad" | jq -c .reason)"
    same "nor does the discarded one need it" discarded "$(status police "$worse")"
    expect 0 "set aside: The organisation is not known here" held police status "$worse"
    same "nobody needs anybody" 0 "$(held police --json status | jq .totals.needs_you)"
    expect 3 "type it again" ctl a quarantine release ZZZZZZ-01-1
}

a_promise_file_with_a_mistake_is_refused_as_a_whole() {
    local before lund=tests/fixtures/lund-2015.yaml file=$dir/wrong.yaml
    before=$(ctl a promise list; ctl a --json progress | jq -S .areas[].promises)
    mistake() { # SED WORDS
        sed -E "$1" $lund | sed 's/En tryggare trafiksituation/Changed/' >"$file"
        local line
        line=$(diff <(sed 's/En tryggare trafiksituation/Changed/' $lund) "$file" | sed -nE 's/^([0-9]+)c.*/\1/p' | head -n 1)
        expect 3 "wrong.yaml:$line: $2" ctl a promise import "$file"
        expect 3 "nothing was imported" ctl a promise import "$file"
    }
    mistake 's/place: lund-c-stationen, days: \[fri, sat\]/place: nowhere, days: [fri, sat]/' 'promises[1].commitments[3].windows[0].place: '
    mistake 's/with_all: \[skatteverket/with_all: [nobody/' 'promises[0].commitments[2].with_all[0]: '
    mistake 's/target: 10,/target: -10,/' 'promises[0].commitments[1].target: '
    mistake 's/^period: \{from: 2015-01-01, to: 2015-12-31\}/period: {from: 2015-01-01, to: 2014-12-31}/' 'period'
    sed 's/timezone: Europe.Stockholm/timezone: Europe\/Nowhere/' $lund >"$file"
    expect 3 "wrong.yaml:3: area.timezone: there is no time zone 'Europe/Nowhere'" ctl a promise import "$file"
    sed -E 's/measure: [a-z_]+/measure: wish/; s/kind: [a-z_]+/kind: wish/' $lund >"$file"
    for key in $(seq 30); do echo "nonsense$key: 1"; done >>"$file"
    expect 3 " more" ctl a promise import "$file"
    same "what is there" "$before" "$(ctl a promise list; ctl a --json progress | jq -S .areas[].promises)"
    expect 7 "cannot be read" ctl a promise import "$dir/no-such-file"
}

a_full_disk_saves_nothing_and_says_so() {
    local mount=(unshare --mount)
    [ "$(id -u)" = 0 ] || mount=(unshare --map-root-user --mount)
    if ! "${mount[@]}" true 2>/dev/null; then
        echo "skipped: no file system may be mounted here"
        return
    fi
    full() { # in a mount namespace of its own
        mkdir "$dir/small" && mount -t tmpfs -o size=4m tmpfs "$dir/small" || return 9
        cp -a "$dir/police" "$dir/small/held"
        before=$(held small/held --json status --all | jq -S .)
        expect 0 "" held small/held draft save meeting --subject kept
        cat /dev/zero >"$dir/small/filler" 2>/dev/null
        mapfile -t texts < <(for _ in $(seq 8); do head -c 2900 /dev/urandom | base64 -w 0 | tr 0-9 a-j; echo; done)
        saved=0 refused=0
        for text in "${texts[@]}"; do
            if reference=$(held small/held report "${cykel[@]}" "${may8[@]}" --text "$text" 2>"$dir/said"); then
                saved=$((saved + 1))
            else
                same "exit code" 5 $?
                grep -q full "$dir/said" || complain "does not say that it is full: $(cat "$dir/said")"
                refused=$((refused + 1))
            fi
        done
        [ "$refused" -gt 0 ] || complain "the disk was never full"
        echo "full disk: $saved saved before it, $refused refused"
        expect 5 "full" held small/held draft save meeting --subject "refused" --text "${texts[0]}"
        rm "$dir/small/filler"
        same "waiting" "$saved" "$(held small/held --json status | jq .totals.waiting)"
        same "drafts" 1 "$(held small/held --json draft list | jq '.drafts | length')"
        same "what was there" "$before" "$(held small/held --json status --all | jq -S "del(.reports[] | select(.status == \"draft\" or .status == \"waiting\"))
            | .totals.drafts = 0 | .totals.queued -= $saved | .totals.waiting = 0 | .totals.oldest_waiting_age_ms = 0")"
        expect 0 "" held small/held report "${cykel[@]}" "${may8[@]}"
        expect 0 "$((saved + 1)) acknowledged, 0 waiting" held small/held sync --deadline 10
        rm -rf "$dir/police" && cp -a "$dir/small/held" "$dir/police"
        return $((wrong > 0))
    }
    export -f full held expect same complain
    export dir bin rond
    "${mount[@]}" bash -c "wrong=0; $(declare -p cykel may8); full" || complain "in the small file system: $?"
}

drafts_survive_a_kill_in_the_middle() {
    local i pid acknowledged=0 listed
    enrolled scribe polisen police_officer
    for i in $(seq 1 45); do
        held scribe draft save meeting --with taxi_trade --subject "draft $i" >"$dir/draft" 2>/dev/null &
        pid=$!
        sleep "0.0$(printf %02d $((i % 15 + 2)))"
        kill -9 "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
        [ ! -s "$dir/draft" ] || acknowledged=$((acknowledged + 1))
    done 2>/dev/null
    listed=$(held scribe --json draft list | jq '.drafts | length')
    [ "$listed" -ge "$acknowledged" ] || complain "$acknowledged drafts were acknowledged, $listed are there"
    echo "drafts: $acknowledged of 45 acknowledged before the kill, $listed there"
    expect 0 "" held scribe draft save meeting --with taxi_trade --subject last
    expect 0 "" held scribe draft queue "$(cat "$dir/said")"
    sync scribe "1 acknowledged, 0 waiting"
}

a_renewed_certificate_is_the_one_that_syncs() {
    expect 0 "certificate" held police device --renew
    expect 0 "device.renew" ctl a audit
    expect 0 "" held police report "${cykel[@]}" "${may8[@]}"
    sync police "1 acknowledged, 0 waiting"
    stop a
    expect 6 "cannot be reached" held police device --renew
    start a
    sync police "0 acknowledged"
}

rondctl_asks_the_server_or_opens_the_store() {
    local asked
    asked() { grep -c event=control_request "$dir/a.log"; }
    asked=$(asked)
    expect 0 "reports" ctl a counts
    [ "$(asked)" -gt "$asked" ] || complain "the running server was not asked"
    expect 0 "reports" ctl a counts --json
    stop a
    asked=$(asked)
    expect 0 "reports" ctl a counts
    expect 0 "sound" ctl a verify
    same "requests while it was stopped" "$asked" "$(asked)"
    start a
    expect 7 "there is no data directory" ctl nowhere counts
    expect 2 "usage" ctl a quarantine
    expect 2 "takes no 'extra'" ctl a progress extra
    error() { ctl a --json "$@" 2>/dev/null | jq -c '.error | [.name, .text]'; }
    same "misuse as JSON" '["usage","progress takes no '"'extra'"'; see rondctl progress --help"]' "$(error progress extra)"
    same "an option that is none as JSON" usage "$(ctl a progress --bogus --json 2>/dev/null | jq -r .error.name)"
    same "a refusal as JSON" '"not found"' "$(ctl a --json device revoke nobody --lost 2>/dev/null | jq -c .error.name)"
    same "no data directory as JSON" '"not found"' "$(ctl nowhere --json counts 2>/dev/null | jq -c .error.name)"
    same "a list is its rows alone" "$(ctl a promise list | wc -l)" "$(ctl a --json promise list | jq -c .promise | grep -vc null)"
    same "and no line more" 2 "$(ctl a --json promise list | wc -l)"
    printf 'period: {from: 2015-01-01, to: 2014-12-31}\n' >"$dir/wrong.yaml"
    expect 3 '{"fault":' ctl a --json promise import "$dir/wrong.yaml"
    same "and its error" '"invalid"' "$(ctl a --json promise import "$dir/wrong.yaml" 2>/dev/null | jq -c 'select(.error) | .error.name')"
}

a_stopped_server_and_a_second_one_end_in_time() {
    local second=0 pid
    "$bin/rondd" --config "$dir/b.conf" >"$dir/second.log" 2>&1 &
    pid=$!
    wait "$pid" || second=$?
    same "a second server ends with" 4 "$second"
    grep -q "Another process owns" "$dir/second.log" || complain "it does not say why: $(cat "$dir/second.log")"
    kill -STOP "${servers[b]}"
    expect 6 "does not answer" timeout 15 "$bin/rondctl" --data "$dir/b" counts
    kill -CONT "${servers[b]}"
    expect 0 "reports" ctl b counts
    stop b
}

# --- Running them ---

for name in a b; do
    ctl "$name" init --name "Test CA $name" >/dev/null || exit 1
done
start a
start b "wss://localhost:$(port a devices)"
for name in a b; do
    ctl "$name" promise import tests/fixtures/lund-2015.yaml >/dev/null || exit 1
done
a_handhelds_folder_has_one_user_at_a_time() {
    local syncing
    held police report check --of cyclist_behaviour --form targeted --checked 1 >/dev/null 2>&1
    kill -STOP "${servers[a]}"
    held police sync --deadline 20 >/dev/null 2>&1 &
    syncing=$!
    sleep 0.5
    expect 6 "Another program has the outbox open" held police status
    expect 6 "Another program has the outbox open" held police report check --of cyclist_behaviour --form targeted --checked 1
    kill -CONT "${servers[a]}"
    wait "$syncing" || complain "the sync ended with $?"
    expect 0 "" held police status
}

run_tests every_kind_is_applied_and_moves_its_promise a_code_that_does_not_fit_is_refused_with_its_reason \
    a_device_that_is_not_known_is_refused a_lost_device_is_out_and_a_retired_one_hands_in_its_queue \
    a_report_that_fails_validation_is_put_aside_alone a_promise_file_with_a_mistake_is_refused_as_a_whole \
    a_full_disk_saves_nothing_and_says_so drafts_survive_a_kill_in_the_middle a_renewed_certificate_is_the_one_that_syncs \
    rondctl_asks_the_server_or_opens_the_store a_handhelds_folder_has_one_user_at_a_time a_stopped_server_and_a_second_one_end_in_time
