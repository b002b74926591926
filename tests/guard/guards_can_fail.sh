#!/bin/bash
# The guards over a house with one planted defect each: they must see it, and nothing in a house without.
set -u
guard=$(cd "$(dirname "$0")" && pwd)/include_direction.sh
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
house_with 1 server/promise/a.c '#include <sqlite3.h>'
house_with 1 server/read/a.c 'const char *q = "SELECT 1";'
house_with 1 server/net/a.c 'now = time(NULL);'
house_with 1 server/auth/a.c 'getrandom(a, 1, 0);'
house_with 1 server/read/a.c 'gmtime_r(&a, &b);'
house_with 1 client-sdk/src/a.c 'localtime_r(&a, &b);'
house_with 1 client-sdk/cli/a.c 'localtime_r(&a, &b);'
house_with 1 client-sdk/src/a.c 'printf("hello");'
house_with 1 client-sdk/src/a.c 'pthread_create(&t, 0, f, 0);'

echo "[  PASSED  ] $passed test(s)."
[ "$failed" = 0 ] || { echo "[  FAILED  ] $failed test(s), listed above."; exit 1; }
