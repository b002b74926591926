// The promises, by name. Some are held while things happen, the rest over the store at the end, when all is drained.
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/sha256.h"
#include "promise/apply.h"
#include "read/verify.h"
#include "sim/world.h"
#include "store/shape.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { ROWS_MAX = 4096, BATCHES_MAX = 4096, VERIFIED_EACH = 4 };

#define OK(call) CHECK((call) == ROND_OK)

// --- While things happen ---

void check_acknowledged_implies_durable(struct handheld *handheld, const struct chain *chain) {
    struct id128 device = lund_device(handheld->index);
    struct device_outbox_state offered;
    outbox_offered_state(handheld->outbox, &offered);
    uint64_t durable = host_durable(handheld->world, &device, &offered.outbox);
    if (chain->seq > durable)
        world_fail(handheld->world, "acknowledged_implies_durable", "handheld %u was told %llu, committed were %llu",
                   handheld->index, (unsigned long long)chain->seq, (unsigned long long)durable);
}

void check_unacknowledged_never_dropped(struct handheld *handheld) {
    struct device_outbox_state state;
    outbox_state(handheld->outbox, &state);
    if (!id128_equal(&state.outbox, &handheld->outbox_id) || state.last_seq != handheld->last_seq)
        world_fail(handheld->world, "unacknowledged_never_dropped",
                   "handheld %u had queued up to %llu, after its start it has %llu", handheld->index,
                   (unsigned long long)handheld->last_seq, (unsigned long long)state.last_seq);
}

void check_bounds_of_frame(struct link *link, struct bytes bytes, const Rond__V1__Frame *frame, bool is_up) {
    struct world *world = link->world;
    if (link->handheld == NULL || link->is_twin)
        return;
    if (!is_up && frame->kind_case == ROND__V1__FRAME__KIND_WELCOME)
        link->welcomed = true;
    size_t most = FRAME_BYTES_MAX;
    if (is_up && frame->kind_case == ROND__V1__FRAME__KIND_BATCH)
        most = BATCH_BYTES_MAX;
    if (is_up && frame->kind_case != ROND__V1__FRAME__KIND_HELLO && !link->welcomed) { // all of it together
        size_t credit = link->upgrade_credit > 0 ? link->upgrade_credit : CREDIT_INITIAL_BYTES;
        most = credit > link->early_bytes ? credit - link->early_bytes : 0;
        link->early_bytes += bytes.size;
    }
    if (bytes.size > most)
        world_fail(world, "all_bounds_held", "a %s of %zu bytes, %zu are allowed", flow_frame_name(frame->kind_case),
                   bytes.size, most);
}

void check_bounds_of_group(struct world *world, const struct submission *group) {
    size_t reports = 0, count = 0;
    for (const struct submission *one = group; one != NULL; one = one->next, count++)
        reports += one->kind == SUBMISSION_BATCH ? one->batch.count : 1;
    if (reports > GROUP_REPORTS_MAX && count > 1)
        world_fail(world, "all_bounds_held", "a group of %zu reports", reports);
    if (world->host.group.waiting_bytes > COMMIT_QUEUE_BYTES_MAX)
        world_fail(world, "all_bounds_held", "%zu bytes wait for the committer", world->host.group.waiting_bytes);
}

void check_counters_of_group(struct world *world, const struct submission *group, const struct commit_census *census) {
    uint64_t received = 0, became = commit_census_reports(census);
    for (const struct submission *one = group; one != NULL; one = one->next)
        received += submission_reports(one);
    if (received != became)
        world_fail(world, "counters_add_up", "a group of %llu reports came to %llu", (unsigned long long)received,
                   (unsigned long long)became);
}

void check_receipt(struct handheld *handheld, const struct receipt *receipt) {
    struct world *world = handheld->world;
    struct verify_key *key;
    struct statement statement;
    struct hash256 certificate;
    sha256_of(bytes_of_text(SIM_RECEIPT_CERTIFICATE), &certificate);
    statement_receipt(&statement, receipt);
    OK(verify_key_create(lund_spki(SIM_RECEIPT_KEY), &key));
    enum rond_err err = signature_verify(key, &statement, bytes_of(receipt->signature.b, SIGNATURE_SIZE));
    verify_key_destroy(key);
    uint64_t durable = host_durable(world, &receipt->device, &receipt->outbox);
    if (err != ROND_OK || !hash256_equal(&receipt->certificate, &certificate))
        world_fail(world, "receipts_hold", "the receipt of handheld %u for %llu is not the server's", handheld->index,
                   (unsigned long long)receipt->watermark);
    else if (receipt->watermark > durable)
        world_fail(world, "receipts_hold", "handheld %u has a receipt for %llu, committed were %llu", handheld->index,
                   (unsigned long long)receipt->watermark, (unsigned long long)durable);
}

