// What the person sees of each report. A report that was queued anew after a fork is found under every identity it had.
#include "outbox_internal.h"

enum { CURSOR_SEQ_BITS = 40 };

static int64_t cursor_of(int64_t number, uint64_t seq) {
    return (int64_t)((uint64_t)number << CURSOR_SEQ_BITS | seq);
}

// One row of the list: number, outbox, acknowledged_seq, seq, status, sealed, queued_ms, verdict, outcome.
#define REPORT_COLUMNS                                                                                                      \
    "SELECT o.number, o.outbox, o.acknowledged_seq, r.seq, r.status, r.sealed, r.queued_ms, r.verdict, c.sealed"            \
    " FROM reports r JOIN outboxes o ON o.number = r.outbox LEFT JOIN outcomes c ON c.outbox = r.outbox AND c.seq = r.seq "

static enum outbox_status status_of(int row_status, bool is_acknowledged) {
    if (row_status == ROW_LOST || row_status == ROW_EXPIRED)
        return OUTBOX_LOST;
    if (row_status == ROW_QUARANTINED)
        return OUTBOX_QUARANTINED;
    if (row_status == ROW_DISCARDED)
        return OUTBOX_DISCARDED;
    return is_acknowledged ? OUTBOX_RECEIVED : OUTBOX_WAITING;
}

static enum rond_err verdict_fill(struct outbox *outbox, int64_t number, struct bytes sealed, struct arena *arena,
                                  struct outbox_report *report) {
    if (sealed.size == 0)
        return ROND_OK;
    enum rond_err err = outbox_unseal(outbox, place_of_row("rond verdict v1", number, report->seq), sealed);
    if (err != ROND_OK)
        return err == ROND_ECORRUPT ? ROND_OK : err; // spoilt: the report is shown without it
    Rond__V1__Exception *exception = rond__v1__exception__unpack(&arena->pb, outbox->plain.size, outbox->plain.data);
    if (exception == NULL)
        return ROND_ENOMEM;
    report->code = exception->code;
    report->reason = exception->reason;
    report->field = exception->field;
    return ROND_OK;
}

static enum rond_err outcome_fill(struct outbox *outbox, int64_t number, struct bytes sealed, struct arena *arena,
                                  struct outbox_report *report) {
    if (sealed.size == 0)
        return ROND_OK;
    enum rond_err err = outbox_unseal(outbox, place_of_row("rond outcome v1", number, report->seq), sealed);
    if (err != ROND_OK)
        return err == ROND_ECORRUPT ? ROND_OK : err;
    report->outcome = rond__v1__outcome__unpack(&arena->pb, outbox->plain.size, outbox->plain.data);
    return report->outcome == NULL ? ROND_ENOMEM : ROND_OK;
}

// What is no longer kept, or cannot be read, leaves the report empty.
static enum rond_err payload_fill(struct outbox *outbox, struct bytes sealed, struct arena *arena,
                                  struct outbox_report *report) {
    struct record record;
    enum rond_err err =
        sealed.size == 0 ? ROND_ECORRUPT : record_unseal(outbox, &report->outbox, report->seq, sealed, &record);
    if (err != ROND_OK)
        return err == ROND_ECORRUPT ? ROND_OK : err;
    return arena_copy(arena, record.report, &report->report) ? ROND_OK : ROND_ENOMEM;
}

static enum rond_err report_fill(struct outbox *outbox, sqlite3_stmt *row, struct arena *arena,
                                 struct outbox_report *ret_report) {
    int64_t number = sqlite3_column_int64(row, 0), acknowledged = sqlite3_column_int64(row, 2),
            seq = sqlite3_column_int64(row, 3);
    struct outbox_report report = {.seq = (uint64_t)seq, .queued_ms = sqlite3_column_int64(row, 6)};
    if (!id128_from_bytes(sql_bytes(row, 1), &report.outbox))
        return ROND_ECORRUPT;
    report.status = status_of(sqlite3_column_int(row, 4), seq <= acknowledged);
    report.reason = report.field = "";
    enum rond_err err = payload_fill(outbox, sql_bytes(row, 5), arena, &report);
    if (err == ROND_OK)
        err = verdict_fill(outbox, number, sql_bytes(row, 7), arena, &report);
    if (err == ROND_OK)
        err = outcome_fill(outbox, number, sql_bytes(row, 8), arena, &report);
    buffer_clear(&outbox->plain);
    if (err == ROND_OK)
        *ret_report = report;
    return err;
}

