#!/bin/bash
# Keeps the house's one direction (docs/architecture.md) and what only one room may touch.
# Usage: tests/guard/include_direction.sh [ROOT]   Speaks like a cmocka program, so that tests/run.sh counts it.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2

# room: the rooms it may include, beside itself. A line that is not here is an arrow that the design does not have.
#
# A report goes net -> sync -> ingest -> promise + store; what people ask goes admin -> ingest, read -> promise -> store.
# Four arrows need a word:
#   admin -> rescue -> sync: a rescue file is a conversation without a connection, held by the session itself;
#   auth -> ingest    enrolling and revoking are commands, and ingest/submission.h is what takes a command to the committer;
#   admin -> read     a question over the control socket is answered by the same readers as a page;
#   net -> store      net/readers opens one read-only store for each thread of the pool and hands it to the job, unread.
allowed_rooms() {
    cat <<'TABLE'
schema:
base:
wire:      base schema
counting:  base wire schema
public:
client:    public base wire counting schema
cli:       public base
examples:  public
store:     base wire counting schema
promise:   store base wire counting schema
read:      promise store base wire counting schema
backup:    store base wire
ingest:    promise store base wire counting schema
sync:      ingest promise store base wire schema
auth:      ingest store base wire schema
rescue:    auth sync ingest promise store base wire schema
admin:     auth backup rescue ingest read promise store base wire counting schema
net:       store base wire
web:       base
config:    base wire counting
libraries: base
ctl:       admin auth backup ingest read promise store config libraries base wire counting schema
app:       net web sync auth admin backup ingest read promise store config libraries base wire counting schema
TABLE
}

