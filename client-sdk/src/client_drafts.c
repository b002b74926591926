// A draft is kept as a serialized Report that need not be complete.
#include <stdlib.h>
#include <string.h>

#include "client_internal.h"
#include "wire/codes.h"
#include "wire/text_scan.h"

struct draft_work {
    struct arena arena;
    struct buffer packed;
    struct fault fault;
};

static void draft_work_init(struct draft_work *work) {
    *work = (struct draft_work){0};
    arena_init(&work->arena, DECODE_ARENA_BYTES_MAX);
    buffer_init(&work->packed, REPORT_BYTES_MAX);
}

static void draft_work_deinit(struct draft_work *work) {
    arena_deinit(&work->arena);
    buffer_deinit(&work->packed);
}

static enum rond_err draft_pack(struct draft_work *work, const Rond__V1__Report *report) {
    enum rond_err err = codec_report_encode(report, &work->packed);
    if (err == ROND_EFULL)
        return fault_set(&work->fault, ROND_EINVALID, CODE_REPORT_INVALID, "", "The draft is too large; shorten its texts.");
    if (err == ROND_OK)
        err = text_scan(&rond__v1__report__descriptor, buffer_bytes(&work->packed), &work->fault);
    return err;
}

enum rond_err rond_draft_save(rond *r, uint64_t *inout_draft, const rond_activity *activity, rond_fault *ret_fault) {
    struct draft_work work;
    draft_work_init(&work);
    Rond__V1__Report *report;
    enum rond_err err = activity_to_report(r, activity, false, &work.arena, &report, &work.fault);
    if (err == ROND_OK)
        err = draft_pack(&work, report);
    if (err == ROND_OK)
        err = outbox_draft_save(r->outbox, inout_draft, buffer_bytes(&work.packed));
    if (err == ROND_ENOTFOUND)
        (void)fault_set(&work.fault, err, 0, "draft", "There is no such draft.");
    draft_work_deinit(&work);
    return client_fault(err, &work.fault, ret_fault);
}

static enum rond_err draft_read(rond *r, uint64_t draft, struct arena *arena, rond_activity *ret_activity) {
    struct bytes packed;
    Rond__V1__Report *report;
    enum rond_err err = outbox_draft_load(r->outbox, draft, arena, &packed);
    if (err == ROND_OK)
        err = codec_report_decode(arena, packed, &report, NULL);
    if (err == ROND_OK)
        err = activity_from_report(r, report, arena, ret_activity);
    return err;
}

enum rond_err rond_draft_load(rond *r, uint64_t draft, rond_activity **ret_activity) {
    rond_activity *activity = object_create(sizeof *activity);
    if (activity == NULL)
        return ROND_ENOMEM;
    enum rond_err err = draft_read(r, draft, object_arena(activity), activity);
    if (err == ROND_OK)
        *ret_activity = activity;
    else
        object_destroy(activity);
    return err;
}

void rond_activity_free(rond_activity *activity) {
    object_destroy(activity);
}

enum rond_err rond_draft_list(rond *r, uint64_t **ret_drafts, size_t *ret_count) {
    struct arena arena;
    arena_init(&arena, DECODE_ARENA_BYTES_MAX);
    uint64_t *ids, *drafts = NULL;
    size_t count = 0;
    enum rond_err err = outbox_draft_list(r->outbox, &arena, &ids, &count);
    if (err == ROND_OK && (drafts = calloc(count + 1, sizeof *drafts)) == NULL)
        err = ROND_ENOMEM;
    if (err == ROND_OK) {
        memcpy(drafts, ids, count * sizeof *drafts);
        *ret_drafts = drafts;
        *ret_count = count;
    }
    arena_deinit(&arena);
    return err;
}

enum rond_err rond_draft_discard(rond *r, uint64_t draft) {
    return outbox_draft_discard(r->outbox, draft);
}

static enum rond_err draft_queue(rond *r, uint64_t draft, struct draft_work *work, uint64_t *ret_seq) {
    rond_activity activity;
    Rond__V1__Report *report;
    enum rond_err err = client_must_be_enrolled(r, &work->fault);
    if (err == ROND_OK)
        err = draft_read(r, draft, &work->arena, &activity);
    if (err == ROND_OK)
        err = activity_to_report(r, &activity, true, &work->arena, &report, &work->fault);
    if (err == ROND_OK)
        err = client_report_pack(r, report, &work->packed, &work->fault);
    if (err == ROND_OK)
        err = outbox_draft_queue(r->outbox, draft, buffer_bytes(&work->packed), ret_seq);
    return err;
}

enum rond_err rond_draft_queue(rond *r, uint64_t draft, char ret_reference[ROND_REFERENCE_SIZE], rond_fault *ret_fault) {
    struct draft_work work;
    draft_work_init(&work);
    uint64_t seq;
    enum rond_err err = draft_queue(r, draft, &work, &seq);
    if (err == ROND_OK) {
        struct device_outbox_state state;
        outbox_state(r->outbox, &state);
        if (ret_reference != NULL)
            client_reference(r, &state.outbox, seq, ret_reference);
        client_changed(r, ROND_CHANGE_REPORTS);
    }
    if (err == ROND_ENOTFOUND)
        (void)fault_set(&work.fault, err, 0, "draft", "There is no such draft.");
    draft_work_deinit(&work);
    return client_fault(err, &work.fault, ret_fault);
}
