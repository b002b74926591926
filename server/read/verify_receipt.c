#include "read/verify_receipt.h"

#include <string.h>

#include "read/verify_chain.h"
#include "wire/limits.h"

enum { WHAT_SIZE = 200 };

struct receipt_check {
    struct store *store;
    struct findings findings;
    struct arena arena;
    struct id128 store_id, device, outbox;
    uint64_t epoch, watermark;
    struct known_head *heads; // the receipt's own last
    size_t heads_count;
    uint64_t stored; // where the store's chain ends
    bool was_restored;
};

// ---- What is in the file ----

static bool take_hex(const json_t *object, const char *name, uint8_t *ret_data, size_t size) {
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL && hex_decode(text, ret_data, size);
}

static bool take_number(const json_t *object, const char *name, uint64_t *ret_number) {
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *ret_number = (uint64_t)json_integer_value(value);
    return true;
}

static bool take_head(const json_t *object, struct known_head *ret_head) {
    return take_number(object, "seq", &ret_head->seq) && take_hex(object, "head", ret_head->head.b, HASH_SIZE);
}

// By seq, below the watermark; what the device says itself, so it only helps to find the place.
static bool take_heads(struct receipt_check *check, const json_t *list) {
    size_t count = json_array_size(list);
    if (count > RECEIPT_HEADS_MAX || (check->heads = arena_array(&check->arena, count + 1, sizeof *check->heads)) == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct known_head *head = &check->heads[check->heads_count];
        uint64_t before = check->heads_count > 0 ? head[-1].seq : 0;
        if (!take_head(json_array_get(list, i), head) || head->seq <= before)
            return false;
        check->heads_count += head->seq < check->watermark;
    }
    return true;
}

static bool receipt_take(struct receipt_check *check, const json_t *receipt) {
    struct known_head own;
    if (!take_hex(receipt, "store", check->store_id.b, ID_SIZE) || !take_hex(receipt, "device", check->device.b, ID_SIZE) ||
        !take_hex(receipt, "outbox", check->outbox.b, ID_SIZE) || !take_number(receipt, "epoch", &check->epoch) ||
        !take_number(receipt, "watermark", &check->watermark) || !take_hex(receipt, "head", own.head.b, HASH_SIZE) ||
        check->watermark == 0 || !take_heads(check, json_object_get(receipt, "heads")))
        return false;
    own.seq = check->watermark;
    check->heads[check->heads_count++] = own;
    return true;
}

// ---- The store ----

static enum rond_err found(struct receipt_check *check, uint64_t seq, const char *what) {
    struct finding finding = {.what = what, .device = &check->device, .outbox = &check->outbox, .seq = seq};
    return findings_add(&check->findings, &finding);
}

static enum rond_err outbox_find(struct receipt_check *check, struct outbox_row **ret_row) {
    uint64_t cursor = 0;
    do {
        struct outbox_row *rows = NULL;
        size_t count = 0;
        enum rond_err err = check->store->views->outboxes(check->store, &check->device, cursor, READ_PAGE_ROWS,
                                                          &check->arena, &rows, &count, &cursor);
        if (err != ROND_OK)
            return err;
        for (size_t i = 0; i < count; i++) {
            if (id128_equal(&rows[i].outbox, &check->outbox)) {
                *ret_row = &rows[i];
                return ROND_OK;
            }
        }
    } while (cursor != 0);
    return ROND_ENOTFOUND;
}

static enum rond_err missing(struct receipt_check *check, uint64_t from_seq) {
    return found(check, from_seq,
                 check->was_restored
                     ? "Missing from here on, though there is a receipt for it; the store was restored since the receipt."
                     : "Missing from here on, though there is a receipt for it.");
}

// Behind what agrees; where heads in between are not known, somewhere up to where they differ.
static enum rond_err differs(struct receipt_check *check, const struct chain_watch *watch) {
    return found(check, watch->equal_seq + 1,
                 watch->differs_seq == watch->equal_seq + 1 ? "Another report than the one that there is a receipt for."
                                                            : "From here on not what there is a receipt for.");
}

static enum rond_err chain_hold(struct receipt_check *check, const struct outbox_row *row) {
    struct chain_watch watch = {.heads = check->heads, .count = check->heads_count};
    enum rond_err err = verify_chain_watched(check->store, &check->findings, row, &watch);
    if (err != ROND_OK)
        return err;
    check->stored = watch.end_seq;
    if (watch.differs_seq != 0)
        return differs(check, &watch);
    if (watch.end_seq < check->watermark)
        return missing(check, watch.end_seq + 1);
    if (watch.equal_seq < check->watermark) // within what was declared lost since
        return found(check, watch.equal_seq + 1, "From here on declared lost, though there is a receipt for it.");
    return ROND_OK;
}

static enum rond_err store_hold(struct receipt_check *check) {
    struct store_identity identity;
    struct outbox_row *row = NULL;
    enum rond_err err = check->store->registry->identity(check->store, &identity);
    if (err != ROND_OK)
        return err;
    if (!id128_equal(&identity.store_id, &check->store_id))
        return found(check, 0, "The receipt is of another store.");
    check->was_restored = identity.epoch != check->epoch;
    err = outbox_find(check, &row);
    if (err == ROND_ENOTFOUND)
        return missing(check, 1);
    return err == ROND_OK ? chain_hold(check, row) : err;
}

static json_t *summary_json(const struct receipt_check *check) {
    json_t *object = json_object();
    bool added = read_add(object, "sound", json_boolean(check->findings.count == 0)) &&
                 read_add(object, "findings", json_integer((json_int_t)check->findings.count)) &&
                 read_add(object, "watermark", json_integer((json_int_t)check->watermark)) &&
                 read_add(object, "stored", json_integer((json_int_t)check->stored)) &&
                 read_add(object, "restored", json_boolean(check->was_restored));
    return read_whole(object, added);
}

enum rond_err read_verify_receipt(struct store *store, const json_t *receipt, const struct read_rows *rows,
                                  json_t **ret_summary, struct fault *fault) {
    struct receipt_check check = {.store = store, .findings = {.rows = rows}};
    json_t *summary = NULL;
    arena_init(&check.arena, READ_ARENA_BYTES_MAX);
    enum rond_err err =
        receipt_take(&check, receipt)
            ? read_begin(store)
            : fault_both(fault, ROND_EINVALID, 0, "receipt", "The file holds no receipt.", "Filen innehåller inget kvitto.");
    if (err == ROND_OK) {
        err = store_hold(&check);
        read_end(store);
    }
    if (err == ROND_OK && (summary = summary_json(&check)) == NULL)
        err = ROND_ENOMEM;
    arena_deinit(&check.arena);
    if (err == ROND_OK)
        *ret_summary = summary;
    return err;
}
