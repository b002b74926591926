// Words and promises from what came down: the server's figures, and beside them what this device has still to send.
#include <string.h>

#include "base/check.h"
#include "client_counting.h"

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

// --- Promises ---

struct promises_work {
    rond *r;
    struct arena *arena;
    struct client_standings standings;
    struct client_counting counting;
    rond_promises *promises;
};

static void standing_fill(const struct promises_work *work, rond_promise_line *line) {
    const rond_standing *standing = client_standing_find(&work->standings, line->commitment);
    if (standing == NULL)
        return;
    line->done = standing->done;
    line->target = standing->target;
    line->summary_sv = standing->summary_sv;
    line->summary_en = standing->summary_en;
    line->status = standing->status;
    line->version = standing->version;
    line->standing = standing;
}

// A device without an area has them all.
static bool is_own_area(const rond *r, const char *area) {
    return !r->is_enrolled || r->enrolment.area[0] == '\0' || strcmp(r->enrolment.area, area) == 0;
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
        line->summary_sv = line->summary_en = line->status = "";
        line->version = promise->version;
        line->area = promise->area;
        line->is_own_area = is_own_area(work->r, promise->area);
        standing_fill(work, line);
        line->own_pending = client_counting_pending(&work->counting, promise, definition);
        promises->count++;
    }
    return ROND_OK;
}

static enum rond_err promises_fill(struct promises_work *work) {
    Rond__V1__ReferenceEntry **entries;
    size_t count;
    struct outbox *outbox = work->r->outbox;
    enum rond_err err = client_standings_load(work->r, work->arena, &work->standings);
    if (err == ROND_OK)
        err = client_counting_load(&work->counting, work->r, work->arena);
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
    enum rond_err err = promises_fill(&work);
    client_counting_deinit(&work.counting);
    if (err == ROND_OK)
        *ret_promises = promises;
    else
        object_destroy(promises);
    return err;
}

void rond_promises_free(rond_promises *promises) {
    object_destroy(promises);
}