// Nobody in this world tampers with the store. (A session that lives through a restore tells of a history that is over,
// which looks as if: outside this world the server is down for it.)
void check_not_contradicted(struct handheld *handheld, bool is_contradicted) {
    if (is_contradicted && !handheld->world->host.was_restored_hot)
        world_fail(handheld->world, "receipts_hold", "handheld %u holds a receipt that the server does not stand by",
                   handheld->index);
}

void check_fork_has_cause(struct handheld *handheld) {
    if (!handheld->may_fork && !handheld->world->host.was_restored)
        world_fail(handheld->world, "forks_have_a_cause", "handheld %u forked, and nothing had happened to it",
                   handheld->index);
}

// As the server knows it: whatever was sent after the revocation was committed.
void check_the_lost_stay_out(struct world *world, const struct submission *submission) {
    for (unsigned i = 0; i < world->handheld_count; i++) {
        const struct handheld *handheld = &world->handhelds[i];
        struct id128 device = lund_device(i);
        bool got_in = submission->kind == SUBMISSION_BATCH && submission->appended.appended > 0;
        if (handheld->is_lost && got_in && id128_equal(&submission->device, &device) &&
            submission->received_ms > handheld->lost_at_ms)
            world_fail(world, "the_lost_stay_out", "handheld %u brought reports in %lld ms after it was revoked as lost", i,
                       (long long)(submission->received_ms - handheld->lost_at_ms));
    }
}

// --- At the end ---

static void check_counters_of_store(struct world *world) {
    struct store_counts counts;
    OK(world->lund.store->views->counts(world->lund.store, &counts));
    if (!store_counts_add_up(&counts))
        world_fail(world, "counters_add_up", "watermarks sum up to %llu, there are %llu reports and %llu lost",
                   (unsigned long long)counts.received, (unsigned long long)counts.reports, (unsigned long long)counts.lost);
}

struct rows {
    struct stored_report *list;
    size_t count;
};

static void rows_load(struct world *world, struct rows *ret_rows) {
    struct store *store = world->lund.store;
    OK(store->views->reports(store, 0, ROWS_MAX, &world->arena, &ret_rows->list, &ret_rows->count));
}

static struct report_key root_of(const struct stored_report *row) {
    struct report_key key = row->key;
    if (row->record.has_formerly) {
        key.outbox = row->record.formerly_outbox;
        key.seq = row->record.formerly_seq;
    }
    return key;
}

static void check_entry(struct handheld *handheld, size_t index, const struct rows *rows, const uint64_t *hashes) {
    struct world *world = handheld->world;
    const struct entry *entry = &handheld->entries[index];
    struct id128 device = lund_device(handheld->index);
    const struct stored_report *first = NULL;
    size_t under_own = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const struct stored_report *row = &rows->list[i];
        if (hashes[i] != entry->hash || !id128_equal(&row->key.device, &device))
            continue;
        struct report_key root = root_of(row);
        struct report_key first_root = first != NULL ? root_of(first) : root;
        first = first != NULL ? first : row;
        under_own += !row->record.has_formerly;
        if (under_own > 1 || !report_key_equal(&root, &first_root))
            world_fail(world, "stored_exactly_once", "report %zu of handheld %u is stored twice under different identities",
                       index, handheld->index);
        if (entry->is_bad && row->verdict != VERDICT_QUARANTINED)
            world_fail(world, "stored_exactly_once", "bad report %zu of handheld %u was applied", index, handheld->index);
    }
    bool is_kept = !world->host.was_restored || (world->keep_days > 1 && !handheld->may_have_pruned);
    bool may_miss = entry->has_vanished || entry->may_be_lost || !is_kept || handheld->is_lost;
    if (first == NULL && !may_miss)
        world_fail(world, "unacknowledged_never_dropped", "report %zu of handheld %u is not in the store", index,
                   handheld->index);
}

static void check_acknowledged_is_kept(struct world *world, const uint64_t *hashes, size_t count) {
    const struct host *host = &world->host;
    for (size_t i = 0; i < host->committed_count; i++) {
        size_t n = 0;
        while (n < count && hashes[n] != host->committed[i])
            n++;
        if (n == count)
            world_fail(world, "acknowledged_is_kept", "a report whose commit was answered is not in the store any more");
    }
}

