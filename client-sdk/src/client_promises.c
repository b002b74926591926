// Words and promises from what came down: the server's figures, and beside them what this device has still to send.
#include <string.h>

#include "base/check.h"
#include "client_internal.h"
#include "counting/match.h"

// --- Words ---

static const struct {
    const char *list; // NULL: the term says it
    Rond__V1__ReferenceEntry__BodyCase kind;
} word_kinds[] = {
    {NULL, ROND__V1__REFERENCE_ENTRY__BODY_TERM},
    {"place", ROND__V1__REFERENCE_ENTRY__BODY_PLACE},
    {"organisation", ROND__V1__REFERENCE_ENTRY__BODY_ORGANISATION},
    {"area", ROND__V1__REFERENCE_ENTRY__BODY_AREA},
};

static rond_word word_of(const Rond__V1__ReferenceEntry *entry) {
    switch (entry->body_case) {
    case ROND__V1__REFERENCE_ENTRY__BODY_TERM:
        return (rond_word){entry->term->list, entry->term->id, entry->term->name_sv, entry->term->name_en};
    case ROND__V1__REFERENCE_ENTRY__BODY_PLACE:
        return (rond_word){"place", entry->place->id, entry->place->name, entry->place->name};
    case ROND__V1__REFERENCE_ENTRY__BODY_ORGANISATION:
        return (rond_word){"organisation", entry->organisation->id, entry->organisation->name, entry->organisation->name};
    case ROND__V1__REFERENCE_ENTRY__BODY_AREA:
        return (rond_word){"area", entry->area->id, entry->area->name, entry->area->name};
    default:
        return (rond_word){0};
    }
}

static enum rond_err words_append(rond *r, const char *list, Rond__V1__ReferenceEntry__BodyCase kind, rond_words *words) {
    struct arena *arena = object_arena(words);
    Rond__V1__ReferenceEntry **entries;
    size_t count;
    enum rond_err err = outbox_reference_list(r->outbox, kind, arena, &entries, &count);
    if (err != ROND_OK)
        return err;
    rond_word *all = arena_array(arena, words->count + count, sizeof *all);
    if (all == NULL)
        return ROND_ENOMEM;
    if (words->count > 0)
        memcpy(all, words->words, words->count * sizeof *all);
    words->words = all;
    for (size_t i = 0; i < count; i++) {
        rond_word word = word_of(entries[i]);
        if (word.id != NULL && (list == NULL || strcmp(list, word.list) == 0))
            all[words->count++] = word;
    }
    return ROND_OK;
}

enum rond_err rond_words_get(rond *r, const char *list, rond_words **ret_words) {
    rond_words *words = object_create(sizeof *words);
    if (words == NULL)
        return ROND_ENOMEM;
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < ARRAY_COUNT(word_kinds) && err == ROND_OK; i++)
        if (list == NULL || word_kinds[i].list == NULL || strcmp(list, word_kinds[i].list) == 0)
            err = words_append(r, list, word_kinds[i].kind, words);
    if (err == ROND_OK)
        *ret_words = words;
    else
        object_destroy(words);
    return err;
}

void rond_words_free(rond_words *words) {
    object_destroy(words);
}

// --- Own reports that are not yet acknowledged ---

enum { PENDING_PAGE = 200, PENDING_MAX = 10000 };

struct pending {
    const Rond__V1__Report **reports;
    struct report_key *keys;
    size_t count;
};

// A report adds to the server's figure unless something later of this device stands against it, or it replaces one
// that the server counts already.
static bool is_pending(rond *r, const Rond__V1__Report *report) {
    struct id128 outbox;
    struct device_outbox_state state;
    if (report->body_case == ROND__V1__REPORT__BODY_WITHDRAWAL)
        return false;
    if (report->corrects == NULL)
        return true;
    outbox_state(r->outbox, &state);
    return id128_from_bytes(bytes_of(report->corrects->outbox.data, report->corrects->outbox.len), &outbox) &&
           id128_equal(&outbox, &state.outbox) && report->corrects->seq > state.acknowledged.seq;
}

