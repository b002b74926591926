// Contributions and totals.
//
// Most contributions lie in a bucket of their report's own ("r:" OUTBOX ":" SEQ), which needs no index: the name of the
// bucket leads to the row. Only buckets that reports can share are indexed (shared = 1).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite.h"

// The rest of `to` is zero already.
static void text_read(struct query *query, int column, char *to, size_t room) {
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
        text_read(query, 3, found->value.bucket, BUCKET_SIZE);
        text_read(query, 4, found->value.period, PERIOD_SIZE);
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

// The batch that holds the report whose contributions were stored last: reports of one batch have consecutive rows and
// seqs, and are folded together, so that one question serves for all of them.
struct fold_run {
    int64_t first_row;
    int64_t last_row;
    int64_t first_seq;
    char prefix[sizeof "r::" + 2 * ID_SIZE]; // of the buckets of their own
};

// Where contributions are being stored.
struct fold_position {
    uint64_t row;
    uint32_t commitment;
    int64_t ordinal;
    uint64_t last_row; // of all reports
    struct fold_run run;
};

static enum rond_err run_read(struct sqlite_store *store, uint64_t row, struct fold_run *ret_run) {
    struct id128 outbox = {0};
    struct fold_run run = {0};
    struct query query =
        query_start(store, "SELECT o.outbox, b.first_row, b.first_row + b.last_seq - b.first_seq, b.first_seq FROM reports r"
                           " JOIN outboxes o ON o.number = r.outbox JOIN batches b ON b.outbox = r.outbox AND b.first_seq ="
                           " (SELECT max(first_seq) FROM batches WHERE outbox = r.outbox AND first_seq <= r.seq)"
                           " WHERE r.row = ?");
    query_int(&query, (int64_t)row);
    bool found = query_next(&query);
    if (found) {
        column_exactly(&query, 0, outbox.b, ID_SIZE);
        run.first_row = column_int(&query, 1);
        run.last_row = column_int(&query, 2);
        run.first_seq = column_int(&query, 3);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    if (!found || (int64_t)row < run.first_row || (int64_t)row > run.last_row)
        return ROND_ECORRUPT;
    char hex[2 * ID_SIZE + 1];
    hex_encode(bytes_of(outbox.b, ID_SIZE), hex);
    snprintf(run.prefix, sizeof run.prefix, "r:%s:", hex);
    *ret_run = run;
    return ROND_OK;
}

// Can other reports lie in this bucket, too?
static enum rond_err shared_find(struct sqlite_store *store, struct fold_position *position, const char *bucket,
                                 bool *ret_shared) {
    int64_t row = (int64_t)position->row;
    *ret_shared = bucket[0] != '\0';
    if (strncmp(bucket, "r:", 2) != 0)
        return ROND_OK;
    enum rond_err err = ROND_OK;
    if (row < position->run.first_row || row > position->run.last_row)
        err = run_read(store, position->row, &position->run);
    if (err != ROND_OK)
        return err;
    size_t size = strlen(position->run.prefix);
    if (strncmp(bucket, position->run.prefix, size) == 0)
        *ret_shared = strtoll(bucket + size, NULL, 10) != position->run.first_seq + (row - position->run.first_row);
    return ROND_OK;
}

static enum rond_err position_move(struct fold_position *position, const struct stored_contribution *added) {
    if (position->row == added->row && position->commitment == added->commitment) {
        position->ordinal++;
        return ROND_OK;
    }
    if (added->row == 0 || added->row > position->last_row)
        return ROND_ENOTFOUND;
    position->row = added->row;
    position->commitment = added->commitment;
    position->ordinal = 0;
    return ROND_OK;
}

static enum rond_err row_insert(struct sqlite_store *store, const struct fold_position *position,
                                const struct contribution *value, bool shared) {
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

static enum rond_err ordinal_find(struct sqlite_store *store, struct fold_position *position) {
    struct query query =
        query_start(store, "SELECT coalesce(max(ordinal) + 1, 0) FROM contributions WHERE row = ? AND commitment = ?");
    query_int(&query, (int64_t)position->row);
    query_int(&query, position->commitment);
    return query_single(&query, &position->ordinal);
}

// A report hardly ever has contributions toward the commitment already, so that this is asked only where it turns out so.
static enum rond_err contribution_insert(struct sqlite_store *store, struct fold_position *position,
                                         const struct contribution *value) {
    bool shared = false;
    enum rond_err err = shared_find(store, position, value->bucket, &shared);
    if (err == ROND_OK)
        err = row_insert(store, position, value, shared);
    if (err == ROND_ECONFLICT) {
        err = ordinal_find(store, position);
        if (err == ROND_OK)
            err = row_insert(store, position, value, shared);
    }
    return err;
}

// Rows of reports are numbered without gaps and never deleted: the last one tells which are there.
static enum rond_err position_start(struct sqlite_store *store, struct fold_position *ret_position) {
    int64_t last_row = 0;
    struct query query = query_start(store, "SELECT coalesce(max(row), 0) FROM reports");
    enum rond_err err = query_single(&query, &last_row);
    if (err == ROND_OK)
        *ret_position = (struct fold_position){.last_row = (uint64_t)last_row};
    return err;
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
    struct fold_position position;
    CHECK(store->in_transaction);
    enum rond_err err = position_start(store, &position);
    for (size_t i = 0; i < changes->rows_removed_count && err == ROND_OK; i++) {
        struct query query = query_start(store, "DELETE FROM contributions WHERE row = ?");
        query_int(&query, (int64_t)changes->rows_removed[i]);
        err = query_run(&query);
    }
    for (size_t i = 0; i < changes->added_count && err == ROND_OK; i++) {
        err = position_move(&position, &changes->added[i]);
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
