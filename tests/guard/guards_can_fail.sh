#!/bin/bash
# The guards over a house with one planted defect each: they must see it, and nothing in a house without.
set -u
guards=$(cd "$(dirname "$0")" && pwd)
guard=$guards/include_direction.sh
house=$(mktemp -d)
trap 'rm -rf "$house"' EXIT
passed=0 failed=0

# Builds a house of one file with one line, and holds the guard's answer (0 clean, 1 red) to what is expected.
house_with() { # EXPECTED FILE LINE
    rm -rf "${house:?}"/*
    mkdir -p "$house"/{proto,client-sdk,server} "$house/$(dirname "$2")"
    printf '%s\n' "$3" >"$house/$2"
    "$guard" "$house" >"$house/said" 2>&1
    local answer=$?
    if [ "$answer" = "$1" ] && { [ "$1" = 0 ] || grep -qF "$2:1:" "$house/said"; }; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$2: $3: answered $answer, not $1"
        cat "$house/said"
    fi
}

house_with 0 server/sync/a.c '#include "ingest/submission.h"'
house_with 0 server/sync/a.c '// #include "net/network.h", clock_gettime(), printf()'
house_with 0 server/app.c '#include "net/network.h"'
house_with 0 client-sdk/src/a.c '#include "outbox.h"'
house_with 1 server/ingest/a.c '#include "sync/session.h"'
house_with 1 server/read/a.c '#include "app.h"'
house_with 1 server/store/a.c '#include "promise/apply.h"'
house_with 1 server/cellar/a.c '#include "base/bytes.h"'
house_with 1 proto/base/a.c '#include "wire/codec.h"'
house_with 1 proto/wire/a.c '#include "counting/fold.h"'
house_with 1 proto/wire/a.c '#include "rond/rond.h"'
house_with 1 client-sdk/src/a.c '#include "store/store.h"'
house_with 1 client-sdk/src/a.c '#include "../../server/config.h"'
house_with 1 client-sdk/cli/a.c '#include "outbox.h"'
house_with 1 server/sync/session.c '#include <time.h>'
house_with 1 server/ingest/group_commit.c '#include <pthread.h>'
house_with 1 server/read/a.c '#include <libwebsockets.h>'
house_with 1 server/net/a.c 'info.alpn = "h2,http/1.1";'
house_with 1 server/net/a.c 'form = lws_spa_create(wsi, names, 1, 1024, NULL, NULL);'
house_with 1 server/promise/a.c '#include <sqlite3.h>'
house_with 1 server/read/a.c 'const char *q = "SELECT 1";'
house_with 1 server/store/sqlite_views.c "sqlite3_open_v2(path, &db, 0, NULL);"
house_with 1 client-sdk/src/outbox_read.c "sqlite3_wal_checkpoint_v2(db, NULL, 0, NULL, NULL);"
house_with 1 server/store/sqlite_views.c "sqlite_execute(store, \"PRAGMA wal_checkpoint\");"
house_with 1 server/net/a.c 'now = time(NULL);'
house_with 1 server/auth/a.c 'getrandom(a, 1, 0);'
house_with 1 server/backup/a.c 'system(command);'
house_with 0 server/backup/a.c 'return rng_system();'
house_with 1 server/read/a.c 'gmtime_r(&a, &b);'
house_with 1 client-sdk/src/a.c 'localtime_r(&a, &b);'
house_with 1 client-sdk/cli/a.c 'localtime_r(&a, &b);'
house_with 1 client-sdk/src/a.c 'printf("hello");'
house_with 1 client-sdk/src/a.c 'pthread_create(&t, 0, f, 0);'

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
