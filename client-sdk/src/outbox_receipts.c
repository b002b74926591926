// Receipts of the server.
//
// A receipt says what the server had of an outbox, in its own signature. The newest one of each outbox is kept, for each
// store and epoch: another epoch is a restore, which says openly that what came after the backup is missing, and takes
// nothing back of what was signed before. What contradicts them is in outbox_contradictions.c.
//
// All of it lies in small sealed settings, so that files of every version can hold it and a mended file keeps it.
#include <stdio.h>
#include <string.h>

#include "base/planted.h"
#include "base/sha256.h"
#include "outbox_internal.h"

enum { NAME_SIZE = 64, RECEIPT_ROW_SIZE = RECEIPT_SIZE + 8, ARENA_BYTES_MAX = 1024 * 1024 };

#define RECEIPT_PREFIX "receipt "
#define CERTIFICATE_PREFIX "certificate "
static const char newest_certificate[] = "receipt certificate";

// --- Names ---

static void hex_id(const struct id128 *id, char (*ret_text)[2 * ID_SIZE + 1]) {
    hex_encode(bytes_of(id->b, ID_SIZE), *ret_text);
}

// Store and epoch are in the value; the name only keeps them apart.
static void receipt_name(const struct id128 *outbox, const struct id128 *store, uint64_t epoch,
                         char (*ret_name)[NAME_SIZE]) {
    char id[2 * ID_SIZE + 1], history[17];
    uint8_t number[8];
    struct hash256 hash;
    put_be64(number, PLANTED(RECEIPT_OUTLIVES_EPOCH) ? 0 : epoch);
    const struct bytes parts[] = {bytes_of(store->b, ID_SIZE), bytes_of(number, sizeof number)};
    sha256_parts(parts, ARRAY_COUNT(parts), &hash);
    hex_encode(bytes_of(hash.b, 8), history);
    hex_id(outbox, &id);
    snprintf(*ret_name, NAME_SIZE, RECEIPT_PREFIX "%s %s", id, history);
}

static void certificate_name(const struct hash256 *hash, char (*ret_name)[NAME_SIZE]) {
    char half[HASH_SIZE + 1];
    hex_encode(bytes_of(hash->b, HASH_SIZE / 2), half);
    snprintf(*ret_name, NAME_SIZE, CERTIFICATE_PREFIX "%s", half);
}

// --- Receipts ---

static enum rond_err receipt_read(struct outbox *outbox, const char *name, struct arena *arena,
                                  struct outbox_receipt *ret_receipt) {
    struct bytes value;
    enum rond_err err = outbox_setting_get(outbox, name, arena, &value);
    if (err != ROND_OK)
        return err;
    if (value.size != RECEIPT_ROW_SIZE || !receipt_unpack(bytes_of(value.data, RECEIPT_SIZE), &ret_receipt->receipt))
        return ROND_ECORRUPT;
    ret_receipt->at_ms = (int64_t)get_be64(value.data + RECEIPT_SIZE);
    return ROND_OK;
}

// One that cannot be read is none: another comes.
enum rond_err outbox_receipt_find(struct outbox *outbox, const struct id128 *id, struct receipt *ret_receipt) {
    char name[NAME_SIZE];
    struct arena arena;
    struct outbox_receipt found;
    receipt_name(id, &outbox->server.store_id, outbox->server.epoch, &name);
    arena_init(&arena, ARENA_BYTES_MAX);
    enum rond_err err = outbox->server.known ? receipt_read(outbox, name, &arena, &found) : ROND_ENOTFOUND;
    arena_deinit(&arena);
    if (err == ROND_OK)
        *ret_receipt = found.receipt;
    return err == ROND_ECORRUPT ? ROND_ENOTFOUND : err;
}

enum rond_err outbox_receipts_load(struct outbox *outbox) {
    struct arena arena;
    struct bytes hash;
    outbox->receipt = (struct receipt){0};
    outbox->receipt_certificate = (struct hash256){0};
    arena_init(&arena, ARENA_BYTES_MAX);
    enum rond_err err = outbox_setting_get(outbox, newest_certificate, &arena, &hash);
    if (err == ROND_OK && !hash256_from_bytes(hash, &outbox->receipt_certificate))
        err = ROND_ECORRUPT;
    arena_deinit(&arena);
    if (err == ROND_OK)
        err = outbox_receipt_find(outbox, &outbox->position.id, &outbox->receipt);
    return err == ROND_ENOTFOUND || err == ROND_ECORRUPT ? ROND_OK : err;
}

