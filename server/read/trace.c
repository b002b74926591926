#include "read/trace.h"

#include <stdlib.h>
#include <string.h>

#include "promise/lineage.h"
#include "read/contribution_json.h"
#include "read/decisions.h"
#include "read/devices.h"
#include "read/report_json.h"
#include "wire/limits.h"

struct trace {
    struct store *store;
    const struct catalogue *catalogue;
    const struct stored_report *report;
    const struct hash256 *receipt_key;
    struct arena arena;
    json_t *json;
    const struct outbox_row *outbox; // NULL: none is known
    int64_t seen_ms;                 // its device, last; 0: never
};

static enum rond_err added(bool was_added) {
    return was_added ? ROND_OK : ROND_ENOMEM;
}

// ---- The handheld ----

static enum rond_err device_add(struct trace *trace) {
    struct device_record device;
    json_t *list = json_array();
    enum rond_err err = trace->store->registry->device_get(trace->store, &trace->report->key.device, &trace->arena, &device);
    if (err == ROND_OK) {
        json_t *object = json_object();
        trace->seen_ms = device.seen_ms;
        bool is_whole = read_add(object, "device", read_id(&device.device)) &&
                        read_add(object, "name", read_text(device.name)) &&
                        read_add(object, "organisation", read_text(device.organisation)) &&
                        read_add(object, "area", read_text(device.area)) &&
                        read_add(object, "roles", device_roles_json(device.roles, device.roles_count)) &&
                        read_add(object, "status", json_string(device_status_name(device.status))) &&
                        read_add_ms_or_null(object, "seen", device.seen_ms);
        is_whole = json_array_append_new(list, read_whole(object, is_whole)) == 0;
        err = added(is_whole);
    }
    bool was_added = read_add(trace->json, "devices", list);
    return err == ROND_ENOTFOUND || err == ROND_OK ? added(was_added) : err;
}

// ---- The chain ----

// The batch that holds that seq: it begins at most so many seqs before as a batch has reports. What declares more than that
// lost is not found.
static enum rond_err batch_find(struct trace *trace, uint64_t seq, struct batch_row *ret_batch, bool *ret_found) {
    const struct report_key *key = &trace->report->key;
    uint64_t after = seq > BATCH_REPORTS_MAX ? seq - BATCH_REPORTS_MAX : 0;
    struct batch_row *batches = NULL;
    size_t count = 0;
    enum rond_err err = trace->store->views->batches(trace->store, &key->device, &key->outbox, after, BATCH_REPORTS_MAX,
                                                     &trace->arena, &batches, &count);
    *ret_found = false;
    for (size_t i = 0; i < count && err == ROND_OK && !*ret_found; i++) {
        *ret_found = batches[i].first_seq <= seq && seq <= batches[i].last_seq;
        *ret_batch = batches[i];
    }
    return err == ROND_ENOTFOUND ? ROND_OK : err;
}

static enum rond_err batch_add(struct trace *trace) {
    struct batch_row batch;
    bool found;
    enum rond_err err = batch_find(trace, trace->report->key.seq, &batch, &found);
    if (err != ROND_OK)
        return err;
    if (!found || batch.lost)
        return added(read_add(trace->json, "batch", json_null()));
    json_t *object = json_object();
    bool is_whole = read_add(object, "first_seq", json_integer((json_int_t)batch.first_seq)) &&
                    read_add(object, "last_seq", json_integer((json_int_t)batch.last_seq)) &&
                    read_add(object, "signed_first_seq", json_integer((json_int_t)batch.signed_first_seq)) &&
                    read_add(object, "head", read_hex(bytes_of(batch.head.b, HASH_SIZE))) &&
                    read_add(object, "signature", read_hex(bytes_of(batch.signature.b, sizeof batch.signature.b))) &&
                    read_add_ms(object, "received", batch.received_ms);
    return added(read_add(trace->json, "batch", read_whole(object, is_whole)));
}

static enum rond_err outbox_find(struct trace *trace) {
    const struct report_key *key = &trace->report->key;
    uint64_t cursor = 0;
    enum rond_err err = ROND_OK;
    do {
        struct outbox_row *outboxes = NULL;
        size_t count = 0;
        err = trace->store->views->outboxes(trace->store, &key->device, cursor, READ_PAGE_ROWS, &trace->arena, &outboxes,
                                            &count, &cursor);
        for (size_t i = 0; i < count && err == ROND_OK; i++)
            if (id128_equal(&outboxes[i].outbox, &key->outbox))
                trace->outbox = &outboxes[i];
    } while (err == ROND_OK && cursor != 0 && trace->outbox == NULL);
    return err;
}

static json_t *chain_json(const struct outbox_row *outbox) {
    return json_pack("{s:I,s:I,s:I,s:b}", "watermark", (json_int_t)outbox->chain.seq, "last_seq",
                     (json_int_t)outbox->last_seq, "lost", (json_int_t)outbox->lost, "forked", outbox->forked);
}

static enum rond_err chain_add(struct trace *trace) {
    enum rond_err err = outbox_find(trace);
    return err != ROND_OK ? err
                          : added(read_add(trace->json, "chain", trace->outbox ? chain_json(trace->outbox) : json_null()));
}

// ---- The receipt ----

