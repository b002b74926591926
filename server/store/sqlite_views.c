// Bounded reads. A list with a cursor asks for one row more than the limit, to know whether there is an end.
#include <stdio.h>
#include <stdlib.h>

#include "store/sqlite.h"

static enum rond_err read_begin(struct store *base) {
    struct sqlite_store *store = sqlite_of(base);
    if (store->in_transaction)
        return ROND_OK;
    CHECK(sqlite3_get_autocommit(store->db));
    struct query query = query_start(store, "BEGIN");
    return query_run(&query);
}

static void read_end(struct store *base) {
    struct sqlite_store *store = sqlite_of(base);
    if (store->in_transaction || sqlite3_get_autocommit(store->db))
        return;
    struct query query = query_start(store, "END");
    enum rond_err err = query_run(&query); // nothing was written: whether it answers or not, nothing is lost
    UNUSED(err);
}

static int64_t limit_of(size_t limit) {
    return limit >= INT32_MAX ? INT32_MAX : (int64_t)limit;
}

static enum rond_err devices(struct store *base, uint64_t cursor, size_t limit, struct arena *arena,
                             struct device_record **ret_devices, size_t *ret_count, uint64_t *ret_cursor) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct device_record)};
    uint64_t last = 0, next = 0;
    struct query query = query_start(sqlite_of(base), "SELECT " DEVICE_COLUMNS "FROM devices WHERE number > ?"
                                                      " ORDER BY number LIMIT ?");
    query_int(&query, (int64_t)cursor);
    query_int(&query, limit_of(limit) + 1);
    while (query_next(&query)) {
        if (list.count == limit) {
            next = last;
            break;
        }
        struct device_record *device = arena_list_add(&list);
        if (device == NULL)
            query.err = ROND_ENOMEM;
        else
            sqlite_device_read(&query, arena, device);
        last = (uint64_t)column_int(&query, 0);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_devices = (struct device_record *)list.items;
    *ret_count = list.count;
    *ret_cursor = next;
    return ROND_OK;
}

static enum rond_err keys_of(struct store *base, const struct id128 *device, struct arena *arena,
                             struct device_key **ret_keys, size_t *ret_count) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct device_key)};
    struct query query =
        query_start(sqlite_of(base), "SELECT " KEY_COLUMNS "FROM device_keys WHERE device = ? ORDER BY number");
    query_blob(&query, device->b, ID_SIZE);
    while (query_next(&query)) {
        struct device_key *key = arena_list_add(&list);
        if (key == NULL)
            query.err = ROND_ENOMEM;
        else
            sqlite_key_read(&query, arena, key);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_keys = (struct device_key *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

// What a device last said to have queued is meant of the outbox that it spoke of: usually the newest, but one that was
// restored from an older image of itself goes on with an older one. Of the others nothing waits.
#define OUTBOX_COLUMNS                                                                                                      \
    "o.number, o.device, o.outbox, o.watermark, o.head, o.ratchet, o.forked,"                                               \
    " (SELECT d.last_seq FROM devices d WHERE d.device = o.device AND o.forked = 0"                                         \
    "  AND o.number = coalesce((SELECT n.number FROM outboxes n WHERE n.outbox = d.last_outbox AND n.device = d.device),"   \
    "  (SELECT max(n.number) FROM outboxes n WHERE n.device = d.device))),"                                                 \
    " (SELECT coalesce(sum(b.last_seq - b.first_seq + 1), 0) FROM batches b INDEXED BY batches_lost"                        \
    "  WHERE b.outbox = o.number AND b.lost = 1) "

static void outbox_read(struct query *query, struct outbox_row *ret_outbox) {
    struct outbox_row outbox = {.number = (uint64_t)column_int(query, 0)};
    column_exactly(query, 1, outbox.device.b, ID_SIZE);
    column_exactly(query, 2, outbox.outbox.b, ID_SIZE);
    outbox.chain.seq = (uint64_t)column_int(query, 3);
    column_exactly(query, 4, outbox.chain.head.b, HASH_SIZE);
    column_exactly(query, 5, outbox.chain.ratchet.b, HASH_SIZE);
    outbox.forked = column_int(query, 6) != 0;
    uint64_t said = (uint64_t)column_int(query, 7);
    outbox.last_seq = said > outbox.chain.seq ? said : outbox.chain.seq;
    outbox.lost = (uint64_t)column_int(query, 8);
    *ret_outbox = outbox;
}

static enum rond_err outboxes(struct store *base, const struct id128 *device, uint64_t cursor, size_t limit,
                              struct arena *arena, struct outbox_row **ret_outboxes, size_t *ret_count,
                              uint64_t *ret_cursor) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct outbox_row)};
    uint64_t last = 0, next = 0;
    struct query query =
        query_start(sqlite_of(base), device == NULL ? "SELECT " OUTBOX_COLUMNS "FROM outboxes o WHERE o.number > ?"
                                                      " ORDER BY o.number LIMIT ?"
                                                    : "SELECT " OUTBOX_COLUMNS "FROM outboxes o WHERE o.device = ?"
                                                      " AND o.number > ? ORDER BY o.number LIMIT ?");
    if (device != NULL)
        query_blob(&query, device->b, ID_SIZE);
    query_int(&query, (int64_t)cursor);
    query_int(&query, limit_of(limit) + 1);
    while (query_next(&query)) {
        if (list.count == limit) {
            next = last;
            break;
        }
        struct outbox_row *outbox = arena_list_add(&list);
        if (outbox == NULL)
            query.err = ROND_ENOMEM;
        else
            outbox_read(&query, outbox);
        last = (uint64_t)column_int(&query, 0);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_outboxes = (struct outbox_row *)list.items;
    *ret_count = list.count;
    *ret_cursor = next;
    return ROND_OK;
}