static size_t counted_in(struct world *world, uint64_t row) {
    struct bucket_contents contents;
    struct store *store = world->lund.store;
    OK(store->ledger->contributions_of(store, &row, 1, &world->arena, &contents));
    for (size_t i = 0; i < contents.count; i++)
        if (contents.contributions[i].value.reason == REASON_COUNTED)
            return 1;
    return 0;
}

// However often a report is stored, one copy counts.
static void check_counted_once(struct world *world, const struct rows *rows, const uint64_t *hashes) {
    for (size_t i = 0; i < rows->count; i++) {
        if (!rows->list[i].record.has_formerly)
            continue;
        size_t counted = 0;
        for (size_t n = 0; n < rows->count; n++)
            counted += hashes[n] == hashes[i] ? counted_in(world, rows->list[n].row) : 0;
        if (counted > 1)
            world_fail(world, "counted_once", "a report that is stored %zu times over counts as often", counted);
    }
}

static void check_stored_exactly_once(struct world *world, const struct rows *rows) {
    uint64_t *hashes = arena_array(&world->arena, rows->count + 1, sizeof *hashes);
    CHECK(hashes != NULL);
    for (size_t i = 0; i < rows->count; i++)
        hashes[i] = report_hash(rows->list[i].record.report);
    for (size_t i = 0; i < rows->count; i++)
        for (size_t n = i + 1; n < rows->count; n++)
            if (report_key_equal(&rows->list[i].key, &rows->list[n].key))
                world_fail(world, "stored_exactly_once", "rows %zu and %zu have one identity", i, n);
    for (unsigned i = 0; i < world->handheld_count; i++)
        for (size_t n = 0; n < world->handhelds[i].entry_count; n++)
            check_entry(&world->handhelds[i], n, rows, hashes);
    check_acknowledged_is_kept(world, hashes, rows->count);
    check_counted_once(world, rows, hashes);
}

static bool is_lost(const struct world *world, const struct id128 *device) {
    for (unsigned i = 0; i < world->handheld_count; i++) {
        struct id128 id = lund_device(i);
        if (id128_equal(&id, device))
            return world->handhelds[i].is_lost;
    }
    return true;
}

// Rows of an outbox in order of arrival, interleaved with what was declared lost, give 1, 2, 3 ... watermark.
static void check_outbox_order(struct world *world, const struct outbox_row *outbox, const struct rows *rows) {
    struct store *store = world->lund.store;
    struct batch_row *batches;
    size_t count;
    uint64_t expected = 1;
    OK(store->views->batches(store, &outbox->device, &outbox->outbox, 0, BATCHES_MAX, &world->arena, &batches, &count));
    for (size_t i = 0, row = 0; i < count; i++) {
        if (batches[i].first_seq != expected || batches[i].last_seq < batches[i].first_seq)
            world_fail(world, "order_kept", "a batch begins at %llu where %llu was due",
                       (unsigned long long)batches[i].first_seq, (unsigned long long)expected);
        expected = batches[i].last_seq + 1;
        for (uint64_t seq = batches[i].first_seq; !batches[i].lost && seq <= batches[i].last_seq; seq++) {
            while (row < rows->count && (!id128_equal(&rows->list[row].key.outbox, &outbox->outbox) ||
                                         !id128_equal(&rows->list[row].key.device, &outbox->device)))
                row++;
            if (row == rows->count || rows->list[row++].key.seq != seq) {
                world_fail(world, "order_kept", "seq %llu is not where it belongs", (unsigned long long)seq);
                return;
            }
        }
    }
    if (outbox->last_seq > outbox->chain.seq && !is_lost(world, &outbox->device))
        world_fail(world, "order_kept", "%llu reports look as if they waited for ever",
                   (unsigned long long)(outbox->last_seq - outbox->chain.seq));
    if (expected != outbox->chain.seq + 1)
        world_fail(world, "order_kept", "batches end at %llu, the watermark is %llu", (unsigned long long)expected - 1,
                   (unsigned long long)outbox->chain.seq);
}

static void check_order_kept(struct world *world, const struct rows *rows) {
    struct store *store = world->lund.store;
    struct outbox_row *outboxes;
    size_t count;
    uint64_t cursor = 0;
    do {
        OK(store->views->outboxes(store, NULL, cursor, 64, &world->arena, &outboxes, &count, &cursor));
        for (size_t i = 0; i < count; i++)
            check_outbox_order(world, &outboxes[i], rows);
    } while (cursor != 0);
}

