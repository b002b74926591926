// Storing the rows of a batch, many to a statement: starting one costs as much as a row. Rows are numbered by SQLite, one
// after the other, since nobody else writes and none is ever deleted.
#include <string.h>

#include "store/sqlite.h"

enum { ROWS_AT_ONCE = 8 };

// OR FAIL: after any failure the transaction is rolled back as a whole, so that a statement need not be able to by itself.
#define INSERT_REPORTS                                                                                                      \
    "INSERT OR FAIL INTO reports (outbox, seq, kind, verdict, organisation, area, claimed_ms, from_s, to_s, uncertainty_s," \
    " received_ms, is_withdrawal, target, formerly_outbox, formerly_seq, leaf, salt, body) VALUES "
#define ONE_ROW "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define FOUR_ROWS ONE_ROW "," ONE_ROW "," ONE_ROW "," ONE_ROW
static const char INSERT_ONE[] = INSERT_REPORTS ONE_ROW;
static const char INSERT_MANY[] = INSERT_REPORTS FOUR_ROWS "," FOUR_ROWS;

struct target {
    uint8_t b[2 * ID_SIZE + 8];
};

static struct target target_encode(const struct report_key *key) {
    struct target target;
    memcpy(target.b, key->device.b, ID_SIZE);
    memcpy(target.b + ID_SIZE, key->outbox.b, ID_SIZE);
    put_be64(target.b + 2 * ID_SIZE, key->seq);
    return target;
}

void sqlite_formerly_bind(struct query *query, const struct record *record) {
    if (record->has_formerly) {
        query_blob(query, record->formerly_outbox.b, ID_SIZE);
        query_int(query, (int64_t)record->formerly_seq);
    } else {
        query_null(query);
        query_null(query);
    }
}

// What every report of a batch shares.
struct batch_place {
    struct id128 device, outbox;
    int64_t outbox_number;
    int64_t organisation;
    int64_t received_ms;
};

// What is bound of one row beside the report itself; it lives until the statement is finished.
struct row_parts {
    int64_t area;
    struct target target;
    struct body_key key;
    struct bytes sealed;
};

static void row_bind(struct query *query, const struct batch_place *place, uint64_t seq, const struct ledger_report *report,
                     struct row_parts *parts) {
    query_int(query, place->outbox_number);
    query_int(query, (int64_t)seq);
    query_int(query, report->kind);
    query_int(query, report->verdict);
    query_int(query, place->organisation);
    query_int(query, parts->area);
    query_int(query, report->claimed_ms);
    query_int(query, report->from_s);
    query_int(query, report->to_s);
    query_int(query, report->uncertainty_s);
    query_int(query, place->received_ms);
    query_int(query, report->is_withdrawal);
    if (report->has_target) {
        parts->target = target_encode(&report->target);
        query_blob(query, parts->target.b, sizeof parts->target.b);
    } else {
        query_null(query);
    }
    sqlite_formerly_bind(query, &report->record);
    query_blob(query, report->leaf.b, HASH_SIZE);
    query_blob(query, report->salt.b, SALT_SIZE);
    query_blob(query, parts->sealed.data, parts->sealed.size);
}

// Keys of rows that follow each other, many to a statement as the rows themselves.
static const char KEYS_ONE[] = "INSERT OR FAIL INTO body_keys (row, key) VALUES (?, ?)";
static const char KEYS_MANY[] =
    "INSERT OR FAIL INTO body_keys (row, key) VALUES (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?)";

static enum rond_err keys_insert(struct sqlite_store *store, const char *sql, const struct row_parts *parts, size_t count) {
    int64_t first_row = sqlite3_last_insert_rowid(store->db) - (int64_t)count + 1;
    struct query query = query_start(store, sql);
    for (size_t i = 0; i < count; i++) {
        query_int(&query, first_row + (int64_t)i);
        query_blob(&query, parts[i].key.b, BODY_KEY_SIZE);
    }
    return query_run(&query);
}

