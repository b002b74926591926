// What contradicts the server's receipts. Every Welcome is held against the receipt of the store and epoch that it names:
//
//   a watermark below the receipt's      reports are gone that the server had signed for
//   the same watermark, another head     what it had signed for has been altered, or more was put in
//   Forked at or below the receipt's     the same, found by the server itself
//
// Forked names no epoch, so it is noted and judged when the next Welcome does. What contradicts is kept with the receipt as
// it was, which is the proof, and told until somebody has read it. The conversation goes on as it would without: the outbox
// offers again what the server lacks.
#include <stdio.h>
#include <string.h>

#include "base/sha256.h"
#include "outbox_internal.h"
#include "wire/codes.h"

enum {
    NAME_SIZE = 64,
    ROW_SIZE = RECEIPT_SIZE + 8 + 8 + 4 + 1,
    NOTE_ROW_SIZE = RECEIPT_SIZE + 8,
    ARENA_BYTES_MAX = 1024 * 1024
};

#define PREFIX "contradiction "
static const char forked_note[] = "forked receipt";

// By what was signed, so that it is kept once.
static void contradiction_name(const struct receipt *receipt, char (*ret_name)[NAME_SIZE]) {
    struct statement statement;
    struct hash256 hash;
    char half[HASH_SIZE + 1];
    statement_receipt(&statement, receipt);
    sha256_of(bytes_of(statement.b, statement.size), &hash);
    hex_encode(bytes_of(hash.b, HASH_SIZE / 2), half);
    snprintf(*ret_name, NAME_SIZE, PREFIX "%s", half);
}

// --- The list ---

static enum rond_err contradiction_write(struct outbox *outbox, const char *name,
                                         const struct outbox_contradiction *contradiction) {
    uint8_t row[ROW_SIZE];
    receipt_pack(&contradiction->receipt, row);
    put_be64(row + RECEIPT_SIZE, contradiction->seq);
    put_be64(row + RECEIPT_SIZE + 8, (uint64_t)contradiction->at_ms);
    put_be32(row + RECEIPT_SIZE + 16, contradiction->code);
    row[RECEIPT_SIZE + 20] = contradiction->is_seen;
    return outbox_setting_put(outbox, name, bytes_of(row, sizeof row));
}

static enum rond_err contradiction_read(struct outbox *outbox, const char *name, struct arena *arena,
                                        struct outbox_contradiction *ret_contradiction) {
    struct bytes row;
    struct outbox_contradiction one;
    enum rond_err err = outbox_setting_get(outbox, name, arena, &row);
    if (err != ROND_OK)
        return err;
    if (row.size != ROW_SIZE || !receipt_unpack(bytes_of(row.data, RECEIPT_SIZE), &one.receipt))
        return ROND_ECORRUPT;
    one.seq = get_be64(row.data + RECEIPT_SIZE);
    one.at_ms = (int64_t)get_be64(row.data + RECEIPT_SIZE + 8);
    one.code = get_be32(row.data + RECEIPT_SIZE + 16);
    one.is_seen = row.data[RECEIPT_SIZE + 20] != 0;
    *ret_contradiction = one;
    return ROND_OK;
}

static enum rond_err contradiction_is_wanted(struct outbox *outbox, const char *name, bool *ret_is_wanted) {
    int64_t there = 0, count = 0;
    enum rond_err err = sql_number(outbox, &there, "SELECT count(*) FROM settings WHERE name = ?", "t", name);
    if (err == ROND_OK)
        err = sql_number(outbox, &count, "SELECT count(*) FROM settings WHERE substr(name, 1, ?) = ?", "it",
                         (int64_t)strlen(PREFIX), PREFIX);
    *ret_is_wanted = there == 0 && count < CONTRADICTIONS_MAX;
    return err;
}

enum rond_err outbox_contradiction_add(struct outbox *outbox, const struct receipt *receipt, unsigned code, uint64_t seq,
                                       bool *ret_is_new) {
    char name[NAME_SIZE];
    bool is_wanted = false;
    contradiction_name(receipt, &name);
    enum rond_err err = contradiction_is_wanted(outbox, name, &is_wanted);
    if (err == ROND_OK && is_wanted)
        err = contradiction_write(outbox, name,
                                  &(struct outbox_contradiction){
                                      .receipt = *receipt, .code = code, .seq = seq, .at_ms = clock_wall_ms(outbox->clock)});
    if (err == ROND_OK)
        *ret_is_new = is_wanted;
    return err;
}

