// Batches into memory: first the whole batch is judged, then what the judgement asks for is done.
#include "base/planted.h"
#include "store/memory_store.h"
#include "wire/short_reference.h"

enum rond_err memory_outbox_load(struct store *base, const struct id128 *device, const struct id128 *outbox,
                                 struct outbox_state *ret_state) {
    struct memory_store *store = memory_of(base);
    size_t number = TABLE_END;
    enum rond_err err = memory_outbox_of(store, device, outbox, &number);
    if (err != ROND_OK)
        return err;
    struct outbox_state state = {0};
    if (number != TABLE_END) {
        const struct memory_outbox *found = memory_outbox_at(store, number);
        state = (struct outbox_state){.exists = true, .chain = found->chain, .forked = found->forked};
    }
    *ret_state = state;
    return ROND_OK;
}

static enum rond_err outbox_create(struct memory_store *store, const struct id128 *device, const struct id128 *outbox,
                                   size_t *ret_number) {
    struct memory_outbox fresh = {.device = *device, .outbox = *outbox};
    fresh.reference_prefix = short_reference_prefix(device, outbox);
    enum rond_err err = table_add(memory_write(store, MEMORY_OUTBOXES), &fresh);
    if (err == ROND_OK)
        *ret_number = store->tables[MEMORY_OUTBOXES].count - 1;
    return err;
}

static enum rond_err revision_add(struct memory_store *store, const struct id128 *outbox, uint64_t seq, uint64_t row) {
    struct memory_revision revision = {.outbox = *outbox, .seq = seq, .row = row};
    return table_add(memory_write(store, MEMORY_REVISIONS), &revision);
}

static enum rond_err report_add(struct memory_store *store, size_t outbox, const struct ledger_batch *batch, size_t index) {
    const struct ledger_report *from = &batch->reports[index];
    bool quarantined = from->verdict == VERDICT_QUARANTINED;
    uint64_t row = store->tables[MEMORY_REPORTS].count + 1;
    struct stored_report borrowed = {
        .row = row,
        .key = {batch->device, batch->outbox, batch->first_seq + index},
        .organisation = batch->organisation,
        .area = from->area,
        .record = from->record,
        .salt = from->salt,
        .leaf = from->leaf,
        .verdict = from->verdict,
        .code = quarantined ? from->code : 0,
        .reason = quarantined ? from->reason : NULL,
        .field = quarantined ? from->field : NULL,
        .kind = from->kind,
        .has_target = from->has_target,
        .is_withdrawal = from->is_withdrawal,
        .claimed_ms = from->claimed_ms,
        .from_s = from->from_s,
        .to_s = from->to_s,
        .uncertainty_s = from->uncertainty_s,
        .received_ms = batch->received_ms,
    };
    if (from->has_target)
        borrowed.target = from->target;
    struct memory_report kept = {.outbox = outbox};
    enum rond_err err = report_copy(&store->heap->arena, &borrowed, &kept.report);
    if (err == ROND_OK)
        err = table_add(memory_write(store, MEMORY_REPORTS), &kept);
    if (err == ROND_OK && from->flagged != 0)
        err = table_add(memory_write(store, MEMORY_FLAGS), &(struct memory_flag){row, from->flagged});
    if (err == ROND_OK && from->has_target)
        err = revision_add(store, &from->target.outbox, from->target.seq, row);
    if (err == ROND_OK && from->record.has_formerly)
        err = revision_add(store, &from->record.formerly_outbox, from->record.formerly_seq, row);
    return err;
}

static bool fork_is_there(const struct memory_store *store, const struct report_key *key, const struct hash256 *leaf) {
    const struct table *table = &store->tables[MEMORY_FORKS];
    size_t number = table_first(table, 0, memory_hash_identity(&key->outbox, key->seq));
    for (; number != TABLE_END; number = table_next(table, 0, number)) {
        const struct memory_fork *fork = table_at(table, number);
        if (report_key_equal(&fork->fork.key, key) && hash256_equal(&fork->fork.leaf, leaf))
            return true;
    }
    return false;
}

static enum rond_err fork_add(struct memory_store *store, const struct ledger_batch *batch, size_t index) {
    static const struct salt no_salt;
    const struct record *record = &batch->reports[index].record;
    struct memory_fork kept = {.fork.key = {batch->device, batch->outbox, batch->first_seq + index}};
    chain_leaf(&no_salt, record, &kept.fork.leaf);
    if (fork_is_there(store, &kept.fork.key, &kept.fork.leaf))
        return ROND_OK;
    kept.fork.id = store->tables[MEMORY_FORKS].count + 1;
    kept.fork.record = *record;
    kept.fork.received_ms = batch->received_ms;
    if (record->report.size > 0 && !arena_copy(&store->heap->arena, record->report, &kept.fork.record.report))
        return ROND_ENOMEM;
    return table_add(memory_write(store, MEMORY_FORKS), &kept);
}