# what | extended regular expression over a line of C without comments | folders | files that may
only_there() {
    cat <<'TABLE'
libwebsockets in net and transport | # *include *<libwebsockets | proto client-sdk server | server/net/ server/libraries.c client-sdk/src/transport client-sdk/src/resolve
what libwebsockets 4.1.6 got wrong stays off: forms, extensions, HTTP/2, confirming upgrades | lws_spa_|LWSMPRO_CGI|lws_extension|[.>]extensions *=|"h2|CONFIRM_UPGRADE | proto client-sdk server |
SQLite in the storage backends | # *include *<sqlite3 | proto client-sdk server | server/store/sqlite server/libraries.c client-sdk/src/outbox
SQL in the storage backends | "(SELECT|INSERT|UPDATE|DELETE FROM|CREATE (TABLE|INDEX|UNIQUE)|ALTER TABLE|DROP TABLE|BEGIN|COMMIT|ROLLBACK|PRAGMA)[ ;"] | proto client-sdk server | server/store/sqlite client-sdk/src/outbox
one place opens each of the two databases (beside a copy) | (^|[^a-z0-9_])sqlite3_open(_v2|16)?\( | proto client-sdk server | server/store/sqlite_store.c server/store/sqlite_backup.c client-sdk/src/outbox.c
one place checkpoints | (^|[^a-z0-9_])sqlite3_wal_(checkpoint|checkpoint_v2|autocheckpoint)\(|PRAGMA wal_checkpoint | proto client-sdk server | server/store/sqlite_store.c client-sdk/src/outbox.c
the clock in one file (beside log lines, and a condition variable's deadline) | (^|[^a-z0-9_])(clock_gettime|gettimeofday|time|ftime|timespec_get)\( | proto client-sdk/src server | proto/base/clock.c proto/base/log.c server/app_committer.c
no shell | (^|[^a-z0-9_])(system|popen|wordexp)\( | proto client-sdk server |
randomness in one file | (^|[^a-z0-9_])(getrandom|RAND_bytes|RAND_priv_bytes|rand|random|srand|arc4random|drand48)\( | proto client-sdk server | proto/base/rng.c
calendar days for a person only in log lines and command lines | (^|[^a-z0-9_])(gmtime|gmtime_r|strftime)\( | proto client-sdk server | proto/base/log.c server/ctl/ client-sdk/cli/ client-sdk/examples/
no time zone of the process | (^|[^a-z0-9_])(localtime|localtime_r|mktime|tzset|setenv|putenv)\( | proto client-sdk server |
libraries that never print or log | (^|[^a-z0-9_])(printf|fprintf|puts|perror|syslog|vprintf|vfprintf)\(|base/log\.h | proto client-sdk/src server/store server/promise server/read | proto/base/check.c proto/base/log.
no threads in the client library and the engines | (^|[^a-z0-9_])(pthread_create|thrd_create|uv_thread_create)\( | proto client-sdk/src server/sync server/ingest server/store server/promise server/read |
TABLE
}

# Engines are values: these files see no socket, thread, clock, file or library that has them.
engines=(client-sdk/src/device*.[ch] client-sdk/src/backoff.[ch] server/sync/*.[ch] server/ingest/group_commit.[ch]
         server/ingest/validate.[ch] server/ingest/estimate.[ch] proto/counting/*.[ch])
engine_forbidden='# *include *(<(sys/|pthread|time\.h|unistd|fcntl|poll|signal|uv|libwebsockets|sqlite3|openssl|netinet|arpa)|"base/(clock|log)\.h)|(^|[^a-z0-9_])(fopen|fdopen|fread|fwrite|printf|fprintf|open|socket)\('

# Sources with comments blanked, "file:line:text", so that a word in a comment is not taken for code.
code_lines() {
    find "$@" -name '*.[ch]' -print0 2>/dev/null | sort -z | xargs -0 -r awk '
        FNR == 1 { inside = 0 }
        {
            line = $0
            if (inside) { if (!sub(/^.*\*\//, "", line)) next; inside = 0 }
            gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
            if (sub(/\/\*.*$/, "", line)) inside = 1
            if (line !~ /"[^"]*\/\/[^"]*"/) sub(/\/\/.*$/, "", line)
            print FILENAME ":" FNR ":" line
        }'
}

includes_go_one_way() {
    code_lines proto client-sdk server | grep -E ':[[:space:]]*#[[:space:]]*include[[:space:]]*"' | awk -v table="$(allowed_rooms)" '
        function room_of_file(path,  part, count) {
            count = split(path, part, "/")
            if (path ~ /^proto\//) return part[2] == "rond" ? "schema" : part[2]
            if (path ~ /^client-sdk\/include\//) return "public"
            if (path ~ /^client-sdk\//) return part[2] == "src" ? "client" : part[2]
            return count > 2 ? part[2] : room_of_name(part[2])
        }
        function room_of_name(name) { return name ~ /^config\./ ? "config" : name ~ /^libraries\./ ? "libraries" : "app" }
        function room_of_include(path, from) {
            if (path ~ /^rond\/v1\//) return "schema"
            if (path ~ /^rond\//) return "public"
            if (path ~ /^\.\./) return "a path that climbs"
            if (path ~ /\//) { sub(/\/.*/, "", path); return path }
            return from == "client" || from == "cli" || from == "examples" ? (from == "cli" && path ~ /^outbox|^device|^enrol/ ? "client" : from) \
                                                                           : room_of_name(path)
        }
        BEGIN {
            count = split(table, row, "\n")
            for (i = 1; i <= count; i++) {
                split(row[i], half, ":")
                known[half[1]] = 1
                n = split(half[2], target, " ")
                for (k = 1; k <= n; k++) allowed[half[1], target[k]] = 1
            }
        }
        {
            split($0, part, ":")
            from = room_of_file(part[1])
            text = $0; sub(/^[^"]*"/, "", text); sub(/".*/, "", text)
            to = room_of_include(text, from)
            if (!(from in known)) print part[1] ":" part[2] ": the room " from " is not in the table"
            else if (from != to && !((from, to) in allowed)) print part[1] ":" part[2] ": " from " may not use " to " (" text ")"
        }'
}

engines_are_values() {
    local found
    for found in "${engines[@]}"; do
        [ ! -e "$found" ] || code_lines "$found" | grep -E "$engine_forbidden"
    done
}

kept_to_its_files() { # REGEX FOLDERS FILES
    local line file may
    # shellcheck disable=SC2086 # folders and files are lists
    code_lines $2 | grep -E "$1" | while IFS= read -r line; do
        file=${line%%:*}
        for may in $3; do
            [ "${file#"$may"}" = "$file" ] || continue 2
        done
        echo "$line"
    done
}

passed=0
failed=()
verdict() { # NAME FOUND
    echo "[ RUN      ] $1"
    if [ -z "$2" ]; then
        echo "[       OK ] $1"
        passed=$((passed + 1))
    else
        echo "$2"
        echo "[  FAILED  ] $1"
        failed+=("$1")
    fi
}

verdict includes_go_one_way "$(includes_go_one_way)"
verdict engines_are_values "$(engines_are_values)"
while IFS='|' read -r name rest; do
    # The expression itself holds bars: folders and files are the last two columns.
    files=${rest##*|} rest=${rest%|*}
    folders=${rest##*|} expression=${rest%|*}
    expression=$(sed 's/^ *//; s/ *$//' <<<"$expression")
    verdict "$(sed 's/ *$//; s/[^A-Za-z0-9]\+/_/g; s/_$//' <<<"$name")" "$(kept_to_its_files "$expression" "$folders" "$files")"
done < <(only_there)

echo "[  PASSED  ] $passed test(s)."
[ ${#failed[@]} = 0 ] && exit 0
echo "[  FAILED  ] ${#failed[@]} test(s), listed below:"
printf '[  FAILED  ] %s\n' "${failed[@]}"
exit 1
