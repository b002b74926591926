// Finding and reading what is stored of outboxes and reports.
#include "store/sqlite.h"

enum rond_err sqlite_outbox_find(struct sqlite_store *store, const struct id128 *outbox, struct sqlite_outbox *ret_outbox) {
    struct sqlite_outbox found = {0};
    struct query query =
        query_start(store, "SELECT number, device, watermark, head, ratchet, forked FROM outboxes WHERE outbox = ?");
    query_blob(&query, outbox->b, sizeof outbox->b);
    if (query_next(&query)) {
        found.number = column_int(&query, 0);
        column_exactly(&query, 1, found.device.b, ID_SIZE);
        found.chain.seq = (uint64_t)column_int(&query, 2);
        column_exactly(&query, 3, found.chain.head.b, HASH_SIZE);
        column_exactly(&query, 4, found.chain.ratchet.b, HASH_SIZE);
        found.forked = column_int(&query, 5) != 0;
    }
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK)
        *ret_outbox = found;
    return err;
}

enum rond_err sqlite_place_find(struct sqlite_store *store, int64_t outbox_number, uint64_t seq,
                                struct sqlite_place *ret_place) {
    struct sqlite_place place = {0};
    struct query query = query_start(store, "SELECT first_seq, last_seq, first_row, lost, head FROM batches"
                                            " WHERE outbox = ? AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1");
    query_int(&query, outbox_number);
    query_int(&query, (int64_t)seq);
    if (query_next(&query)) {
        place.first_seq = column_int(&query, 0);
        place.last_seq = column_int(&query, 1);
        place.first_row = column_int(&query, 2);
        place.lost = column_int(&query, 3) != 0;
        column_exactly(&query, 4, place.head.b, HASH_SIZE);
        place.found = (int64_t)seq <= place.last_seq;
    }
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK)
        *ret_place = place;
    return err;
}

enum rond_err sqlite_row_find(struct sqlite_store *store, int64_t outbox_number, uint64_t seq, int64_t *ret_row) {
    struct sqlite_place place;
    enum rond_err err = sqlite_place_find(store, outbox_number, seq, &place);
    if (err == ROND_OK)
        *ret_row = place.found && !place.lost ? place.first_row + ((int64_t)seq - place.first_seq) : 0;
    return err;
}

enum rond_err sqlite_row_of_key(struct sqlite_store *store, const struct report_key *key, int64_t *ret_row) {
    struct sqlite_outbox outbox;
    enum rond_err err = sqlite_outbox_find(store, &key->outbox, &outbox);
    if (err != ROND_OK)
        return err;
    if (outbox.number == 0) {
        *ret_row = 0;
        return ROND_OK;
    }
    return sqlite_row_find(store, outbox.number, key->seq, ret_row);
}

static void identity_read(struct query *query, struct stored_report *report) {
    report->row = (uint64_t)column_int(query, 0);
    column_exactly(query, 1, report->key.device.b, ID_SIZE);
    column_exactly(query, 2, report->key.outbox.b, ID_SIZE);
    report->key.seq = (uint64_t)column_int(query, 3);
    report->kind = (uint32_t)column_int(query, 4);
    report->verdict = (enum verdict)column_int(query, 5);
    column_exactly(query, 8, report->leaf.b, HASH_SIZE);
    report->is_withdrawal = column_int(query, 12) != 0;
}

static void record_read(struct query *query, struct arena *arena, struct stored_report *report) {
    if (!column_is_null(query, 7))
        column_exactly(query, 7, report->salt.b, SALT_SIZE);
    sqlite_body_read(query, 6, 24, arena, report);
    sqlite_formerly_read(query, 9, &report->record);
}

void sqlite_formerly_read(struct query *query, int column, struct record *record) {
    record->has_formerly = !column_is_null(query, column);
    if (record->has_formerly) {
        column_exactly(query, column, record->formerly_outbox.b, ID_SIZE);
        record->formerly_seq = (uint64_t)column_int(query, column + 1);
    }
}

void sqlite_target_read(struct query *query, int column, struct stored_report *report) {
    uint8_t target[2 * ID_SIZE + 8];
    report->has_target = !column_is_null(query, column);
    if (!report->has_target)
        return;
    column_exactly(query, column, target, sizeof target);
    if (query->err != ROND_OK)
        return;
    id128_from_bytes(bytes_of(target, ID_SIZE), &report->target.device);
    id128_from_bytes(bytes_of(target + ID_SIZE, ID_SIZE), &report->target.outbox);
    report->target.seq = get_be64(target + 2 * ID_SIZE);
}

static void decision_read(struct query *query, struct arena *arena, struct stored_report *report) {
    report->code = (unsigned)column_int(query, 20);
    report->reason = column_text(query, 21, arena);
    report->field = column_text(query, 22, arena);
    report->released = column_int(query, 23) == QUARANTINE_RELEASED;
    report->discarded = column_int(query, 23) == QUARANTINE_DISCARDED;
}

void sqlite_report_read(struct query *query, struct arena *arena, struct stored_report *ret_report) {
    struct stored_report report = {0};
    identity_read(query, &report);
    record_read(query, arena, &report);
    sqlite_target_read(query, 11, &report);
    report.claimed_ms = column_int(query, 13);
    report.from_s = column_int(query, 14);
    report.to_s = column_int(query, 15);
    report.uncertainty_s = (uint32_t)column_int(query, 16);
    report.received_ms = column_int(query, 17);
    report.organisation = column_text(query, 18, arena);
    report.area = column_text(query, 19, arena);
    if (report.verdict == VERDICT_QUARANTINED)
        decision_read(query, arena, &report);
    *ret_report = report;
}

enum rond_err sqlite_report_by_row(struct sqlite_store *store, int64_t row, struct arena *arena,
                                   struct stored_report *ret_report) {
    struct stored_report report = {0};
    struct query query = query_start(store, "SELECT " REPORT_COLUMNS "FROM " REPORT_TABLES "WHERE r.row = ?");
    query_int(&query, row);
    bool found = query_next(&query);
    if (found)
        sqlite_report_read(&query, arena, &report);
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK && !found)
        err = ROND_ENOTFOUND;
    if (err == ROND_OK)
        *ret_report = report;
    return err;
}

enum rond_err sqlite_reports_read(struct query *query, struct arena *arena, struct stored_report **ret_reports,
                                  size_t *ret_count) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct stored_report)};
    while (query_next(query)) {
        struct stored_report *report = arena_list_add(&list);
        if (report == NULL)
            query->err = ROND_ENOMEM;
        else
            sqlite_report_read(query, arena, report);
    }
    enum rond_err err = query_finish(query);
    if (err != ROND_OK)
        return err;
    *ret_reports = (struct stored_report *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}