static void batch_read(struct query *query, struct batch_row *ret_batch) {
    struct batch_row batch = {.first_seq = (uint64_t)column_int(query, 0)};
    batch.last_seq = (uint64_t)column_int(query, 1);
    batch.first_row = (uint64_t)column_int(query, 2);
    batch.lost = column_int(query, 3) != 0;
    batch.reason = (uint32_t)column_int(query, 4);
    if (batch.lost)
        column_exactly(query, 5, batch.mark.b, HASH_SIZE);
    column_exactly(query, 6, batch.head.b, HASH_SIZE);
    column_exactly(query, 7, batch.signature.b, SIGNATURE_SIZE);
    batch.signed_first_seq = (uint64_t)column_int(query, 8);
    batch.received_ms = column_int(query, 9);
    *ret_batch = batch;
}

static enum rond_err batches(struct store *base, const struct id128 *device, const struct id128 *outbox, uint64_t after_seq,
                             size_t limit, struct arena *arena, struct batch_row **ret_batches, size_t *ret_count) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct batch_row)};
    struct sqlite_outbox found;
    enum rond_err err = sqlite_outbox_of(sqlite_of(base), device, outbox, &found);
    if (err != ROND_OK)
        return err;
    struct query query = query_start(sqlite_of(base), "SELECT first_seq, last_seq, first_row, lost, reason, mark, head,"
                                                      " signature, signed_first_seq, received_ms FROM batches"
                                                      " WHERE outbox = ? AND first_seq > ? ORDER BY first_seq LIMIT ?");
    query_int(&query, found.number);
    query_int(&query, (int64_t)after_seq);
    query_int(&query, limit_of(limit));
    while (query_next(&query)) {
        struct batch_row *batch = arena_list_add(&list);
        if (batch == NULL)
            query.err = ROND_ENOMEM;
        else
            batch_read(&query, batch);
    }
    if ((err = query_finish(&query)) != ROND_OK)
        return err;
    *ret_batches = (struct batch_row *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

static enum rond_err report(struct store *base, uint64_t row, struct arena *arena, struct stored_report *ret_report) {
    return sqlite_report_by_row(sqlite_of(base), (int64_t)row, arena, ret_report);
}

static enum rond_err report_by_key(struct store *base, const struct report_key *key, struct arena *arena,
                                   struct stored_report *ret_report) {
    int64_t row = 0;
    enum rond_err err = sqlite_row_of_key(sqlite_of(base), key, &row);
    if (err != ROND_OK)
        return err;
    return row == 0 ? ROND_ENOTFOUND : sqlite_report_by_row(sqlite_of(base), row, arena, ret_report);
}

static enum rond_err numbers_with_prefix(struct sqlite_store *store, uint32_t prefix, struct arena_list *list) {
    struct query query = query_start(store, "SELECT number FROM outboxes WHERE reference_prefix = ? ORDER BY number");
    query_int(&query, prefix);
    while (query_next(&query)) {
        int64_t *number = arena_list_add(list);
        if (number == NULL)
            query.err = ROND_ENOMEM;
        else
            *number = column_int(&query, 0);
    }
    return query_finish(&query);
}

static enum rond_err reports_by_reference(struct store *base, uint32_t prefix, uint64_t seq, struct arena *arena,
                                          struct stored_report **ret_reports, size_t *ret_count) {
    struct sqlite_store *store = sqlite_of(base);
    struct arena_list numbers = {.arena = arena, .item_size = sizeof(int64_t)};
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct stored_report)};
    enum rond_err err = numbers_with_prefix(store, prefix, &numbers);
    for (size_t i = 0; i < numbers.count && err == ROND_OK; i++) {
        int64_t row = 0;
        err = sqlite_row_find(store, ((const int64_t *)(const void *)numbers.items)[i], seq, &row);
        if (err != ROND_OK || row == 0)
            continue;
        struct stored_report *found = arena_list_add(&list);
        err = found == NULL ? ROND_ENOMEM : sqlite_report_by_row(store, row, arena, found);
    }
    if (err != ROND_OK)
        return err;
    *ret_reports = (struct stored_report *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

static enum rond_err quarantine(struct store *base, bool decided_too, uint64_t after_row, size_t limit, struct arena *arena,
                                struct stored_report **ret_reports, size_t *ret_count) {
    struct query query = query_start(
        sqlite_of(base), decided_too ? "SELECT " REPORT_COLUMNS "FROM " REPORT_TABLES
                                       "WHERE r.row IN (SELECT row FROM quarantine WHERE row > ? ORDER BY row LIMIT ?)"
                                       " ORDER BY r.row"
                                     : "SELECT " REPORT_COLUMNS "FROM " REPORT_TABLES
                                       "WHERE r.row IN (SELECT row FROM quarantine WHERE decided = 0 AND row > ?"
                                       " ORDER BY row LIMIT ?) ORDER BY r.row");
    query_int(&query, (int64_t)after_row);
    query_int(&query, limit_of(limit));
    return sqlite_reports_read(&query, arena, ret_reports, ret_count);
}

enum { FLAGGED_KINDS_COLUMN = 25 }; // behind REPORT_COLUMNS

static enum rond_err flagged(struct store *base, uint64_t after_row, size_t limit, struct arena *arena,
                             struct flagged_row **ret_rows, size_t *ret_count) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct flagged_row)};
    struct query query = query_start(
        sqlite_of(base), "SELECT " REPORT_COLUMNS ", (SELECT f.kinds FROM flags f WHERE f.row = r.row) FROM " REPORT_TABLES
                         "WHERE r.row IN (SELECT row FROM flags WHERE row > ? ORDER BY row LIMIT ?) ORDER BY r.row");
    query_int(&query, (int64_t)after_row);
    query_int(&query, limit_of(limit));
    while (query_next(&query)) {
        struct flagged_row *row = arena_list_add(&list);
        if (row == NULL) {
            query.err = ROND_ENOMEM;
            break;
        }
        sqlite_report_read(&query, arena, &row->report);
        row->kinds = (uint32_t)column_int(&query, FLAGGED_KINDS_COLUMN);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_rows = (struct flagged_row *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

static enum rond_err erased(struct store *base, uint64_t after_row, size_t limit, struct arena *arena, uint64_t **ret_rows,
                            size_t *ret_count) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(uint64_t)};
    struct query query =
        query_start(sqlite_of(base), "SELECT row FROM erasures WHERE row > ?1 UNION ALL SELECT row FROM keyless"
                                     " WHERE row > ?1 ORDER BY row LIMIT ?2");
    query_int(&query, (int64_t)after_row);
    query_int(&query, limit_of(limit));
    while (query_next(&query)) {
        uint64_t *row = arena_list_add(&list);
        if (row == NULL)
            query.err = ROND_ENOMEM;
        else
            *row = (uint64_t)column_int(&query, 0);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_rows = (uint64_t *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

static void fork_read(struct query *query, struct arena *arena, struct fork_row *ret_fork) {
    struct fork_row fork = {.id = (uint64_t)column_int(query, 0)};
    column_exactly(query, 1, fork.key.device.b, ID_SIZE);
    column_exactly(query, 2, fork.key.outbox.b, ID_SIZE);
    fork.key.seq = (uint64_t)column_int(query, 3);
    column_exactly(query, 4, fork.leaf.b, HASH_SIZE);
    sqlite_fork_body_read(query, 5, 9, arena, &fork);
    fork.record.has_formerly = !column_is_null(query, 6);
    if (fork.record.has_formerly) {
        column_exactly(query, 6, fork.record.formerly_outbox.b, ID_SIZE);
        fork.record.formerly_seq = (uint64_t)column_int(query, 7);
    }
    fork.received_ms = column_int(query, 8);
    fork.erased_ms = column_int(query, 10);
    *ret_fork = fork;
}

static enum rond_err forks(struct store *base, uint64_t cursor, size_t limit, struct arena *arena,
                           struct fork_row **ret_forks, size_t *ret_count, uint64_t *ret_cursor) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct fork_row)};
    uint64_t last = 0, next = 0;
    struct query query = query_start(
        sqlite_of(base), "SELECT f.id, o.device, o.outbox, f.seq, f.leaf, f.body, f.formerly_outbox, f.formerly_seq,"
                         " f.received_ms, k.key, f.erased_ms FROM forks f JOIN outboxes o ON o.number = f.outbox"
                         " LEFT JOIN fork_keys k ON k.id = f.id WHERE f.id > ?"
                         " ORDER BY f.id LIMIT ?");
    query_int(&query, (int64_t)cursor);
    query_int(&query, limit_of(limit) + 1);
    while (query_next(&query)) {
        if (list.count == limit) {
            next = last;
            break;
        }
        struct fork_row *fork = arena_list_add(&list);
        if (fork == NULL)
            query.err = ROND_ENOMEM;
        else
            fork_read(&query, arena, fork);
        last = (uint64_t)column_int(&query, 0);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_forks = (struct fork_row *)list.items;
    *ret_count = list.count;
    *ret_cursor = next;
    return ROND_OK;
}

static void total_read(struct query *query, struct period_total *ret_total) {
    struct period_total total = {0};
    snprintf(total.period, sizeof total.period, "%s", (const char *)sqlite3_column_text(query->statement, 0));
    total.tally = (struct tally){
        .count = column_int(query, 1),
        .person_minutes = column_int(query, 2),
        .covered_minutes = column_int(query, 3),
        .windows_met = column_int(query, 4),
        .actions_open = column_int(query, 5),
        .actions_closed = column_int(query, 6),
        .reports = column_int(query, 7),
    };
    *ret_total = total;
}

// A total of nothing is as if it had never been: a correction and a rebuild leave the same.
static enum rond_err totals(struct store *base, uint32_t commitment, struct arena *arena, struct period_total **ret_totals,
                            size_t *ret_count) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct period_total)};
    struct query query = query_start(
        sqlite_of(base), "SELECT period, count, person_minutes, covered_minutes, windows_met, actions_open, actions_closed,"
                         " reports FROM totals WHERE commitment = ? AND (count <> 0 OR person_minutes <> 0 OR"
                         " covered_minutes <> 0 OR windows_met <> 0 OR actions_open <> 0 OR actions_closed <> 0 OR"
                         " reports <> 0) ORDER BY period");
    query_int(&query, commitment);
    while (query_next(&query)) {
        struct period_total *total = arena_list_add(&list);
        if (total == NULL)
            query.err = ROND_ENOMEM;
        else
            total_read(&query, total);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_totals = (struct period_total *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

// Whole reports: one that has several contributions is never cut, so that the row is a cursor.
static enum rond_err contributions(struct store *base, uint32_t commitment, uint64_t after_row, size_t limit,
                                   struct arena *arena, struct stored_contribution **ret_contributions, size_t *ret_count) {
    struct bucket_contents contents;
    struct query query = query_start(
        sqlite_of(base), "SELECT " CONTRIBUTION_COLUMNS "FROM contributions WHERE commitment = ?1 AND row > ?2 AND row <="
                         " (SELECT max(row) FROM (SELECT row FROM contributions WHERE commitment = ?1 AND row > ?2"
                         " ORDER BY row LIMIT ?3)) ORDER BY row, ordinal");
    query_int(&query, commitment);
    query_int(&query, (int64_t)after_row);
    query_int(&query, limit_of(limit));
    enum rond_err err = sqlite_contributions_read(&query, arena, &contents);
    if (err != ROND_OK)
        return err;
    *ret_contributions = contents.contributions;
    *ret_count = contents.count;
    return ROND_OK;
}

static enum rond_err contributions_before(struct store *base, uint32_t commitment, uint64_t before_row, size_t limit,
                                          struct arena *arena, struct stored_contribution **ret_contributions,
                                          size_t *ret_count) {
    struct bucket_contents contents;
    struct query query = query_start(
        sqlite_of(base), "SELECT " CONTRIBUTION_COLUMNS "FROM contributions WHERE commitment = ?1 AND row < ?2 AND row >="
                         " (SELECT min(row) FROM (SELECT row FROM contributions WHERE commitment = ?1 AND row < ?2"
                         " ORDER BY row DESC LIMIT ?3)) ORDER BY row DESC, ordinal");
    query_int(&query, commitment);
    query_int(&query, before_row == 0 ? INT64_MAX : (int64_t)before_row);
    query_int(&query, limit_of(limit));
    enum rond_err err = sqlite_contributions_read(&query, arena, &contents);
    if (err != ROND_OK)
        return err;
    *ret_contributions = contents.contributions;
    *ret_count = contents.count;
    return ROND_OK;
}

static enum rond_err contributions_last(struct store *base, uint32_t commitment, uint64_t *ret_row) {
    int64_t row = 0;
    struct query query =
        query_start(sqlite_of(base), "SELECT coalesce(max(row), 0) FROM contributions WHERE commitment = ?");
    query_int(&query, commitment);
    enum rond_err err = query_single(&query, &row);
    if (err == ROND_OK)
        *ret_row = (uint64_t)row;
    return err;
}

static enum rond_err reports_last(struct store *base, uint64_t *ret_row) {
    int64_t row = 0;
    struct query query = query_start(sqlite_of(base), "SELECT coalesce(max(row), 0) FROM reports");
    enum rond_err err = query_single(&query, &row);
    if (err == ROND_OK)
        *ret_row = (uint64_t)row;
    return err;
}

static enum rond_err contributions_of_row(struct store *base, uint64_t row, struct arena *arena,
                                          struct stored_contribution **ret_contributions, size_t *ret_count) {
    struct bucket_contents contents;
    enum rond_err err = sqlite_contributions_of(sqlite_of(base), (int64_t)row, arena, &contents);
    if (err != ROND_OK)
        return err;
    *ret_contributions = contents.contributions;
    *ret_count = contents.count;
    return ROND_OK;
}

static enum rond_err bucket(struct store *base, const struct bucket_key *key, struct arena *arena,
                            struct bucket_contents *ret_contents) {
    return sqlite_contributions_in(sqlite_of(base), key, arena, ret_contents);
}

static enum rond_err commitment_path(struct store *base, uint32_t commitment, struct arena *arena, const char **ret_path) {
    const char *path = NULL;
    struct query query = query_start(sqlite_of(base), "SELECT path FROM commitments WHERE number = ?");
    query_int(&query, commitment);
    if (query_next(&query))
        path = column_text(&query, 0, arena);
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK && path == NULL)
        err = ROND_ENOTFOUND;
    if (err == ROND_OK)
        *ret_path = path;
    return err;
}

static enum rond_err reference(struct store *base, uint64_t cursor, size_t limit, struct arena *arena,
                               Rond__V1__ReferenceEntry ***ret_entries, size_t *ret_count, uint64_t *ret_newest) {
    struct sqlite_store *store = sqlite_of(base);
    struct arena_list list = {.arena = arena, .item_size = sizeof(Rond__V1__ReferenceEntry *)};
    int64_t newest = 0;
    struct query query = query_start(store, "SELECT coalesce(max(revision), 0) FROM reference");
    enum rond_err err = query_single(&query, &newest);
    if (err != ROND_OK)
        return err;
    query = query_start(store, "SELECT revision, body FROM reference WHERE revision > ? ORDER BY revision LIMIT ?");
    query_int(&query, cursor > INT64_MAX ? INT64_MAX : (int64_t)cursor);
    query_int(&query, limit_of(limit));
    while (query_next(&query)) {
        Rond__V1__ReferenceEntry **entry = arena_list_add(&list);
        struct bytes packed =
            bytes_of(sqlite3_column_blob(query.statement, 1), (size_t)sqlite3_column_bytes(query.statement, 1));
        query.err = entry == NULL ? ROND_ENOMEM : reference_unpack(packed, (uint64_t)column_int(&query, 0), arena, entry);
        if (query.err == ROND_OK && column_int(&query, 0) > newest)
            newest = column_int(&query, 0); // committed between the two reads
    }
    if ((err = query_finish(&query)) != ROND_OK)
        return err;
    *ret_entries = (Rond__V1__ReferenceEntry **)(void *)list.items;
    *ret_count = list.count;
    *ret_newest = (uint64_t)newest;
    return ROND_OK;
}

// What is left of a query for AUDIT_COLUMNS, up to `limit` rows.
static enum rond_err audit_rows(struct query *bound, size_t limit, struct arena *arena, struct audit_row **ret_rows,
                                size_t *ret_count, uint64_t *ret_cursor) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct audit_row)};
    uint64_t last = 0, next = 0;
    struct query query = *bound;
    query_int(&query, limit_of(limit) + 1);
    while (query_next(&query)) {
        if (list.count == limit) {
            next = last;
            break;
        }
        struct audit_row *row = arena_list_add(&list);
        if (row == NULL) {
            query.err = ROND_ENOMEM;
            break;
        }
        row->at_ms = column_int(&query, 1);
        row->actor = column_text(&query, 2, arena);
        row->action = column_text(&query, 3, arena);
        row->detail = column_text(&query, 4, arena);
        row->id = last = (uint64_t)column_int(&query, 0);
        column_exactly(&query, 5, row->hash.b, HASH_SIZE);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_rows = (struct audit_row *)list.items;
    *ret_count = list.count;
    *ret_cursor = next;
    return ROND_OK;
}

