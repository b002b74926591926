// The rest of the ledger: looking back below the watermark, deciding on quarantined reports.
#include "store/sqlite.h"
#include "wire/limits.h"

// Chains the leaves of the batch that holds seq onto the head before it.
static enum rond_err head_within(struct sqlite_store *store, int64_t outbox_number, const struct sqlite_place *place,
                                 uint64_t seq, struct hash256 *ret_head) {
    struct chain chain = {.seq = (uint64_t)place->first_seq - 1};
    struct sqlite_place before = {0};
    enum rond_err err = ROND_OK;
    if (chain.seq > 0)
        err = sqlite_place_find(store, outbox_number, chain.seq, &before);
    if (err != ROND_OK)
        return err;
    chain.head = before.head;
    struct query query = query_start(store, "SELECT leaf FROM reports WHERE row BETWEEN ? AND ? ORDER BY row");
    query_int(&query, place->first_row);
    query_int(&query, place->first_row + ((int64_t)seq - place->first_seq));
    while (query_next(&query)) {
        struct hash256 leaf = {0};
        column_exactly(&query, 0, leaf.b, HASH_SIZE);
        chain_append_leaf(&chain, &leaf);
    }
    if ((err = query_finish(&query)) == ROND_OK && chain.seq != seq)
        err = ROND_ECORRUPT;
    if (err == ROND_OK)
        *ret_head = chain.head;
    return err;
}

static enum rond_err head_at(struct store *base, const struct id128 *device, const struct id128 *outbox, uint64_t seq,
                             struct hash256 *ret_head) {
    struct sqlite_store *store = sqlite_of(base);
    struct sqlite_outbox found;
    struct sqlite_place place;
    enum rond_err err = sqlite_outbox_of(store, device, outbox, &found);
    if (err != ROND_OK)
        return err;
    if (seq > found.chain.seq)
        return ROND_ENOTFOUND;
    if (seq == found.chain.seq || seq == 0) {
        *ret_head = seq == 0 ? (struct hash256){0} : found.chain.head;
        return ROND_OK;
    }
    if ((err = sqlite_place_find(store, found.number, seq, &place)) != ROND_OK)
        return err;
    if (!place.found)
        return ROND_ECORRUPT;
    if ((int64_t)seq < place.last_seq)
        return place.lost ? ROND_ENOTFOUND : head_within(store, found.number, &place, seq, ret_head);
    *ret_head = place.head;
    return ROND_OK;
}

static enum rond_err find(struct store *base, const struct report_key *keys, size_t count, struct arena *arena,
                          struct stored_report *ret_reports) {
    struct sqlite_store *store = sqlite_of(base);
    for (size_t i = 0; i < count; i++) {
        int64_t row = 0;
        enum rond_err err = sqlite_row_of_key(store, &keys[i], &row);
        ret_reports[i] = (struct stored_report){0};
        if (err == ROND_OK && row != 0)
            err = sqlite_report_by_row(store, row, arena, &ret_reports[i]);
        if (err != ROND_OK)
            return err == ROND_ENOTFOUND ? ROND_ECORRUPT : err;
    }
    return ROND_OK;
}

static enum rond_err revisions_of_one(struct sqlite_store *store, const struct report_key *key, struct arena *arena,
                                      struct stored_report **ret_list, size_t *ret_count) {
    struct query query = query_start(store, "SELECT " REPORT_COLUMNS "FROM revisions v JOIN " REPORT_TABLES
                                            "WHERE r.row = v.row AND v.outbox = ? AND v.seq = ? ORDER BY v.row");
    query_blob(&query, key->outbox.b, ID_SIZE);
    query_int(&query, (int64_t)key->seq);
    return sqlite_reports_read(&query, arena, ret_list, ret_count);
}

// How many keys from here on follow each other in one outbox, as seqs are stored: signed.
static size_t run_length(const struct report_key *keys, size_t count) {
    size_t length = 1;
    while (length < count && keys[length - 1].seq != INT64_MAX && keys[length].seq == keys[length - 1].seq + 1 &&
           id128_equal(&keys[length].outbox, &keys[0].outbox))
        length++;
    return length;
}

// Nearly no report is named by another, which one look at the index answers for all of a run.
static enum rond_err revisions_of_run(struct sqlite_store *store, const struct report_key *keys, size_t count,
                                      struct arena *arena, struct stored_report **ret_lists, size_t *ret_counts) {
    for (size_t i = 0; i < count; i++) {
        ret_lists[i] = NULL;
        ret_counts[i] = 0;
    }
    struct query query =
        query_start(store, "SELECT DISTINCT seq FROM revisions WHERE outbox = ? AND seq BETWEEN ? AND ? ORDER BY seq");
    query_blob(&query, keys->outbox.b, ID_SIZE);
    query_int(&query, (int64_t)keys->seq);
    query_int(&query, (int64_t)keys[count - 1].seq);
    while (query_next(&query)) {
        size_t i = (uint64_t)column_int(&query, 0) - keys->seq;
        enum rond_err err = revisions_of_one(store, &keys[i], arena, &ret_lists[i], &ret_counts[i]);
        if (err != ROND_OK)
            query.err = err;
    }
    return query_finish(&query);
}