struct device_receipt_state outbox_receipt_state(const struct outbox *outbox, const struct id128 *id) {
    const struct receipt *receipt = &outbox->receipt;
    bool is_its = id128_equal(&receipt->outbox, id) && id128_equal(&receipt->store, &outbox->server.store_id) &&
                  receipt->epoch == outbox->server.epoch;
    return (struct device_receipt_state){.certificate = outbox->receipt_certificate,
                                         .watermark = is_its ? receipt->watermark : 0};
}

// What the outbox cannot say any more (it was let go of, or lost) is not contradicted.
static enum rond_err receipt_is_ours(struct outbox *outbox, const struct receipt *receipt) {
    struct hash256 head;
    const struct outbox_position *at = outbox_offered(outbox);
    if (!id128_equal(&receipt->outbox, &at->id) || receipt->watermark > at->last.seq)
        return ROND_ECONFLICT;
    enum rond_err err = head_after(outbox, at, receipt->watermark, &head);
    if (err == ROND_ENOTFOUND)
        return ROND_OK;
    return err != ROND_OK || hash256_equal(&head, &receipt->head) ? err : ROND_ECONFLICT;
}

// Beyond the bound the oldest goes: it is of an epoch long gone.
static enum rond_err receipts_bound(struct outbox *outbox, const struct id128 *id, struct arena *arena) {
    char prefix[NAME_SIZE], hex[2 * ID_SIZE + 1];
    char **names;
    size_t count, oldest = 0;
    int64_t oldest_ms = INT64_MAX;
    hex_id(id, &hex);
    snprintf(prefix, sizeof prefix, RECEIPT_PREFIX "%s", hex);
    enum rond_err err = outbox_setting_names(outbox, prefix, arena, &names, &count);
    for (size_t i = 0; err == ROND_OK && count > RECEIPTS_PER_OUTBOX_MAX && i < count; i++) {
        struct outbox_receipt one = {0};
        err = receipt_read(outbox, names[i], arena, &one);
        if (err == ROND_ECORRUPT)
            err = ROND_OK;
        if (one.at_ms < oldest_ms) {
            oldest_ms = one.at_ms;
            oldest = i;
        }
    }
    return err == ROND_OK && count > RECEIPTS_PER_OUTBOX_MAX ? outbox_setting_put(outbox, names[oldest], bytes_of(NULL, 0))
                                                             : err;
}

static enum rond_err certificate_store(struct outbox *outbox, const struct receipt *receipt, struct bytes certificate) {
    char name[NAME_SIZE];
    certificate_name(&receipt->certificate, &name);
    enum rond_err err = certificate.size > 0 ? outbox_setting_put(outbox, name, certificate) : ROND_OK;
    if (err == ROND_OK && !hash256_equal(&receipt->certificate, &outbox->receipt_certificate))
        err = outbox_setting_put(outbox, newest_certificate, bytes_of(receipt->certificate.b, HASH_SIZE));
    return err;
}

static enum rond_err receipt_write(struct outbox *outbox, const struct receipt *receipt, struct bytes certificate) {
    char name[NAME_SIZE];
    uint8_t row[RECEIPT_ROW_SIZE];
    struct arena arena;
    receipt_name(&receipt->outbox, &receipt->store, receipt->epoch, &name);
    receipt_pack(receipt, row);
    put_be64(row + RECEIPT_SIZE, (uint64_t)clock_wall_ms(outbox->clock));
    enum rond_err err = certificate_store(outbox, receipt, certificate);
    if (err == ROND_OK)
        err = outbox_setting_put(outbox, name, bytes_of(row, sizeof row));
    arena_init(&arena, ARENA_BYTES_MAX);
    if (err == ROND_OK)
        err = receipts_bound(outbox, &receipt->outbox, &arena);
    arena_deinit(&arena);
    return err;
}