enum rond_err outbox_list(struct outbox *outbox, uint64_t cursor, size_t limit, struct arena *arena,
                          struct outbox_report **ret_reports, size_t *ret_count, uint64_t *ret_cursor) {
    struct outbox_report *reports = arena_array(arena, limit, sizeof *reports);
    if (reports == NULL || limit == 0)
        return limit == 0 ? ROND_EINVALID : ROND_ENOMEM;
    int64_t number = cursor == 0 ? INT64_MAX : (int64_t)(cursor >> CURSOR_SEQ_BITS);
    int64_t seq = (int64_t)(cursor & ((UINT64_C(1) << CURSOR_SEQ_BITS) - 1));
    sqlite3_stmt *row;
    enum rond_err err =
        sql_query(outbox, &row, REPORT_COLUMNS "WHERE (r.outbox, r.seq) < (?, ?) ORDER BY r.outbox DESC, r.seq DESC LIMIT ?",
                  "iii", number, seq, (int64_t)limit);
    if (err != ROND_OK)
        return err;
    size_t count = 0;
    int64_t next = 0;
    while (count < limit && (err = sql_next(outbox, row)) == ROND_OK &&
           (err = report_fill(outbox, row, arena, &reports[count])) == ROND_OK) {
        next = cursor_of(sqlite3_column_int64(row, 0), reports[count].seq);
        count++;
    }
    sql_end(row);
    if (err != ROND_OK && err != ROND_ENOTFOUND)
        return err;
    *ret_reports = reports;
    *ret_count = count;
    *ret_cursor = count == limit ? (uint64_t)next : 0;
    return ROND_OK;
}

static enum rond_err alias_follow(struct outbox *outbox, int64_t *number, uint64_t *seq) {
    sqlite3_stmt *row;
    enum rond_err err = sql_query(outbox, &row, "SELECT to_outbox, to_seq FROM aliases WHERE outbox = ? AND seq = ?", "ii",
                                  *number, (int64_t)*seq);
    if (err != ROND_OK)
        return err;
    err = sql_next(outbox, row);
    if (err == ROND_OK) {
        *number = sqlite3_column_int64(row, 0);
        *seq = (uint64_t)sqlite3_column_int64(row, 1);
    }
    sql_end(row);
    return err;
}

enum rond_err outbox_locate(struct outbox *outbox, const struct id128 *id, uint64_t seq, int64_t *ret_number,
                            uint64_t *ret_seq) {
    int64_t number = 0;
    enum rond_err err =
        sql_number(outbox, &number, "SELECT number FROM outboxes WHERE outbox = ?", "b", bytes_of(id->b, ID_SIZE));
    if (err != ROND_OK)
        return err;
    while ((err = alias_follow(outbox, &number, &seq)) == ROND_OK) {
    }
    if (err != ROND_ENOTFOUND)
        return err;
    *ret_number = number;
    *ret_seq = seq;
    return ROND_OK;
}

enum rond_err outbox_find(struct outbox *outbox, const struct id128 *id, uint64_t seq, struct arena *arena,
                          struct outbox_report *ret_report) {
    int64_t number;
    enum rond_err err = outbox_locate(outbox, id, seq, &number, &seq);
    sqlite3_stmt *row = NULL;
    if (err == ROND_OK)
        err = sql_query(outbox, &row, REPORT_COLUMNS "WHERE r.outbox = ? AND r.seq = ?", "ii", number, (int64_t)seq);
    if (err == ROND_OK)
        err = sql_next(outbox, row);
    if (err == ROND_OK)
        err = report_fill(outbox, row, arena, ret_report);
    sql_end(row);
    return err;
}

enum rond_err outbox_ids(struct outbox *outbox, struct arena *arena, struct id128 **ret_ids, size_t *ret_count) {
    int64_t total = 0;
    enum rond_err err = sql_number(outbox, &total, "SELECT count(*) FROM outboxes", "");
    if (err != ROND_OK)
        return err;
    struct id128 *ids = arena_array(arena, (size_t)total, sizeof *ids);
    sqlite3_stmt *row = NULL;
    err = ids == NULL ? ROND_ENOMEM : sql_query(outbox, &row, "SELECT outbox FROM outboxes ORDER BY number", "");
    size_t count = 0;
    while (err == ROND_OK && count < (size_t)total && (err = sql_next(outbox, row)) == ROND_OK)
        err = id128_from_bytes(sql_bytes(row, 0), &ids[count++]) ? ROND_OK : ROND_ECORRUPT;
    sql_end(row);
    if (err != ROND_OK)
        return err;
    *ret_ids = ids;
    *ret_count = count;
    return ROND_OK;
}