static enum rond_err pending_collect(rond *r, struct arena *arena, struct pending *ret_pending) {
    struct superseded *superseded;
    size_t superseded_count;
    enum rond_err err = superseded_list(r, arena, &superseded, &superseded_count);
    struct pending pending = {
        .reports = arena_array(arena, PENDING_MAX, sizeof *pending.reports),
        .keys = arena_array(arena, PENDING_MAX, sizeof *pending.keys),
    };
    if (err != ROND_OK || pending.reports == NULL || pending.keys == NULL)
        return err != ROND_OK ? err : ROND_ENOMEM;
    bool is_over = false;
    uint64_t cursor = 0;
    do {
        struct outbox_report *page;
        size_t count;
        err = outbox_list(r->outbox, cursor, PENDING_PAGE, arena, &page, &count, &cursor);
        for (size_t i = 0; err == ROND_OK && i < count && !is_over; i++) {
            Rond__V1__Report *report;
            is_over = page[i].status == OUTBOX_RECEIVED || page[i].status == OUTBOX_QUARANTINED ||
                      page[i].status == OUTBOX_DISCARDED; // all before are known there
            if (page[i].status != OUTBOX_WAITING || pending.count == PENDING_MAX ||
                superseded_find(superseded, superseded_count, &page[i].outbox, page[i].seq) != NULL ||
                codec_report_decode(arena, page[i].report, &report, NULL) != ROND_OK || !is_pending(r, report))
                continue;
            pending.keys[pending.count] =
                (struct report_key){.device = r->enrolment.device, .outbox = page[i].outbox, .seq = page[i].seq};
            pending.reports[pending.count++] = report;
        }
    } while (err == ROND_OK && cursor != 0 && !is_over && pending.count < PENDING_MAX);
    if (err == ROND_OK)
        *ret_pending = pending;
    return err;
}

static bool counts_toward(rond *r, const struct commitment *commitment, const struct pending *pending, size_t i,
                          struct arena *arena) {
    const Rond__V1__Report *report = pending->reports[i];
    const struct counted_report counted = {
        .report = report,
        .key = pending->keys[i],
        .organisation = r->enrolment.organisation,
        .area = report->area[0] != '\0' ? report->area : r->enrolment.area,
        .from_s = report->occurred_from_s,
        .to_s = report->occurred_to_s,
    };
    struct contribution *contributions;
    size_t count;
    if (!match_is_candidate(commitment, &counted) || match(commitment, &counted, arena, &contributions, &count) != ROND_OK)
        return false;
    for (size_t c = 0; c < count; c++)
        if (contributions[c].reason == REASON_COUNTED)
            return true;
    return false;
}

// --- Promises ---

struct promises_work {
    rond *r;
    struct arena *arena;
    struct arena scratch; // of one match
    Rond__V1__Standing **standings;
    size_t standings_count;
    Rond__V1__ReferenceEntry **areas, **zones, **places;
    size_t areas_count, zones_count, places_count;
    struct pending pending;
    rond_promises *promises;
};

static const Rond__V1__TimeZone *zone_of(const struct promises_work *work, const char *area) {
    for (size_t i = 0; i < work->areas_count; i++) {
        if (strcmp(work->areas[i]->id, area) != 0)
            continue;
        for (size_t z = 0; z < work->zones_count; z++)
            if (strcmp(work->zones[z]->id, work->areas[i]->area->time_zone) == 0)
                return work->zones[z]->time_zone;
    }
    return NULL;
}

static const Rond__V1__Place *place_find(const void *context, const char *id) {
    const struct promises_work *work = context;
    for (size_t i = 0; i < work->places_count; i++)
        if (strcmp(work->places[i]->id, id) == 0)
            return work->places[i]->place;
    return NULL;
}

