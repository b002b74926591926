// The store's own cursor stands between entries of its log, and one entry may be a batch of more reports than a frame
// takes. So the cursor that goes down to the device has a second part: how many reports of the next entry it has already.
//
//   cursor = store's cursor << PART_BITS | reports of the entry after it that were sent
//
// An entry that does not fit whole is read alone: its reports and their order never change, those of a page do.
#include "read/feedback.h"

#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "read/outcome.h"
#include "read/promise_json.h"
#include "read/rows.h"
#include "read/sureness.h"
#include "read/weekly.h"
#include "wire/limits.h"

enum { PART_BITS = 20, PART_MASK = (1 << PART_BITS) - 1, OUTCOME_OVERHEAD_BYTES = 8 };

struct feedback {
    struct outcome_source source;
    const struct id128 *device;
    struct arena scratch;
    struct arena *arena; // of what is given
    Rond__V1__Feedback *message;
    struct open_actions *actions;
    const struct feedback_caches *caches;
    uint64_t actions_generation;
    size_t bytes;
};

// ---- Outcomes ----

static bool has_room(const struct feedback *feedback, size_t count, size_t bytes) {
    return feedback->message->n_outcomes == 0 || (feedback->message->n_outcomes + count <= FEEDBACK_OUTCOMES_MAX &&
                                                  feedback->bytes + bytes <= FRAME_BYTES_MAX / 2);
}

// A report in quarantine does not change when it is mended or taken back, so its own log is silent about it; its device
// hears of it beside the report that did so.
static bool speaks_for(const struct feedback *feedback, const struct lineages *set, uint32_t index) {
    uint32_t target = set->nodes[index].target;
    if (target == LINEAGE_NONE || target == index)
        return false;
    const struct stored_report *named = &set->nodes[target].report;
    return named->row != 0 && named->verdict == VERDICT_QUARANTINED && !named->released &&
           id128_equal(&named->key.device, feedback->device);
}

// The outcome of one row, and of the one it speaks for, both or none. *ret_full where they do not fit any more.
static enum rond_err row_add(struct feedback *feedback, const struct lineages *set, uint32_t index, bool *ret_full) {
    Rond__V1__Outcome *made[2];
    uint32_t indices[2] = {index, set->nodes[index].target};
    size_t count = speaks_for(feedback, set, index) ? 2 : 1, bytes = 0;
    for (size_t i = 0; i < count; i++) {
        enum rond_err err = outcome_make(&feedback->source, set, indices[i], feedback->arena, &made[i]);
        if (err != ROND_OK)
            return err;
        bytes += rond__v1__outcome__get_packed_size(made[i]) + OUTCOME_OVERHEAD_BYTES;
    }
    *ret_full = !has_room(feedback, count, bytes);
    if (*ret_full)
        return ROND_OK;
    for (size_t i = 0; i < count; i++)
        feedback->message->outcomes[feedback->message->n_outcomes++] = made[i];
    feedback->bytes += bytes;
    return ROND_OK;
}

// Outcomes of these rows, as many as fit.
static enum rond_err rows_add(struct feedback *feedback, const struct feedback_row *rows, size_t count, size_t *ret_taken) {
    struct lineages set;
    bool full = false;
    size_t taken = 0;
    count = count < FEEDBACK_OUTCOMES_MAX ? count : FEEDBACK_OUTCOMES_MAX;
    struct stored_report *reports = arena_array(&feedback->scratch, count + 1, sizeof *reports);
    if (reports == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++)
        reports[i] = rows[i].report;
    enum rond_err err =
        lineages_load(feedback->source.store, feedback->source.catalogue, reports, count, &feedback->scratch, &set);
    while (err == ROND_OK && taken < count && !full) {
        err = row_add(feedback, &set, (uint32_t)taken, &full);
        taken += err == ROND_OK && !full;
    }
    if (err == ROND_OK)
        *ret_taken = taken;
    return err;
}

// ---- Pages ----

struct page {
    struct feedback_row *rows;
    size_t count;
    uint64_t next;
};