static void check_rebuild_equals_incremental(struct world *world) {
    struct store *store = world->lund.store;
    struct hash256 incremental, rebuilt, map_incremental, map_rebuilt;
    OK(promise_digest(store, &incremental));
    OK(promise_map_digest(store, &map_incremental));
    OK(store->ledger->begin(store));
    OK(promise_rebuild(store, world->lund.catalogue, NULL, NULL));
    OK(promise_digest(store, &rebuilt));
    OK(promise_map_digest(store, &map_rebuilt));
    store->ledger->rollback(store);
    if (!hash256_equal(&incremental, &rebuilt))
        world_fail(world, "rebuild_equals_incremental", "the digests differ");
    if (!hash256_equal(&map_incremental, &map_rebuilt))
        world_fail(world, "rebuild_equals_incremental", "the digests of the map differ");
}

// Every report of an outbox that is received has been told what became of it.
static void check_outcomes_told(struct handheld *handheld) {
    struct world *world = handheld->world;
    struct outbox_report *reports;
    size_t count;
    uint64_t cursor = 0;
    do {
        OK(outbox_list(handheld->outbox, cursor, 64, &world->arena, &reports, &count, &cursor));
        for (size_t i = 0; i < count; i++)
            if (reports[i].status != OUTBOX_WAITING && reports[i].status != OUTBOX_LOST && reports[i].outcome == NULL)
                world_fail(world, "outcomes_told", "handheld %u was never told what became of %llu%s, status %d",
                           handheld->index, (unsigned long long)reports[i].seq,
                           id128_equal(&reports[i].outbox, &handheld->outbox_id) ? "" : " of a closed outbox",
                           (int)reports[i].status);
    } while (cursor != 0);
}

static void check_receipt_at_end(struct world *world, const struct receipt *receipt) {
    struct store *store = world->lund.store;
    struct store_identity identity;
    struct hash256 head;
    OK(store->registry->identity(store, &identity));
    if (!id128_equal(&identity.store_id, &receipt->store) || identity.epoch != receipt->epoch)
        return; // of a history before a restore
    enum rond_err err = store->ledger->head_at(store, &receipt->device, &receipt->outbox, receipt->watermark, &head);
    if (err != ROND_OK || !hash256_equal(&head, &receipt->head))
        world_fail(world, "receipts_hold", "a receipt for %llu is not kept to: %s", (unsigned long long)receipt->watermark,
                   rond_err_name(err));
}

// Each outbox that is drained has one, for all of it.
static void check_receipts_hold(struct handheld *handheld) {
    struct world *world = handheld->world;
    struct outbox_receipt *receipts;
    struct outbox_contradiction *contradictions;
    struct device_outbox_state state;
    size_t count, contradictions_count;
    OK(outbox_receipt_list(handheld->outbox, &world->arena, &receipts, &count));
    for (size_t i = 0; i < count; i++)
        check_receipt_at_end(world, &receipts[i].receipt);
    OK(outbox_contradiction_list(handheld->outbox, &world->arena, &contradictions, &contradictions_count));
    check_not_contradicted(handheld, contradictions_count > 0);
    outbox_state(handheld->outbox, &state);
    if (state.receipt.watermark != state.acknowledged.seq)
        world_fail(world, "receipts_hold", "handheld %u has a receipt for %llu, acknowledged are %llu", handheld->index,
                   (unsigned long long)state.receipt.watermark, (unsigned long long)state.acknowledged.seq);
}

static enum rond_err finding_note(void *context, json_t *row) {
    const char *what = json_string_value(json_object_get(row, "what"));
    world_fail(context, "the_store_verifies", "%s", what != NULL ? what : "a finding");
    return ROND_OK;
}

// What `rondctl verify` would say.
static void check_store_verifies(struct world *world) {
    const struct read_rows rows = {.row = finding_note, .context = world};
    json_t *summary = NULL;
    OK(read_verify(world->lund.store, world->lund.catalogue, &rows, &summary));
    json_decref(summary);
}

void check_the_end(struct world *world) {
    struct rows rows;
    arena_reset(&world->arena);
    rows_load(world, &rows);
    check_stored_exactly_once(world, &rows);
    check_order_kept(world, &rows);
    check_rebuild_equals_incremental(world);
    check_counters_of_store(world);
    for (unsigned i = 0; i < world->handheld_count; i++)
        if (!world->handhelds[i].is_lost) {
            check_outcomes_told(&world->handhelds[i]);
            check_receipts_hold(&world->handhelds[i]);
        }
    if (world->seed % VERIFIED_EACH == 0)
        check_store_verifies(world);
}
