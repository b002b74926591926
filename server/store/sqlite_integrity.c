// Is the file whole, and do its tables agree with each other? Chains and signatures are checked elsewhere, from the views.
#include <stdio.h>
#include <string.h>

#include "store/sqlite.h"

// The device and the seq that a row says it has.
#define NAMED_BY                                                                                                            \
    "coalesce(' (device ' || (SELECT lower(hex(o.device)) FROM outboxes o WHERE o.number = r.outbox) || ', seq ' || r.seq " \
    "|| ')', '')"

// Each finds one thing that must not be; the first column is a sentence about it.
static const char *const CONTRADICTIONS[] = {
    "SELECT 'Outbox ' || outbox || ': the batch at ' || first_seq || ' does not follow the one before it.' FROM"
    " (SELECT outbox, first_seq, last_seq, coalesce(lag(last_seq) OVER (PARTITION BY outbox ORDER BY first_seq), 0) AS "
    "before"
    "  FROM batches) WHERE first_seq <> before + 1 OR last_seq < first_seq LIMIT 1",

    "SELECT 'Outbox ' || o.number || ': the watermark ' || o.watermark || ' is not the end of its last batch.' FROM "
    "outboxes o"
    " WHERE o.watermark <> coalesce((SELECT max(b.last_seq) FROM batches b WHERE b.outbox = o.number), 0) LIMIT 1",

    "SELECT 'Outbox ' || o.number || ': the head is not that of its last batch.' FROM outboxes o JOIN batches b"
    " ON b.outbox = o.number AND b.last_seq = o.watermark WHERE b.head <> o.head LIMIT 1",

    "SELECT 'There are ' || count(*) || ' reports and the last row is ' || coalesce(max(row), 0) || '.' FROM reports"
    " HAVING count(*) <> coalesce(max(row), 0)",

    "SELECT 'Report ' || r.row || " NAMED_BY
    " || ' does not lie in its batch.' FROM reports r WHERE NOT EXISTS (SELECT 1 FROM batches b"
    " WHERE b.outbox = r.outbox AND b.lost = 0 AND b.first_seq = (SELECT max(c.first_seq) FROM batches c"
    " WHERE c.outbox = r.outbox AND c.first_seq <= r.seq) AND r.seq <= b.last_seq AND b.first_row + r.seq - b.first_seq = "
    "r.row) LIMIT 1",

    "SELECT 'The batches hold ' || s || ' reports and there are ' || n || '.' FROM (SELECT (SELECT"
    " coalesce(sum(last_seq - first_seq + 1), 0) FROM batches WHERE lost = 0) AS s, (SELECT count(*) FROM reports) AS n)"
    " WHERE s <> n",

    "SELECT 'Report ' || r.row || " NAMED_BY
    " || ': verdict and quarantine disagree.' FROM reports r LEFT JOIN quarantine q ON q.row = "
    "r.row"
    " WHERE (r.verdict = 1) <> (q.row IS NOT NULL) LIMIT 1",

    "SELECT 'Report ' || r.row || " NAMED_BY
    " || ' is erased in part, or without a trace.' FROM reports r LEFT JOIN erasures e"
    " ON e.row = r.row WHERE (r.body IS NULL) <> (r.salt IS NULL) OR (r.body IS NULL) <> (e.row IS NOT NULL) LIMIT 1",

    "SELECT 'Report ' || r.row || " NAMED_BY
    " || ' is not under a key.' FROM reports r LEFT JOIN body_keys k ON k.row = r.row LEFT JOIN"
    " keyless n ON n.row = r.row WHERE (r.body IS NOT NULL) <> ((k.row IS NOT NULL) <> (n.row IS NOT NULL))"
    " AND (k.row IS NOT NULL OR (SELECT keys_apart FROM store) = 0) LIMIT 1",

    "SELECT 'A contribution names report ' || row || ', which is not there.' FROM contributions"
    " WHERE row NOT IN (SELECT row FROM reports) LIMIT 1",

    "SELECT 'The map has report ' || row || ', which is not there.' FROM spots"
    " WHERE row NOT IN (SELECT row FROM reports) LIMIT 1",
};

// SQLite reports a page that it had no memory to read, or that the disk did not give, as it does a bad one, with its code.
static enum rond_err cause_of(const char *text) {
    static const char said[] = "error code";
    const char *at = strstr(text, said);
    int code = 0;
    if (at == NULL || sscanf(at + sizeof said - 1, "%*[ =]%d", &code) != 1)
        return ROND_ECORRUPT;
    enum rond_err err = sqlite_err(NULL, code);
    return err == ROND_ENOMEM || err == ROND_EIO ? err : ROND_ECORRUPT;
}

// Runs a query that finds faults as texts; "ok" is none.
static enum rond_err look_for(struct sqlite_store *store, const char *sql, struct fault *fault) {
    enum rond_err err = ROND_OK;
    struct query query = query_start(store, sql);
    if (query_next(&query)) {
        const char *text = (const char *)sqlite3_column_text(query.statement, 0);
        if (text == NULL || sqlite3_stricmp(text, "ok") != 0)
            err = fault_set(fault, text == NULL ? ROND_ENOMEM : cause_of(text), 0, "", "%s",
                            text == NULL ? "There is no memory to look at the store." : text);
    }
    enum rond_err finished = query_finish(&query);
    if (finished != ROND_OK)
        return fault_set(fault, finished, 0, "", "The store cannot be read: %s.", sqlite3_errmsg(store->db));
    return err;
}

