#!/bin/bash
# A server moves to another machine and address, as docs/operating.md tells it: announced, moved with its data directory, the
# old address passed on for a while. Nobody's reports are lost: not of a handheld that was there all the time, not of one
# that was offline while the move was announced, not of one that comes back when the old address is gone. Speaks like a
# cmocka program, so that tests/run.sh counts it.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/scenario.sh
check=(check --of cyclist_behaviour --form targeted --checked 1 --place bangatan)
relay=''
relay_end() { [ -z "$relay" ] || { kill "$relay"; wait "$relay"; } 2>/dev/null; relay=''; }
trap 'relay_end; scenario_end' EXIT

reports() { # HANDHELD COUNT
    local i
    for i in $(seq "$2"); do report "$1" "${check[@]}" >/dev/null; done
}
waiting() { held "$1" --json status | jq .totals.waiting; }
applied() { ctl --json counts | jq .applied; }
knows() { held "$1" --json words >/dev/null; sqlite3 "$dir/$1/outbox.db" "SELECT hex(body) FROM reference" | grep -qi "$(printf ':%s' "$2" | od -An -tx1 | tr -d ' \n')"; } # HANDHELD PORT
url() { echo "wss://localhost:$(port "$1" devices)"; }

the_move_is_announced_while_the_old_server_runs() {
    enrolled there polisen police_officer
    enrolled away polisen police_officer
    enrolled gone polisen police_officer
    reports away 3 # and is out of coverage from here on
    reports gone 2 # for longer
    stop a
    start a "$(url b), $(url a)"
    reports there 1
    sync there "" # the new address cannot be reached yet: the old one serves
    knows there "$(port b devices)" || complain "the new address did not come down"
    knows away "$(port b devices)" && complain "a handheld that was offline cannot know it"
    same "what was sent is there" 1 "$(applied)"
}

the_server_moves_with_its_data_directory() {
    reports there 2
    stop a
    cp -a "$dir/a" "$dir/b" && rm -f "$dir/b/control.sock" "$dir/b/ports"
    mv "$dir/a" "$dir/a.old" # two servers on one history must never run
    server=b
    start b
    sync there ""
    same "nothing waits on the handheld that was told" 0 "$(waiting there)"
    same "what was there before and what came are there" 3 "$(applied)"
}

a_device_that_was_offline_meanwhile_comes_in_by_the_old_address_that_is_passed_on() {
    held away sync --deadline 3 >/dev/null 2>&1
    same "while nothing answers there, its reports wait" 3 "$(waiting away)"
    "$bin/relay" "$(port a devices)" "$(port b devices)" 100000000 >"$dir/relay.out" 2>/dev/null & # one connection is enough here
    relay=$!
    for _ in $(seq 200); do grep -qs ready "$dir/relay.out" && break; sleep 0.05; done
    sync away ""
    same "they are there" 6 "$(applied)"
    knows away "$(port b devices)" || complain "it did not learn the new address"
    relay_end
    reports away 1
    sync away "" # straight to the new one
    same "and so is what came after" 7 "$(applied)"
    expect 0 "certificate" held away device --renew # where the list says; nothing answers where it enrolled
    expect 0 "certificate" held there device --renew
}

a_device_that_comes_when_the_old_address_is_gone_is_enrolled_anew_with_its_queue() {
    local code id
    id=$(held gone --json device | jq -r .device)
    held gone sync --deadline 3 >/dev/null 2>&1
    same "its reports wait" 2 "$(waiting gone)"
    code=$(ctl device code --organisation polisen --area lund --role police_officer --device gone 2>/dev/null)
    expect 0 "" held gone enrol "https://localhost:$(port b enrolment)" "$code"
    same "it is the same device" "$id" "$(held gone --json device | jq -r .device)"
    sync gone ""
    same "they are there" 9 "$(applied)"
    sound
}

make -s "build/${VARIANT:-release}/relay" >/dev/null || exit 1
# The new machine's ports: those that a server there found free.
ctl_of b init --name "Unused CA" >/dev/null || exit 1
start b
stop b
rm -r "$dir/b"
ctl init --name "Test CA" >/dev/null || exit 1
start a
ctl promise import tests/fixtures/lund-2015.yaml >/dev/null || exit 1
run_tests the_move_is_announced_while_the_old_server_runs the_server_moves_with_its_data_directory \
    a_device_that_was_offline_meanwhile_comes_in_by_the_old_address_that_is_passed_on \
    a_device_that_comes_when_the_old_address_is_gone_is_enrolled_anew_with_its_queue
