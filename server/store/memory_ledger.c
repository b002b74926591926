#include <stdlib.h>

#include "store/memory_store.h"

// Chains leaves onto the newest known head at or before seq.
static enum rond_err head_within(const struct memory_store *store, size_t outbox, const struct batch_row *batch,
                                 const struct hash256 *before, uint64_t seq, struct hash256 *ret_head) {
    struct chain chain = {.seq = batch->first_seq - 1, .head = *before};
    if (batch->lost)
        return ROND_ENOTFOUND;
    while (chain.seq < seq)
        chain_append_leaf(&chain, &memory_report_at(store, batch->first_row + (chain.seq + 1 - batch->first_seq))->leaf);
    *ret_head = chain.head;
    return ROND_OK;
}

static enum rond_err head_at(struct store *base, const struct id128 *device, const struct id128 *outbox, uint64_t seq,
                             struct hash256 *ret_head) {
    struct memory_store *store = memory_of(base);
    const struct table *batches = &store->tables[MEMORY_BATCHES];
    const struct batch_row *holds = NULL;
    struct hash256 before = {0};
    size_t number = TABLE_END;
    enum rond_err err = memory_outbox_of(store, device, outbox, &number);
    if (err != ROND_OK)
        return err;
    if (seq > (number == TABLE_END ? 0 : memory_outbox_at(store, number)->chain.seq))
        return ROND_ENOTFOUND;
    for (size_t i = table_first(batches, 0, memory_hash_number(number)); i != TABLE_END; i = table_next(batches, 0, i)) {
        const struct memory_batch *batch = table_at(batches, i);
        if (batch->outbox != number || batch->row.first_seq > seq)
            continue;
        if (batch->row.last_seq <= seq) { // the newest that ends at or before it
            before = batch->row.head;
            if (batch->row.last_seq == seq)
                holds = NULL;
            break;
        }
        holds = &batch->row;
    }
    if (holds != NULL)
        return head_within(store, number, holds, &before, seq, ret_head);
    *ret_head = before;
    return ROND_OK;
}

static enum rond_err find(struct store *base, const struct report_key *keys, size_t count, struct arena *arena,
                          struct stored_report *ret_reports) {
    struct memory_store *store = memory_of(base);
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        size_t outbox = memory_outbox_find(store, &keys[i].outbox);
        size_t number = outbox == TABLE_END ? TABLE_END : memory_report_find(store, outbox, keys[i].seq);
        ret_reports[i] = (struct stored_report){0};
        if (number != TABLE_END)
            err = report_copy(arena, memory_report_at(store, number + 1), &ret_reports[i]);
    }
    return err;
}

static int report_compare(const void *left, const void *right) {
    const struct stored_report *a = left, *b = right;
    return a->row < b->row ? -1 : a->row > b->row;
}

static enum rond_err revisions_of_one(const struct memory_store *store, const struct report_key *key, struct arena *arena,
                                      struct stored_report **ret_list, size_t *ret_count) {
    const struct table *table = &store->tables[MEMORY_REVISIONS];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct stored_report)};
    uint64_t last_row = 0; // a report that names the key twice comes twice in a row
    size_t i = table_first(table, 0, memory_hash_identity(&key->outbox, key->seq));
    for (; i != TABLE_END; i = table_next(table, 0, i)) {
        const struct memory_revision *revision = table_at(table, i);
        const struct stored_report *report = memory_report_at(store, revision->row);
        if (!id128_equal(&revision->outbox, &key->outbox) || revision->seq != key->seq || revision->row == last_row)
            continue;
        last_row = revision->row;
        struct stored_report *copy = arena_list_add(&list);
        if (copy == NULL || report_copy(arena, report, copy) != ROND_OK)
            return ROND_ENOMEM;
    }
    if (list.count > 0)
        qsort(list.items, list.count, list.item_size, report_compare);
    *ret_list = (struct stored_report *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

static enum rond_err revisions_of(struct store *base, const struct report_key *keys, size_t count, struct arena *arena,
                                  struct stored_report **ret_lists, size_t *ret_counts) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = revisions_of_one(memory_of(base), &keys[i], arena, &ret_lists[i], &ret_counts[i]);
    return err;
}

static enum rond_err contributions_of(struct store *base, const uint64_t *rows, size_t count, struct arena *arena,
                                      struct bucket_contents *ret_contents) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = memory_contributions_of(memory_of(base), rows[i], arena, &ret_contents[i]);
    return err;
}

static enum rond_err contributions_in(struct store *base, const struct bucket_key *buckets, size_t count,
                                      struct arena *arena, struct bucket_contents *ret_contents) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = memory_contributions_in(memory_of(base), &buckets[i], arena, &ret_contents[i]);
    return err;
}

static enum rond_err quarantine_decide(struct store *base, uint64_t row, bool release) {
    struct memory_store *store = memory_of(base);
    struct table *table = memory_write(store, MEMORY_REPORTS);
    const struct stored_report *report = memory_report_at(store, row);
    if (report == NULL)
        return ROND_ENOTFOUND;
    if (report->verdict != VERDICT_QUARANTINED || report->released || report->discarded)
        return ROND_ECONFLICT;
    struct memory_report *changed = table_change(table, row - 1);
    if (changed == NULL)
        return ROND_ENOMEM;
    changed->report.released = release;
    changed->report.discarded = !release;
    return ROND_OK;
}

static enum rond_err checkpoint(struct store *base, bool in_lull) {
    CHECK(!memory_of(base)->in_transaction);
    return ROND_OK;
}

const struct ledger_ops memory_ledger = {
    .begin = memory_begin,
    .commit = memory_commit,
    .rollback = memory_rollback,
    .outbox_load = memory_outbox_load,
    .head_at = head_at,
    .append = memory_append,
    .lose = memory_lose,
    .find = find,
    .revisions_of = revisions_of,
    .contributions_of = contributions_of,
    .contributions_in = contributions_in,
    .crowds_of = memory_crowds_of,
    .spots_of = memory_spots_of,
    .rulings_of = memory_rulings_of,
    .joint_hold = memory_joint_hold,
    .fold_store = memory_fold_store,
    .fold_clear = memory_fold_clear,
    .quarantine_decide = quarantine_decide,
    .erase = memory_erase,
    .erase_fork = memory_erase_fork,
    .joint_forget = memory_joint_forget,
    .checkpoint = checkpoint,
};