// --- Totals: from the outboxes' rows and the few reports that are neither waiting nor simply received ---

// Few outboxes first, then their rows (CROSS JOIN keeps SQLite to that).
// Reports that wait: of the active outbox by their number, of closed ones that are offered again by their rows.
static enum rond_err waiting_count(struct outbox *outbox, int64_t *ret_unacknowledged, int64_t *ret_waiting) {
    const struct outbox_position *at = &outbox->position;
    int64_t special = 0, again = 0, again_waiting = 0;
    enum rond_err err = sql_number(outbox, &special,
                                   "SELECT count(*) FROM reports INDEXED BY reports_special"
                                   " WHERE status <> 0 AND outbox = ? AND seq > ?",
                                   "ii", at->number, (int64_t)at->acknowledged.seq);
    if (err == ROND_OK)
        err = sql_number(
            outbox, &again,
            "SELECT count(*) FROM outboxes o CROSS JOIN reports r ON r.outbox = o.number AND r.seq > o.acknowledged_seq"
            " WHERE closed = 2 AND status NOT IN (3, 4)",
            "");
    if (err == ROND_OK)
        err = sql_number(
            outbox, &again_waiting,
            "SELECT count(*) FROM outboxes o CROSS JOIN reports r ON r.outbox = o.number AND r.seq > o.acknowledged_seq"
            " WHERE closed = 2 AND status = 0",
            "");
    int64_t unacknowledged = (int64_t)(at->last.seq - at->acknowledged.seq);
    *ret_unacknowledged = unacknowledged + again;
    *ret_waiting = unacknowledged - special + again_waiting;
    return err;
}

enum rond_err outbox_totals(struct outbox *outbox, struct outbox_totals *ret_totals) {
    const struct outbox_position *at = &outbox->position;
    int64_t acknowledged = 0, special = 0, lost = 0, quarantined = 0, drafts = 0, lost_closed = 0, oldest = 0;
    int64_t unacknowledged = 0, waiting = 0;
    enum rond_err err = sql_number(outbox, &acknowledged, "SELECT sum(acknowledged_seq) FROM outboxes", "");
    if (err == ROND_OK)
        err = sql_number(outbox, &quarantined, "SELECT count(*) FROM reports WHERE status <> 0 AND status = 2", "");
    if (err == ROND_OK)
        err = sql_number(outbox, &lost, "SELECT count(*) FROM reports WHERE status <> 0 AND status IN (3, 4)", "");
    if (err == ROND_OK) // received otherwise
        err = sql_number(outbox, &special,
                         "SELECT count(*) FROM reports r JOIN outboxes o ON o.number = r.outbox"
                         " WHERE status <> 0 AND status IN (2, 3, 4) AND seq <= acknowledged_seq",
                         "");
    if (err == ROND_OK)
        err = sql_number(outbox, &lost_closed,
                         "SELECT count(*) FROM reports r JOIN outboxes o ON o.number = r.outbox"
                         " WHERE status <> 0 AND status IN (3, 4) AND closed <> 0 AND seq > acknowledged_seq",
                         "");
    if (err == ROND_OK)
        err = sql_number(outbox, &drafts, "SELECT count(*) FROM drafts", "");
    if (err == ROND_OK)
        err = waiting_count(outbox, &unacknowledged, &waiting);
    if (err == ROND_OK)
        err = sql_number(outbox, &oldest,
                         "SELECT queued_ms FROM reports WHERE outbox = ? AND seq > ? AND status = 0 ORDER BY seq LIMIT 1",
                         "ii", at->number, (int64_t)at->acknowledged.seq);
    if (err != ROND_OK && err != ROND_ENOTFOUND)
        return err;
    *ret_totals = (struct outbox_totals){
        .queued = (uint64_t)(acknowledged + lost_closed + unacknowledged),
        .waiting = (uint64_t)waiting,
        .received = (uint64_t)(acknowledged - special),
        .quarantined = (uint64_t)quarantined,
        .lost = (uint64_t)lost,
        .drafts = (uint64_t)drafts,
        .oldest_waiting_ms = oldest,
    };
    return ROND_OK;
}
