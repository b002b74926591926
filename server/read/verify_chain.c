// Every outbox from its first batch on:
//
//   batch    follows the one before it; its head is what the leaves of its reports give; it is signed by a key of the device
//   report   lies where its batch says, under the identity that follows from the batch; its leaf is that of its bytes
//   outbox   watermark and head are those of the last batch
//
// Each row is thus held against exactly one identity, and each identity against one row. Where as many rows were found as
// the store has, no row is left that could bear an identity twice.
//
// After a finding the chain goes on from what is stored, so that one altered byte is one finding, not one for each batch
// that follows.
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "read/verify_chain.h"

enum { BATCHES_PAGE = 256 };

// Keys of one device; the last one that fitted is tried first.
struct keyring {
    struct id128 device;
    struct verify_key **keys;
    size_t count;
    size_t last;
};

struct chain_check {
    struct store *store;
    struct findings *findings;
    struct arena arena;         // of one page of batches
    struct arena reports_arena; // of one page of reports
    struct keyring keyring;
    const struct outbox_row *outbox;
    struct chain chain;
    struct chain_watch *watch; // NULL: nobody knows more
};

static enum rond_err found(struct chain_check *check, uint64_t seq, const char *what) {
    struct finding finding = {
        .what = what, .device = &check->outbox->device, .outbox = &check->outbox->outbox, .seq = seq};
    return findings_add(check->findings, &finding);
}

// The chain stands at another seq. Heads within what was lost as a whole are passed over.
static void watch_look(struct chain_watch *watch, const struct chain *chain) {
    if (watch == NULL)
        return;
    watch->end_seq = chain->seq;
    while (watch->next < watch->count && watch->heads[watch->next].seq < chain->seq)
        watch->next++;
    if (watch->next == watch->count || watch->heads[watch->next].seq != chain->seq)
        return;
    bool is_equal = hash256_equal(&watch->heads[watch->next++].head, &chain->head);
    if (is_equal && watch->differs_seq == 0)
        watch->equal_seq = chain->seq;
    else if (!is_equal && watch->differs_seq == 0)
        watch->differs_seq = chain->seq;
}

// ---- Keys ----

static void keyring_empty(struct keyring *keyring) {
    for (size_t i = 0; i < keyring->count; i++)
        verify_key_destroy(keyring->keys[i]);
    free(keyring->keys);
    *keyring = (struct keyring){0};
}

static enum rond_err keyring_fill(struct keyring *keyring, const struct id128 *device, const struct device_key *keys,
                                  size_t count) {
    keyring_empty(keyring);
    keyring->device = *device;
    keyring->keys = calloc(count + 1, sizeof *keyring->keys);
    if (keyring->keys == NULL)
        return ROND_ENOMEM;
    for (size_t i = count; i-- > 0;) { // the newest first
        enum rond_err err = verify_key_create(keys[i].spki, &keyring->keys[keyring->count]);
        if (err == ROND_ENOMEM)
            return err;
        keyring->count += err == ROND_OK; // one that is no key signs nothing
    }
    return ROND_OK;
}

static enum rond_err keyring_load(struct chain_check *check) {
    struct device_key *keys = NULL;
    size_t count = 0;
    const struct id128 *device = &check->outbox->device;
    if (check->keyring.keys != NULL && id128_equal(&check->keyring.device, device))
        return ROND_OK;
    arena_reset(&check->reports_arena);
    enum rond_err err = check->store->views->keys_of(check->store, device, &check->reports_arena, &keys, &count);
    return err == ROND_OK ? keyring_fill(&check->keyring, device, keys, count) : err;
}

static bool is_signed(struct keyring *keyring, const struct statement *statement, const struct signature *signature) {
    for (size_t i = 0; i < keyring->count; i++) {
        size_t index = (keyring->last + i) % keyring->count;
        if (signature_verify(keyring->keys[index], statement, bytes_of(signature->b, SIGNATURE_SIZE)) == ROND_OK) {
            keyring->last = index;
            return true;
        }
    }
    return false;
}

// ---- Reports of a batch ----

