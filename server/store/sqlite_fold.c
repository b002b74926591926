// Contributions and totals; sqlite_contributions.c stores the former.
#include <string.h>

#include "store/sqlite.h"

void sqlite_text_read(struct query *query, int column, char *to, size_t room) {
    const unsigned char *text = sqlite3_column_text(query->statement, column);
    size_t size = (size_t)sqlite3_column_bytes(query->statement, column);
    if (text == NULL || size >= room)
        query->err = text == NULL ? ROND_ENOMEM : ROND_ECORRUPT;
    else
        memcpy(to, text, size);
}

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
        sqlite_text_read(query, 3, found->value.bucket, BUCKET_SIZE);
        sqlite_text_read(query, 4, found->value.period, PERIOD_SIZE);
        found->value.parts = (uint32_t)column_int(query, 5);
        found->value.organisations = (uint32_t)column_int(query, 6);
        found->value.quantity = (uint32_t)column_int(query, 7);
        found->value.persons = (uint32_t)column_int(query, 8);
        found->value.from_s = column_int(query, 9);
        found->value.to_s = column_int(query, 10);
        found->value.finding_state = (uint32_t)column_int(query, 11);
        found->value.flags = (uint32_t)column_int(query, 12);
        found->value.places = (uint32_t)column_int(query, 13);
        found->value.places_open = (uint32_t)column_int(query, 14);
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
    struct query query = query_start(
        store, "SELECT " CONTRIBUTION_COLUMNS ", ordinal FROM contributions"
               " WHERE commitment = ?1 AND bucket = ?2 AND shared = 1"
               " UNION ALL SELECT " CONTRIBUTION_COLUMNS ", ordinal FROM contributions"
               " WHERE row = ?3 AND commitment = ?1 AND bucket = ?2 AND shared = 0 ORDER BY row, ordinal LIMIT ?4");
    query_int(&query, key->commitment);
    query_text(&query, key->bucket);
    query_int(&query, own_row);
    query_int(&query, key->limit == 0 ? -1 : (int64_t)key->limit);
    return sqlite_contributions_read(&query, arena, ret_contents);
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
    enum rond_err err = ROND_OK;
    CHECK(store->in_transaction);
    for (size_t i = 0; i < changes->rows_removed_count && err == ROND_OK; i++) {
        struct query query = query_start(store, "DELETE FROM contributions WHERE row = ?");
        query_int(&query, (int64_t)changes->rows_removed[i]);
        err = query_run(&query);
    }
    if (err == ROND_OK && changes->added_count > 0)
        err = sqlite_contributions_insert(store, changes->added, changes->added_count);
    for (size_t i = 0; i < changes->totals_count && err == ROND_OK; i++)
        err = total_add(store, &changes->totals[i]);
    for (size_t i = 0; i < changes->outcomes_count && err == ROND_OK; i++)
        err = outcome_log(store, &changes->outcomes[i]);
    for (size_t i = 0; i < changes->crowds_count && err == ROND_OK; i++)
        err = sqlite_crowd_put(store, &changes->crowds[i]);
    return err == ROND_OK ? sqlite_map_store(store, changes) : err;
}

enum rond_err sqlite_fold_clear(struct store *base) {
    struct sqlite_store *store = sqlite_of(base);
    CHECK(store->in_transaction);
    struct query query = query_start(store, "DELETE FROM contributions");
    enum rond_err err = query_run(&query);
    if (err != ROND_OK)
        return err;
    query = query_start(store, "DELETE FROM totals");
    if ((err = query_run(&query)) != ROND_OK)
        return err;
    query = query_start(store, "DELETE FROM crowds");
    err = query_run(&query);
    return err == ROND_OK ? sqlite_map_clear(store) : err;
}