static enum rond_err page_read(struct feedback *feedback, uint64_t cursor, size_t limit, struct page *ret_page) {
    struct store *store = feedback->source.store;
    return store->views->feedback(store, feedback->device, cursor, limit, &feedback->scratch, &ret_page->rows,
                                  &ret_page->count, &ret_page->next);
}

// Adds a page from its `skip`th row on. *ret_cursor is where to go on; a page that is cut leaves it inside.
static enum rond_err page_add(struct feedback *feedback, uint64_t after, size_t limit, size_t skip, bool *ret_whole,
                              uint64_t *ret_cursor) {
    struct page page = {0};
    size_t taken = 0;
    enum rond_err err = page_read(feedback, after, limit, &page);
    if (err != ROND_OK)
        return err;
    skip = skip < page.count ? skip : page.count;
    if (skip < page.count)
        err = rows_add(feedback, &page.rows[skip], page.count - skip, &taken);
    *ret_whole = skip + taken == page.count;
    *ret_cursor = *ret_whole ? page.next << PART_BITS : after << PART_BITS | (skip + taken);
    return err;
}

static enum rond_err outcomes_add(struct feedback *feedback, uint64_t cursor) {
    uint64_t after = cursor >> PART_BITS;
    size_t skip = cursor & PART_MASK;
    bool whole = false;
    Rond__V1__Feedback *message = feedback->message;
    message->outcomes = arena_array(feedback->arena, FEEDBACK_OUTCOMES_MAX + 1, sizeof *message->outcomes);
    if (message->outcomes == NULL)
        return ROND_ENOMEM;
    if (skip == 0) {
        enum rond_err err = page_add(feedback, after, FEEDBACK_OUTCOMES_MAX, 0, &whole, &message->cursor);
        if (err != ROND_OK || whole)
            return err;
        message->n_outcomes = 0;
        feedback->bytes = 0;
    }
    return page_add(feedback, after, 1, skip, &whole, &message->cursor);
}

static enum rond_err more_find(struct feedback *feedback) {
    struct page page = {0};
    uint64_t after = feedback->message->cursor >> PART_BITS;
    feedback->message->more = (feedback->message->cursor & PART_MASK) != 0;
    if (feedback->message->more)
        return ROND_OK;
    enum rond_err err = page_read(feedback, after, 0, &page);
    feedback->message->more = err == ROND_OK && page.next != after;
    return err;
}

// ---- Standings ----

enum { HOUR_S = 60 * 60 };

// By the same rule as read/progress.c. Since when to the hour: a device that is in contact and has more to send is heard of
// all the time, and nobody need be told that each time.
static void standing_judge(const struct progress *progress, const struct silence *silence, Rond__V1__Standing *standing) {
    const char *status = sureness_status(progress->status, (size_t)silence->silent);
    const char *by_reports = progress_status_name(progress->status);
    standing->status = (char *)(uintptr_t)status;
    if (strcmp(status, by_reports) != 0)
        standing->status_by_reports = (char *)(uintptr_t)by_reports;
    standing->silent_devices = silence->silent > UINT32_MAX ? UINT32_MAX : (uint32_t)silence->silent;
    standing->silent_since_s = silence->heard_ms / 1000 / HOUR_S * HOUR_S;
}

// By the calendar of the area; nothing where it is active, as nearly all are.
static void standing_say_state(const struct commitment *commitment, int64_t now_s, Rond__V1__Standing *standing) {
    struct local_time now;
    char today[DATE_TEXT_SIZE];
    zone_local(commitment->zone, now_s, &now);
    day_format(now.day, today);
    const char *state = read_life_name(commitment->promise, today);
    if (state != NULL && strcmp(state, "active") != 0)
        standing->state = (char *)(uintptr_t)state;
}

