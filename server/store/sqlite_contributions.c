// Storing contributions, many to a statement: starting one costs as much as a row.
//
// Most contributions lie in a bucket of their report's own ("r:" OUTBOX ":" SEQ), which needs no index: the name of the
// bucket leads to the row. Only buckets that reports can share are indexed (shared = 1).
//
// Contributions of one report toward one commitment are told apart by an ordinal. A report hardly ever has some toward the
// commitment already, so that they are numbered from 0 and the next free one is asked for only where it turns out so.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite.h"

enum { ROWS_AT_ONCE = 16 };

#define INSERT_CONTRIBUTIONS                                                                                                \
    "INSERT OR FAIL INTO contributions (row, commitment, ordinal, reason, bucket, shared, period, parts, organisations,"    \
    " quantity, persons, from_s, to_s, finding_state, flags, places, places_open) VALUES "
#define ONE_ROW "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define FOUR_ROWS ONE_ROW "," ONE_ROW "," ONE_ROW "," ONE_ROW
static const char INSERT_ONE[] = INSERT_CONTRIBUTIONS ONE_ROW;
static const char INSERT_MANY[] = INSERT_CONTRIBUTIONS FOUR_ROWS "," FOUR_ROWS "," FOUR_ROWS "," FOUR_ROWS;

// The batch that holds the report whose contributions were stored last: reports of one batch have consecutive rows and
// seqs, and are folded together, so that one question serves for all of them.
struct fold_run {
    int64_t first_row;
    int64_t last_row;
    int64_t first_seq;
    char prefix[sizeof "r::" + 2 * ID_SIZE]; // of the buckets of their own
};

// Where a contribution is to be stored.
struct place {
    uint64_t row;
    uint32_t commitment;
    int64_t ordinal;
    bool shared;
    const struct contribution *value;
};

struct placing {
    struct sqlite_store *store;
    uint64_t last_row; // of all reports
    struct place last;
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
static enum rond_err shared_find(struct placing *placing, uint64_t of_row, const char *bucket, bool *ret_shared) {
    int64_t row = (int64_t)of_row;
    *ret_shared = bucket[0] != '\0';
    if (strncmp(bucket, "r:", 2) != 0)
        return ROND_OK;
    enum rond_err err = ROND_OK;
    if (row < placing->run.first_row || row > placing->run.last_row)
        err = run_read(placing->store, of_row, &placing->run);
    if (err != ROND_OK)
        return err;
    size_t size = strlen(placing->run.prefix);
    if (strncmp(bucket, placing->run.prefix, size) == 0)
        *ret_shared = strtoll(bucket + size, NULL, 10) != placing->run.first_seq + (row - placing->run.first_row);
    return ROND_OK;
}

static enum rond_err place(struct placing *placing, const struct stored_contribution *added, struct place *ret_place) {
    struct place place = {added->row, added->commitment, 0, false, &added->value};
    if (added->row == 0 || added->row > placing->last_row)
        return ROND_ENOTFOUND;
    if (placing->last.row == place.row && placing->last.commitment == place.commitment)
        place.ordinal = placing->last.ordinal + 1;
    enum rond_err err = shared_find(placing, place.row, place.value->bucket, &place.shared);
    if (err != ROND_OK)
        return err;
    placing->last = *ret_place = place;
    return ROND_OK;
}

static void place_bind(struct query *query, const struct place *place) {
    const struct contribution *value = place->value;
    query_int(query, (int64_t)place->row);
    query_int(query, place->commitment);
    query_int(query, place->ordinal);
    query_int(query, value->reason);
    query_text(query, value->bucket);
    query_int(query, place->shared);
    query_text(query, value->period);
    query_int(query, value->parts);
    query_int(query, value->organisations);
    query_int(query, value->quantity);
    query_int(query, value->persons);
    query_int(query, value->from_s);
    query_int(query, value->to_s);
    query_int(query, value->finding_state);
    query_int(query, value->flags);
    query_int(query, value->places);
    query_int(query, value->places_open);
}

static enum rond_err insert_one(struct placing *placing, const struct place *place) {
    struct query query = query_start(placing->store, INSERT_ONE);
    place_bind(&query, place);
    return query_run(&query);
}

static enum rond_err ordinal_find(struct placing *placing, struct place *place) {
    struct query query = query_start(
        placing->store, "SELECT coalesce(max(ordinal) + 1, 0) FROM contributions WHERE row = ? AND commitment = ?");
    query_int(&query, (int64_t)place->row);
    query_int(&query, place->commitment);
    return query_single(&query, &place->ordinal);
}

static enum rond_err add_one(struct placing *placing, const struct stored_contribution *added) {
    struct place at;
    enum rond_err err = place(placing, added, &at);
    if (err == ROND_OK && (err = insert_one(placing, &at)) == ROND_ECONFLICT) {
        err = ordinal_find(placing, &at);
        placing->last = at;
        if (err == ROND_OK)
            err = insert_one(placing, &at);
    }
    return err;
}

// OR FAIL: the rows before the one whose ordinal is taken stay, and the change counter tells how many they are.
static enum rond_err add_many(struct placing *placing, const struct stored_contribution *added) {
    struct place places[ROWS_AT_ONCE], before = placing->last;
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < ROWS_AT_ONCE && err == ROND_OK; i++)
        err = place(placing, &added[i], &places[i]);
    if (err != ROND_OK)
        return err;
    struct query query = query_start(placing->store, INSERT_MANY);
    for (size_t i = 0; i < ROWS_AT_ONCE; i++)
        place_bind(&query, &places[i]);
    if ((err = query_run(&query)) != ROND_ECONFLICT)
        return err;
    size_t done = (size_t)sqlite3_changes(placing->store->db);
    placing->last = done > 0 ? places[done - 1] : before;
    err = ROND_OK;
    for (size_t i = done; i < ROWS_AT_ONCE && err == ROND_OK; i++)
        err = add_one(placing, &added[i]);
    return err;
}

// Rows of reports are numbered without gaps and never deleted: the last one tells which are there.
static enum rond_err placing_start(struct sqlite_store *store, struct placing *ret_placing) {
    int64_t last_row = 0;
    struct query query = query_start(store, "SELECT coalesce(max(row), 0) FROM reports");
    enum rond_err err = query_single(&query, &last_row);
    if (err == ROND_OK)
        *ret_placing = (struct placing){.store = store, .last_row = (uint64_t)last_row};
    return err;
}

enum rond_err sqlite_contributions_insert(struct sqlite_store *store, const struct stored_contribution *added,
                                          size_t count) {
    struct placing placing;
    enum rond_err err = placing_start(store, &placing);
    size_t i = 0;
    for (; i + ROWS_AT_ONCE <= count && err == ROND_OK; i += ROWS_AT_ONCE)
        err = add_many(&placing, &added[i]);
    for (; i < count && err == ROND_OK; i++)
        err = add_one(&placing, &added[i]);
    return err;
}