// What is damaged is so when it is looked at once more; some of what SQLite had no memory to read it only calls missing.
static enum rond_err expect_none(struct sqlite_store *store, const char *sql, struct fault *fault) {
    enum rond_err err = look_for(store, sql, fault);
    return err == ROND_ECORRUPT ? look_for(store, sql, fault) : err;
}

static bool audit_row_holds(const struct query *query, struct hash256 *previous, int64_t id_before, enum rond_err *err) {
    struct audit_row row = {
        .at_ms = column_int(query, 1),
        .actor = (const char *)sqlite3_column_text(query->statement, 2),
        .action = (const char *)sqlite3_column_text(query->statement, 3),
        .detail = (const char *)sqlite3_column_text(query->statement, 4),
    };
    int64_t id = column_int(query, 0);
    struct hash256 hash;
    *err = audit_hash(previous, (uint64_t)id, &row, &hash);
    if (*err != ROND_OK || id != id_before + 1)
        return false;
    *previous = hash;
    return bytes_equal(bytes_of(hash.b, HASH_SIZE), bytes_of(sqlite3_column_blob(query->statement, 5),
                                                             (size_t)sqlite3_column_bytes(query->statement, 5)));
}

static enum rond_err audit_check(struct sqlite_store *store, struct fault *fault) {
    struct hash256 previous = {0};
    int64_t id = 0;
    enum rond_err err = ROND_OK;
    bool holds = true;
    struct query query = query_start(store, "SELECT id, at_ms, actor, action, detail, hash FROM audit ORDER BY id");
    while (holds && query_next(&query)) {
        holds = audit_row_holds(&query, &previous, id, &err);
        id = column_int(&query, 0);
    }
    enum rond_err finished = query_finish(&query);
    if (err != ROND_OK || finished != ROND_OK)
        return fault_set(fault, err != ROND_OK ? err : finished, 0, "", "The audit log cannot be read.");
    if (!holds)
        return fault_set(fault, ROND_ECORRUPT, 0, "", "The audit log was changed at row %lld.", (long long)id);
    return ROND_OK;
}

static enum rond_err everything_check(struct sqlite_store *store, struct fault *fault) {
    enum rond_err err = expect_none(store, "PRAGMA integrity_check(1)", fault);
    for (size_t i = 0; i < ARRAY_COUNT(CONTRADICTIONS) && err == ROND_OK; i++)
        err = expect_none(store, CONTRADICTIONS[i], fault);
    if (err == ROND_OK)
        err = sqlite_map_check(store, fault);
    return err == ROND_OK ? audit_check(store, fault) : err;
}

// ---- Damage ----

// SQLite's report of a bad page, on one line without its heading.
static void damage_tidy(const char *text, char *to, size_t size) {
    static const char heading[] = "*** in database main ***";
    size_t length = 0;
    if (strncmp(text, heading, sizeof heading - 1) == 0)
        text += sizeof heading;
    for (; *text != '\0' && *text != '\n' && length + 1 < size; text++)
        to[length++] = *text;
    to[length] = '\0';
}

// What is wrong with the first table that is not sound; the query itself may end in the middle of the damage.
static enum rond_err damage_name(struct sqlite_store *store, struct fault *fault) {
    char found[FAULT_TEXT_SIZE] = "";
    struct query query = query_start(store, "SELECT s.name, q.* FROM sqlite_schema s, pragma_quick_check(s.name) q"
                                            " WHERE s.type = 'table'");
    while (found[0] == '\0' && query_next(&query)) {
        const char *name = (const char *)sqlite3_column_text(query.statement, 0);
        const char *text = (const char *)sqlite3_column_text(query.statement, 1);
        char what[160];
        if (text == NULL || sqlite3_stricmp(text, "ok") == 0)
            continue;
        damage_tidy(text, what, sizeof what);
        snprintf(found, sizeof found, "Table %s: %s", name == NULL ? "?" : name, what);
    }
    enum rond_err err = query_finish(&query);
    UNUSED(err);
    if (found[0] == '\0')
        snprintf(found, sizeof found, "The file is malformed: %s", sqlite3_errmsg(store->db));
    return fault_set(fault, ROND_ECORRUPT, 0, "", "%s.", found);
}

enum rond_err sqlite_damage(struct store *base, struct fault *fault) {
    struct sqlite_store *store = sqlite_of(base);
    bool sound = true;
    struct query query = query_start(store, "PRAGMA quick_check(1)");
    if (query_next(&query)) {
        const char *text = (const char *)sqlite3_column_text(query.statement, 0);
        sound = text != NULL && sqlite3_stricmp(text, "ok") == 0;
    }
    enum rond_err err = query_finish(&query);
    if (!sound || err == ROND_ECORRUPT)
        return damage_name(store, fault);
    return err == ROND_OK ? ROND_OK
                          : fault_set(fault, err, 0, "", "The store cannot be read: %s.", sqlite3_errmsg(store->db));
}

// ---- All of it ----

// All of it sees one state, whatever the writer does meanwhile.
enum rond_err sqlite_integrity(struct store *base, struct fault *fault) {
    struct sqlite_store *store = sqlite_of(base);
    if (!sqlite3_get_autocommit(store->db))
        return everything_check(store, fault);
    struct query query = query_start(store, "BEGIN");
    enum rond_err err = query_run(&query);
    if (err != ROND_OK)
        return fault_set(fault, err, 0, "", "The store cannot be read: %s.", sqlite3_errmsg(store->db));
    err = everything_check(store, fault);
    query = query_start(store, "END");
    enum rond_err ended = query_run(&query);
    return err != ROND_OK ? err : ended;
}