static enum rond_err standing_make(struct feedback *feedback, const struct commitment *commitment,
                                   const struct silence *silence, int64_t now_s, Rond__V1__Standing **ret_standing) {
    struct period_total *totals = NULL;
    size_t count = 0;
    struct progress progress;
    struct store *store = feedback->source.store;
    enum rond_err err = store->views->totals(store, commitment->number, &feedback->scratch, &totals, &count);
    if (err != ROND_OK)
        return err;
    progress_at(commitment, totals, count, now_s, &progress);
    err = open_actions_weigh(store, commitment, &progress.sum, feedback->actions);
    if (err != ROND_OK)
        return err;
    Rond__V1__Standing *standing = arena_alloc(feedback->arena, sizeof *standing);
    if (standing == NULL)
        return ROND_ENOMEM;
    rond__v1__standing__init(standing);
    standing->commitment = arena_printf(feedback->arena, "%s/%s", commitment->promise->id, commitment->definition->id);
    standing_judge(&progress, silence, standing);
    standing_say_state(commitment, now_s, standing);
    standing->promise_version = commitment->promise->version > 0 ? commitment->promise->version : 1;
    standing->done = progress.done > 0 ? (uint64_t)progress.done : 0;
    standing->target = progress.target > 0 ? (uint64_t)progress.target : 0;
    standing->summary_sv = arena_text(feedback->arena, progress.summary_sv);
    standing->summary_en = arena_text(feedback->arena, progress.summary_en);
    if (standing->commitment == NULL || standing->summary_sv == NULL || standing->summary_en == NULL)
        return ROND_ENOMEM;
    *ret_standing = standing;
    return ROND_OK;
}

static enum rond_err standings_make(struct feedback *feedback, const char *area, int64_t now_s) {
    size_t count = 0;
    const struct silence *silences = NULL;
    Rond__V1__Feedback *message = feedback->message;
    const struct commitment *const *commitments = catalogue_commitments(feedback->source.catalogue, area, &count);
    count = area[0] == '\0' ? 0 : count < FEEDBACK_STANDINGS_MAX ? count : FEEDBACK_STANDINGS_MAX;
    message->standings = arena_array(feedback->arena, count + 1, sizeof *message->standings);
    enum rond_err err = message->standings == NULL ? ROND_ENOMEM : ROND_OK;
    if (err == ROND_OK && count > 0)
        err = silence_cache_read(feedback->caches->silences, feedback->source.store, feedback->source.catalogue, area,
                                 feedback->device, now_s, &feedback->scratch, &silences);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        err = standing_make(feedback, commitments[i], &silences[i], now_s, &message->standings[i]);
        message->n_standings += err == ROND_OK;
    }
    return err;
}

// Never 0, and the same only of the same standings.
static enum rond_err standings_stamp(struct feedback *feedback, uint64_t *ret_stamp) {
    Rond__V1__Feedback only = ROND__V1__FEEDBACK__INIT;
    struct hash256 hash;
    only.standings = feedback->message->standings;
    only.n_standings = feedback->message->n_standings;
    size_t size = rond__v1__feedback__get_packed_size(&only);
    uint8_t *packed = arena_alloc(&feedback->scratch, size + 1);
    if (packed == NULL)
        return ROND_ENOMEM;
    rond__v1__feedback__pack(&only, packed);
    sha256_of(bytes_of(packed, size), &hash);
    uint64_t stamp = get_be64(hash.b);
    *ret_stamp = stamp == 0 ? 1 : stamp;
    return ROND_OK;
}

// Nothing where the device has them as they are.
static enum rond_err standings_add(struct feedback *feedback, const char *area, const struct feedback_known *known,
                                   int64_t now_s) {
    Rond__V1__Feedback *message = feedback->message;
    uint64_t stamp = 0;
    enum rond_err err = standings_make(feedback, area, now_s);
    if (err != ROND_OK || message->n_standings == 0)
        return err;
    err = standings_stamp(feedback, &stamp);
    if (err == ROND_OK && stamp == known->standings_stamp)
        message->n_standings = 0;
    else if (err == ROND_OK)
        message->standings_stamp = stamp;
    return err;
}

// ---- Open unsafe places, and the week ----

