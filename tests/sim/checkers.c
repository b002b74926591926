// The promises, by name. Some are held while things happen, the rest over the store at the end, when all is drained.
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "promise/apply.h"
#include "sim/world.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { ROWS_MAX = 4096, BATCHES_MAX = 4096 };

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
    if (link->handheld == NULL)
        return;
    if (!is_up && frame->kind_case == ROND__V1__FRAME__KIND_WELCOME)
        link->welcomed = true;
    size_t most = FRAME_BYTES_MAX;
    if (is_up && frame->kind_case == ROND__V1__FRAME__KIND_BATCH)
        most = link->welcomed ? BATCH_BYTES_MAX : FIRST_BATCH_BYTES_MAX;
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

// --- At the end ---

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
    bool may_miss = entry->has_vanished || entry->may_be_lost || (world->host.was_restored && world->keep_days == 1);
    if (first == NULL && !may_miss)
        world_fail(world, "unacknowledged_never_dropped", "report %zu of handheld %u is not in the store", index,
                   handheld->index);
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
    struct hash256 incremental, rebuilt;
    OK(promise_digest(store, &incremental));
    OK(store->ledger->begin(store));
    OK(promise_rebuild(store, world->lund.catalogue, NULL, NULL));
    OK(promise_digest(store, &rebuilt));
    store->ledger->rollback(store);
    if (!hash256_equal(&incremental, &rebuilt))
        world_fail(world, "rebuild_equals_incremental", "the digests differ");
}

void check_the_end(struct world *world) {
    struct rows rows;
    arena_reset(&world->arena);
    rows_load(world, &rows);
    check_stored_exactly_once(world, &rows);
    check_order_kept(world, &rows);
    check_rebuild_equals_incremental(world);
}