enum rond_err memory_log_add(struct memory_store *store, size_t outbox, uint64_t first_seq, uint64_t last_seq) {
    struct memory_logged logged = {outbox, first_seq, last_seq};
    return table_add(memory_write(store, MEMORY_LOG), &logged);
}

static bool is_same(const struct stored_report *stored, const struct record *record) {
    struct hash256 leaf;
    chain_leaf(&stored->salt, record, &leaf);
    return stored->erased || hash256_equal(&leaf, &stored->leaf);
}

// For PLANTED(FORK_OVERWRITTEN) alone.
static enum rond_err overwrite(struct memory_store *store, size_t number, const struct record *record) {
    struct memory_report *report = table_change(memory_write(store, MEMORY_REPORTS), number);
    struct hash256 leaf;
    if (report == NULL || !arena_copy(&store->heap->arena, record->report, &report->report.record.report))
        return ROND_ENOMEM;
    chain_leaf(&report->report.salt, record, &leaf);
    report->report.leaf = leaf;
    return ROND_OK;
}

// How many of the first reports are there already; those in a lost range are kept aside on the way.
static enum rond_err repeated_count(struct memory_store *store, size_t outbox, uint64_t watermark,
                                    const struct ledger_batch *batch, size_t *ret_count, bool *ret_differs) {
    size_t i = 0;
    *ret_differs = false;
    for (; i < batch->count && batch->first_seq + i <= watermark; i++) {
        size_t number = memory_report_find(store, outbox, batch->first_seq + i);
        if (number == TABLE_END) {
            enum rond_err err = fork_add(store, batch, i);
            if (err != ROND_OK)
                return err;
        } else if (PLANTED(FORK_OVERWRITTEN)) {
            enum rond_err err = overwrite(store, number, &batch->reports[i].record);
            if (err != ROND_OK)
                return err;
        } else if (!is_same(memory_report_at(store, number + 1), &batch->reports[i].record)) {
            *ret_differs = true;
            break;
        }
    }
    *ret_count = i;
    return ROND_OK;
}

static enum rond_err forks_add(struct memory_store *store, size_t outbox, const struct ledger_batch *batch, size_t from) {
    enum rond_err err = ROND_OK;
    for (size_t i = from; i < batch->count && err == ROND_OK; i++)
        err = fork_add(store, batch, i);
    struct memory_outbox *changed = err == ROND_OK ? table_change(memory_write(store, MEMORY_OUTBOXES), outbox) : NULL;
    if (changed == NULL)
        return ROND_ENOMEM;
    changed->forked = true;
    return ROND_OK;
}

static enum rond_err batch_add(struct memory_store *store, size_t outbox, const struct batch_row *row,
                               const struct chain *chain_after) {
    struct memory_batch kept = {.outbox = outbox, .row = *row};
    enum rond_err err = table_add(memory_write(store, MEMORY_BATCHES), &kept);
    struct memory_outbox *changed = err == ROND_OK ? table_change(memory_write(store, MEMORY_OUTBOXES), outbox) : NULL;
    if (changed == NULL)
        return ROND_ENOMEM;
    changed->chain = *chain_after;
    if (PLANTED(WATERMARK_BEFORE_ROWS))
        table_commit(&store->tables[MEMORY_OUTBOXES]);
    return ROND_OK;
}

static enum rond_err reports_add(struct memory_store *store, size_t outbox, const struct ledger_batch *batch, size_t from,
                                 uint64_t *ret_first_row) {
    struct batch_row row = {
        .first_seq = batch->first_seq + from,
        .last_seq = batch->first_seq + batch->count - 1,
        .first_row = store->tables[MEMORY_REPORTS].count + 1,
        .head = batch->chain_after.head,
        .signature = batch->signature,
        .signed_first_seq = batch->first_seq,
        .received_ms = batch->received_ms,
    };
    enum rond_err err = batch->chain_after.seq == row.last_seq ? ROND_OK : ROND_EINVALID;
    for (size_t i = from; i < batch->count && err == ROND_OK; i++)
        err = report_add(store, outbox, batch, i);
    if (err == ROND_OK)
        err = batch_add(store, outbox, &row, &batch->chain_after);
    if (err == ROND_OK)
        err = memory_log_add(store, outbox, row.first_seq, row.last_seq);
    if (err == ROND_OK)
        *ret_first_row = row.first_row;
    return err;
}

