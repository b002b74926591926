// What a report would count toward, told before it is queued.
#include <string.h>

#include "client_counting.h"

struct preview_work {
    rond *r;
    struct arena *arena;
    const Rond__V1__Report *report;
    struct client_counting counting;
    struct client_standings standings;
    rond_preview *preview;
};

static void standing_fill(const struct preview_work *work, rond_preview_line *line) {
    const rond_standing *standing = client_standing_find(&work->standings, line->commitment);
    if (standing == NULL)
        return;
    line->done = standing->done;
    line->target = standing->target;
}

static enum rond_err line_add(struct preview_work *work, const Rond__V1__Promise *promise,
                              const Rond__V1__Commitment *definition) {
    struct client_verdict verdict;
    enum rond_err err = client_counting_try(&work->counting, promise, definition, work->report, work->arena, &verdict);
    if (err != ROND_OK || !verdict.is_candidate)
        return err;
    rond_preview_line *line = &work->preview->lines[work->preview->count++];
    *line = (rond_preview_line){
        .commitment = arena_printf(work->arena, "%s/%s", promise->id, definition->id),
        .title_sv = definition->title_sv,
        .title_en = definition->title_en,
        .counted = verdict.counted,
        .waits = verdict.waits,
        .reason_sv = verdict.counted ? "" : reason_sentence(verdict.reason, true),
        .reason_en = verdict.counted ? "" : reason_sentence(verdict.reason, false),
        .target = definition->target,
        .after_known = verdict.added_known,
    };
    if (line->commitment == NULL)
        return ROND_ENOMEM;
    standing_fill(work, line);
    line->after = verdict.added_known ? line->done + verdict.added : line->done;
    return ROND_OK;
}

// Those that it counts toward first, then those that wait; else in the order of the promises.
static void lines_order(rond_preview *preview) {
    for (size_t i = 1; i < preview->count; i++) {
        rond_preview_line line = preview->lines[i];
        int rank = line.counted ? 2 : line.waits;
        size_t at = i;
        for (; at > 0 && (preview->lines[at - 1].counted ? 2 : preview->lines[at - 1].waits) < rank; at--)
            preview->lines[at] = preview->lines[at - 1];
        preview->lines[at] = line;
    }
}

static enum rond_err lines_fill(struct preview_work *work) {
    Rond__V1__ReferenceEntry **entries;
    size_t count, commitments = 0;
    struct outbox *outbox = work->r->outbox;
    enum rond_err err = client_standings_load(work->r, work->arena, &work->standings);
    if (err == ROND_OK)
        err = outbox_reference_list(outbox, ROND__V1__REFERENCE_ENTRY__BODY_PROMISE, work->arena, &entries, &count);
    if (err != ROND_OK)
        return err;
    for (size_t i = 0; i < count; i++)
        commitments += entries[i]->promise->n_commitments;
    work->preview->lines = arena_array(work->arena, commitments + 1, sizeof *work->preview->lines);
    if (work->preview->lines == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; err == ROND_OK && k < entries[i]->promise->n_commitments; k++)
            err = line_add(work, entries[i]->promise, entries[i]->promise->commitments[k]);
    lines_order(work->preview);
    return err;
}

static enum rond_err preview_fill(rond *r, const rond_activity *activity, rond_preview *preview, struct fault *fault) {
    struct preview_work work = {.r = r, .arena = object_arena(preview), .preview = preview};
    Rond__V1__Report *report;
    struct buffer packed;
    enum rond_err err = client_must_be_enrolled(r, fault);
    if (err == ROND_OK)
        err = activity_to_report(r, activity, true, work.arena, &report, fault);
    if (err != ROND_OK)
        return err;
    buffer_init(&packed, REPORT_BYTES_MAX);
    err = client_report_pack(r, report, &packed, fault); // only what could be queued is previewed
    buffer_deinit(&packed);
    if (err != ROND_OK)
        return err;
    work.report = report;
    err = client_counting_load(&work.counting, r, work.arena);
    if (err == ROND_OK)
        err = lines_fill(&work);
    client_counting_deinit(&work.counting);
    return err;
}

enum rond_err rond_preview_get(rond *r, const rond_activity *activity, rond_preview **ret_preview, rond_fault *ret_fault) {
    struct fault fault = {0};
    rond_preview *preview = object_create(sizeof *preview);
    enum rond_err err = preview == NULL ? ROND_ENOMEM : preview_fill(r, activity, preview, &fault);
    if (err == ROND_OK)
        *ret_preview = preview;
    else
        object_destroy(preview);
    return client_fault(err, &fault, ret_fault);
}

void rond_preview_free(rond_preview *preview) {
    object_destroy(preview);
}
