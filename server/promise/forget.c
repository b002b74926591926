#include "promise/forget.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/shape.h"
#include "wire/activity_reference.h"
#include "wire/limits.h"

enum { FORGET_ARENA_BYTES_MAX = 256 * 1024 * 1024 };

struct forgetting {
    struct store *store;
    const struct catalogue *catalogue;
    struct arena arena;
    struct arena each; // of one report looked at
};

// J-7QK2M of a join, P-7QK2M of a planned activity: drawn at random, typed by nobody.
static bool is_given(const char *reference) {
    char planned[ACTIVITY_REFERENCE_SIZE], text[ACTIVITY_REFERENCE_SIZE];
    if (strlen(reference) != ACTIVITY_REFERENCE_SIZE - 1 || reference[0] == '\0')
        return false;
    memcpy(text, reference, sizeof text);
    if (text[0] == ACTIVITY_JOINED)
        text[0] = ACTIVITY_PLANNED;
    return activity_reference_is_planned(text, planned) && strcmp(planned, text) == 0;
}

// Has every report in it been erased?
static enum rond_err all_erased(struct forgetting *forgetting, const struct bucket_contents *contents, bool *ret_all) {
    struct store *store = forgetting->store;
    for (size_t i = 0; i < contents->count; i++) {
        struct stored_report report;
        if (i > 0 && contents->contributions[i].row == contents->contributions[i - 1].row)
            continue;
        arena_reset(&forgetting->each);
        enum rond_err err = store->views->report(store, contents->contributions[i].row, &forgetting->each, &report);
        if (err != ROND_OK)
            return err;
        if (!report.erased || report.keyless || report.altered) {
            *ret_all = false;
            return ROND_OK;
        }
    }
    *ret_all = true;
    return ROND_OK;
}

// Everything that these rows contribute, with the one bucket named anew.
static enum rond_err rename_rows(struct forgetting *forgetting, const struct bucket_key *from, const char *to,
                                 const struct bucket_contents *contents) {
    struct store *store = forgetting->store;
    uint64_t *rows = arena_array(&forgetting->arena, contents->count, sizeof *rows);
    struct arena_list added = {.arena = &forgetting->arena, .item_size = sizeof(struct stored_contribution)};
    size_t rows_count = 0;
    enum rond_err err = rows == NULL ? ROND_ENOMEM : ROND_OK;
    for (size_t i = 0; i < contents->count && err == ROND_OK; i++)
        if (rows_count == 0 || rows[rows_count - 1] != contents->contributions[i].row)
            rows[rows_count++] = contents->contributions[i].row;
    for (size_t i = 0; i < rows_count && err == ROND_OK; i++) {
        struct bucket_contents of_row;
        err = store->ledger->contributions_of(store, &rows[i], 1, &forgetting->arena, &of_row);
        for (size_t k = 0; k < of_row.count && err == ROND_OK; k++) {
            struct stored_contribution *one = arena_list_add(&added);
            if (one == NULL)
                return ROND_ENOMEM;
            *one = of_row.contributions[k];
            if (one->commitment == from->commitment && strcmp(one->value.bucket, from->bucket) == 0)
                (void)snprintf(one->value.bucket, sizeof one->value.bucket, "%s", to);
        }
    }
    struct crowd_change crowds[2] = {{from->commitment, from->bucket, {0}}, {from->commitment, to, {0}}};
    if (err == ROND_OK)
        err = store->ledger->crowds_of(store, from, 1, &crowds[1].crowd);
    const struct fold_changes changes = {.rows_removed = rows,
                                         .rows_removed_count = rows_count,
                                         .added = (struct stored_contribution *)(void *)added.items,
                                         .added_count = added.count,
                                         .crowds = crowds,
                                         .crowds_count = err == ROND_OK && crowds[1].crowd.count > 0 ? 2 : 0};
    return err == ROND_OK ? store->ledger->fold_store(store, &changes) : err;
}

// The joint activity that a bucket stands for, by its reference as it was typed. False where nobody typed it, and for any
// other bucket. Of a commitment that is not promised any more the kind is the report's.
static bool is_typed(const struct forgetting *forgetting, const struct stored_report *report, const struct bucket_key *bucket,
                     struct joint_key *ret_joint) {
    const struct commitment *commitment = catalogue_commitment(forgetting->catalogue, bucket->commitment);
    Rond__V1__Kind kind = (Rond__V1__Kind)report->kind;
    const char *reference = bucket->bucket + 2;
    char prefix[8];
    if (strncmp(bucket->bucket, "a:", 2) != 0)
        return false;
    if (commitment != NULL && !match_bucket_joint(commitment, bucket->bucket, &kind, &reference))
        return false;
    (void)snprintf(prefix, sizeof prefix, "%u:", (unsigned)kind);
    if (commitment == NULL && strncmp(reference, prefix, strlen(prefix)) == 0)
        reference += strlen(prefix);
    *ret_joint = (struct joint_key){report->area, (uint32_t)kind, reference};
    return !is_given(reference);
}

static enum rond_err forget_one(struct forgetting *forgetting, const struct stored_report *report,
                                const struct stored_contribution *contribution) {
    struct bucket_key key = {.commitment = contribution->commitment, .bucket = contribution->value.bucket};
    struct bucket_contents contents;
    char to[BUCKET_SIZE];
    struct joint_key joint;
    bool all = false;
    if (!is_typed(forgetting, report, &key, &joint))
        return ROND_OK;
    enum rond_err err =
        forgetting->store->ledger->contributions_in(forgetting->store, &key, 1, &forgetting->arena, &contents);
    if (err == ROND_OK)
        err = all_erased(forgetting, &contents, &all);
    if (err != ROND_OK || !all || contents.count == 0)
        return err;
    (void)snprintf(to, sizeof to, "e:%" PRIu64, contents.contributions[0].row);
    err = rename_rows(forgetting, &key, to, &contents);
    return err == ROND_OK ? forgetting->store->ledger->joint_forget(forgetting->store, &joint) : err;
}

enum rond_err promise_forget(struct store *store, const struct catalogue *catalogue, uint64_t row) {
    struct forgetting forgetting = {.store = store, .catalogue = catalogue};
    struct bucket_contents contributions;
    struct stored_report report;
    arena_init(&forgetting.arena, FORGET_ARENA_BYTES_MAX);
    arena_init(&forgetting.each, DECODE_ARENA_BYTES_MAX);
    enum rond_err err = store->views->report(store, row, &forgetting.arena, &report);
    if (err == ROND_OK)
        err = store->ledger->contributions_of(store, &row, 1, &forgetting.arena, &contributions);
    for (size_t i = 0; err == ROND_OK && i < contributions.count; i++)
        err = forget_one(&forgetting, &report, &contributions.contributions[i]);
    arena_deinit(&forgetting.each);
    arena_deinit(&forgetting.arena);
    return err;
}