static enum rond_err revisions_of(struct store *base, const struct report_key *keys, size_t count, struct arena *arena,
                                  struct stored_report **ret_lists, size_t *ret_counts) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0, next = 0; i < count && err == ROND_OK; i = next) {
        next = i + run_length(&keys[i], count - i);
        err = revisions_of_run(sqlite_of(base), &keys[i], next - i, arena, &ret_lists[i], &ret_counts[i]);
    }
    return err;
}

// Rows of one batch follow each other: one statement reads the contributions of all of a run.
static enum rond_err contributions_of_run(struct sqlite_store *store, const uint64_t *rows, size_t count,
                                          struct arena *arena, struct bucket_contents *ret_contents) {
    struct bucket_contents all;
    struct query query = query_start(store, "SELECT " CONTRIBUTION_COLUMNS "FROM contributions WHERE row BETWEEN ? AND ?"
                                            " ORDER BY row, commitment, ordinal");
    query_int(&query, (int64_t)rows[0]);
    query_int(&query, (int64_t)rows[count - 1]);
    enum rond_err err = sqlite_contributions_read(&query, arena, &all);
    if (err != ROND_OK)
        return err;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t first = at;
        while (at < all.count && all.contributions[at].row == rows[i])
            at++;
        ret_contents[i] = (struct bucket_contents){all.contributions + first, at - first};
    }
    return ROND_OK;
}

static enum rond_err contributions_of(struct store *base, const uint64_t *rows, size_t count, struct arena *arena,
                                      struct bucket_contents *ret_contents) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0, next = 0; i < count && err == ROND_OK; i = next) {
        for (next = i + 1; next < count && rows[next] == rows[next - 1] + 1; next++)
            continue;
        err = next == i + 1 ? sqlite_contributions_of(sqlite_of(base), (int64_t)rows[i], arena, &ret_contents[i])
                            : contributions_of_run(sqlite_of(base), &rows[i], next - i, arena, &ret_contents[i]);
    }
    return err;
}

static enum rond_err contributions_in(struct store *base, const struct bucket_key *buckets, size_t count,
                                      struct arena *arena, struct bucket_contents *ret_contents) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = sqlite_contributions_in(sqlite_of(base), &buckets[i], arena, &ret_contents[i]);
    return err;
}

static enum rond_err row_exists(struct sqlite_store *store, uint64_t row) {
    int64_t found = 0;
    struct query query = query_start(store, "SELECT row FROM reports WHERE row = ?");
    query_int(&query, (int64_t)row);
    return query_single(&query, &found);
}

static enum rond_err quarantine_decide(struct store *base, uint64_t row, bool release) {
    struct sqlite_store *store = sqlite_of(base);
    CHECK(store->in_transaction);
    enum rond_err err = row_exists(store, row);
    if (err != ROND_OK)
        return err;
    struct query query = query_start(store, "UPDATE quarantine SET decided = ? WHERE row = ? AND decided = 0");
    query_int(&query, release ? QUARANTINE_RELEASED : QUARANTINE_DISCARDED);
    query_int(&query, (int64_t)row);
    err = query_run(&query);
    return err == ROND_OK && sqlite3_changes(store->db) == 0 ? ROND_ECONFLICT : err;
}

const struct ledger_ops sqlite_ledger = {
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .outbox_load = sqlite_outbox_load,
    .head_at = head_at,
    .append = sqlite_append,
    .lose = sqlite_lose,
    .find = find,
    .revisions_of = revisions_of,
    .contributions_of = contributions_of,
    .contributions_in = contributions_in,
    .crowds_of = sqlite_crowds_of,
    .spots_of = sqlite_spots_of,
    .rulings_of = sqlite_rulings_of,
    .joint_hold = sqlite_joint_hold,
    .fold_store = sqlite_fold_store,
    .fold_clear = sqlite_fold_clear,
    .quarantine_decide = quarantine_decide,
    .erase = sqlite_erase,
    .erase_fork = sqlite_erase_fork,
    .joint_forget = sqlite_joint_forget,
    .body_keys_put = sqlite_body_keys_put,
    .body_keys_end = sqlite_body_keys_end,
    .checkpoint = sqlite_checkpoint,
};
