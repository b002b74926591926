// Batches in, verdicts out. append is the heart: it compares a batch with what is stored below the watermark, and adds
// what lies above it.
//
//   seqs of the batch      below the watermark           | above it
//   same content           repeated                      | appended
//   in a lost range        repeated; body kept aside     |
//   erased                 repeated                      |
//   without its key        repeated; sealed anew         |
//   other content          forked: this one and all after it are kept aside (forks), nothing is appended
//
// "Same content" is asked of the stored leaf under the stored salt, so that the ratchet need not be known for old seqs.
#include <string.h>

#include "base/planted.h"
#include "store/sqlite.h"
#include "wire/short_reference.h"

static const struct hash256 ZERO_HASH;

enum rond_err sqlite_outbox_of(struct sqlite_store *store, const struct id128 *device, const struct id128 *outbox,
                               struct sqlite_outbox *ret_outbox) {
    struct sqlite_outbox found = {0};
    enum rond_err err = sqlite_outbox_find(store, outbox, &found);
    if (err != ROND_OK)
        return err;
    if (found.number != 0 && !id128_equal(&found.device, device))
        return ROND_EAUTH;
    *ret_outbox = found;
    return ROND_OK;
}

enum rond_err sqlite_outbox_load(struct store *base, const struct id128 *device, const struct id128 *outbox,
                                 struct outbox_state *ret_state) {
    struct sqlite_outbox found;
    enum rond_err err = sqlite_outbox_of(sqlite_of(base), device, outbox, &found);
    if (err == ROND_OK)
        *ret_state = (struct outbox_state){.exists = found.number != 0, .chain = found.chain, .forked = found.forked};
    return err;
}

static enum rond_err outbox_create(struct sqlite_store *store, const struct id128 *device, const struct id128 *outbox,
                                   struct sqlite_outbox *ret_outbox) {
    struct query query = query_start(store, "INSERT INTO outboxes (device, outbox, watermark, head, ratchet, forked,"
                                            " reference_prefix) VALUES (?, ?, 0, ?, ?, 0, ?)");
    query_blob(&query, device->b, ID_SIZE);
    query_blob(&query, outbox->b, ID_SIZE);
    query_blob(&query, ZERO_HASH.b, HASH_SIZE);
    query_blob(&query, ZERO_HASH.b, HASH_SIZE);
    query_int(&query, short_reference_prefix(device, outbox));
    enum rond_err err = query_run(&query);
    if (err == ROND_OK)
        *ret_outbox = (struct sqlite_outbox){.number = sqlite3_last_insert_rowid(store->db), .device = *device};
    return err;
}

static enum rond_err outbox_advance(struct sqlite_store *store, struct sqlite_outbox *outbox, const struct chain *chain) {
    struct query query = query_start(store, "UPDATE outboxes SET watermark = ?, head = ?, ratchet = ?"
                                            " WHERE number = ? AND watermark = ?");
    query_int(&query, (int64_t)chain->seq);
    query_blob(&query, chain->head.b, HASH_SIZE);
    query_blob(&query, chain->ratchet.b, HASH_SIZE);
    query_int(&query, outbox->number);
    query_int(&query, (int64_t)outbox->chain.seq);
    enum rond_err err = query_run(&query);
    if (err == ROND_OK && sqlite3_changes(store->db) != 1)
        return ROND_ECONFLICT;
    if (err == ROND_OK)
        outbox->chain = *chain;
    return err;
}

static enum rond_err outbox_set_forked(struct sqlite_store *store, struct sqlite_outbox *outbox) {
    if (outbox->forked)
        return ROND_OK;
    outbox->forked = true;
    struct query query = query_start(store, "UPDATE outboxes SET forked = 1 WHERE number = ?");
    query_int(&query, outbox->number);
    return query_run(&query);
}