#define AUDIT_COLUMNS "SELECT id, at_ms, actor, action, detail, hash FROM audit "
#define AUDIT_NEWEST(where)                                                                                                 \
    AUDIT_COLUMNS "WHERE " where "at_ms >= ? AND (at_ms, id) < (?, ?) ORDER BY at_ms DESC, id DESC LIMIT ?"

static enum rond_err audit(struct store *base, uint64_t cursor, size_t limit, struct arena *arena,
                           struct audit_row **ret_rows, size_t *ret_count, uint64_t *ret_cursor) {
    struct query query = query_start(sqlite_of(base), AUDIT_COLUMNS "WHERE id > ? ORDER BY id LIMIT ?");
    query_int(&query, (int64_t)cursor);
    return audit_rows(&query, limit, arena, ret_rows, ret_count, ret_cursor);
}

// Before which moment and id the page begins.
static enum rond_err audit_before(struct sqlite_store *store, const struct audit_filter *filter, uint64_t cursor,
                                  int64_t *ret_at_ms) {
    *ret_at_ms = filter->to_ms;
    if (cursor == 0)
        return ROND_OK;
    struct query query = query_start(store, "SELECT at_ms FROM audit WHERE id = ?");
    query_int(&query, (int64_t)cursor);
    if (query_next(&query) && column_int(&query, 0) < filter->to_ms)
        *ret_at_ms = column_int(&query, 0);
    return query_finish(&query);
}