enum rond_err outbox_receipt_store(struct outbox *outbox, const struct receipt *receipt, struct bytes certificate) {
    struct receipt kept;
    enum rond_err err = receipt_is_ours(outbox, receipt);
    if (err != ROND_OK)
        return err;
    err = outbox_receipt_find(outbox, &receipt->outbox, &kept);
    if (err == ROND_OK && kept.watermark > receipt->watermark)
        return ROND_OK; // an older one says no more
    if (err != ROND_OK && err != ROND_ENOTFOUND)
        return err;
    err = transaction_begin(outbox);
    if (err == ROND_OK)
        err = transaction_end(outbox, receipt_write(outbox, receipt, certificate));
    if (err != ROND_OK)
        return err;
    outbox->receipt = *receipt;
    outbox->receipt_certificate = receipt->certificate;
    return ROND_OK;
}

enum rond_err outbox_receipt_list(struct outbox *outbox, struct arena *arena, struct outbox_receipt **ret_receipts,
                                  size_t *ret_count) {
    char **names;
    size_t total, count = 0;
    enum rond_err err = outbox_setting_names(outbox, RECEIPT_PREFIX, arena, &names, &total);
    struct outbox_receipt *list = err == ROND_OK ? arena_array(arena, total + 1, sizeof *list) : NULL;
    if (err == ROND_OK && list == NULL)
        err = ROND_ENOMEM;
    for (size_t i = 0; err == ROND_OK && i < total; i++) {
        if (strcmp(names[i], newest_certificate) == 0)
            continue;
        err = receipt_read(outbox, names[i], arena, &list[count]);
        count += err == ROND_OK;
        if (err == ROND_ECORRUPT)
            err = ROND_OK;
    }
    if (err != ROND_OK)
        return err;
    *ret_receipts = list;
    *ret_count = count;
    return ROND_OK;
}

enum rond_err outbox_receipt_certificate(struct outbox *outbox, const struct hash256 *hash, struct arena *arena,
                                         struct bytes *ret_certificate) {
    char name[NAME_SIZE];
    struct bytes certificate;
    struct hash256 its;
    certificate_name(hash, &name);
    enum rond_err err = outbox_setting_get(outbox, name, arena, &certificate);
    if (err != ROND_OK)
        return err;
    sha256_of(certificate, &its);
    if (!hash256_equal(&its, hash))
        return ROND_ENOTFOUND;
    *ret_certificate = certificate;
    return ROND_OK;
}

// --- Heads ---

static enum rond_err heads_read(struct outbox *outbox, int64_t number, uint64_t up_to, struct outbox_head *heads,
                                size_t limit, size_t *ret_count) {
    sqlite3_stmt *row = NULL;
    size_t count = 0;
    enum rond_err err =
        sql_query(outbox, &row,
                  "SELECT seq, head FROM (SELECT seq, head FROM reports WHERE outbox = ? AND seq <= ? AND head IS NOT NULL"
                  " ORDER BY seq DESC LIMIT ?) ORDER BY seq",
                  "iii", number, (int64_t)up_to, (int64_t)limit);
    while (err == ROND_OK && count < limit && (err = sql_next(outbox, row)) == ROND_OK) {
        heads[count].seq = (uint64_t)sqlite3_column_int64(row, 0);
        count += hash256_from_bytes(sql_bytes(row, 1), &heads[count].head);
    }
    sql_end(row);
    *ret_count = count;
    return err == ROND_ENOTFOUND ? ROND_OK : err;
}

enum rond_err outbox_heads(struct outbox *outbox, const struct id128 *id, uint64_t up_to, size_t limit, struct arena *arena,
                           struct outbox_head **ret_heads, size_t *ret_count) {
    int64_t number = 0, total = 0;
    size_t count = 0;
    enum rond_err err =
        sql_number(outbox, &number, "SELECT number FROM outboxes WHERE outbox = ?", "b", bytes_of(id->b, ID_SIZE));
    if (err == ROND_OK)
        err = sql_number(outbox, &total, "SELECT count(*) FROM reports WHERE outbox = ? AND seq <= ? AND head IS NOT NULL",
                         "ii", number, (int64_t)up_to);
    limit = (uint64_t)total < limit ? (size_t)total : limit;
    struct outbox_head *heads = arena_array(arena, limit + 1, sizeof *heads);
    if (heads == NULL)
        return ROND_ENOMEM;
    if (err == ROND_OK)
        err = heads_read(outbox, number, up_to, heads, limit, &count);
    if (err != ROND_OK && err != ROND_ENOTFOUND) // a mended file has another outbox; the receipt is here all the same
        return err;
    *ret_heads = heads;
    *ret_count = count;
    return ROND_OK;
}