// A body that has no place in the chain. Its leaf is made without a salt, since it only tells it apart from others.
static enum rond_err fork_insert(struct sqlite_store *store, int64_t outbox_number, const struct report_key *place,
                                 const struct record *record, int64_t received_ms) {
    static const struct salt no_salt;
    struct hash256 leaf;
    struct body_key key;
    struct bytes sealed;
    buffer_clear(&store->sealed);
    enum rond_err err = buffer_reserve(&store->sealed, record->report.size + BODY_TAG_SIZE);
    if (err == ROND_OK)
        err = sqlite_body_seal(store, BODY_OF_FORK, place, record->report, &key, &sealed);
    if (err != ROND_OK)
        return err;
    chain_leaf(&no_salt, record, &leaf);
    struct query query =
        query_start(store, "INSERT INTO forks (outbox, seq, leaf, body, formerly_outbox, formerly_seq, received_ms)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
    query_int(&query, outbox_number);
    query_int(&query, (int64_t)place->seq);
    query_blob(&query, leaf.b, HASH_SIZE);
    query_blob(&query, sealed.data, sealed.size);
    sqlite_formerly_bind(&query, record);
    query_int(&query, received_ms);
    err = query_run(&query);
    if (err == ROND_OK && sqlite3_changes(store->db) == 1)
        err = sqlite_fork_key_put(store, sqlite3_last_insert_rowid(store->db), &key);
    bytes_wipe(&key, sizeof key);
    return err;
}

static enum rond_err forks_insert(struct sqlite_store *store, struct sqlite_outbox *outbox, const struct ledger_batch *batch,
                                  size_t from) {
    enum rond_err err = ROND_OK;
    for (size_t i = from; i < batch->count && err == ROND_OK; i++) {
        const struct report_key place = {batch->device, batch->outbox, batch->first_seq + i};
        err = fork_insert(store, outbox->number, &place, &batch->reports[i].record, batch->received_ms);
    }
    return err == ROND_OK ? outbox_set_forked(store, outbox) : err;
}

enum sameness { SAME, OTHER, WAS_LOST };

// Is what is stored at this row the same as this record? Where its body was without a key, it has one again.
static enum rond_err row_compare(struct sqlite_store *store, int64_t row, const struct report_key *key,
                                 const struct record *record, enum sameness *ret_sameness) {
    enum sameness sameness = SAME;
    bool keyless = false;
    struct query query =
        query_start(store, "SELECT salt, leaf, row IN (SELECT row FROM keyless) FROM reports WHERE row = ?");
    query_int(&query, row);
    if (!query_next(&query)) {
        if (query.err == ROND_OK)
            query.err = ROND_ECORRUPT;
    } else if (!column_is_null(&query, 0)) {
        struct salt salt = {0};
        struct hash256 stored = {0}, leaf;
        column_exactly(&query, 0, salt.b, SALT_SIZE);
        column_exactly(&query, 1, stored.b, HASH_SIZE);
        chain_leaf(&salt, record, &leaf);
        sameness = hash256_equal(&leaf, &stored) ? SAME : OTHER;
        keyless = column_int(&query, 2) != 0;
    }
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK && keyless && sameness == SAME)
        err = sqlite_body_revive(store, row, key, record);
    if (err == ROND_OK)
        *ret_sameness = sameness;
    return err;
}

// Compares the part of a batch at or below the watermark. ret_index: of the first report not found to be there already.
static enum rond_err repeated_compare(struct sqlite_store *store, const struct sqlite_outbox *outbox,
                                      const struct ledger_batch *batch, size_t *ret_index, bool *ret_differs) {
    struct sqlite_place place = {0};
    *ret_differs = false;
    size_t i = 0;
    for (; i < batch->count && batch->first_seq + i <= outbox->chain.seq; i++) {
        uint64_t seq = batch->first_seq + i;
        const struct report_key key = {batch->device, batch->outbox, seq};
        const struct record *record = &batch->reports[i].record;
        enum sameness sameness = WAS_LOST;
        enum rond_err err = ROND_OK;
        if (!place.found || (int64_t)seq > place.last_seq)
            err = sqlite_place_find(store, outbox->number, seq, &place);
        if (err == ROND_OK && !place.found)
            err = ROND_ECORRUPT;
        if (err == ROND_OK && !place.lost)
            err = row_compare(store, place.first_row + ((int64_t)seq - place.first_seq), &key, record, &sameness);
        if (err == ROND_OK && sameness == WAS_LOST)
            err = fork_insert(store, outbox->number, &key, record, batch->received_ms);
        if (err != ROND_OK)
            return err;
        if (sameness == OTHER) {
            *ret_differs = true;
            break;
        }
    }
    *ret_index = i;
    return ROND_OK;
}

enum rond_err sqlite_change_insert(struct sqlite_store *store, int64_t outbox_number, uint64_t first_seq,
                                   uint64_t last_seq) {
    struct query query = query_start(store, "INSERT INTO changes (outbox, first_seq, last_seq) VALUES (?, ?, ?)");
    query_int(&query, outbox_number);
    query_int(&query, (int64_t)first_seq);
    query_int(&query, (int64_t)last_seq);
    return query_run(&query);
}