static enum rond_err bodies_seal(struct sqlite_store *store, const struct batch_place *place, uint64_t seq,
                                 const struct ledger_report *reports, size_t count, struct row_parts *parts) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += reports[i].record.report.size + BODY_TAG_SIZE;
    buffer_clear(&store->sealed);
    enum rond_err err = buffer_reserve(&store->sealed, bytes);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        const struct report_key key = {place->device, place->outbox, seq + i};
        err = sqlite_body_seal(store, BODY_OF_REPORT, &key, reports[i].record.report, &parts[i].key, &parts[i].sealed);
    }
    return err;
}

// As many as the statements take.
static enum rond_err rows_insert(struct sqlite_store *store, const struct batch_place *place, uint64_t seq,
                                 const struct ledger_report *reports, size_t count) {
    struct row_parts parts[ROWS_AT_ONCE];
    enum rond_err err = bodies_seal(store, place, seq, reports, count, parts);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = sqlite_text_number(store, reports[i].area, &parts[i].area);
    if (err == ROND_OK) {
        struct query query = query_start(store, count == 1 ? INSERT_ONE : INSERT_MANY);
        for (size_t i = 0; i < count; i++)
            row_bind(&query, place, seq + i, &reports[i], &parts[i]);
        err = query_run(&query);
    }
    if (err == ROND_OK)
        err = keys_insert(store, count == 1 ? KEYS_ONE : KEYS_MANY, parts, count);
    bytes_wipe(parts, sizeof parts);
    return err;
}

static enum rond_err revision_insert(struct sqlite_store *store, const struct id128 *outbox, uint64_t seq, int64_t row) {
    struct query query = query_start(store, "INSERT OR IGNORE INTO revisions (outbox, seq, row) VALUES (?, ?, ?)");
    query_blob(&query, outbox->b, ID_SIZE);
    query_int(&query, (int64_t)seq);
    query_int(&query, row);
    return query_run(&query);
}

static enum rond_err quarantine_insert(struct sqlite_store *store, int64_t row, const struct ledger_report *report) {
    struct query query =
        query_start(store, "INSERT INTO quarantine (row, code, reason, field, decided) VALUES (?, ?, ?, ?, 0)");
    query_int(&query, row);
    query_int(&query, report->code);
    query_text(&query, report->reason);
    query_text(&query, report->field);
    return query_run(&query);
}

static enum rond_err flag_insert(struct sqlite_store *store, int64_t row, uint32_t kinds) {
    struct query query = query_start(store, "INSERT INTO flags (row, kinds) VALUES (?, ?)");
    query_int(&query, row);
    query_int(&query, kinds);
    return query_run(&query);
}

static enum rond_err extras_insert(struct sqlite_store *store, int64_t row, const struct ledger_report *report) {
    enum rond_err err = ROND_OK;
    if (report->verdict == VERDICT_QUARANTINED)
        err = quarantine_insert(store, row, report);
    if (err == ROND_OK && report->flagged != 0)
        err = flag_insert(store, row, report->flagged);
    if (err == ROND_OK && report->has_target)
        err = revision_insert(store, &report->target.outbox, report->target.seq, row);
    if (err == ROND_OK && report->record.has_formerly)
        err = revision_insert(store, &report->record.formerly_outbox, report->record.formerly_seq, row);
    return err;
}

enum rond_err sqlite_rows_insert(struct sqlite_store *store, int64_t outbox_number, const struct ledger_batch *batch,
                                 size_t from, uint64_t *ret_first_row) {
    struct batch_place place = {
        .device = batch->device, .outbox = batch->outbox, .outbox_number = outbox_number, .received_ms = batch->received_ms};
    enum rond_err err = sqlite_text_number(store, batch->organisation, &place.organisation);
    for (size_t i = from, count; i < batch->count && err == ROND_OK; i += count) {
        count = batch->count - i >= ROWS_AT_ONCE ? ROWS_AT_ONCE : 1;
        err = rows_insert(store, &place, batch->first_seq + i, &batch->reports[i], count);
    }
    int64_t first_row = sqlite3_last_insert_rowid(store->db) - (int64_t)(batch->count - from) + 1;
    for (size_t i = from; i < batch->count && err == ROND_OK; i++)
        err = extras_insert(store, first_row + (int64_t)(i - from), &batch->reports[i]);
    if (err == ROND_OK)
        *ret_first_row = (uint64_t)first_row;
    return err;
}