enum rond_err outbox_contradiction_list(struct outbox *outbox, struct arena *arena, struct outbox_contradiction **ret_list,
                                        size_t *ret_count) {
    char **names;
    size_t total, count = 0;
    enum rond_err err = outbox_setting_names(outbox, PREFIX, arena, &names, &total);
    struct outbox_contradiction *list = err == ROND_OK ? arena_array(arena, total + 1, sizeof *list) : NULL;
    if (err == ROND_OK && list == NULL)
        err = ROND_ENOMEM;
    for (size_t i = 0; err == ROND_OK && i < total; i++) {
        err = contradiction_read(outbox, names[i], arena, &list[count]);
        count += err == ROND_OK;
        if (err == ROND_ECORRUPT)
            err = ROND_OK;
    }
    if (err != ROND_OK)
        return err;
    *ret_list = list;
    *ret_count = count;
    return ROND_OK;
}

enum rond_err outbox_contradiction_seen(struct outbox *outbox) {
    struct arena arena;
    struct outbox_contradiction *list;
    size_t count;
    arena_init(&arena, ARENA_BYTES_MAX);
    enum rond_err err = outbox_contradiction_list(outbox, &arena, &list, &count);
    for (size_t i = 0; err == ROND_OK && i < count; i++) {
        char name[NAME_SIZE];
        contradiction_name(&list[i].receipt, &name);
        list[i].is_seen = true;
        err = contradiction_write(outbox, name, &list[i]);
    }
    arena_deinit(&arena);
    return err;
}

// --- Holding the server to it ---

enum rond_err outbox_receipt_forked(struct outbox *outbox, uint64_t first_seq) {
    struct receipt receipt;
    uint8_t row[NOTE_ROW_SIZE];
    enum rond_err err = outbox_receipt_find(outbox, &outbox_offered(outbox)->id, &receipt);
    if (err != ROND_OK)
        return err == ROND_ENOTFOUND ? ROND_OK : err;
    if (first_seq == 0 || first_seq > receipt.watermark) // 0: found here, and judged by the Welcome that it came with
        return ROND_OK;
    receipt_pack(&receipt, row);
    put_be64(row + RECEIPT_SIZE, first_seq);
    return outbox_setting_put(outbox, forked_note, bytes_of(row, sizeof row));
}

static enum rond_err forked_judge(struct outbox *outbox, struct bytes row, bool *ret_contradicted) {
    struct receipt receipt;
    bool is_ours = row.size == NOTE_ROW_SIZE && receipt_unpack(bytes_of(row.data, RECEIPT_SIZE), &receipt) &&
                   id128_equal(&receipt.store, &outbox->server.store_id) && receipt.epoch == outbox->server.epoch;
    enum rond_err err = ROND_OK;
    if (is_ours)
        err = outbox_contradiction_add(outbox, &receipt, CODE_RECEIPT_CONTRADICTED, get_be64(row.data + RECEIPT_SIZE),
                                       ret_contradicted);
    return err == ROND_OK ? outbox_setting_put(outbox, forked_note, bytes_of(NULL, 0)) : err;
}

static enum rond_err forked_settle(struct outbox *outbox, bool *ret_contradicted) {
    struct arena arena;
    struct bytes row;
    arena_init(&arena, ARENA_BYTES_MAX);
    enum rond_err err = outbox_setting_get(outbox, forked_note, &arena, &row);
    if (err == ROND_OK)
        err = forked_judge(outbox, row, ret_contradicted);
    arena_deinit(&arena);
    return err == ROND_ENOTFOUND || err == ROND_ECORRUPT ? ROND_OK : err;
}

static enum rond_err welcome_judge(struct outbox *outbox, const struct device_said *said, bool *ret_contradicted) {
    struct receipt receipt;
    enum rond_err err = outbox_receipt_find(outbox, &outbox_offered(outbox)->id, &receipt);
    if (err != ROND_OK)
        return err == ROND_ENOTFOUND ? ROND_OK : err;
    bool lacks = said->watermark < receipt.watermark;
    bool differs = said->watermark == receipt.watermark && !hash256_equal(&said->head, &receipt.head);
    if (!lacks && !differs)
        return ROND_OK;
    return outbox_contradiction_add(outbox, &receipt, CODE_RECEIPT_CONTRADICTED,
                                    lacks ? said->watermark + 1 : receipt.watermark, ret_contradicted);
}

enum rond_err outbox_receipt_hold(struct outbox *outbox, const struct device_said *said, bool *ret_contradicted) {
    bool was_forked = false, is_contradicted = false;
    enum rond_err err = forked_settle(outbox, &was_forked);
    if (err == ROND_OK)
        err = welcome_judge(outbox, said, &is_contradicted);
    if (err == ROND_OK)
        *ret_contradicted = was_forked || is_contradicted;
    return err;
}