static enum rond_err batch_insert(struct sqlite_store *store, int64_t outbox_number, const struct batch_row *batch) {
    struct query query =
        query_start(store, "INSERT INTO batches (outbox, first_seq, last_seq, first_row, lost, reason, mark,"
                           " head, signature, signed_first_seq, received_ms)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query_int(&query, outbox_number);
    query_int(&query, (int64_t)batch->first_seq);
    query_int(&query, (int64_t)batch->last_seq);
    query_int(&query, (int64_t)batch->first_row);
    query_int(&query, batch->lost);
    query_int(&query, batch->reason);
    if (batch->lost)
        query_blob(&query, batch->mark.b, HASH_SIZE);
    else
        query_null(&query);
    query_blob(&query, batch->head.b, HASH_SIZE);
    query_blob(&query, batch->signature.b, SIGNATURE_SIZE);
    query_int(&query, (int64_t)batch->signed_first_seq);
    query_int(&query, batch->received_ms);
    return query_run(&query);
}

// Adds reports[from ..] above the watermark.
static enum rond_err batch_append(struct sqlite_store *store, struct sqlite_outbox *outbox, const struct ledger_batch *batch,
                                  size_t from, uint64_t *ret_first_row) {
    struct batch_row row = {.first_seq = batch->first_seq + from, .last_seq = batch->first_seq + batch->count - 1};
    if (batch->chain_after.seq != row.last_seq)
        return ROND_EINVALID;
    enum rond_err err = sqlite_rows_insert(store, outbox->number, batch, from, &row.first_row);
    if (err != ROND_OK)
        return err;
    row.head = batch->chain_after.head;
    row.signature = batch->signature;
    row.signed_first_seq = batch->first_seq;
    row.received_ms = batch->received_ms;
    if ((err = batch_insert(store, outbox->number, &row)) == ROND_OK)
        err = sqlite_change_insert(store, outbox->number, row.first_seq, row.last_seq);
    if (err == ROND_OK)
        err = outbox_advance(store, outbox, &batch->chain_after);
    if (err == ROND_OK)
        *ret_first_row = row.first_row;
    return err;
}

// The outbox is known, or new and made here where the batch is one that it can begin with.
static enum rond_err append_to(struct sqlite_store *store, struct sqlite_outbox *outbox, const struct ledger_batch *batch,
                               struct append_result *result) {
    bool differs = batch->forked;
    size_t index = 0;
    bool compares = !batch->forked && !PLANTED(WATERMARK_NOT_COMPARED);
    enum rond_err err = compares ? repeated_compare(store, outbox, batch, &index, &differs) : ROND_OK;
    if (err != ROND_OK)
        return err;
    result->repeated = index;
    if (differs || outbox->forked) {
        result->status = APPEND_FORKED;
        result->forked_seq = index < batch->count ? batch->first_seq + index : outbox->chain.seq + 1;
        err = forks_insert(store, outbox, batch, index);
    } else if (index < batch->count) {
        err = batch_append(store, outbox, batch, index, &result->first_row);
        result->appended = batch->count - index;
    }
    result->chain = outbox->chain;
    return err;
}

enum rond_err sqlite_append(struct store *base, const struct ledger_batch *batch, struct append_result *ret_result) {
    struct sqlite_store *store = sqlite_of(base);
    struct append_result result = {.status = APPEND_DONE};
    struct sqlite_outbox outbox;
    CHECK(store->in_transaction);
    if (!seqs_fit(batch->first_seq, batch->count))
        return ROND_EINVALID;
    enum rond_err err = sqlite_outbox_of(store, &batch->device, &batch->outbox, &outbox);
    if (err != ROND_OK)
        return err;
    if (batch->first_seq > outbox.chain.seq + 1 && !outbox.forked && !batch->forked) {
        *ret_result = (struct append_result){.status = APPEND_OUT_OF_ORDER, .chain = outbox.chain};
        return ROND_OK;
    }
    if (outbox.number == 0)
        err = outbox_create(store, &batch->device, &batch->outbox, &outbox);
    if (err == ROND_OK)
        err = append_to(store, &outbox, batch, &result);
    if (err == ROND_OK)
        *ret_result = result;
    return err;
}

static enum rond_err lost_append(struct sqlite_store *store, struct sqlite_outbox *outbox, const struct ledger_lost *lost) {
    if (lost->chain_after.seq != lost->last_seq)
        return ROND_EINVALID;
    struct batch_row row = {.first_seq = outbox->chain.seq + 1, .last_seq = lost->last_seq, .lost = true};
    row.reason = lost->reason;
    chain_lost_mark(&lost->chain_after.ratchet, &row.mark);
    row.head = lost->chain_after.head;
    row.signature = lost->signature;
    row.signed_first_seq = lost->first_seq;
    row.received_ms = lost->received_ms;
    enum rond_err err = batch_insert(store, outbox->number, &row);
    return err == ROND_OK ? outbox_advance(store, outbox, &lost->chain_after) : err;
}

enum rond_err sqlite_lose(struct store *base, const struct ledger_lost *lost, struct append_result *ret_result) {
    struct sqlite_store *store = sqlite_of(base);
    struct append_result result = {.status = APPEND_DONE};
    struct sqlite_outbox outbox;
    CHECK(store->in_transaction);
    if (lost->last_seq < lost->first_seq || !seqs_fit(lost->first_seq, lost->last_seq - lost->first_seq + 1))
        return ROND_EINVALID;
    enum rond_err err = sqlite_outbox_of(store, &lost->device, &lost->outbox, &outbox);
    if (err != ROND_OK)
        return err;
    if (outbox.forked) {
        result.status = APPEND_FORKED;
        result.forked_seq = outbox.chain.seq + 1;
    } else if (lost->first_seq > outbox.chain.seq + 1) {
        result.status = APPEND_OUT_OF_ORDER;
    } else if (lost->last_seq > outbox.chain.seq) {
        if (outbox.number == 0)
            err = outbox_create(store, &lost->device, &lost->outbox, &outbox);
        result.appended = (size_t)(lost->last_seq - outbox.chain.seq);
        if (err == ROND_OK)
            err = lost_append(store, &outbox, lost);
    }
    if (result.status == APPEND_DONE)
        result.repeated = (size_t)(lost->last_seq - lost->first_seq + 1) - result.appended;
    result.chain = outbox.chain;
    if (err == ROND_OK)
        *ret_result = result;
    return err;
}
