#!/bin/bash
# Compares what the handhelds queued with what the server stored, from the database files alone: sqlite3, awk, sha256sum and
# tests/interop/open_bodies.c (OpenSSL, for the server's bodies lie under keys), nothing of Rond's. Everybody has stopped and everything is drained.
#
# usage: compare_databases.sh LEDGER STORE OUTBOX...
#   LEDGER: a line for each report that was tried, "MARK" or "MARK REFERENCE" where it was confirmed as saved. MARK stands
#   in the report's text, as mark-NAME-LETTERS-.
# Each finding is a line; exit 1 where there is one.
set -euo pipefail
ledger=$1 store=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
db=$work/compare.db
sql() { sqlite3 -batch -noheader -separator ' ' "$db" "ATTACH '$store' AS s;" "$@"; }

# --- What there is, in one place ---

sqlite3 "$db" "CREATE TABLE ledger(mark TEXT PRIMARY KEY, reference TEXT, prefix TEXT, seq INTEGER);
    CREATE TABLE outboxes(device, outbox PRIMARY KEY, last_seq, last_head, acknowledged_seq, acknowledged_head, closed, prefix);
    CREATE TABLE reports(outbox, seq, PRIMARY KEY(outbox, seq));"
for outbox in "$@"; do
    sqlite3 "$db" "ATTACH '$outbox' AS d;" "INSERT INTO outboxes SELECT NULL, outbox, last_seq, last_head, acknowledged_seq,
        acknowledged_head, closed, NULL FROM d.outboxes;" "INSERT INTO reports SELECT o.outbox, r.seq FROM d.reports r
        JOIN d.outboxes o ON o.number = r.outbox;"
done
# A reference is OOOOOO-SEQ-C in Crockford base32; its first part is 30 bits of a hash over the device and the outbox.
awk -v letters=0123456789ABCDEFGHJKMNPQRSTVWXYZ '
    { seq = ""
      if (split($2, part, "-") == 3) {
          seq = 0
          for (i = 1; i <= length(part[2]); i++) seq = seq * 32 + index(letters, substr(part[2], i, 1)) - 1
      }
      printf "INSERT INTO ledger VALUES (\x27%s\x27, \x27%s\x27, \x27%s\x27, \x27%s\x27) ON CONFLICT DO UPDATE SET reference = excluded.reference, prefix = excluded.prefix, seq = excluded.seq WHERE excluded.reference <> \x27\x27;\n", $1, $2, part[1], seq }' \
    "$ledger" | { echo "BEGIN;"; cat; echo "COMMIT;"; } | sqlite3 "$db"