static enum rond_err audit_newest(struct store *base, const struct audit_filter *filter, uint64_t cursor, size_t limit,
                                  struct arena *arena, struct audit_row **ret_rows, size_t *ret_count,
                                  uint64_t *ret_cursor) {
    int64_t at_ms;
    enum rond_err err = audit_before(sqlite_of(base), filter, cursor, &at_ms);
    if (err != ROND_OK)
        return err;
    struct query query = query_start(sqlite_of(base), filter->actor != NULL && filter->action != NULL
                                                          ? AUDIT_NEWEST("actor = ? AND action = ? AND ")
                                                      : filter->actor != NULL  ? AUDIT_NEWEST("actor = ? AND ")
                                                      : filter->action != NULL ? AUDIT_NEWEST("action = ? AND ")
                                                                               : AUDIT_NEWEST(""));
    if (filter->actor != NULL)
        query_text(&query, filter->actor);
    if (filter->action != NULL)
        query_text(&query, filter->action);
    query_int(&query, filter->from_ms);
    query_int(&query, at_ms);
    query_int(&query, (int64_t)cursor);
    return audit_rows(&query, limit, arena, ret_rows, ret_count, ret_cursor);
}

static enum rond_err counts(struct store *base, struct store_counts *ret_counts) {
    struct store_counts counted = {0};
    // Rows are never deleted, so the last one tells how many there are.
    struct query query = query_start(
        sqlite_of(base), "SELECT (SELECT coalesce(max(row), 0) FROM reports), (SELECT count(*) FROM quarantine),"
                         " (SELECT count(*) FROM quarantine WHERE decided = 0),"
                         " (SELECT count(*) FROM quarantine WHERE decided = 1),"
                         " (SELECT coalesce(sum(last_seq - first_seq + 1), 0) FROM batches WHERE lost = 1),"
                         " (SELECT count(*) FROM forks), (SELECT count(*) FROM erasures), (SELECT count(*) FROM devices),"
                         " (SELECT count(*) FROM outboxes), (SELECT count(*) FROM flags),"
                         " (SELECT count(*) FROM rulings), (SELECT count(*) FROM quarantine WHERE decided = 2),"
                         " (SELECT coalesce(sum(watermark), 0) FROM outboxes), (SELECT count(*) FROM keyless)");
    if (query_next(&query)) {
        uint64_t quarantined = (uint64_t)column_int(&query, 1);
        counted.reports = (uint64_t)column_int(&query, 0);
        counted.applied = counted.reports - quarantined;
        counted.quarantined_open = (uint64_t)column_int(&query, 2);
        counted.quarantined_released = (uint64_t)column_int(&query, 3);
        counted.quarantined_discarded = (uint64_t)column_int(&query, 11);
        counted.received = (uint64_t)column_int(&query, 12);
        counted.lost = (uint64_t)column_int(&query, 4);
        counted.forked = (uint64_t)column_int(&query, 5);
        counted.erased = (uint64_t)column_int(&query, 6);
        counted.keyless = (uint64_t)column_int(&query, 13);
        counted.devices = (uint64_t)column_int(&query, 7);
        counted.outboxes = (uint64_t)column_int(&query, 8);
        counted.flagged = (uint64_t)column_int(&query, 9);
        counted.rulings = (uint64_t)column_int(&query, 10);
    }
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK)
        *ret_counts = counted;
    return err;
}

