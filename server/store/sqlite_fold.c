// Contributions and totals.
//
// Most contributions lie in a bucket of their report's own ("r:" OUTBOX ":" SEQ), which needs no index: the name of the
// bucket leads to the row. Only buckets that reports can share are indexed (shared = 1).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite.h"

enum rond_err sqlite_contributions_read(struct query *query, struct arena *arena, struct bucket_contents *ret_contents) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct stored_contribution)};
    while (query_next(query)) {
        struct stored_contribution *found = arena_list_add(&list);
        if (found == NULL) {
            query->err = ROND_ENOMEM;
            break;
        }
        found->row = (uint64_t)column_int(query, 0);
        found->commitment = (uint32_t)column_int(query, 1);
        found->value.reason = (enum counting_reason)column_int(query, 2);
        snprintf(found->value.bucket, BUCKET_SIZE, "%s", (const char *)sqlite3_column_text(query->statement, 3));
        snprintf(found->value.period, PERIOD_SIZE, "%s", (const char *)sqlite3_column_text(query->statement, 4));
        found->value.parts = (uint32_t)column_int(query, 5);
        found->value.organisations = (uint32_t)column_int(query, 6);
        found->value.quantity = (uint32_t)column_int(query, 7);
        found->value.persons = (uint32_t)column_int(query, 8);
        found->value.from_s = column_int(query, 9);
        found->value.to_s = column_int(query, 10);
        found->value.finding_state = (uint32_t)column_int(query, 11);
    }
    enum rond_err err = query_finish(query);
    if (err == ROND_OK)
        *ret_contents = (struct bucket_contents){(struct stored_contribution *)list.items, list.count};
    return err;
}

enum rond_err sqlite_contributions_of(struct sqlite_store *store, int64_t row, struct arena *arena,
                                      struct bucket_contents *ret_contents) {
    struct query query = query_start(store, "SELECT " CONTRIBUTION_COLUMNS "FROM contributions WHERE row = ?"
                                            " ORDER BY commitment, ordinal");
    query_int(&query, row);
    return sqlite_contributions_read(&query, arena, ret_contents);
}

static enum rond_err own_row_find(struct sqlite_store *store, const char *bucket, int64_t *ret_row) {
    struct id128 outbox_id;
    uint64_t seq = 0;
    struct sqlite_outbox outbox = {0};
    *ret_row = 0;
    if (!bucket_own_key(bucket, &outbox_id, &seq))
        return ROND_OK;
    enum rond_err err = sqlite_outbox_find(store, &outbox_id, &outbox);
    if (err == ROND_OK && outbox.number != 0)
        err = sqlite_row_find(store, outbox.number, seq, ret_row);
    return err;
}

enum rond_err sqlite_contributions_in(struct sqlite_store *store, const struct bucket_key *key, struct arena *arena,
                                      struct bucket_contents *ret_contents) {
    int64_t own_row = 0;
    enum rond_err err = own_row_find(store, key->bucket, &own_row);
    if (err != ROND_OK)
        return err;
    if (key->bucket[0] == '\0') { // does not count, lies in no bucket
        *ret_contents = (struct bucket_contents){0};
        return ROND_OK;
    }
    struct query query =
        query_start(store, "SELECT " CONTRIBUTION_COLUMNS ", ordinal FROM contributions"
                           " WHERE commitment = ?1 AND bucket = ?2 AND shared = 1"
                           " UNION ALL SELECT " CONTRIBUTION_COLUMNS ", ordinal FROM contributions"
                           " WHERE row = ?3 AND commitment = ?1 AND bucket = ?2 AND shared = 0 ORDER BY row, ordinal");
    query_int(&query, key->commitment);
    query_text(&query, key->bucket);
    query_int(&query, own_row);
    return sqlite_contributions_read(&query, arena, ret_contents);
}

// The report that contributions are being stored for, and the last ordinal used.
struct fold_position {
    uint64_t row;
    uint32_t commitment;
    int64_t ordinal;
    char own_bucket[BUCKET_SIZE];
};

static enum rond_err own_bucket_read(struct sqlite_store *store, uint64_t row, char own_bucket[BUCKET_SIZE]) {
    struct id128 outbox = {0};
    int64_t seq = 0;
    struct query query = query_start(store, "SELECT o.outbox, r.seq FROM reports r JOIN outboxes o ON o.number = r.outbox"
                                            " WHERE r.row = ?");
    query_int(&query, (int64_t)row);
    bool found = query_next(&query);
    if (found) {
        column_exactly(&query, 0, outbox.b, ID_SIZE);
        seq = column_int(&query, 1);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK || !found)
        return err != ROND_OK ? err : ROND_ENOTFOUND;
    char hex[2 * ID_SIZE + 1];
    hex_encode(bytes_of(outbox.b, ID_SIZE), hex);
    snprintf(own_bucket, BUCKET_SIZE, "r:%s:%lld", hex, (long long)seq);
    return ROND_OK;
}