static json_t *receipt_json(const struct trace *trace, const struct store_identity *identity, int64_t since_ms) {
    const struct chain *chain = &trace->outbox->chain;
    const struct hash256 *key = trace->receipt_key;
    json_t *object = json_object();
    bool is_whole = read_add(object, "store", read_id(&identity->store_id)) &&
                    read_add(object, "epoch", json_integer((json_int_t)identity->epoch)) &&
                    read_add(object, "outbox", read_id(&trace->outbox->outbox)) &&
                    read_add(object, "watermark", json_integer((json_int_t)chain->seq)) &&
                    read_add(object, "head", read_hex(bytes_of(chain->head.b, HASH_SIZE))) &&
                    read_add(object, "covers", json_boolean(trace->report->key.seq <= chain->seq)) &&
                    read_add(object, "key", key == NULL ? json_null() : read_hex(bytes_of(key->b, HASH_SIZE))) &&
                    read_add_ms_or_null(object, "since", since_ms) &&
                    read_add(object, "met_since", json_boolean(trace->seen_ms > trace->report->received_ms));
    return read_whole(object, is_whole);
}

static enum rond_err receipt_add(struct trace *trace) {
    struct store_identity identity;
    struct batch_row last;
    bool found;
    if (trace->outbox == NULL)
        return added(read_add(trace->json, "receipt", json_null()));
    enum rond_err err = trace->store->registry->identity(trace->store, &identity);
    if (err == ROND_OK)
        err = batch_find(trace, trace->outbox->chain.seq, &last, &found);
    return err != ROND_OK
               ? err
               : added(read_add(trace->json, "receipt", receipt_json(trace, &identity, found ? last.received_ms : 0)));
}

// ---- Corrections and withdrawals ----

static int by_row(const void *left, const void *right) {
    const struct lineage_node *const *a = left, *const *b = right;
    uint64_t first = (*a)->report.row, second = (*b)->report.row;
    return first < second ? -1 : first > second;
}

static enum rond_err revision_add(const struct lineage_node *node, json_t *list) {
    json_t *object = NULL;
    enum rond_err err = report_json_stored(&node->report, TEXTS_LEFT_OUT, &object);
    if (err != ROND_OK)
        return err;
    enum counting_reason reason = node->silent && !node->report.is_withdrawal ? REASON_QUARANTINED : node->part;
    bool is_whole = read_add(object, "standing", json_string(reason_name(reason))) &&
                    read_add(object, "standing_sv", json_string(reason_sentence(reason, true))) &&
                    read_add(object, "standing_en", json_string(reason_sentence(reason, false)));
    return added(json_array_append_new(list, read_whole(object, is_whole)) == 0);
}

static enum rond_err history_add(struct trace *trace) {
    struct lineages set;
    size_t count = 0;
    json_t *list = json_array();
    enum rond_err err = lineages_load(trace->store, trace->catalogue, trace->report, 1, &trace->arena, &set);
    const struct lineage_node **nodes = err == ROND_OK ? arena_array(&trace->arena, set.count + 1, sizeof *nodes) : NULL;
    if (err == ROND_OK && nodes == NULL)
        err = ROND_ENOMEM;
    for (size_t i = 0; err == ROND_OK && i < set.count; i++)
        if (set.nodes[i].report.row != 0 && strcmp(set.nodes[i].report.organisation, trace->report->organisation) == 0)
            nodes[count++] = &set.nodes[i];
    if (count > 0)
        qsort(nodes, count, sizeof *nodes, by_row);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = revision_add(nodes[i], list);
    bool was_added = read_add(trace->json, "history", list);
    return err == ROND_OK ? added(was_added) : err;
}

// ---- What it counts toward ----

static enum rond_err contributions_add(struct trace *trace) {
    json_t *list = NULL;
    struct bucket_reasons *reasons = calloc(1, sizeof *reasons);
    enum rond_err err = reasons == NULL ? ROND_ENOMEM
                                        : contribution_list(trace->store, trace->catalogue, trace->report->row,
                                                            CONTRIBUTIONS_WHOLE, reasons, &trace->arena, &list);
    free(reasons);
    return err == ROND_OK ? added(read_add(trace->json, "contributions", list)) : err;
}

static enum rond_err decisions_add(struct trace *trace) {
    json_t *list = NULL;
    enum rond_err err = read_decisions_about(trace->store, trace->report, &list);
    return err == ROND_OK ? added(read_add(trace->json, "decisions", list)) : err;
}

enum rond_err read_trace(struct store *store, const struct catalogue *catalogue, const struct stored_report *report,
                         const struct hash256 *receipt_key, json_t **ret_json) {
    static enum rond_err (*const parts[])(struct trace * trace) = {device_add,  batch_add,         chain_add,    receipt_add,
                                                                   history_add, contributions_add, decisions_add};
    struct trace trace = {.store = store, .catalogue = catalogue, .report = report, .receipt_key = receipt_key};
    enum rond_err err = report_json_stored(report, TEXTS_LEFT_OUT, &trace.json);
    if (err != ROND_OK)
        return err;
    arena_init(&trace.arena, READ_ARENA_BYTES_MAX);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && err == ROND_OK; i++)
        err = parts[i](&trace);
    arena_deinit(&trace.arena);
    if (err == ROND_OK)
        *ret_json = trace.json;
    else
        json_decref(trace.json);
    return err;
}
