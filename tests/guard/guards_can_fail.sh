#!/bin/bash
# The guards over a house with one planted defect each: they must see it, and nothing in a house without.
set -u
guards=$(cd "$(dirname "$0")" && pwd)
guard=$guards/include_direction.sh
house=$(mktemp -d)
trap 'rm -rf "$house"' EXIT
passed=0 failed=0

# Two houses, so that the guard walks through two and not through one for each line: all that it must leave alone, and all
# that it must see, in files that grow by a line each.
places=()
house_begin() {
    rm -rf "${house:?}"/*
    mkdir -p "$house"/{proto,client-sdk,server}
    places=()
}
line() { # FILE LINE
    mkdir -p "$house/${1%/*}"
    printf '%s\n' "$2" >>"$house/$1"
    places+=("$1:$(wc -l <"$house/$1"):")
}
holds() { # WHAT, then a command
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$what"
    fi
}
answers() { # EXPECTED
    "$guard" "$house" >"$house/said" 2>&1
    [ $? = "$1" ] || { cat "$house/said"; false; }
}
names() { grep -qF "$1" "$house/said"; }
names_no_other() { ! grep -E '^[^ ]+:[0-9]+:' "$house/said" | grep -vF "$(printf '%s\n' "${places[@]}")"; }

house_begin
line server/sync/a.c '#include "ingest/submission.h"'
line server/sync/a.c '// #include "net/network.h", clock_gettime(), printf()'
line server/app.c '#include "net/network.h"'
line client-sdk/src/a.c '#include "outbox.h"'
line server/backup/a.c 'return rng_system();'
holds "a house in order is complained of" answers 0

house_begin
line server/ingest/a.c '#include "sync/session.h"'
line server/read/a.c '#include "app.h"'
line server/store/a.c '#include "promise/apply.h"'
line server/cellar/a.c '#include "base/bytes.h"'
line proto/base/a.c '#include "wire/codec.h"'
line proto/wire/a.c '#include "counting/fold.h"'
line proto/wire/a.c '#include "rond/rond.h"'
line client-sdk/src/a.c '#include "store/store.h"'
line client-sdk/src/a.c '#include "../../server/config.h"'
line client-sdk/cli/a.c '#include "outbox.h"'
line server/sync/session.c '#include <time.h>'
line server/ingest/group_commit.c '#include <pthread.h>'
line server/read/a.c '#include <libwebsockets.h>'
line server/net/a.c 'info.alpn = "h2,http/1.1";'
line server/net/a.c 'form = lws_spa_create(wsi, names, 1, 1024, NULL, NULL);'
line server/promise/a.c '#include <sqlite3.h>'
line server/read/a.c 'const char *q = "SELECT 1";'
line server/store/sqlite_views.c "sqlite3_open_v2(path, &db, 0, NULL);"
line client-sdk/src/outbox_read.c "sqlite3_wal_checkpoint_v2(db, NULL, 0, NULL, NULL);"
line server/store/sqlite_views.c "sqlite_execute(store, \"PRAGMA wal_checkpoint\");"
line server/net/a.c 'now = time(NULL);'
line server/auth/a.c 'getrandom(a, 1, 0);'
line server/backup/a.c 'system(command);'
line server/read/a.c 'gmtime_r(&a, &b);'
line client-sdk/src/a.c 'localtime_r(&a, &b);'
line client-sdk/cli/a.c 'localtime_r(&a, &b);'
line client-sdk/src/a.c 'printf("hello");'
line client-sdk/src/a.c 'pthread_create(&t, 0, f, 0);'
holds "a house of defects is passed" answers 1
for place in "${places[@]}"; do
    holds "nothing is said of $place $(sed -n "$(cut -d: -f2 <<<"$place")p" "$house/${place%%:*}")" names "$place"
done
holds "the house has been left alone otherwise" names_no_other

# A source and, as far as FILE is said, a test beside it with one line. Red must name the place.
tested_house() { # EXPECTED SOURCE PLACE-THAT-RED-NAMES [FILE LINE [SECOND-SOURCE]]
    rm -rf "${house:?}"/*
    mkdir -p "$house"/{proto,client-sdk,server} "$house/$(dirname "$2")" "$house/tests/unit" "$house/tests/guard"
    : >"$house/$2"
    [ $# -lt 6 ] || { mkdir -p "$house/$(dirname "$6")" && : >"$house/$6"; }
    [ $# -lt 5 ] || printf '%s\n' "$5" >"$house/$4"
    "$guards/tests_per_source.sh" "$house" >"$house/said" 2>&1
    local answer=$?
    if [ "$answer" = "$1" ] && { [ "$1" = 0 ] || grep -qF "$3" "$house/said"; }; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$2 with ${4:-no test}: ${5:-}: answered $answer, not $1"
        cat "$house/said"
    fi
}
far_down=$(printf '//\n%.0s' {1..25})$'\n'
tested_house 1 server/store/a.c server/store/a.c:1:
tested_house 0 server/store/a.c '' tests/unit/a_test.c ''
tested_house 1 server/store/a.c server/store/a.c:1: tests/unit/b_test.c '#include "store/a.h"'
tested_house 1 server/store/a.c server/store/a.c:1: tests/unit/a.c ''
tested_house 0 server/store/a.c '' tests/unit/b_test.c '// Tests: server/store/a.c'
tested_house 0 proto/wire/a.c '' tests/unit/b_test.c '// Tests: proto/wire/a.c proto/wire/a.c'
tested_house 1 server/store/a.c server/store/a.c:1: tests/unit/b_test.c "$far_down// Tests: server/store/a.c"
tested_house 0 server/main.c '' tests/guard/b.sh '# Tests: server/main.c'
tested_house 1 server/store/a.c tests/unit/a_test.c:1: tests/unit/a_test.c '// Tests: server/store/gone.c'
tested_house 1 server/read/a.c server/read/a.c:1: tests/unit/a_test.c '' server/store/a.c
tested_house 1 server/read/a.c server/read/a.c:1: tests/unit/a_test.c '// Tests: server/store/a.c' server/store/a.c
tested_house 0 server/read/a.c '' tests/unit/a_test.c '// Tests: server/store/a.c server/read/a.c' server/store/a.c

# A threat model that says that something is shown by a test, and a test; of the guard's answers only this one matters.
claiming_house() { # OK|FAILED CHECK CLAIM FILE LINE
    rm -rf "${house:?}"/*
    mkdir -p "$house/docs" "$house/tests/$(dirname "$4")"
    printf '`%s`\n' "$3" >"$house/docs/threat-model.md"
    printf '%s\n' "$5" >"$house/tests/$4"
    : >"$house/docs/asvs.md"
    "$guards/documents.sh" "$house" >"$house/said" 2>/dev/null
    if grep -qE "^\[ *$1 *\] $2$" "$house/said"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$3 with $4: $5: not $1"
        cat "$house/said"
    fi
}
shown=every_test_that_shows_something_is_there there=every_file_that_does_something_is_there
claiming_house OK $shown 'unit/a_test.c: it_holds' unit/a_test.c 'static void it_holds(void **state) {'
claiming_house FAILED $shown 'unit/a_test.c: it_holds' unit/a_test.c 'static void it_holds_now(void **state) {'
claiming_house FAILED $shown 'unit/a_test.c: it_holds' unit/a_test.c '// it_holds'
claiming_house FAILED $shown 'unit/a_test.c: it_holds' unit/b_test.c 'static void it_holds(void **state) {'
claiming_house OK $there 'integration/a.sh: it_holds' integration/a.sh 'it_holds() {'
claiming_house FAILED $there 'server/auth/a.c' integration/a.sh 'it_holds() {'

echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || { echo "[  FAILED  ] $failed test(s), listed above."; exit 1; }