sql "SELECT hex(device), hex(outbox) FROM s.outboxes" | while read -r device outbox; do
    hash=$(printf "rond reference v1$(sed 's/../\\x&/g' <<<"$device$outbox")" | sha256sum)
    bits=$((16#${hash:0:8} >> 2)) prefix= letters=0123456789ABCDEFGHJKMNPQRSTVWXYZ
    for shift in 25 20 15 10 5 0; do prefix+=${letters:bits >> shift & 31:1}; done
    echo "UPDATE outboxes SET prefix = '$prefix' WHERE hex(outbox) = '$outbox';"
done >"$work/prefixes"
sqlite3 "$db" <"$work/prefixes"
"${OPEN_BODIES:-build/release/open_bodies}" "$store" >"$work/bodies"
sqlite3 -batch -separator ' ' "$db" "CREATE TABLE bodies(row INTEGER PRIMARY KEY, hex TEXT, state TEXT)" ".import $work/bodies bodies"
sql "CREATE TABLE stored AS SELECT r.row, o.outbox, r.seq, r.kind, r.verdict,
    CASE instr(b.hex, hex('mark-')) WHEN 0 THEN '' ELSE substr(b.hex, instr(b.hex, hex('mark-')), 26) END AS hex, '' AS mark
    FROM s.reports r LEFT JOIN bodies b USING (row) LEFT JOIN s.outboxes o ON o.number = r.outbox;" \
    "CREATE TABLE marks AS SELECT mark, hex(mark) AS hex FROM ledger;" "CREATE INDEX marks_hex ON marks(hex);" \
    "UPDATE stored SET mark = coalesce((SELECT m.mark FROM marks m WHERE m.hex = stored.hex), hex) WHERE hex <> '';" "CREATE INDEX stored_mark ON stored(mark);"

# --- What must not be ---

# The questions are gathered and asked at once; "?" leads each, and what follows it are the rows that must not be.
none() { printf ".print '?%s'\n%s;\n" "$1" "$2" >>"$work/questions"; } # WHAT SELECT
for file in "$store" "$@"; do
    [ "$(sqlite3 "$file" "PRAGMA integrity_check")" = ok ] || echo "integrity: $file"
done >"$work/findings"
none "confirmed, but not stored once" "SELECT l.mark, l.reference, count(r.row) FROM ledger l LEFT JOIN stored r USING (mark)
    WHERE l.reference <> '' GROUP BY l.mark HAVING count(r.row) <> 1"
none "stored twice" "SELECT mark, count(*) FROM stored WHERE mark <> '' GROUP BY mark HAVING count(*) > 1"
none "one number twice" "SELECT hex(outbox), seq, count(*) FROM stored GROUP BY outbox, seq HAVING count(*) > 1"
none "not what was sealed" "SELECT row FROM stored LEFT JOIN bodies USING (row) WHERE state IS NOT 'whole'"
none "invented" "SELECT mark, hex(outbox), seq FROM stored WHERE mark NOT IN (SELECT mark FROM ledger)"
none "not under the reference that was printed" "SELECT l.mark, l.reference, o.prefix, r.seq FROM ledger l JOIN stored r USING (mark)
    JOIN outboxes o USING (outbox) WHERE l.reference <> '' AND (l.seq <> r.seq OR l.prefix <> o.prefix)"
none "stored, but not in the outbox" "SELECT hex(outbox), seq FROM stored EXCEPT SELECT hex(outbox), seq FROM reports"
none "in the outbox, but not stored" "SELECT hex(outbox), seq FROM reports EXCEPT SELECT hex(outbox), seq FROM stored"
none "numbers with gaps" "SELECT hex(o.outbox), o.watermark, min(r.seq), max(r.seq), count(*) FROM s.outboxes o LEFT JOIN stored r
    USING (outbox) GROUP BY o.outbox HAVING count(r.row) <> o.watermark OR (o.watermark > 0 AND (min(r.seq) <> 1 OR max(r.seq) <> o.watermark))"
none "out of order" "SELECT hex(outbox), seq FROM (SELECT outbox, seq, lag(seq, 1, 0) OVER (PARTITION BY outbox ORDER BY row) AS before
    FROM stored) WHERE seq <> before + 1"
none "watermarks differ" "SELECT hex(o.outbox), o.watermark, d.acknowledged_seq, d.last_seq FROM s.outboxes o JOIN outboxes d USING (outbox)
    WHERE o.watermark <> d.last_seq OR o.watermark <> d.acknowledged_seq"
none "chains differ" "SELECT hex(o.outbox), hex(o.head), hex(d.last_head) FROM s.outboxes o JOIN outboxes d USING (outbox)
    WHERE o.watermark > 0 AND (o.head <> d.last_head OR o.head <> d.acknowledged_head)"
none "an outbox on one side only" "SELECT hex(outbox) FROM s.outboxes WHERE watermark > 0 AND outbox NOT IN (SELECT outbox FROM outboxes)
    UNION ALL SELECT hex(outbox) FROM outboxes WHERE last_seq > 0 AND outbox NOT IN (SELECT outbox FROM s.outboxes)"
none "forked, lost or closed" "SELECT hex(outbox) FROM s.outboxes WHERE forked <> 0 UNION ALL SELECT hex(outbox) FROM outboxes WHERE closed <> 0
    UNION ALL SELECT id FROM s.forks UNION ALL SELECT first_seq FROM s.batches WHERE lost <> 0"
none "without a verdict, or with two" "SELECT r.row, r.verdict, q.row FROM s.reports r LEFT JOIN s.quarantine q USING (row)
    WHERE r.verdict NOT IN (0, 1) OR (r.verdict = 1) <> (q.row IS NOT NULL)
    UNION ALL SELECT q.row, NULL, NULL FROM s.quarantine q WHERE q.row NOT IN (SELECT row FROM s.reports)"
none "batches do not cover it" "SELECT hex(o.outbox), o.watermark, sum(b.last_seq - b.first_seq + 1), max(b.last_seq) FROM s.outboxes o
    LEFT JOIN s.batches b ON b.outbox = o.number WHERE o.watermark > 0 GROUP BY o.number
    HAVING sum(b.last_seq - b.first_seq + 1) IS NOT o.watermark OR max(b.last_seq) <> o.watermark"
none "a batch names another row" "SELECT b.outbox, b.first_seq, b.first_row FROM s.batches b LEFT JOIN s.reports r ON r.row = b.first_row
    WHERE b.lost = 0 AND (r.seq IS NOT b.first_seq OR r.outbox IS NOT b.outbox)"
none "counted without being applied" "SELECT c.row, c.commitment FROM s.contributions c LEFT JOIN s.reports r USING (row)
    WHERE r.row IS NULL OR r.verdict <> 0"
# Every applied check here is a targeted one of cyclists: each counts once toward that commitment, under a bucket of its own.
none "not counted once" "SELECT r.row, count(c.row) FROM stored r LEFT JOIN s.contributions c ON c.row = r.row AND c.reason = 0
    AND c.commitment = (SELECT number FROM s.commitments WHERE path = 'lund-2015-trafik/cykel')
    WHERE r.kind = 1 AND r.verdict = 0 GROUP BY r.row HAVING count(c.row) <> 1 OR count(DISTINCT c.bucket) <> 1"
none "the total is another" "SELECT (SELECT coalesce(sum(count), 0) FROM s.totals JOIN s.commitments ON number = commitment
    WHERE path = 'lund-2015-trafik/cykel') AS total, (SELECT count(*) FROM stored WHERE kind = 1 AND verdict = 0) AS expected
    WHERE total <> expected"
sqlite3 -batch -noheader -separator ' ' -cmd "ATTACH '$store' AS s" "$db" <"$work/questions" >"$work/answers"
awk '/^[?]/ { what = substr($0, 2); rows = 0; next } ++rows <= 5 { print what ": " $0 }' "$work/answers" >>"$work/findings"
[ "$(grep -c '^?' "$work/answers")" = "$(grep -c '^\.print' "$work/questions")" ] || echo "not all questions were answered" >>"$work/findings"
cat "$work/findings"
[ ! -s "$work/findings" ] || exit 1
sql "SELECT 'confirmed ' || count(*) FILTER (WHERE l.reference <> '') || ', unconfirmed and stored all the same '
    || count(*) FILTER (WHERE l.reference = '' AND r.row IS NOT NULL) || ', stored ' || count(r.row)
    FROM ledger l LEFT JOIN stored r USING (mark)"