// What the standings left of the frame, an eighth kept for the summary. Nothing where the device has them as they are.
static enum rond_err actions_add(struct feedback *feedback, const char *area, const struct feedback_known *known,
                                 int64_t now_s) {
    enum { ROOM_BYTES = FRAME_BYTES_MAX - FRAME_BYTES_MAX / 8 };
    Rond__V1__Feedback *message = feedback->message;
    size_t used = rond__v1__feedback__get_packed_size(message);
    uint64_t stamp = open_actions_stamp(feedback->source.catalogue, area, now_s, feedback->actions);
    if (stamp == known->actions_stamp)
        return ROND_OK;
    message->actions_stamp = stamp;
    const struct open_actions_wanted wanted = {.area = area,
                                               .stamp = stamp,
                                               .decided =
                                                   open_actions_decided(feedback->source.catalogue, feedback->actions),
                                               .generation = feedback->actions_generation,
                                               .actions = feedback->actions,
                                               .bytes_max = used < ROOM_BYTES ? ROOM_BYTES - used : 0};
    return open_actions_cache_read(feedback->caches->actions, feedback->source.store, feedback->source.catalogue, &wanted,
                                   feedback->arena, &message->actions, &message->n_actions);
}

// Of the newest week that has ended, unless the device has it: nothing is read then.
static enum rond_err summary_add(struct feedback *feedback, const struct device_record *device,
                                 const struct feedback_known *known, int64_t now_s) {
    const struct catalogue *catalogue = feedback->source.catalogue;
    char week[PERIOD_SIZE];
    if (!weekly_newest(catalogue, device->area, now_s, week) || strcmp(known->week, week) >= 0)
        return ROND_OK;
    const struct weekly_wanted wanted = {
        .organisation = device->organisation, .area = device->area, .week = week, .now_s = now_s};
    return weekly_cache_summary(feedback->caches->summaries, feedback->source.store, catalogue, &wanted, feedback->arena,
                                &feedback->message->summary);
}

// ---- All of it ----

static enum rond_err last_page_fill(struct feedback *feedback, const struct device_record *device,
                                    const struct feedback_known *known, int64_t now_s) {
    enum rond_err err = standings_add(feedback, device->area, known, now_s);
    if (err == ROND_OK)
        err = actions_add(feedback, device->area, known, now_s);
    return err == ROND_OK ? summary_add(feedback, device, known, now_s) : err;
}

static enum rond_err feedback_fill(struct feedback *feedback, const struct feedback_known *known, int64_t now_s) {
    struct store *store = feedback->source.store;
    struct device_record device;
    enum rond_err err = store->registry->device_get(store, feedback->device, &feedback->scratch, &device);
    if (err == ROND_OK)
        err = outcomes_add(feedback, known->cursor);
    if (err == ROND_OK)
        err = more_find(feedback);
    return err == ROND_OK && !feedback->message->more ? last_page_fill(feedback, &device, known, now_s) : err;
}

enum rond_err read_feedback(struct store *store, const struct catalogue *catalogue, const struct id128 *device,
                            const struct feedback_known *known, int64_t now_s, const struct feedback_caches *caches,
                            struct arena *arena, Rond__V1__Feedback **ret_feedback) {
    static const struct feedback_caches none;
    struct feedback feedback = {.source = {.store = store, .catalogue = catalogue},
                                .device = device,
                                .arena = arena,
                                .caches = caches != NULL ? caches : &none};
    feedback.message = arena_alloc(arena, sizeof *feedback.message);
    feedback.source.reasons = calloc(1, sizeof *feedback.source.reasons);
    feedback.actions = calloc(1, sizeof *feedback.actions);
    feedback.source.scratch = &feedback.scratch;
    feedback.actions_generation = answer_cache_generation(feedback.caches->actions); // before the state that is read
    arena_init(&feedback.scratch, READ_ARENA_BYTES_MAX);
    bool has_memory = feedback.message != NULL && feedback.source.reasons != NULL && feedback.actions != NULL;
    enum rond_err err = has_memory ? read_begin(store) : ROND_ENOMEM;
    if (err == ROND_OK) {
        rond__v1__feedback__init(feedback.message);
        err = feedback_fill(&feedback, known, now_s);
        read_end(store);
    }
    arena_deinit(&feedback.scratch);
    free(feedback.source.reasons);
    free(feedback.actions);
    if (err == ROND_OK)
        *ret_feedback = feedback.message;
    return err;
}