const struct views_ops sqlite_views = {
    .read_begin = read_begin,
    .read_end = read_end,
    .devices = devices,
    .keys_of = keys_of,
    .codes_waiting = sqlite_codes_waiting,
    .outboxes = outboxes,
    .batches = batches,
    .reports = sqlite_reports_page,
    .report = report,
    .reports_last = reports_last,
    .report_by_key = report_by_key,
    .reports_by_reference = reports_by_reference,
    .quarantine = quarantine,
    .flagged = flagged,
    .erased = erased,
    .erasures = sqlite_erasures,
    .retained = sqlite_retained,
    .body_keys = sqlite_body_keys,
    .keys_apart = sqlite_keys_apart,
    .rules = sqlite_rules,
    .retention_notes = sqlite_retention_notes,
    .forks = forks,
    .totals = totals,
    .contributions = contributions,
    .contributions_before = contributions_before,
    .contributions_last = contributions_last,
    .contributions_of_row = contributions_of_row,
    .bucket = bucket,
    .crowd = sqlite_crowd,
    .map = sqlite_map,
    .spots = sqlite_spots,
    .counted_on = sqlite_counted_on,
    .commitment_path = commitment_path,
    .reference = reference,
    .feedback = sqlite_feedback,
    .promise_versions = sqlite_promise_versions,
    .followups = sqlite_followups,
    .followup = sqlite_followup,
    .followup_keys = sqlite_followup_keys,
    .decisions = sqlite_decisions,
    .decisions_newest = sqlite_decisions_newest,
    .decision = sqlite_decision,
    .decisions_about = sqlite_decisions_about,
    .decisions_mark = sqlite_decisions_mark,
    .joint_number = sqlite_joint_number,
    .people = sqlite_people,
    .sessions = sqlite_sessions,
    .audit = audit,
    .audit_newest = audit_newest,
    .counts = counts,
    .damage = sqlite_damage,
    .integrity = sqlite_integrity,
    .copy = sqlite_copy,
};