static enum rond_err append_to(struct memory_store *store, size_t outbox, const struct ledger_batch *batch,
                               struct append_result *result) {
    struct memory_outbox before = *memory_outbox_at(store, outbox);
    bool differs = batch->forked;
    enum rond_err err = ROND_OK;
    if (!batch->forked && !PLANTED(WATERMARK_NOT_COMPARED))
        err = repeated_count(store, outbox, before.chain.seq, batch, &result->repeated, &differs);
    if (err != ROND_OK)
        return err;
    if (differs || before.forked) {
        result->status = APPEND_FORKED;
        result->forked_seq = result->repeated < batch->count ? batch->first_seq + result->repeated : before.chain.seq + 1;
        err = forks_add(store, outbox, batch, result->repeated);
    } else if (result->repeated < batch->count) {
        result->appended = batch->count - result->repeated;
        err = reports_add(store, outbox, batch, result->repeated, &result->first_row);
    }
    result->chain = memory_outbox_at(store, outbox)->chain;
    return err;
}

enum rond_err memory_append(struct store *base, const struct ledger_batch *batch, struct append_result *ret_result) {
    struct memory_store *store = memory_of(base);
    struct append_result result = {.status = APPEND_DONE};
    struct outbox_state outbox;
    size_t number = TABLE_END;
    CHECK(store->in_transaction);
    if (!seqs_fit(batch->first_seq, batch->count))
        return ROND_EINVALID;
    enum rond_err err = memory_outbox_load(base, &batch->device, &batch->outbox, &outbox);
    if (err != ROND_OK)
        return err;
    if (batch->first_seq > outbox.chain.seq + 1 && !outbox.forked && !batch->forked) {
        *ret_result = (struct append_result){.status = APPEND_OUT_OF_ORDER, .chain = outbox.chain};
        return ROND_OK;
    }
    if (outbox.exists)
        number = memory_outbox_find(store, &batch->outbox);
    else
        err = outbox_create(store, &batch->device, &batch->outbox, &number);
    if (err == ROND_OK)
        err = append_to(store, number, batch, &result);
    if (err == ROND_OK)
        *ret_result = result;
    return err;
}

static enum rond_err lost_add(struct memory_store *store, const struct ledger_lost *lost, uint64_t watermark) {
    struct batch_row row = {
        .first_seq = watermark + 1,
        .last_seq = lost->last_seq,
        .lost = true,
        .reason = lost->reason,
        .head = lost->chain_after.head,
        .signature = lost->signature,
        .signed_first_seq = lost->first_seq,
        .received_ms = lost->received_ms,
    };
    chain_lost_mark(&lost->chain_after.ratchet, &row.mark);
    size_t number = memory_outbox_find(store, &lost->outbox);
    enum rond_err err = lost->chain_after.seq == lost->last_seq ? ROND_OK : ROND_EINVALID;
    if (err == ROND_OK && number == TABLE_END)
        err = outbox_create(store, &lost->device, &lost->outbox, &number);
    return err == ROND_OK ? batch_add(store, number, &row, &lost->chain_after) : err;
}

enum rond_err memory_lose(struct store *base, const struct ledger_lost *lost, struct append_result *ret_result) {
    struct memory_store *store = memory_of(base);
    struct append_result result = {.status = APPEND_DONE};
    struct outbox_state outbox;
    CHECK(store->in_transaction);
    if (lost->last_seq < lost->first_seq || !seqs_fit(lost->first_seq, lost->last_seq - lost->first_seq + 1))
        return ROND_EINVALID;
    enum rond_err err = memory_outbox_load(base, &lost->device, &lost->outbox, &outbox);
    if (err != ROND_OK)
        return err;
    result.chain = outbox.chain;
    if (outbox.forked) {
        result.status = APPEND_FORKED;
        result.forked_seq = outbox.chain.seq + 1;
    } else if (lost->first_seq > outbox.chain.seq + 1) {
        result.status = APPEND_OUT_OF_ORDER;
    } else if (lost->last_seq > outbox.chain.seq) {
        err = lost_add(store, lost, outbox.chain.seq);
        result.appended = (size_t)(lost->last_seq - outbox.chain.seq);
        result.chain = lost->chain_after;
    }
    if (result.status == APPEND_DONE)
        result.repeated = (size_t)(lost->last_seq - lost->first_seq + 1) - result.appended;
    if (err == ROND_OK)
        *ret_result = result;
    return err;
}
