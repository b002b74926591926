#!/bin/bash
# What a thief finds in the folder of a handheld: words that nobody could guess go through `rond` into reports, drafts, a
# rescue file and a sync, with kills in between, and are then looked for in every file, in every encoding that text is likely
# to take. And `rond` leaves no core. Speaks like a cmocka program, so that tests/run.sh counts it.
#
# What stands on the command line of `rond report` is the shell's own matter (its history, and /proc while `rond` runs).
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/support/scenario.sh
export TMPDIR=$dir/tmp SQLITE_TMPDIR=$dir/tmp # whatever makes temporary files makes them where they are looked for
mkdir "$dir/tmp"
words=()
look=$bin/tests/integration/at_rest_test # which finds words in every encoding that it knows
[ -x "$look" ] || { echo "$look is not built"; exit 2; }

word() { # NAME: a fresh one
    local made="" letters=abcdefghijklmnopqrstuvwxyz
    while [ ${#made} -lt 24 ]; do made+=${letters:SRANDOM % 26:1}; done
    words+=("$made")
    printf -v "$1" %s "$made"
}
folder() { find "$dir/$1" "$dir/tmp" -type f; }
unreadable() { # HANDHELD
    local files
    mapfile -t files < <(folder "$1")
    printf '%s\n' "${words[@]}" >"$dir/words"
    expect 0 "" "$look" --look-for "$dir/words" "${files[@]}"
}

what_can_be_read_is_found() {
    local word
    word word
    echo "and $word" >"$dir/tmp/probe"
    echo "$word" >"$dir/words"
    expect 1 "its beginning" "$look" --look-for "$dir/words" "$dir/tmp/probe"
    rm "$dir/tmp/probe"
}

what_is_queued_is_readable_nowhere() {
    local name text place cause subject code reference
    word name; word text; word place; word cause; word subject
    code=$(ctl device code --organisation polisen --area lund --role police_officer 2>/dev/null)
    expect 0 "" held lost enrol "https://localhost:$(port "$server" enrolment)" "$code" --name "$name"
    expect 0 "" held lost sync --deadline 15
    expect 0 "" held lost report meeting --with "$text" --subject "$subject" --anyway
    expect 0 "" held lost report check --of cyclist_behaviour --form targeted --checked 1 --place "$place" --text "$text" --anyway
    expect 0 "" held lost report walk --text "$text" --unsafe "where=$place,cause=$cause" --anyway
    expect 0 "" held lost draft save meeting --subject "$cause" --text "$text"
    expect 0 "" held lost draft save check --of cyclist_behaviour --form targeted --checked 2 --text "$subject"
    expect 0 "" held lost draft queue 2 --anyway
    reference=$(held lost --json report check --of cyclist_behaviour --form targeted --checked 3 --text "$cause" | jq -r .reference)
    expect 0 "" held lost withdraw "$reference" --reason "$place" --anyway
    unreadable lost
}

kills_in_between_leave_nothing_readable() {
    local i text
    for i in $(seq 12); do
        word text
        "$bin/rond" --dir "$dir/lost" report meeting --with "$text" --subject "$text" --anyway >/dev/null 2>&1 & # itself, no shell around it
        sleep "0.0$((i * 5 % 40 + 10))"
        kill -9 $! 2>/dev/null
        wait $! 2>/dev/null
    done
    unreadable lost
    expect 0 "" held lost status
    unreadable lost
}

a_rescue_file_and_a_sync_leave_nothing_readable() {
    expect 0 "" held lost rescue "$dir/lost/rescue.rond"
    [ -s "$dir/lost/rescue.rond" ] || complain "no rescue file"
    unreadable lost
    expect 0 "" held lost sync --deadline 15
    expect 0 "" held lost status
    unreadable lost
}

a_rond_that_breaks_leaves_no_core() {
    local pid
    kill -STOP "${servers[$server]}" # so that the sync hangs
    expect 0 "" held lost report meeting --with "${words[0]}" --subject "${words[1]}" --anyway
    (cd "$dir/tmp" && ulimit -c unlimited && exec "$bin/rond" --dir "$dir/lost" sync --deadline 60 >/dev/null 2>&1) &
    pid=$!
    for _ in $(seq 100); do
        [ "$(awk '/Max core file size/ {print $5 $6}' /proc/$pid/limits 2>/dev/null)" = 00 ] && break
        sleep 0.02
    done
    kill -ABRT $pid 2>/dev/null || complain "it ended before it could break"
    wait $pid 2>/dev/null
    kill -CONT "${servers[$server]}"
    same "no core" "" "$(find "$dir/tmp" "$dir/lost" -maxdepth 1 -name 'core*')"
    unreadable lost
}

ctl init --name "Test CA" >/dev/null || exit 1
start
ctl promise import tests/fixtures/lund-2015.yaml >/dev/null || exit 1
run_tests what_can_be_read_is_found what_is_queued_is_readable_nowhere kills_in_between_leave_nothing_readable \
    a_rescue_file_and_a_sync_leave_nothing_readable a_rond_that_breaks_leaves_no_core