static enum rond_err report_check_leaf(struct chain_check *check, const struct stored_report *report) {
    struct hash256 leaf;
    if (report->altered)
        return found(check, report->key.seq, "The report is not what its hash says.");
    if (report->erased) {
        check->findings->erased += !report->keyless;
        check->findings->keyless += report->keyless;
        return ROND_OK;
    }
    chain_leaf(&report->salt, &report->record, &leaf);
    return hash256_equal(&leaf, &report->leaf) ? ROND_OK
                                               : found(check, report->key.seq, "The report is not what its hash says.");
}

// A verdict cannot be signed by the device, so it is held against what was noted when it was given.
static enum rond_err report_check_verdict(struct chain_check *check, const struct stored_report *report) {
    bool is_quarantined = report->verdict == VERDICT_QUARANTINED;
    bool is_noted = report->code != 0;
    return is_quarantined == is_noted ? ROND_OK
                                      : found(check, report->key.seq, "The verdict is not the one that was given.");
}

static enum rond_err report_check_place(struct chain_check *check, const struct stored_report *report, uint64_t row,
                                        uint64_t seq) {
    struct report_key key = {check->outbox->device, check->outbox->outbox, seq};
    if (report->row == row && report_key_equal(&report->key, &key))
        check->findings->reports++;
    else
        return found(check, seq, "The report does not lie where its batch says.");
    enum rond_err err = report_check_verdict(check, report);
    return err == ROND_OK ? report_check_leaf(check, report) : err;
}

// One page of a batch's rows, from check->chain.seq + 1 on; ret_count 0 where there is nothing left.
static enum rond_err rows_check(struct chain_check *check, const struct batch_row *batch, size_t *ret_count) {
    struct stored_report *reports = NULL;
    uint64_t seq = check->chain.seq + 1, row = batch->first_row + (seq - batch->first_seq);
    uint64_t left = batch->last_seq - check->chain.seq;
    arena_reset(&check->reports_arena);
    enum rond_err err =
        check->store->views->reports(check->store, row - 1, left < READ_PAGE_ROWS ? (size_t)left : READ_PAGE_ROWS,
                                     &check->reports_arena, &reports, ret_count);
    for (size_t i = 0, gaps = 0; err == ROND_OK && i < *ret_count; i++) {
        // One row that is gone is one finding: those behind it lie where they should.
        if (gaps == 0 && reports[i].row == row + i + 1 && seq + i < batch->last_seq) {
            err = found(check, seq + i, "The report does not lie where its batch says.");
            check->chain.seq++;
            watch_look(check->watch, &check->chain); // as it was before: no head that is known
            gaps = 1;
        }
        if (err == ROND_OK)
            err = report_check_place(check, &reports[i], row + i + gaps, seq + i + gaps);
        chain_append_leaf(&check->chain, &reports[i].leaf);
        watch_look(check->watch, &check->chain);
        if (check->chain.seq == batch->last_seq)
            break; // the page reached behind the batch
    }
    return err;
}

static enum rond_err reports_check(struct chain_check *check, const struct batch_row *batch) {
    while (check->chain.seq < batch->last_seq) {
        size_t count = 0;
        enum rond_err err = rows_check(check, batch, &count);
        if (err != ROND_OK)
            return err;
        if (count == 0)
            return found(check, check->chain.seq + 1, "Reports of the batch are not there.");
    }
    return ROND_OK;
}

// ---- Batches ----

static enum rond_err batch_check_signature(struct chain_check *check, const struct batch_row *batch) {
    struct statement statement;
    const struct outbox_row *outbox = check->outbox;
    if (batch->lost)
        statement_lost(&statement, &outbox->device, &outbox->outbox, batch->signed_first_seq, batch->last_seq, &batch->head);
    else
        statement_batch(&statement, &outbox->device, &outbox->outbox, batch->signed_first_seq, batch->last_seq, &batch->head);
    if (!is_signed(&check->keyring, &statement, &batch->signature))
        return found(check, batch->first_seq, "The batch is not signed by a key of its device.");
    check->findings->signatures++;
    return ROND_OK;
}

static enum rond_err batch_check_content(struct chain_check *check, const struct batch_row *batch) {
    if (!batch->lost)
        return reports_check(check, batch);
    check->findings->lost += batch->last_seq - batch->first_seq + 1;
    chain_lose_marked(&check->chain, batch->last_seq, batch->reason, &batch->mark);
    watch_look(check->watch, &check->chain);
    return ROND_OK;
}