static enum rond_err position_move(struct sqlite_store *store, struct fold_position *position,
                                   const struct stored_contribution *added) {
    enum rond_err err = ROND_OK;
    if (position->row == added->row && position->commitment == added->commitment) {
        position->ordinal++;
        return ROND_OK;
    }
    if (position->row != added->row)
        err = own_bucket_read(store, added->row, position->own_bucket);
    if (err != ROND_OK)
        return err;
    position->row = added->row;
    position->commitment = added->commitment;
    struct query query =
        query_start(store, "SELECT coalesce(max(ordinal) + 1, 0) FROM contributions WHERE row = ? AND commitment = ?");
    query_int(&query, (int64_t)added->row);
    query_int(&query, added->commitment);
    return query_single(&query, &position->ordinal);
}

static enum rond_err contribution_insert(struct sqlite_store *store, const struct fold_position *position,
                                         const struct contribution *value) {
    bool shared = value->bucket[0] != '\0' && strcmp(value->bucket, position->own_bucket) != 0;
    struct query query =
        query_start(store, "INSERT INTO contributions (row, commitment, ordinal, reason, bucket, shared, period, parts,"
                           " organisations, quantity, persons, from_s, to_s, finding_state)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query_int(&query, (int64_t)position->row);
    query_int(&query, position->commitment);
    query_int(&query, position->ordinal);
    query_int(&query, value->reason);
    query_text(&query, value->bucket);
    query_int(&query, shared);
    query_text(&query, value->period);
    query_int(&query, value->parts);
    query_int(&query, value->organisations);
    query_int(&query, value->quantity);
    query_int(&query, value->persons);
    query_int(&query, value->from_s);
    query_int(&query, value->to_s);
    query_int(&query, value->finding_state);
    return query_run(&query);
}

static enum rond_err total_add(struct sqlite_store *store, const struct total_change *change) {
    struct query query = query_start(
        store, "INSERT INTO totals (commitment, period, count, person_minutes, covered_minutes, windows_met, actions_open,"
               " actions_closed, reports) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (commitment, period) DO UPDATE SET"
               " count = count + excluded.count, person_minutes = person_minutes + excluded.person_minutes,"
               " covered_minutes = covered_minutes + excluded.covered_minutes,"
               " windows_met = windows_met + excluded.windows_met, actions_open = actions_open + excluded.actions_open,"
               " actions_closed = actions_closed + excluded.actions_closed, reports = reports + excluded.reports");
    query_int(&query, change->commitment);
    query_text(&query, change->period);
    query_int(&query, change->add.count);
    query_int(&query, change->add.person_minutes);
    query_int(&query, change->add.covered_minutes);
    query_int(&query, change->add.windows_met);
    query_int(&query, change->add.actions_open);
    query_int(&query, change->add.actions_closed);
    query_int(&query, change->add.reports);
    return query_run(&query);
}

static enum rond_err outcome_log(struct sqlite_store *store, const struct outcome_change *change) {
    struct sqlite_outbox outbox;
    enum rond_err err = sqlite_outbox_find(store, &change->outbox, &outbox);
    if (err != ROND_OK || outbox.number == 0)
        return err;
    return sqlite_change_insert(store, outbox.number, change->seq, change->seq);
}

enum rond_err sqlite_fold_store(struct store *base, const struct fold_changes *changes) {
    struct sqlite_store *store = sqlite_of(base);
    struct fold_position position = {0};
    enum rond_err err = ROND_OK;
    CHECK(store->in_transaction);
    for (size_t i = 0; i < changes->rows_removed_count && err == ROND_OK; i++) {
        struct query query = query_start(store, "DELETE FROM contributions WHERE row = ?");
        query_int(&query, (int64_t)changes->rows_removed[i]);
        err = query_run(&query);
    }
    for (size_t i = 0; i < changes->added_count && err == ROND_OK; i++) {
        err = position_move(store, &position, &changes->added[i]);
        if (err == ROND_OK)
            err = contribution_insert(store, &position, &changes->added[i].value);
    }
    for (size_t i = 0; i < changes->totals_count && err == ROND_OK; i++)
        err = total_add(store, &changes->totals[i]);
    for (size_t i = 0; i < changes->outcomes_count && err == ROND_OK; i++)
        err = outcome_log(store, &changes->outcomes[i]);
    return err;
}

enum rond_err sqlite_fold_clear(struct store *base) {
    struct sqlite_store *store = sqlite_of(base);
    CHECK(store->in_transaction);
    struct query query = query_start(store, "DELETE FROM contributions");
    enum rond_err err = query_run(&query);
    if (err != ROND_OK)
        return err;
    query = query_start(store, "DELETE FROM totals");
    return query_run(&query);
}
