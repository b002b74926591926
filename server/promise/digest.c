// Two states of the fold are equal where this is. Reports are taken by identity (device, outbox, seq), not by row, so that
// it does not depend on the order in which they came.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/check.h"
#include "base/sha256.h"
#include "promise/apply.h"

enum { ARENA_BYTES_MAX = 256 * 1024 * 1024, PAGE = 500 };

struct digest {
    struct store *store;
    EVP_MD_CTX *context;
    struct arena batches; // a page of them
    struct arena arena;   // of the rows of one
    bool failed;
};

static void add_bytes(struct digest *digest, const void *data, size_t size) {
    if (EVP_DigestUpdate(digest->context, data, size) != 1)
        digest->failed = true;
}

static void add_number(struct digest *digest, uint64_t value) {
    uint8_t bytes[8];
    put_be64(bytes, value);
    add_bytes(digest, bytes, sizeof bytes);
}

static void add_text(struct digest *digest, const char *text) {
    add_bytes(digest, text, strlen(text) + 1);
}

// One contribution's bytes, gathered before they are hashed.
struct line {
    uint8_t bytes[12 * sizeof(uint64_t) + BUCKET_SIZE + PERIOD_SIZE];
    size_t size;
};

static void line_number(struct line *line, uint64_t value) {
    put_be64(line->bytes + line->size, value);
    line->size += sizeof value;
}

static void line_text(struct line *line, const char *text) {
    size_t size = strlen(text) + 1;
    memcpy(line->bytes + line->size, text, size);
    line->size += size;
}

// ---- Contributions ----

static void add_contribution(struct digest *digest, const struct stored_contribution *one) {
    struct line line = {.size = 0};
    line_number(&line, one->commitment);
    line_number(&line, one->value.reason);
    line_text(&line, one->value.bucket);
    line_text(&line, one->value.period);
    line_number(&line, one->value.parts);
    line_number(&line, one->value.organisations);
    line_number(&line, one->value.quantity);
    line_number(&line, one->value.persons);
    line_number(&line, (uint64_t)one->value.from_s);
    line_number(&line, (uint64_t)one->value.to_s);
    line_number(&line, one->value.finding_state);
    line_number(&line, one->value.flags);
    line_number(&line, one->value.places);
    line_number(&line, one->value.places_open);
    add_bytes(digest, line.bytes, line.size);
}

static enum rond_err add_rows(struct digest *digest, const struct outbox_row *outbox, const struct batch_row *batch,
                              uint64_t from, size_t count) {
    arena_reset(&digest->arena);
    uint64_t *rows = arena_array(&digest->arena, count, sizeof *rows);
    struct bucket_contents *contents = arena_array(&digest->arena, count, sizeof *contents);
    if (rows == NULL || contents == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++)
        rows[i] = batch->first_row + from + i;
    enum rond_err err = digest->store->ledger->contributions_of(digest->store, rows, count, &digest->arena, contents);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        if (contents[i].count == 0)
            continue;
        add_bytes(digest, &outbox->device, ID_SIZE);
        add_bytes(digest, &outbox->outbox, ID_SIZE);
        add_number(digest, batch->first_seq + from + i);
        add_number(digest, contents[i].count);
        for (size_t k = 0; k < contents[i].count; k++)
            add_contribution(digest, &contents[i].contributions[k]);
    }
    return err;
}

static enum rond_err add_outbox(struct digest *digest, const struct outbox_row *outbox) {
    uint64_t after = 0;
    size_t count = 0;
    enum rond_err err;
    do {
        struct batch_row *batches;
        arena_reset(&digest->batches);
        err = digest->store->views->batches(digest->store, &outbox->device, &outbox->outbox, after, PAGE, &digest->batches,
                                            &batches, &count);
        for (size_t i = 0; i < count && err == ROND_OK; i++) {
            uint64_t size = batches[i].lost ? 0 : batches[i].last_seq - batches[i].first_seq + 1;
            after = batches[i].last_seq;
            for (uint64_t from = 0; from < size && err == ROND_OK; from += PAGE)
                err = add_rows(digest, outbox, &batches[i], from, size - from < PAGE ? (size_t)(size - from) : PAGE);
        }
    } while (err == ROND_OK && count > 0);
    return err;
}

static int outbox_compare(const void *left, const void *right) {
    const struct outbox_row *a = left, *b = right;
    int devices = memcmp(&a->device, &b->device, ID_SIZE);
    return devices != 0 ? devices : memcmp(&a->outbox, &b->outbox, ID_SIZE);
}

static enum rond_err read_outboxes(struct digest *digest, struct outbox_row **ret_outboxes, size_t *ret_count) {
    uint64_t cursor = 0;
    size_t count;
    enum rond_err err;
    do {
        struct outbox_row *page;
        arena_reset(&digest->arena);
        err = digest->store->views->outboxes(digest->store, NULL, cursor, PAGE, &digest->arena, &page, &count, &cursor);
        if (err != ROND_OK || count == 0)
            return err;
        struct outbox_row *grown = realloc(*ret_outboxes, (*ret_count + count) * sizeof *grown);
        if (grown == NULL)
            return ROND_ENOMEM;
        memcpy(grown + *ret_count, page, count * sizeof *page);
        *ret_outboxes = grown;
        *ret_count += count;
    } while (cursor != 0);
    return ROND_OK;
}