static enum rond_err batch_check(struct chain_check *check, const struct batch_row *batch) {
    enum rond_err err = ROND_OK;
    check->findings->batches++;
    if (batch->last_seq < batch->first_seq || (!batch->lost && batch->first_row == 0))
        return found(check, batch->first_seq, "The batch holds nothing.");
    if (batch->first_seq != check->chain.seq + 1)
        err = found(check, batch->first_seq, "The batch does not follow the one before it.");
    check->chain.seq = batch->first_seq - 1;
    if (err == ROND_OK)
        err = batch_check_content(check, batch);
    if (err == ROND_OK && !hash256_equal(&check->chain.head, &batch->head))
        err = found(check, batch->first_seq, "The batch's head is not that of its reports.");
    check->chain.head = batch->head;
    check->chain.seq = batch->last_seq;
    return err == ROND_OK ? batch_check_signature(check, batch) : err;
}

static enum rond_err batches_check(struct chain_check *check) {
    uint64_t after = 0;
    size_t count = 0;
    do {
        struct batch_row *batches = NULL;
        arena_reset(&check->arena);
        enum rond_err err = check->store->views->batches(check->store, &check->outbox->device, &check->outbox->outbox, after,
                                                         BATCHES_PAGE, &check->arena, &batches, &count);
        for (size_t i = 0; i < count && err == ROND_OK; i++) {
            err = batch_check(check, &batches[i]);
            after = batches[i].first_seq;
        }
        if (err != ROND_OK)
            return err;
    } while (count > 0);
    return ROND_OK;
}

// ---- Outboxes ----

static enum rond_err outbox_check(struct chain_check *check) {
    check->findings->outboxes++;
    check->chain = (struct chain){0};
    enum rond_err err = keyring_load(check);
    if (err == ROND_OK)
        err = batches_check(check);
    if (err == ROND_OK && check->chain.seq != check->outbox->chain.seq)
        err = found(check, check->outbox->chain.seq, "The outbox's watermark is not the end of its last batch.");
    if (err == ROND_OK && !hash256_equal(&check->chain.head, &check->outbox->chain.head))
        err = found(check, check->outbox->chain.seq, "The outbox's head is not that of its last batch.");
    return err;
}

static enum rond_err outboxes_check(struct chain_check *check, struct arena *arena) {
    uint64_t cursor = 0;
    do {
        struct outbox_row *outboxes = NULL;
        size_t count = 0;
        arena_reset(arena);
        enum rond_err err =
            check->store->views->outboxes(check->store, NULL, cursor, READ_PAGE_ROWS, arena, &outboxes, &count, &cursor);
        for (size_t i = 0; i < count && err == ROND_OK; i++) {
            check->outbox = &outboxes[i];
            err = outbox_check(check);
        }
        if (err != ROND_OK)
            return err;
    } while (cursor != 0);
    return ROND_OK;
}

static enum rond_err rows_count(struct store *store, struct findings *findings) {
    struct store_counts counts;
    struct finding finding = {.what = "The batches do not hold as many reports as there are: some lie in none, or are missing."};
    enum rond_err err = store->views->counts(store, &counts);
    return err != ROND_OK || counts.reports == findings->reports ? err : findings_add(findings, &finding);
}

enum rond_err verify_chain_watched(struct store *store, struct findings *findings, const struct outbox_row *outbox,
                                   struct chain_watch *watch) {
    struct chain_check check = {.store = store, .findings = findings, .outbox = outbox, .watch = watch};
    arena_init(&check.arena, READ_ARENA_BYTES_MAX);
    arena_init(&check.reports_arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = outbox_check(&check);
    keyring_empty(&check.keyring);
    arena_deinit(&check.reports_arena);
    arena_deinit(&check.arena);
    return err;
}

enum rond_err verify_chains(struct store *store, struct findings *findings) {
    struct chain_check check = {.store = store, .findings = findings};
    struct arena arena;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    arena_init(&check.arena, READ_ARENA_BYTES_MAX);
    arena_init(&check.reports_arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = outboxes_check(&check, &arena);
    keyring_empty(&check.keyring);
    arena_deinit(&check.reports_arena);
    arena_deinit(&check.arena);
    arena_deinit(&arena);
    return err == ROND_OK ? rows_count(store, findings) : err;
}