static uint64_t own_pending(struct promises_work *work, const Rond__V1__Promise *promise,
                            const Rond__V1__Commitment *definition) {
    const Rond__V1__TimeZone *zone = zone_of(work, promise->area);
    const struct place_table places = {.find = place_find, .context = work};
    struct commitment commitment;
    if (zone == NULL || commitment_init(&commitment, 0, promise, definition, zone, &places, NULL) != ROND_OK)
        return 0;
    uint64_t own = 0;
    for (size_t i = 0; i < work->pending.count; i++) {
        own += counts_toward(work->r, &commitment, &work->pending, i, &work->scratch);
        arena_reset(&work->scratch);
    }
    return own;
}

static void standing_fill(const struct promises_work *work, rond_promise_line *line) {
    for (size_t i = 0; i < work->standings_count; i++) {
        const Rond__V1__Standing *standing = work->standings[i];
        if (strcmp(standing->commitment, line->commitment) != 0)
            continue;
        line->done = standing->done;
        line->target = standing->target;
        line->summary_sv = standing->summary_sv;
        line->summary_en = standing->summary_en;
    }
}

static enum rond_err promise_append(struct promises_work *work, const Rond__V1__Promise *promise) {
    rond_promises *promises = work->promises;
    rond_promise_line *lines = arena_array(work->arena, promises->count + promise->n_commitments, sizeof *lines);
    if (lines == NULL)
        return ROND_ENOMEM;
    if (promises->count > 0)
        memcpy(lines, promises->lines, promises->count * sizeof *lines);
    promises->lines = lines;
    for (size_t i = 0; i < promise->n_commitments; i++) {
        const Rond__V1__Commitment *definition = promise->commitments[i];
        rond_promise_line *line = &lines[promises->count];
        line->commitment = arena_printf(work->arena, "%s/%s", promise->id, definition->id);
        if (line->commitment == NULL)
            return ROND_ENOMEM;
        line->promise_title_sv = promise->title_sv;
        line->title_sv = definition->title_sv;
        line->title_en = definition->title_en;
        line->target = definition->target;
        line->summary_sv = line->summary_en = "";
        standing_fill(work, line);
        line->own_pending = own_pending(work, promise, definition);
        promises->count++;
    }
    return ROND_OK;
}

static enum rond_err promises_fill(struct promises_work *work) {
    Rond__V1__ReferenceEntry **entries;
    size_t count;
    struct outbox *outbox = work->r->outbox;
    enum rond_err err = outbox_standings(outbox, work->arena, &work->standings, &work->standings_count);
    if (err == ROND_OK)
        err = outbox_reference_list(outbox, ROND__V1__REFERENCE_ENTRY__BODY_AREA, work->arena, &work->areas,
                                    &work->areas_count);
    if (err == ROND_OK)
        err = outbox_reference_list(outbox, ROND__V1__REFERENCE_ENTRY__BODY_TIME_ZONE, work->arena, &work->zones,
                                    &work->zones_count);
    if (err == ROND_OK)
        err = outbox_reference_list(outbox, ROND__V1__REFERENCE_ENTRY__BODY_PLACE, work->arena, &work->places,
                                    &work->places_count);
    if (err == ROND_OK && work->r->is_enrolled)
        err = pending_collect(work->r, work->arena, &work->pending);
    if (err == ROND_OK)
        err = outbox_reference_list(outbox, ROND__V1__REFERENCE_ENTRY__BODY_PROMISE, work->arena, &entries, &count);
    for (size_t i = 0; err == ROND_OK && i < count; i++)
        err = promise_append(work, entries[i]->promise);
    return err;
}

enum rond_err rond_promises_get(rond *r, rond_promises **ret_promises) {
    rond_promises *promises = object_create(sizeof *promises);
    if (promises == NULL)
        return ROND_ENOMEM;
    struct promises_work work = {.r = r, .arena = object_arena(promises), .promises = promises};
    arena_init(&work.scratch, DECODE_ARENA_BYTES_MAX);
    enum rond_err err = promises_fill(&work);
    arena_deinit(&work.scratch);
    if (err == ROND_OK)
        *ret_promises = promises;
    else
        object_destroy(promises);
    return err;
}

void rond_promises_free(rond_promises *promises) {
    object_destroy(promises);
}