// ---- Totals ----

static int total_compare(const void *left, const void *right) {
    return strcmp(((const struct period_total *)left)->period, ((const struct period_total *)right)->period);
}

static void add_totals(struct digest *digest, uint32_t commitment, struct period_total *totals, size_t count) {
    if (count > 0)
        qsort(totals, count, sizeof *totals, total_compare);
    for (size_t i = 0; i < count; i++) {
        const struct tally *tally = &totals[i].tally;
        if (tally_is_zero(tally))
            continue;
        add_number(digest, commitment);
        add_text(digest, totals[i].period);
        add_number(digest, (uint64_t)tally->count);
        add_number(digest, (uint64_t)tally->person_minutes);
        add_number(digest, (uint64_t)tally->covered_minutes);
        add_number(digest, (uint64_t)tally->windows_met);
        add_number(digest, (uint64_t)tally->actions_open);
        add_number(digest, (uint64_t)tally->actions_closed);
        add_number(digest, (uint64_t)tally->reports);
    }
}

// Commitments are numbered from 1 without gaps.
static enum rond_err add_all_totals(struct digest *digest) {
    for (uint32_t commitment = 1;; commitment++) {
        const char *path;
        struct period_total *totals;
        size_t count;
        arena_reset(&digest->arena);
        enum rond_err err = digest->store->views->commitment_path(digest->store, commitment, &digest->arena, &path);
        if (err == ROND_ENOTFOUND)
            return ROND_OK;
        if (err == ROND_OK)
            err = digest->store->views->totals(digest->store, commitment, &digest->arena, &totals, &count);
        if (err != ROND_OK)
            return err;
        add_totals(digest, commitment, totals, count);
    }
}

enum rond_err promise_digest(struct store *store, struct hash256 *ret_digest) {
    struct digest digest = {.store = store, .context = EVP_MD_CTX_new()};
    struct outbox_row *outboxes = NULL;
    struct hash256 result;
    size_t count = 0;
    if (digest.context == NULL || EVP_DigestInit_ex(digest.context, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(digest.context);
        return ROND_ENOMEM;
    }
    arena_init(&digest.batches, ARENA_BYTES_MAX);
    arena_init(&digest.arena, ARENA_BYTES_MAX);
    enum rond_err err = read_outboxes(&digest, &outboxes, &count);
    if (err == ROND_OK && count > 0)
        qsort(outboxes, count, sizeof *outboxes, outbox_compare);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = add_outbox(&digest, &outboxes[i]);
    if (err == ROND_OK)
        err = add_all_totals(&digest);
    if (err == ROND_OK && (digest.failed || EVP_DigestFinal_ex(digest.context, result.b, NULL) != 1))
        err = ROND_ENOMEM;
    if (err == ROND_OK)
        *ret_digest = result;
    free(outboxes);
    arena_deinit(&digest.batches);
    arena_deinit(&digest.arena);
    EVP_MD_CTX_free(digest.context);
    return err;
}

// ---- The map ----

// No two rows are of one key, so that the exclusive or of their hashes is the same in every order.
static enum rond_err add_map_row(void *context, const struct map_change *row) {
    uint8_t *sum = context;
    const struct map_key *at = &row->at;
    struct hash256 hash;
    char numbers[160];
    int size =
        snprintf(numbers, sizeof numbers, "%d %" PRId32 " %" PRIu32 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64,
                 (int)at->span, at->day, at->kind, at->square, row->add.reports, row->add.person_minutes, row->add.quantity);
    const struct bytes parts[] = {bytes_of(numbers, (size_t)size + 1), bytes_of(at->area, strlen(at->area) + 1),
                                  bytes_of(at->organisation, strlen(at->organisation) + 1),
                                  bytes_of(at->place, strlen(at->place) + 1)};
    sha256_parts(parts, ARRAY_COUNT(parts), &hash);
    for (size_t i = 0; i < HASH_SIZE; i++)
        sum[i] ^= hash.b[i];
    return ROND_OK;
}

enum rond_err promise_map_digest(struct store *store, struct hash256 *ret_digest) {
    struct hash256 sum = {0};
    const struct map_rows rows = {add_map_row, sum.b};
    enum rond_err err = ROND_OK;
    for (enum map_span span = MAP_DAY; span <= MAP_YEAR && err == ROND_OK; span++) {
        const struct map_range range = {.span = span, .first = INT32_MIN, .last = INT32_MAX};
        err = store->views->map(store, &range, &rows);
    }
    if (err == ROND_OK)
        *ret_digest = sum;
    return err;
}
