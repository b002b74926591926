// What crowded buckets come to, a row for each.
#include <string.h>

#include "store/sqlite.h"

enum { STRETCH_SIZE = 16 };

static void stretches_read(struct query *query, int column, struct crowd *crowd) {
    const uint8_t *data = sqlite3_column_blob(query->statement, column);
    size_t size = (size_t)sqlite3_column_bytes(query->statement, column);
    if (size % STRETCH_SIZE != 0 || size / STRETCH_SIZE > CROWD_STRETCHES) {
        query->err = ROND_ECORRUPT;
        return;
    }
    crowd->stretches_count = size / STRETCH_SIZE;
    for (size_t i = 0; i < crowd->stretches_count; i++)
        crowd->stretches[i] =
            (struct stretch){(int64_t)get_be64(data + i * STRETCH_SIZE), (int64_t)get_be64(data + i * STRETCH_SIZE + 8)};
}

static void crowd_read(struct query *query, struct crowd *crowd) {
    crowd->count = (uint64_t)column_int(query, 0);
    crowd->parts = (uint32_t)column_int(query, 1);
    crowd->organisations = (uint32_t)column_int(query, 2);
    crowd->quantity = (uint32_t)column_int(query, 3);
    crowd->places = (uint32_t)column_int(query, 4);
    crowd->places_open = (uint32_t)column_int(query, 5);
    crowd->first_s = column_int(query, 6);
    sqlite_text_read(query, 7, crowd->period, PERIOD_SIZE);
    crowd->person_s = column_int(query, 8);
    crowd->was_unsafe = column_int(query, 9) != 0;
    crowd->latest_s = column_int(query, 10);
    crowd->latest_state = (uint32_t)column_int(query, 11);
    stretches_read(query, 12, crowd);
}

enum rond_err sqlite_crowd_of(struct sqlite_store *store, const struct bucket_key *key, struct crowd *ret_crowd) {
    struct crowd crowd = {0};
    struct query query = query_start(store, "SELECT count, parts, organisations, quantity, places, places_open, first_s,"
                                            " period, person_s, was_unsafe, latest_s, latest_state, stretches FROM crowds"
                                            " WHERE commitment = ? AND bucket = ?");
    query_int(&query, key->commitment);
    query_text(&query, key->bucket);
    if (query_next(&query))
        crowd_read(&query, &crowd);
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK)
        *ret_crowd = crowd;
    return err;
}

enum rond_err sqlite_crowds_of(struct store *base, const struct bucket_key *buckets, size_t count,
                               struct crowd *ret_crowds) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = sqlite_crowd_of(sqlite_of(base), &buckets[i], &ret_crowds[i]);
    return err;
}

enum rond_err sqlite_crowd(struct store *base, const struct bucket_key *key, struct crowd *ret_crowd) {
    return sqlite_crowd_of(sqlite_of(base), key, ret_crowd);
}

static enum rond_err crowd_remove(struct sqlite_store *store, const struct crowd_change *change) {
    struct query query = query_start(store, "DELETE FROM crowds WHERE commitment = ? AND bucket = ?");
    query_int(&query, change->commitment);
    query_text(&query, change->bucket);
    return query_run(&query);
}

enum rond_err sqlite_crowd_put(struct sqlite_store *store, const struct crowd_change *change) {
    const struct crowd *crowd = &change->crowd;
    uint8_t stretches[CROWD_STRETCHES * STRETCH_SIZE];
    if (crowd->count == 0)
        return crowd_remove(store, change);
    for (size_t i = 0; i < crowd->stretches_count; i++) {
        put_be64(stretches + i * STRETCH_SIZE, (uint64_t)crowd->stretches[i].from_s);
        put_be64(stretches + i * STRETCH_SIZE + 8, (uint64_t)crowd->stretches[i].to_s);
    }
    struct query query =
        query_start(store, "INSERT OR REPLACE INTO crowds (commitment, bucket, count, parts, organisations,"
                           " quantity, places, places_open, first_s, period, person_s, was_unsafe, latest_s,"
                           " latest_state, stretches) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query_int(&query, change->commitment);
    query_text(&query, change->bucket);
    query_int(&query, (int64_t)crowd->count);
    query_int(&query, crowd->parts);
    query_int(&query, crowd->organisations);
    query_int(&query, crowd->quantity);
    query_int(&query, crowd->places);
    query_int(&query, crowd->places_open);
    query_int(&query, crowd->first_s);
    query_text(&query, crowd->period);
    query_int(&query, crowd->person_s);
    query_int(&query, crowd->was_unsafe);
    query_int(&query, crowd->latest_s);
    query_int(&query, crowd->latest_state);
    query_blob(&query, stretches, crowd->stretches_count * STRETCH_SIZE);
    return query_run(&query);
}
